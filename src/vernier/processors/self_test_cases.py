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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import (
    Activation,
    Array,
    Attribute,
    Graph,
    Kind,
    Operator,
    Quantization,
    TensorType,
)
from vernier.graphs.operators.table import has_integer_form
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.processors.self_test import TOLERANCE_CODES, self_test
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges, calibrate
from vernier.quantization.scales import bias_quantization, per_tensor

NETWORK = "network"
"""The first case: layers that feed each other. A processor that cannot run it is not working."""

# Engines round halves differently, so single codes are off by one; a mean of this is a fault.
MEAN_CODES = 0.35
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
_ENDS = (16, 12, 20)  # height, width, channels
_ODD = (9, 13)
_PLAIN: Mapping[str, Attribute] = {"stride": 1, "padding": "same"}


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
    floats = [_convolution(random, *size) for size in _SIZES]
    floats += [_one_operator(random, kind) for kind in Kind if kind not in _NOT_ALONE]
    if precision == "float32":
        return (network, *(_float_case(*made) for made in floats))
    integers = [_integer_case(*made) for made in floats if _can_be_integer(made[2])]
    return (network, *integers, *_at_the_ends(), *_roundings(random), _rescaled(random), _mixed())


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

_Made = tuple[str, Kind, Graph, tuple[NDArray[np.float32], ...]]


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
    return _exact_in_codes(name, kind, integer, codes)


def _exact_in_codes(name: str, kind: Kind, graph: Graph, given: tuple[NDArray[Any], ...]) -> Case:
    inputs = dict(zip(graph.inputs, given, strict=True))
    expected = run_integer(graph, inputs)[graph.outputs[0]]
    return Case(name, kind, graph, given, expected, (float(TOLERANCE_CODES), MEAN_CODES))


def _graph(
    name: str,
    operators: tuple[Operator, ...],
    constants: Mapping[str, Array],
    shape: tuple[int, ...],
) -> Graph:
    """A float graph from "x" to the last operator's output, its shapes inferred."""
    types = {key: TensorType(value.shape) for key, value in constants.items()}
    types |= {name: TensorType(shape) for name in ("x", *(op.output for op in operators))}
    made = Graph(name, ("x",), (operators[-1].output,), operators, constants, types)
    return resized(made, shape[1], shape[2])


