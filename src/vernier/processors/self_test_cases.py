"""What engines really get wrong, as small models with the exact result of each.

Beside the network of `self_test`, whose layers feed each other, each case is one operator with a
convolution before it, so that an error names its cause:

* *ends*: INT8 convolutions with codes and weights at their ends. x86 CPUs without VNNI multiply by
  `vpmaddubsw`, which adds the products of two adjacent input channels in 16 bits and saturates.
* *sizes*: odd pictures down to one pixel, channels that fill no vector, kernels of 1 to 5. What is
  left over after whole vectors is computed by code of its own, which is wrong by itself.
* *rounding*: sums brought back to codes by factors over five orders of magnitude, and clipped at
  both ends, with activations fused and without.
* one case for every operator that a network's file may hold.

The exact result is that of `graphs.reference` in float and `quantization.arithmetic.graph` in INT8.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph, Kind, Operator
from vernier.graphs.operators.table import has_integer_form
from vernier.graphs.reference import run
from vernier.processors.extreme_cases import at_the_ends, mixed_case, rescaled, roundings
from vernier.processors.operator_cases import convolution, one_operator
from vernier.processors.self_test import self_test
from vernier.processors.self_test_case import Case, exact_in_codes
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges, calibrate

NETWORK = "network"
"""The first case: layers that feed each other. A processor that cannot run it is not working."""

# Five operators after each other, of which a CPU without VNNI may get rescaled weights.
NETWORK_CODES, NETWORK_MEAN_CODES = 3.0, 0.75
# Of a float processor's largest allowed difference.
MEAN_SHARE = 0.25

# Height, width, input and output channels, side of the kernel.
_SIZES = (
    (1, 1, 3, 16, 3),
    (7, 9, 1, 16, 5),
    (5, 33, 16, 12, 5),
    (17, 31, 17, 33, 1),
    (2, 63, 8, 19, 3),
    (13, 15, 32, 4, 3),
    (33, 18, 16, 16, 3),
)


@functools.cache
def self_test_cases(precision: str) -> tuple[Case, ...]:
    """All cases for a model precision, the whole network first.

    Args:
        precision: "float32" or "int8", as `ProcessorId.model_precision` says.
    """
    known = self_test(precision)
    limits = (NETWORK_CODES, NETWORK_MEAN_CODES) if precision == "int8" else None
    network = Case(NETWORK, Kind.CONV_2D, known.graph, (known.given,), known.expected, limits)
    random = np.random.default_rng(11)
    floats = [convolution(random, *size) for size in _SIZES]
    floats += [one_operator(random, kind) for kind in Kind if kind not in _NOT_ALONE]
    if precision == "float32":
        return (network, *(_float_case(*made) for made in floats))
    integers = [_integer_case(*made) for made in floats if _can_be_integer(made[2])]
    return (network, *integers, *at_the_ends(), *roundings(random), rescaled(random), mixed_case())


def tried_kinds(precision: str) -> frozenset[Kind]:
    """The operators that have a case, without making any.

    Args:
        precision: as `self_test_cases`.
    """
    if precision == "float32":
        return frozenset(Kind) - {Kind.QUANTIZE, Kind.DEQUANTIZE}
    return frozenset(kind for kind in Kind if has_integer_form(Operator(kind, ("x",), "y")))


_NOT_ALONE = frozenset({Kind.CONV_2D, Kind.QUANTIZE, Kind.DEQUANTIZE})
"""Kinds whose cases are made otherwise."""


def _can_be_integer(graph: Graph) -> bool:
    return all(has_integer_form(op) for op in graph.operators)


def _float_case(
    name: str, kind: Kind, graph: Graph, given: tuple[NDArray[np.float32], ...]
) -> Case:
    inputs = dict(zip(graph.inputs, given, strict=True))
    return Case(name, kind, graph, given, run(graph, inputs)[graph.outputs[0]])


def _integer_case(
    name: str, kind: Kind, graph: Graph, given: tuple[NDArray[np.float32], ...]
) -> Case:
    """The same in INT8; the codes that go in are spread over all 256."""
    ranges = dict(calibrate(graph, [given[0]]))
    integer = quantize(graph, Ranges(ranges))
    random = np.random.default_rng(given[0].size)
    codes = tuple(random.integers(-128, 128, x.shape).astype(np.int8) for x in given)
    return exact_in_codes(name, kind, integer, codes)


def kinds_in(graph: Graph) -> frozenset[Kind]:
    """The operators that a graph uses, for which a processor must be sound."""
    return frozenset(op.kind for op in graph.operators)
