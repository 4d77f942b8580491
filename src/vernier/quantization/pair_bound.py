"""INT8 weights that survive a CPU which adds two products in 16 bits.

x86 CPUs without VNNI multiply codes by weights with `vpmaddubsw`: two products of an unsigned
code (0..255) and a weight are added and *saturate* at 16 bits before they reach the sum of 32 bits.
Which two is the engine's choice: of each tap, input channels 2i and 2i+1; where there is one input
channel only, two taps; in groups of an odd number of channels, whatever lies side by side. No sum
leaves 16 bits where the weights of one sign that meet add up to 128 at most (255 * 128 = 32640).
Output channels that break this get a larger scale and smaller codes here: the same function but for
the rounding of these weights, at the same cost in time.

Depthwise convolutions add no pairs, and transposed ones run in float32 where their input's zero
point is neither 0 nor -128 (`docs/notes/2026-11-openvino-int8-placement.md`).
`processors.pair_saturation` measures who needs this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType

BOUND = 128
"""Largest sum of |weights| of one sign that meet: 255 * 128 fits in 16 bits, 255 * 129 does not."""


@dataclass(frozen=True)
class PairSums:
    """Which products an engine adds in 16 bits.

    Attributes:
        channels: those of two adjacent input channels (2i and 2i+1), at each tap.
        taps: those of two taps, where a convolution has one input channel.
    """

    channels: bool = False
    taps: bool = False

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.channels or self.taps


EXACT = PairSums()
"""An engine that adds all products in 32 bits."""

ARITHMETICS = {
    "int8": EXACT,
    "int8 in pairs": PairSums(channels=True),
    "int8 in taps": PairSums(taps=True),
    "int8 in pairs and taps": PairSums(channels=True, taps=True),
}
"""INT8 by what is added in 16 bits: what a simulation tells apart."""


def arithmetic_of(sums: PairSums) -> str:
    """The name in `ARITHMETICS`."""
    return next(name for name, found in ARITHMETICS.items() if found == sums)


def bounded(graph: Graph, sums: PairSums) -> Graph:
    """A graph whose INT8 convolutions are exact on an engine that adds pairs in 16 bits.

    Args:
        graph: INT8, mixed or float; what is float is left alone.
        sums: what the engine adds in 16 bits.

    Returns:
        The graph itself where it is exact already. Otherwise weights and biases that change have
        new names, scale per output channel, and the codes that they had in channels that are
        exact. `bounded` of the result is the result.
    """
    constants: dict[str, Any] = dict(graph.constants)
    types = dict(graph.types)
    operators = [_bounded_operator(op, constants, types, sums) for op in graph.operators]
    if all(new is old for new, old in zip(operators, graph.operators, strict=True)):
        return graph
    read = {name for op in operators for name in op.inputs}
    for name in graph.constants:
        if name not in read:
            del constants[name], types[name]
    return replace(graph, operators=tuple(operators), constants=constants, types=types)


def largest_sums(
    weights: NDArray[np.integer], sums: PairSums, grouped: bool = False
) -> NDArray[np.int64]:
    """The largest sum of |weights| of one sign that meet in 16 bits, for each output channel.

    Args:
        weights: shape `(O, kh, kw, I)`.
        sums: who meets.
        grouped: whether there are several groups of `I` channels.

    Returns:
        Shape `(O,)`; 0 where none meet.
    """
    parts = np.maximum(np.stack([weights, -weights.astype(np.int64)]), 0)
    depth = weights.shape[3]
    if (sums.taps and depth == 1) or (sums.channels and grouped and depth % 2):
        # Which do meet depends on the kernel's layout, so any two may.
        met = np.sort(parts.reshape(2, len(weights), -1))[..., -2:].sum(axis=2, keepdims=True)
    elif sums.channels and depth > 1:
        pairs = np.pad(parts, [(0, 0)] * 4 + [(0, depth % 2)])
        met = pairs[..., 0::2] + pairs[..., 1::2]
    else:
        return np.zeros(len(weights), np.int64)
    largest: NDArray[np.int64] = met.reshape(2, len(weights), -1).max(axis=(0, 2))
    return largest


def _bounded_operator(
    op: Operator, constants: dict[str, Any], types: dict[str, TensorType], sums: PairSums
) -> Operator:
    if op.kind not in (Kind.CONV_2D, Kind.TRANSPOSE_CONV):
        return op
    x, name, bias = op.inputs
    weights, of_weights = constants[name], types[name].quantization
    if weights.dtype != np.int8 or of_weights is None or _is_computed_in_float(op, types[x]):
        return op
    grouped = weights.shape[3] != types[x].shape[3]

    def largest(codes: NDArray[np.int8]) -> NDArray[np.int64]:
        return largest_sums(codes, sums, grouped)

    if largest(weights).max() <= BOUND:
        return op
    codes, shrunk = _shrunk(weights, largest)
    own = f"{op.output}/weights in pairs", f"{op.output}/bias in pairs"
    constants[own[0]] = codes
    types[own[0]] = TensorType(codes.shape, "int8", _grown(of_weights, shrunk))
    of_bias = types[bias].quantization
    assert of_bias is not None
    constants[own[1]] = np.rint(constants[bias] * shrunk).astype(np.int32)
    types[own[1]] = TensorType(types[bias].shape, "int32", _grown(of_bias, shrunk))
    return replace(op, inputs=(x, *own))


def _is_computed_in_float(op: Operator, given: TensorType) -> bool:
    """Whether OpenVINO computes an INT8 operator in float32, where nothing saturates."""
    if op.kind is not Kind.TRANSPOSE_CONV or given.quantization is None:
        return False
    return int(given.quantization.zero_point[0]) not in (0, -128)


def _grown(quantization: Quantization, shrunk: NDArray[np.float64]) -> Quantization:
    """Per output channel, so that smaller codes stand for what they stood for."""
    scale = np.asarray(quantization.scale / shrunk, np.float32)
    return Quantization(scale, np.zeros(len(scale), np.int32), 0)


def _shrunk(
    weights: NDArray[np.int8], largest: Callable[[NDArray[np.int8]], NDArray[np.int64]]
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Codes within the bound, and by what they were multiplied before rounding, per channel."""
    found = largest(weights)
    factor = np.ones(len(weights))
    codes = weights.copy()
    aim = float(BOUND)
    wrong = found > BOUND
    while wrong.any():
        # Rounding may lift a sum of two over the bound by less than two.
        factor[wrong] = aim / found[wrong]
        codes[wrong] = _rounded(weights[wrong] * factor[wrong, None, None, None])
        wrong = largest(codes) > BOUND
        aim -= 0.25
    return codes, factor


def _rounded(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """Whole numbers near to `(O, kh, kw, I)`, such that no sum over taps moves by more than 0.5.

    What a convolution makes of a flat area depends on these sums alone, and pictures are mostly
    flat: so errors of rounding are left where they are seen least.
    """
    outputs, rows, columns, depth = values.shape
    flat = values.transpose(0, 3, 1, 2).reshape(outputs * depth, rows * columns)
    codes = np.rint(flat)
    lacking = flat - codes
    owed = np.rint(lacking.sum(axis=1))[:, None]
    # The taps that lost most by rounding are raised, or those that gained most lowered.
    order = np.argsort(-lacking * np.sign(owed), axis=1, kind="stable")
    moved = np.arange(rows * columns)[None, :] < np.abs(owed)
    np.put_along_axis(codes, order, np.take_along_axis(codes, order, 1) + moved * np.sign(owed), 1)
    shaped = codes.reshape(outputs, depth, rows, columns).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(shaped).astype(np.int8)
