"""Convolutions: dense and grouped, depthwise, transposed.

Not fast, but a 500x500 picture through a small network takes well under a second: each is one
matrix product per band of rows, whose patches are gathered so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator
from vernier.graphs.operators.descriptor import (
    Descriptor,
    Float32,
    Grid,
    Interval,
    Shape,
    Side,
    positive,
)

PATCH_BYTES = 32 << 20

# Shapes.


def _convolved(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    weights = others[0]
    if len(weights) != 4 or min(weights) < 1:
        raise GraphError(f"{op.output}: {op.kind} needs weights of 4 axes, found {weights}")
    channels = weights[3] if op.kind is Kind.DEPTHWISE_CONV_2D else weights[0]
    if list(others[1:]) not in ([], [(channels,)]):
        raise GraphError(f"{op.output}: {channels} output channels, but a bias {others[1]}")
    if not _fits(op, x[3], weights):
        raise GraphError(
            f"{op.output}: weights {weights} of {op.kind} do not fit {x[3]} input channels"
        )
    if op.kind is Kind.TRANSPOSE_CONV:
        factor = positive(op, "stride")
        return (1, x[1] * factor, x[2] * factor, channels)
    stride = positive(op, "stride", 1)
    padding = op.attributes.get("padding", "same")
    if padding not in ("same", "valid"):
        raise GraphError(f'{op.output}: padding is "same" or "valid", found {padding!r}')
    rows, columns = (
        -(-size // stride) if padding == "same" else (size - reach) // stride + 1
        for size, reach in zip(x[1:3], reaches(op, weights), strict=True)
    )
    if min(rows, columns) < 1:
        raise GraphError(
            f"{op.output}: an input of {x[2]}x{x[1]} pixels is smaller than the kernel"
        )
    return (1, rows, columns, channels)


def reaches(op: Operator, weights: Shape) -> tuple[int, int]:
    """Rows and columns that a convolution's kernel spans, gaps of its dilation included."""
    dilation = positive(op, "dilation", 1)
    return (weights[1] - 1) * dilation + 1, (weights[2] - 1) * dilation + 1


def _fits(op: Operator, inputs: int, weights: Shape) -> bool:
    match op.kind:
        case Kind.DEPTHWISE_CONV_2D:
            return weights[0] == 1 and weights[3] == inputs * positive(op, "multiplier", 1)
        case Kind.TRANSPOSE_CONV:
            return weights[3] == inputs
        case _:
            groups, left = divmod(inputs, weights[3])
            return left == 0 and weights[0] % groups == 0


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, for "same" padding of a convolution as `.tflite` defines it."""
    reach = (kernel - 1) * dilation + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


# Float arithmetic.


def gather_patches(
    x: NDArray[Any], kernel: tuple[int, int], stride: int, dilation: int, first: int, rows: int
) -> NDArray[Any]:
    """The patches under a kernel for some rows of the output, as one matrix.

    Args:
        x: shape `(1, H, W, C)`, padded already.
        kernel: height and width.
        stride: of both axes.
        dilation: of both axes.
        first: first output row.
        rows: number of output rows.

    Returns:
        Shape `(rows, columns, kh, kw, C)`, a copy.
    """
    reach = tuple((side - 1) * dilation + 1 for side in kernel)
    band = x[0, first * stride : (first + rows - 1) * stride + reach[0]]
    windows = sliding_window_view(band, reach, axis=(0, 1))
    windows = windows[::stride, ::stride, :, ::dilation, ::dilation]
    return np.ascontiguousarray(windows.transpose(0, 1, 3, 4, 2))


def pad_for(op: Operator, x: NDArray[Any], kernel: tuple[int, int], value: int = 0) -> NDArray[Any]:
    """The input with the border that the operator's padding asks for."""
    if op.attributes.get("padding", "same") == "valid":
        return x
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    sides = [
        same_padding(size, side, stride, dilation)
        for size, side in zip(x.shape[1:3], kernel, strict=True)
    ]
    return np.pad(x, ((0, 0), sides[0], sides[1], (0, 0)), constant_values=value)