def _weights(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Random weights whose signs differ between adjacent input channels.

    So no pair of them saturates in 16 bits: that is for the cases of ends to find.
    """
    spread = 1.5 / np.sqrt(np.prod(shape[1:]))
    signs = np.where(np.arange(shape[-1]) % 2 == 0, 1, -1)
    flipped = random.choice([-1, 1], (*shape[:-1], 1))
    return np.asarray(np.abs(random.standard_normal(shape)) * signs * flipped * spread, np.float32)


def _biases(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    return np.asarray(random.standard_normal(count) * 0.1, np.float32)


def _convolution(
    random: np.random.Generator, height: int, width: int, inputs: int, outputs: int, side: int
) -> _Made:
    name = f"{height}x{width}, {inputs} to {outputs} channels, {side}x{side}"
    constants = {"w": _weights(random, outputs, side, side, inputs), "b": _biases(random, outputs)}
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes=_PLAIN)
    shape = (1, height, width, inputs)
    x = random.uniform(-1, 1, shape).astype(np.float32)
    return name, Kind.CONV_2D, _graph(name, (operator,), constants, shape), (x,)


def _one_operator(random: np.random.Generator, kind: Kind) -> _Made:
    """A 1x1 convolution, and the operator on what it computes, at an odd size where that fits."""
    height, width = (10, 14) if kind is Kind.SPACE_TO_DEPTH else _ODD
    channels = 20 if kind is Kind.DEPTH_TO_SPACE else 19
    constants: dict[str, Array] = {
        "w0": _weights(random, channels, 1, 1, 5),
        "b0": _biases(random, channels),
    }
    first = Operator(Kind.CONV_2D, ("x", "w0", "b0"), "first", attributes=_PLAIN)
    operands, attributes = _second(random, kind, channels, (height, width), constants)
    before: tuple[Operator, ...] = (first,)
    if kind in (Kind.SQRT, Kind.RSQRT):
        before = (first, *_positive(constants))
        operands = ("positive",)
    if kind is Kind.BATCH_MATMUL:
        # Not the same tensor twice: LiteRT's GPU delegate ends the process over that.
        constants["w1"] = _weights(random, channels, 1, 1, 5)
        second = Operator(Kind.CONV_2D, ("x", "w1", "b0"), "second", attributes=_PLAIN)
        before = (first, second)
    last = Operator(kind, operands, "y", attributes=attributes)
    shape = (1, height, width, 5)
    x = random.uniform(-1, 1, shape).astype(np.float32)
    return kind.value, kind, _graph(kind.value, (*before, last), constants, shape), (x,)


def _positive(constants: dict[str, Array]) -> tuple[Operator, ...]:
    constants["half"] = np.full((1, 1, 1, 1), 0.5, np.float32)
    return (
        Operator(Kind.RELU, ("first",), "not_negative"),
        Operator(Kind.ADD, ("not_negative", "half"), "positive"),
    )


def _second(
    random: np.random.Generator,
    kind: Kind,
    channels: int,
    size: tuple[int, int],
    constants: dict[str, Array],
) -> tuple[tuple[str, ...], Mapping[str, Attribute]]:
    """What an operator reads besides "first", and its attributes."""
    if kind is Kind.DEPTHWISE_CONV_2D:
        weights = random.uniform(0.5, 1.0, (1, 3, 3, channels)) / 9
        constants |= {"w": weights.astype(np.float32), "b": _biases(random, channels)}
        return ("first", "w", "b"), {**_PLAIN, "multiplier": 1}
    if kind is Kind.TRANSPOSE_CONV:
        constants |= {"w": _weights(random, 7, 4, 4, channels), "b": _biases(random, 7)}
        return ("first", "w", "b"), {"stride": 2, "padding": "same"}
    if kind is Kind.PRELU:
        constants["slopes"] = random.uniform(0, 0.5, (1, 1, channels)).astype(np.float32)
        return ("first", "slopes"), {}
    if kind in (Kind.ADD, Kind.SUB, Kind.MUL):
        constants["other"] = random.uniform(0.1, 1, (1, 1, 1, channels)).astype(np.float32)
        return ("first", "other"), {}
    if kind is Kind.CONCATENATION:
        return ("first", "x"), {}
    if kind is Kind.BATCH_MATMUL:
        return ("first", "second"), {"transposed": 1}
    return ("first",), _attributes(kind, channels, size)


def _attributes(kind: Kind, channels: int, size: tuple[int, int]) -> Mapping[str, Attribute]:
    height, width = size
    known: dict[Kind, dict[str, Attribute]] = {
        Kind.LEAKY_RELU: {"alpha": 0.2},
        Kind.DEPTH_TO_SPACE: {"block": 2},
        Kind.SPACE_TO_DEPTH: {"block": 2},
        Kind.RESIZE_NEAREST_NEIGHBOR: {"factor": 2},
        Kind.RESIZE_BILINEAR: {"factor": 2},
        Kind.RESHAPE: {"rows": width, "columns": height, "channels": channels},
        Kind.SLICE: {"begin": 3, "size": 9},
        Kind.MIRROR_PAD: {"amount": 2},
    }
    return known.get(kind, {})


# ---- codes and weights at their ends


def _at_the_ends() -> tuple[Case, ...]:
    """Convolutions whose sums are as large as 8 bits allow, of any sign, for three zero points."""
    channels = _ENDS[2]
    made = []
    for zero_point, side in ((-128, 1), (0, 1), (37, 1), (-128, 3)):
        graph = _extreme(_patterns(side, channels), zero_point, _ENDS)
        made.append(_end_case(f"ends, {side}x{side}, zero point {zero_point}", graph))
    luma = np.array([[55, 108, 21], [127, 127, 127], [1, 127, 126]], np.int8)
    return (*made, _end_case("ends, colours", _extreme(luma[:, None, None, :], -128, (7, 19, 3))))


def _end_case(name: str, graph: Graph) -> Case:
    given = (_end_codes(graph.types["x"].shape),)
    return _exact_in_codes(name, Kind.CONV_2D, graph, given)


def _patterns(side: int, channels: int) -> NDArray[np.int8]:
    """Weights `(17, side, side, channels)` of 127, 0 and -127: alike, in pairs, halves, random."""
    place = np.arange(channels)
    rows = [
        np.ones(channels),
        -np.ones(channels),
        np.where(place % 4 < 2, 1, -1),
        np.where(place % 2 == 0, 1, -1),
        np.where(place < channels // 2, 1, -1),
        np.where(place % 3 == 0, 1, 0),
        np.where(place < 2, 1, 0),
        np.where(place >= channels - 2, 1, 0),
        np.where(place == channels - 1, 1, 0),
    ]
    random = np.random.default_rng(5)
    rows += [random.choice([-1.0, 1.0], channels) for _ in range(8)]
    weights = np.repeat(np.stack(rows)[:, None, :], side * side, axis=1) * 127
    return weights.reshape(len(rows), side, side, channels).astype(np.int8)


def _extreme(weights: NDArray[np.int8], zero_point: int, shape: tuple[int, int, int]) -> Graph:
    """One convolution whose scales let each output channel's largest sum fill the codes."""
    outputs = len(weights)
    reach = max(127 - zero_point, 128 + zero_point)
    largest = np.abs(weights.astype(np.int64)).reshape(outputs, -1).sum(axis=1) * reach
    scales = (1.0 / largest).astype(np.float32)
    stated = Quantization(scales, np.zeros(outputs, np.int32), 0)
    x = per_tensor(1.0, zero_point)
    types = {
        "x": TensorType((1, *shape), "int8", x),
        "w": TensorType(weights.shape, "int8", stated),
        "b": TensorType((outputs,), "int32", bias_quantization(x.scale[0], stated)),
        "y": TensorType((1, *shape[:2], outputs), "int8", per_tensor(1 / 127, 0)),
    }
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes=_PLAIN)
    constants: dict[str, Array] = {"w": weights, "b": np.zeros(outputs, np.int32)}
    return Graph("ends", ("x",), ("y",), (operator,), constants, types)


