"""What every operator means, in NumPy: float arithmetic to hold engines against and calibrate with.

Not fast, but a 500x500 picture through a small network takes well under a second: convolutions are
one matrix product per band of rows, whose patches are gathered so that memory stays bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Graph, Kind, Operator, is_channel_mean
from vernier.graphs.shapes import resized, same_padding

Float32 = NDArray[np.float32]
Observer = Callable[[str, NDArray[Any]], None]

PATCH_BYTES = 32 << 20


def run(
    graph: Graph, inputs: Mapping[str, Float32], observe: Observer | None = None
) -> dict[str, Float32]:
    """Compute a float graph's outputs.

    Args:
        graph: float32 throughout; its shapes need not be those of the inputs.
        inputs: by name, shape `(1, H, W, C)`, float32.
        observe: told the name and value of each input and each computed tensor, in order.

    Returns:
        The outputs by name.

    Raises:
        GraphError: an input is missing or does not fit, or the graph is not float throughout.
    """
    integers = [name for name, kind in graph.types.items() if kind.dtype != "float32"]
    if integers:
        raise GraphError(
            f"{graph.name}: {integers[0]!r} is {graph.types[integers[0]].dtype}; "
            "only graphs that are float32 throughout have float arithmetic"
        )
    missing = [name for name in graph.inputs if name not in inputs]
    if missing:
        raise GraphError(f"{graph.name}: the input {missing[0]!r} is not given")
    first = inputs[graph.inputs[0]]
    graph = resized(graph, first.shape[1], first.shape[2])
    tensors: dict[str, Float32] = {}
    for name in graph.inputs:
        value = np.asarray(inputs[name], np.float32)
        if value.shape != graph.types[name].shape:
            raise GraphError(
                f"{name}: expected shape {graph.types[name].shape}, found {value.shape}"
            )
        tensors[name] = value
        if observe is not None:
            observe(name, value)
    last_use = {name: index for index, op in enumerate(graph.operators) for name in op.inputs}
    for index, op in enumerate(graph.operators):
        operands = [
            graph.constants[name] if name in graph.constants else tensors[name]
            for name in op.inputs
        ]
        tensors[op.output] = evaluate(op, operands)
        if observe is not None:
            observe(op.output, tensors[op.output])
        for name in set(op.inputs) & tensors.keys():
            if last_use[name] <= index and name not in graph.outputs:
                del tensors[name]
    return {name: tensors[name] for name in graph.outputs}


def evaluate(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    """One operator on float tensors; layout operators take any dtype.

    Args:
        op: what to compute.
        inputs: activations `(1, H, W, C)` and constants, in the operator's order.

    Raises:
        GraphError: the operator converts between float and integer, which needs scales.
    """
    if op.kind not in _KERNELS:
        raise GraphError(f"{op.output}: {op.kind} has no float arithmetic")
    result = _KERNELS[op.kind](op, inputs)
    if op.activation is Activation.RELU:
        result = np.maximum(result, np.float32(0))
    elif op.activation is Activation.RELU6:
        result = np.clip(result, np.float32(0), np.float32(6))
    return result


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


def _depth_to_space(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    x, block = inputs[0], op.whole("block")
    _, height, width, channels = x.shape
    split = x.reshape(height, width, block, block, channels // block**2)
    return split.transpose(0, 2, 1, 3, 4).reshape(1, height * block, width * block, -1)


def _space_to_depth(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    x, block = inputs[0], op.whole("block")
    _, height, width, channels = x.shape
    split = x.reshape(height // block, block, width // block, block, channels)
    return split.transpose(0, 2, 1, 3, 4).reshape(1, height // block, width // block, -1)


def _nearest(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    factor = op.whole("factor")
    return inputs[0].repeat(factor, axis=1).repeat(factor, axis=2)


def _bilinear(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x, factor = inputs[0], op.whole("factor")
    for axis in (1, 2):
        size = x.shape[axis]
        centre = (np.arange(size * factor) + 0.5) / factor - 0.5
        low = np.floor(centre).astype(np.intp)
        share = (centre - low).astype(np.float32)
        share = share.reshape((-1, 1, 1) if axis == 1 else (-1, 1))
        below = x.take(np.clip(low, 0, size - 1), axis=axis)
        above = x.take(np.clip(low + 1, 0, size - 1), axis=axis)
        x = below + (above - below) * share
    return x.astype(np.float32)


def _slice(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    begin = op.whole("begin")
    return inputs[0][along(op.axis, begin, begin + op.whole("size"))]


def along(axis: int, first: int, end: int) -> tuple[slice, ...]:
    """An index that cuts `(1, H, W, C)` from `first` to `end`, exclusive, along one axis."""
    return (*(slice(None),) * axis, slice(first, end))


def _mean(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    # Summed in float64: NumPy sums rows one after the other, and a picture has many.
    axes = op.axis if is_channel_mean(op) else (1, 2)
    means = inputs[0].mean(axis=axes, keepdims=True, dtype=np.float64)
    return np.asarray(means, np.float32)


def _reshape(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    return inputs[0].reshape(1, op.whole("rows"), op.whole("columns"), op.whole("channels"))


def _batch_matmul(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    a, b = inputs
    return np.asarray(a @ (b.swapaxes(2, 3) if op.whole("transposed") else b), np.float32)


def _softmax(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    powers = np.exp(inputs[0] - inputs[0].max(axis=3, keepdims=True))
    return np.asarray(powers / powers.sum(axis=3, keepdims=True), np.float32)


# NumPy has no error function; Python's, value by value, is slow and right.
_erf = np.frompyfunc(math.erf, 1, 1)


def _gelu(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x = inputs[0].astype(np.float64)
    phi = 0.5 * (1.0 + np.asarray(_erf(x / math.sqrt(2.0)), np.float64))
    return np.asarray(x * phi, np.float32)


def _mirror_pad(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    sides = (op.whole("amount"),) * 2
    return np.pad(inputs[0], ((0, 0), sides, sides, (0, 0)), mode="symmetric")


def _logistic(x: Float32) -> Float32:
    # Two forms, so that neither exponential overflows.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)


_KERNELS: dict[Kind, Callable[[Operator, list[NDArray[Any]]], NDArray[Any]]] = {
    Kind.CONV_2D: _convolution,
    Kind.DEPTHWISE_CONV_2D: _depthwise,
    Kind.TRANSPOSE_CONV: _transposed,
    Kind.ADD: lambda op, x: x[0] + x[1],
    Kind.SUB: lambda op, x: x[0] - x[1],
    Kind.MUL: lambda op, x: x[0] * x[1],
    Kind.RELU: lambda op, x: np.maximum(x[0], np.float32(0)),
    Kind.TANH: lambda op, x: np.tanh(x[0]),
    Kind.LOGISTIC: lambda op, x: _logistic(x[0]),
    Kind.SQRT: lambda op, x: np.sqrt(x[0]),
    Kind.PRELU: lambda op, x: np.where(x[0] >= 0, x[0], x[0] * x[1]),
    Kind.LEAKY_RELU: lambda op, x: np.where(
        x[0] >= 0, x[0], x[0] * np.float32(op.attributes["alpha"])
    ),
    Kind.DEPTH_TO_SPACE: _depth_to_space,
    Kind.SPACE_TO_DEPTH: _space_to_depth,
    Kind.RESIZE_NEAREST_NEIGHBOR: _nearest,
    Kind.RESIZE_BILINEAR: _bilinear,
    Kind.CONCATENATION: lambda op, x: np.concatenate(x, axis=op.axis),
    Kind.SLICE: _slice,
    Kind.MEAN: _mean,
    Kind.RESHAPE: _reshape,
    Kind.BATCH_MATMUL: _batch_matmul,
    Kind.SOFTMAX: _softmax,
    Kind.GELU: _gelu,
    Kind.RSQRT: lambda op, x: np.float32(1) / np.sqrt(x[0]),
    Kind.MIRROR_PAD: _mirror_pad,
}