def _convolution(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x, weights = inputs[0], inputs[1]
    outputs, height, width, depth = weights.shape
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    padded = pad_for(op, x, (height, width))
    groups = x.shape[3] // depth
    out_rows = (padded.shape[1] - (height - 1) * dilation - 1) // stride + 1
    out_columns = (padded.shape[2] - (width - 1) * dilation - 1) // stride + 1
    result = np.empty((1, out_rows, out_columns, outputs), np.float32)
    band = max(1, PATCH_BYTES // (out_columns * height * width * x.shape[3] * 4))
    per_group = outputs // groups
    for first in range(0, out_rows, band):
        rows = min(band, out_rows - first)
        patches = gather_patches(padded, (height, width), stride, dilation, first, rows)
        for group in range(groups):
            part = patches[..., group * depth : (group + 1) * depth]
            kernel = weights[group * per_group : (group + 1) * per_group].reshape(per_group, -1)
            product = part.reshape(rows * out_columns, -1) @ kernel.T
            result[0, first : first + rows, :, group * per_group : (group + 1) * per_group] = (
                product.reshape(rows, out_columns, per_group)
            )
    return _with_bias(result, inputs)


def _depthwise(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x, weights = inputs[0], inputs[1]
    _, height, width, outputs = weights.shape
    multiplier = outputs // x.shape[3]
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    padded = pad_for(op, x, (height, width))
    out_rows = (padded.shape[1] - (height - 1) * dilation - 1) // stride + 1
    out_columns = (padded.shape[2] - (width - 1) * dilation - 1) // stride + 1
    spread = np.repeat(padded, multiplier, axis=3)
    result = np.zeros((1, out_rows, out_columns, outputs), np.float32)
    for row in range(height):
        for column in range(width):
            top, left = row * dilation, column * dilation
            window = spread[
                :,
                top : top + (out_rows - 1) * stride + 1 : stride,
                left : left + (out_columns - 1) * stride + 1 : stride,
            ]
            result += window * weights[0, row, column]
    return _with_bias(result, inputs)


def _transposed(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x, weights = inputs[0], inputs[1]
    outputs, height, width, _ = weights.shape
    stride = op.whole("stride")
    _, rows, columns, _ = x.shape
    before = tuple(max(side - stride, 0) // 2 for side in (height, width))
    # Every input pixel paints its kernel; "same" keeps the middle stride * size pixels.
    canvas = np.zeros(
        (
            max((rows - 1) * stride + height, before[0] + rows * stride),
            max((columns - 1) * stride + width, before[1] + columns * stride),
            outputs,
        ),
        np.float32,
    )
    for row in range(height):
        for column in range(width):
            painted = x[0] @ weights[:, row, column, :].T
            canvas[
                row : row + (rows - 1) * stride + 1 : stride,
                column : column + (columns - 1) * stride + 1 : stride,
            ] += painted
    kept = canvas[before[0] : before[0] + rows * stride, before[1] : before[1] + columns * stride]
    return _with_bias(kept[None].copy(), inputs)


def _with_bias(result: Float32, inputs: list[NDArray[Any]]) -> Float32:
    if len(inputs) > 2:
        result += inputs[2]
    return result


# Products, and how far a kernel looks.


def kernel_size(graph: Graph, op: Operator) -> int:
    """Weights of a convolution, without the rows and columns that only padding put there."""
    weights = graph.constants[op.inputs[1]]
    if op.kind is Kind.TRANSPOSE_CONV:
        while weights.shape[1] > 1 and not weights[:, -1].any():
            weights = weights[:, :-1]
        while weights.shape[2] > 1 and not weights[:, :, -1].any():
            weights = weights[:, :, :-1]
    return int(weights.size)


def _macs(graph: Graph, op: Operator, grid: Grid) -> int:
    on_input = op.kind is Kind.TRANSPOSE_CONV and grid == "input"
    _, height, width, _ = graph.types[op.inputs[0] if on_input else op.output].shape
    return height * width * kernel_size(graph, op)


def _padded(op: Operator) -> bool:
    return op.attributes.get("padding", "same") == "same"


def _reach(graph: Graph, op: Operator, axis: int) -> int:
    return reaches(op, graph.types[op.inputs[1]].shape)[axis]


@dataclass(frozen=True)
class _Kernel:
    """The footprint of a kernel that moves over its input."""

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        stride = op.whole("stride", 1)
        if _padded(op):
            return Side(side.ratio / stride, -(-side.surplus // stride))
        return Side(side.ratio / stride, (side.surplus - _reach(graph, op, axis)) // stride + 1)

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        stride, reach = op.whole("stride", 1), _reach(graph, op, axis)
        # Of sizes that are multiples of the stride; `alignment` asks for those.
        before = max(reach - stride, 0) // 2 if _padded(op) else 0
        return output[0] * stride - before, output[1] * stride - before + reach - 1


@dataclass(frozen=True)
class _Painting:
    """The footprint of a transposed convolution: every input pixel paints its kernel."""

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        stride = op.whole("stride")
        return Side(side.ratio * stride, side.surplus * stride)

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        stride, reach = op.whole("stride"), _reach(graph, op, axis)
        before = max(reach - stride, 0) // 2
        lowest = -((reach - 1 - output[0] - before) // stride)
        # A kernel smaller than the stride leaves output pixels that read nothing.
        return lowest, max(lowest, (output[1] + before) // stride)


# A convolution may lack its bias.
_INPUTS = range(2, 4)

DESCRIPTORS: Mapping[Kind, Descriptor] = {
    Kind.CONV_2D: Descriptor(
        _convolution, _convolved, inputs=_INPUTS, macs=_macs, footprint=_Kernel()
    ),
    Kind.DEPTHWISE_CONV_2D: Descriptor(
        _depthwise, _convolved, inputs=_INPUTS, macs=_macs, footprint=_Kernel()
    ),
    Kind.TRANSPOSE_CONV: Descriptor(
        _transposed, _convolved, inputs=_INPUTS, macs=_macs, footprint=_Painting()
    ),
}