def _end_codes(shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Bands of all high, all low, both at random, and codes near the ends."""
    random = np.random.default_rng(9)
    codes = random.choice(np.array([-128, 127], np.int8), shape)
    bands = np.array_split(np.arange(shape[1]), 4)
    codes[:, bands[0]] = 127
    codes[:, bands[1]] = -128
    near = random.integers(0, 9, (1, len(bands[2]), *shape[2:]))
    codes[:, bands[2]] = 127 - near
    return codes


# ---- from sums back to codes


def _roundings(random: np.random.Generator) -> tuple[Case, ...]:
    """Factors from 2**-2 to 2**-17 in one layer, outputs cut at both ends, activations fused."""
    made = []
    for activation, zero_point in (
        (Activation.NONE, -128),
        (Activation.NONE, 90),
        (Activation.RELU, -3),
        (Activation.RELU6, -128),
    ):
        graph = _rounding(random, activation, zero_point)
        codes = random.integers(-128, 128, graph.types["x"].shape).astype(np.int8)
        name = f"rounding, {activation.value}, zero point {zero_point}"
        made.append(_exact_in_codes(name, Kind.CONV_2D, graph, (codes,)))
    return tuple(made)


def _rounding(random: np.random.Generator, activation: Activation, zero_point: int) -> Graph:
    outputs, inputs = 16, 9
    # Two of these never saturate in 16 bits.
    weights = random.integers(-64, 65, (outputs, 1, 1, inputs)).astype(np.int8)
    factors = np.exp2(-np.linspace(2, 17, outputs)).astype(np.float32)
    # RELU6 cuts at 6: in the middle of the codes with this step.
    step = np.float32(6 / 90)
    stated = Quantization(factors * step, np.zeros(outputs, np.int32), 0)
    x = per_tensor(1.0, 11)
    # The small factors would leave nothing but the zero point: biases bring them into the range.
    bias = np.rint(random.uniform(-120, 120, outputs) / factors).astype(np.int32)
    types = {
        "x": TensorType((1, 7, 11, inputs), "int8", x),
        "w": TensorType(weights.shape, "int8", stated),
        "b": TensorType((outputs,), "int32", bias_quantization(x.scale[0], stated)),
        "y": TensorType((1, 7, 11, outputs), "int8", per_tensor(float(step), zero_point)),
    }
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", activation, _PLAIN)
    return Graph("rounding", ("x",), ("y",), (operator,), {"w": weights, "b": bias}, types)


def _rescaled(random: np.random.Generator) -> Case:
    """QUANTIZE from one scale and zero point to another."""
    shape = (1, *_ODD, 19)
    types = {
        "x": TensorType(shape, "int8", per_tensor(0.02, 5)),
        "y": TensorType(shape, "int8", per_tensor(0.031, -60)),
    }
    operator = Operator(Kind.QUANTIZE, ("x",), "y")
    graph = Graph("rescaled", ("x",), ("y",), (operator,), {}, types)
    codes = random.integers(-128, 128, shape).astype(np.int8)
    return _exact_in_codes("QUANTIZE", Kind.QUANTIZE, graph, (codes,))


def _mixed() -> Case:
    """Float in, an INT8 convolution, float out: what a fused split's borders do."""
    random = np.random.default_rng(21)
    name, _, graph, given = _convolution(random, 9, 13, 5, 19, 3)
    integer = quantize(graph, Ranges(dict(calibrate(graph, [given[0]]))))
    types = {
        **integer.types,
        "picture": TensorType(given[0].shape),
        "result": TensorType(integer.types["y"].shape),
    }
    operators = (
        Operator(Kind.QUANTIZE, ("picture",), "x"),
        *integer.operators,
        Operator(Kind.DEQUANTIZE, ("y",), "result"),
    )
    mixed = Graph(name, ("picture",), ("result",), operators, integer.constants, types)
    codes = integer.types["y"].quantization
    if codes is None:
        raise GraphError("expected the INT8 convolution's output to have a scale")
    case = _exact_in_codes("DEQUANTIZE", Kind.DEQUANTIZE, mixed, given)
    code = float(codes.scale[0]) / float(np.abs(case.expected).max())
    allowed = (TOLERANCE_CODES * code, MEAN_CODES * code)
    return Case(case.name, case.kind, mixed, given, case.expected, allowed)


def kinds_in(graph: Graph) -> frozenset[Kind]:
    """The operators that a graph uses, for which a processor must be sound."""
    return frozenset(op.kind for op in graph.operators)
