"""What a calibration did to each tensor: its range, its scale, and how much of it is cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Array, Graph, Quantization
from vernier.graphs.reference import run
from vernier.quantization.scales import interval


@dataclass(frozen=True)
class TensorReport:
    """One tensor, over all pictures of a calibration set.

    Attributes:
        name: of the activation.
        minimum: the smallest value seen, in the tensor's own unit.
        maximum: the largest.
        scale: the step between two codes.
        zero_point: the code of 0, in [-128, 127].
        low: the real that the lowest code stands for.
        high: the real that the highest code stands for.
        clipped: the share of values, in [0, 1], that lie more than half a step outside.
    """

    name: str
    minimum: float
    maximum: float
    scale: float
    zero_point: int
    low: float
    high: float
    clipped: float


def calibration_report(
    graph: Graph,
    quantizations: Mapping[str, Quantization],
    pictures: Iterable[NDArray[np.float32]],
) -> tuple[TensorReport, ...]:
    """Run a float graph with one input again and compare its values with what codes can hold.

    Args:
        graph: float32 throughout.
        quantizations: per tensor, as `choose_quantizations` gives them; others are left out.
        pictures: each `(1, H, W, C)` float32.
    """
    extremes: dict[str, tuple[float, float]] = {}
    counts: dict[str, tuple[int, int]] = {}
    allowed = {}
    for name, quantization in quantizations.items():
        low, high = interval(quantization)
        half = float(quantization.scale[0]) / 2.0
        allowed[name] = (low - half, high + half)

    def observe(name: str, values: Array) -> None:
        if name not in allowed:
            return
        low, high = allowed[name]
        clipped, total = counts.get(name, (0, 0))
        outside = int(np.count_nonzero((values < low) | (values > high)))
        counts[name] = clipped + outside, total + values.size
        least, most = extremes.get(name, (np.inf, -np.inf))
        extremes[name] = min(least, float(values.min())), max(most, float(values.max()))

    for picture in pictures:
        run(graph, {graph.inputs[0]: picture}, observe=observe)
    return tuple(
        TensorReport(
            name,
            *extremes[name],
            float(quantizations[name].scale[0]),
            int(quantizations[name].zero_point[0]),
            *interval(quantizations[name]),
            counts[name][0] / counts[name][1],
        )
        for name in graph.activations()
        if name in counts
    )


def encode_report(report: tuple[TensorReport, ...]) -> bytes:
    """As JSON: a list of objects, one per tensor."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def format_report(report: tuple[TensorReport, ...]) -> str:
    """As a table of plain text, one line per tensor in the order in which they are computed."""
    width = max([len("tensor"), *(len(row.name) for row in report)])
    head = f"{'tensor':<{width}}  {'seen':^21}  {'representable':^21}  {'step':>9}  zero  clipped"
    lines = [
        f"{row.name:<{width}}  {row.minimum:>10.4f} {row.maximum:>10.4f}  "
        f"{row.low:>10.4f} {row.high:>10.4f}  {row.scale:>9.6f}  {row.zero_point:>4}  "
        f"{row.clipped:>7.3%}"
        for row in report
    ]
    return "\n".join([head, *lines]) + "\n"
