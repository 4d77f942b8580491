"""One case of the self-test: a small model, and the exact result of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph, Kind
from vernier.processors.self_test import TOLERANCE_CODES
from vernier.quantization.arithmetic.graph import run_integer

# Engines round halves differently, so single codes are off by one; a mean of this is a fault.
MEAN_CODES = 0.35


@dataclass(frozen=True)
class Case:
    """One model, what goes in, and what must come out.

    Attributes:
        name: for people.
        kind: the operator that it is about.
        graph: float32, INT8 or mixed; one output.
        given: its inputs, in order.
        expected: the exact output.
        allowed: largest and mean difference: in codes for INT8, else as a share of the largest
            expected value; None where that depends on the processor's float format.
    """

    name: str
    kind: Kind
    graph: Graph
    given: tuple[NDArray[Any], ...]
    expected: NDArray[Any]
    allowed: tuple[float, float] | None = None

    @property
    def is_integer(self) -> bool:
        """Whether differences count in codes."""
        return self.expected.dtype == np.int8

    def differences(self, result: NDArray[Any]) -> tuple[float, float]:
        """Largest and mean absolute difference, in codes or as a share of the largest value.

        A result of another shape, or with what is no number, is infinitely wrong.
        """
        if result.shape != self.expected.shape:
            return float("inf"), float("inf")
        apart = np.abs(np.asarray(result, np.float64) - self.expected)
        if not np.isfinite(apart).all():
            return float("inf"), float("inf")
        unit = 1.0 if self.is_integer else max(float(np.abs(self.expected).max()), 1e-30)
        return float(apart.max() / unit), float(apart.mean() / unit)


def exact_in_codes(name: str, kind: Kind, graph: Graph, given: tuple[NDArray[Any], ...]) -> Case:
    """A case of INT8 whose result is that of `quantization.arithmetic.graph`."""
    inputs = dict(zip(graph.inputs, given, strict=True))
    expected = run_integer(graph, inputs)[graph.outputs[0]]
    return Case(name, kind, graph, given, expected, (float(TOLERANCE_CODES), MEAN_CODES))
