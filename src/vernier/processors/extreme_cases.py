"""INT8 cases at the ends: codes and weights at their largest, and sums brought back to codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Array, Graph, Kind, Operator, Quantization, TensorType
from vernier.processors.operator_cases import ODD, PLAIN, convolution
from vernier.processors.self_test import TOLERANCE_CODES
from vernier.processors.self_test_case import MEAN_CODES, Case, exact_in_codes
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges, calibrate
from vernier.quantization.scales import bias_quantization, per_tensor

_ENDS = (16, 12, 20)  # height, width, channels


def at_the_ends() -> tuple[Case, ...]:
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
    return exact_in_codes(name, Kind.CONV_2D, graph, given)


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
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes=PLAIN)
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


def roundings(random: np.random.Generator) -> tuple[Case, ...]:
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
        made.append(exact_in_codes(name, Kind.CONV_2D, graph, (codes,)))
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
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", activation, PLAIN)
    return Graph("rounding", ("x",), ("y",), (operator,), {"w": weights, "b": bias}, types)


def rescaled(random: np.random.Generator) -> Case:
    """QUANTIZE from one scale and zero point to another."""
    shape = (1, *ODD, 19)
    types = {
        "x": TensorType(shape, "int8", per_tensor(0.02, 5)),
        "y": TensorType(shape, "int8", per_tensor(0.031, -60)),
    }
    operator = Operator(Kind.QUANTIZE, ("x",), "y")
    graph = Graph("rescaled", ("x",), ("y",), (operator,), {}, types)
    codes = random.integers(-128, 128, shape).astype(np.int8)
    return exact_in_codes("QUANTIZE", Kind.QUANTIZE, graph, (codes,))


def mixed_case() -> Case:
    """Float in, an INT8 convolution, float out: what a fused split's borders do."""
    random = np.random.default_rng(21)
    name, _, graph, given = convolution(random, 9, 13, 5, 19, 3)
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
    case = exact_in_codes("DEQUANTIZE", Kind.DEQUANTIZE, mixed, given)
    code = float(codes.scale[0]) / float(np.abs(case.expected).max())
    allowed = (TOLERANCE_CODES * code, MEAN_CODES * code)
    return Case(case.name, case.kind, mixed, given, case.expected, allowed)
