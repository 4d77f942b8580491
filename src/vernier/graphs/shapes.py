"""The shapes of a graph's tensors, for any size of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator, TensorType

Shape = tuple[int, ...]


def resized(graph: Graph, height: int, width: int) -> Graph:
    """The same graph for a first input of `height` x `width` pixels.

    Further inputs keep their ratio to the first, as those of a segment do that skips cross.

    Args:
        graph: any graph; the shapes of its computed tensors are not looked at.
        height: of the first input, in pixels, at least 1.
        width: likewise.

    Raises:
        GraphError: an operator cannot work at this size, or an input's size would not be whole.
    """
    if height < 1 or width < 1:
        raise GraphError(f"{graph.name}: expected at least 1x1 pixels, found {width}x{height}")
    old_height, old_width = graph.types[graph.inputs[0]].shape[1:3]
    types = dict(graph.types)
    for name in graph.inputs:
        _, own_height, own_width, channels = types[name].shape
        scaled = (own_height * height, own_width * width)
        if scaled[0] % old_height or scaled[1] % old_width:
            raise GraphError(
                f"{graph.name}: the input {name!r} would not have a whole size at {width}x{height}"
            )
        shape: Shape = (1, scaled[0] // old_height, scaled[1] // old_width, channels)
        types[name] = replace(types[name], shape=shape)
    for op in graph.operators:
        shape = output_shape(op, types)
        types[op.output] = replace(types[op.output], shape=shape)
    return replace(graph, types=types)


def output_shape(op: Operator, types: Mapping[str, TensorType]) -> Shape:
    """The shape of what an operator computes from inputs of known shapes.

    Raises:
        GraphError: the inputs do not fit the operator.
    """
    x = types[op.inputs[0]].shape
    others = [types[name].shape for name in op.inputs[1:]]
    match op.kind:
        case Kind.CONV_2D | Kind.DEPTHWISE_CONV_2D:
            return _convolved(op, x, others[0])
        case Kind.TRANSPOSE_CONV:
            stride = op.whole("stride")
            return (1, x[1] * stride, x[2] * stride, others[0][0])
        case Kind.ADD | Kind.SUB | Kind.MUL:
            return _broadcast(op, x, others[0])
        case Kind.DEPTH_TO_SPACE:
            block = op.whole("block")
            _whole(op, x[3], block**2, "channels")
            return (1, x[1] * block, x[2] * block, x[3] // block**2)
        case Kind.SPACE_TO_DEPTH:
            block = op.whole("block")
            _whole(op, x[1], block, "rows")
            _whole(op, x[2], block, "columns")
            return (1, x[1] // block, x[2] // block, x[3] * block**2)
        case Kind.RESIZE_NEAREST_NEIGHBOR | Kind.RESIZE_BILINEAR:
            factor = op.whole("factor")
            return (1, x[1] * factor, x[2] * factor, x[3])
        case Kind.CONCATENATION:
            if any(other[:3] != x[:3] for other in others):
                raise GraphError(f"{op.output}: cannot join tensors of shapes {[x, *others]}")
            return (*x[:3], x[3] + sum(other[3] for other in others))
        case Kind.SLICE:
            begin, size = op.whole("begin"), op.whole("size")
            if begin + size > x[3]:
                raise GraphError(f"{op.output}: channels {begin} to {begin + size} of {x[3]}")
            return (*x[:3], size)
        case Kind.MEAN:
            return (1, 1, 1, x[3])
        case Kind.MIRROR_PAD:
            amount = op.whole("amount")
            if amount > min(x[1], x[2]):
                raise GraphError(f"{op.output}: cannot mirror {amount} pixels of {x[2]}x{x[1]}")
            return (1, x[1] + 2 * amount, x[2] + 2 * amount, x[3])
        case _:
            return x


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, for "same" padding of a convolution as `.tflite` defines it."""
    reach = (kernel - 1) * dilation + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _convolved(op: Operator, x: Shape, weights: Shape) -> Shape:
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    depthwise = op.kind is Kind.DEPTHWISE_CONV_2D
    channels = weights[3] if depthwise else weights[0]
    inputs = channels // op.whole("multiplier", 1) if depthwise else weights[3]
    if x[3] % inputs or (depthwise and x[3] != inputs):
        raise GraphError(f"{op.output}: weights for {inputs} channels, the input has {x[3]}")
    sides = []
    for size, kernel in zip(x[1:3], weights[1:3], strict=True):
        if op.attributes.get("padding", "same") == "same":
            sides.append(-(-size // stride))
        else:
            sides.append((size - (kernel - 1) * dilation - 1) // stride + 1)
    if min(sides) < 1:
        raise GraphError(
            f"{op.output}: an input of {x[2]}x{x[1]} pixels is smaller than the kernel"
        )
    return (1, sides[0], sides[1], channels)


def _broadcast(op: Operator, first: Shape, second: Shape) -> Shape:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError as error:
        raise GraphError(f"{op.output}: {op.kind} of shapes {first} and {second}") from error


def _whole(op: Operator, size: int, divisor: int, what: str) -> None:
    if size % divisor:
        raise GraphError(
            f"{op.output}: {op.kind} needs a multiple of {divisor} {what}, found {size}"
        )
