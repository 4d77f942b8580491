"""The shapes of a graph's tensors, for any size of its input."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import (
    CHANNELS,
    CONVOLUTIONS,
    Graph,
    Kind,
    Operator,
    TensorType,
    is_channel_mean,
)

Shape = tuple[int, ...]

# How many inputs an operator may have; all others have one. A convolution may lack its bias.
_INPUTS: dict[Kind, range] = {
    **dict.fromkeys(CONVOLUTIONS, range(2, 4)),
    **dict.fromkeys((Kind.ADD, Kind.SUB, Kind.MUL, Kind.PRELU, Kind.BATCH_MATMUL), range(2, 3)),
    Kind.CONCATENATION: range(1, 1 << 16),
}


# What meets the second input pixel by pixel.
_JOINED_BY_PLACE = frozenset({Kind.ADD, Kind.SUB, Kind.MUL, Kind.BATCH_MATMUL, Kind.CONCATENATION})


def infer_types(
    inputs: Mapping[str, TensorType],
    operators: Iterable[Operator],
    constants: Mapping[str, NDArray[Any]],
) -> dict[str, TensorType]:
    """The types of all tensors of a float graph.

    Args:
        inputs: types of the given activations, float32 `(1, H, W, C)`.
        operators: in an order in which they can run.
        constants: by name.

    Raises:
        GraphError: a tensor is not float32 (integers have scales, which nothing here can guess),
            is read before it is computed, or does not fit its operator.
    """
    types = dict(inputs)
    types |= {name: TensorType(value.shape, str(value.dtype)) for name, value in constants.items()}
    for op in operators:
        for name in op.inputs:
            if name not in types:
                raise GraphError(f"{op.output}: reads {name!r}, which is not computed before it")
            if types[name].dtype != "float32":
                raise GraphError(f"{op.output}: {name!r} is {types[name].dtype}, expected float32")
        types[op.output] = TensorType(output_shape(op, types))
    return types


def resized(graph: Graph, height: int, width: int) -> Graph:
    """The same graph for a first input of `height` x `width` pixels.

    Further inputs keep their ratio to the first, as those of a segment do that skips cross; an
    input of one pixel beside a larger first one stays as it is (a mean over the picture).

    Args:
        graph: any graph; the shapes of its computed tensors are not looked at.
        height: of the first input, in pixels, at least 1.
        width: likewise.

    Raises:
        GraphError: an operator cannot work at this size, an input's size would not be whole, or
            the graph `fits_one_size` and this is another.
    """
    if height < 1 or width < 1:
        raise GraphError(f"{graph.name}: expected at least 1x1 pixels, found {width}x{height}")
    first = graph.types[graph.inputs[0]].shape
    if first[1:3] != (height, width) and fits_one_size(graph):
        raise GraphError(
            f"{graph.name} is of one picture size, {first[2]}x{first[1]}, "
            f"found {width}x{height}; capture it again for another"
        )
    types = dict(graph.types)
    for name in graph.inputs:
        own = types[name].shape
        if own[1:3] == (1, 1) != first[1:3]:
            continue
        rows, rows_left = divmod(own[1] * height, first[1])
        columns, columns_left = divmod(own[2] * width, first[2])
        if rows_left or columns_left:
            raise GraphError(
                f"{graph.name}: the input {name!r} would not have a whole size at {width}x{height}"
            )
        types[name] = replace(types[name], shape=(1, rows, columns, own[3]))
    for op in graph.operators:
        types[op.output] = replace(types[op.output], shape=output_shape(op, types))
    return replace(graph, types=types)


def fits_one_size(graph: Graph) -> bool:
    """Whether a graph means something at its own picture size only.

    A RESHAPE names rows and columns as numbers, a SLICE of rows or columns does, and a constant may
    have as many as the picture. At another size some would raise, and others silently compute
    something else.
    """
    return any(
        op.kind is Kind.RESHAPE
        or (op.kind is Kind.SLICE and op.axis != CHANNELS)
        or (op.kind in _JOINED_BY_PLACE and any(_has_places(graph, name) for name in op.inputs))
        for op in graph.operators
    )


def own_size(graph: Graph) -> tuple[int, int]:
    """Rows and columns of a graph's first input, in pixels."""
    shape = graph.types[graph.inputs[0]].shape
    return shape[1], shape[2]


def scale_of(graph: Graph) -> int:
    """By how much a network enlarges: its output's size over its input's.

    Raises:
        GraphError: that is not one whole number for both axes.
    """
    rows, columns = own_size(graph)
    _, out_rows, out_columns, _ = graph.types[graph.outputs[0]].shape
    scale = out_rows // rows
    if scale < 1 or (out_rows, out_columns) != (scale * rows, scale * columns):
        raise GraphError(
            f"{graph.name}: makes {out_columns}x{out_rows} pixels of {columns}x{rows}, expected "
            "a whole factor, the same for both axes"
        )
    return scale


def _has_places(graph: Graph, name: str) -> bool:
    """Whether a tensor is a constant of several rows or columns."""
    return name in graph.constants and any(side > 1 for side in graph.types[name].shape[-3:-1])


def output_shape(op: Operator, types: Mapping[str, TensorType]) -> Shape:
    """The shape `(1, H, W, C)` of what an operator computes from inputs of known shapes.

    Raises:
        GraphError: the inputs or attributes do not fit the operator.
    """
    if len(op.inputs) not in _INPUTS.get(op.kind, range(1, 2)):
        raise GraphError(f"{op.output}: {op.kind} cannot have {len(op.inputs)} inputs")
    x, *others = (types[name].shape for name in op.inputs)
    if op.kind in (Kind.ADD, Kind.SUB, Kind.MUL):
        return _broadcast(op, x, others[0])
    if len(x) != 4 or x[0] != 1 or min(x) < 1:
        raise GraphError(f"{op.output}: {op.kind} needs a tensor (1, H, W, C), found {x}")
    match op.kind:
        case Kind.CONV_2D | Kind.DEPTHWISE_CONV_2D | Kind.TRANSPOSE_CONV:
            return _convolved(op, x, others)
        case Kind.PRELU:
            if _broadcast(op, x, others[0]) != x:
                raise GraphError(f"{op.output}: slopes {others[0]} do not fit a tensor {x}")
            return x
        case Kind.DEPTH_TO_SPACE:
            block = _positive(op, "block")
            _whole(op, x[3], block**2, "channels")
            return (1, x[1] * block, x[2] * block, x[3] // block**2)
        case Kind.SPACE_TO_DEPTH:
            block = _positive(op, "block")
            _whole(op, x[1], block, "rows")
            _whole(op, x[2], block, "columns")
            return (1, x[1] // block, x[2] // block, x[3] * block**2)
        case Kind.RESIZE_NEAREST_NEIGHBOR | Kind.RESIZE_BILINEAR:
            factor = _positive(op, "factor")
            return (1, x[1] * factor, x[2] * factor, x[3])
        case Kind.CONCATENATION:
            beside = {(*shape[: op.axis], *shape[op.axis + 1 :]) for shape in (x, *others)}
            if any(len(other) != 4 for other in others) or len(beside) > 1:
                raise GraphError(f"{op.output}: cannot join tensors of shapes {[x, *others]}")
            return _along(x, op.axis, sum(shape[op.axis] for shape in (x, *others)))
        case Kind.SLICE:
            begin, size = op.whole("begin"), _positive(op, "size")
            if begin < 0 or begin + size > x[op.axis]:
                what = ("rows", "columns", "channels")[op.axis - 1]
                raise GraphError(f"{op.output}: {what} {begin} to {begin + size} of {x[op.axis]}")
            return _along(x, op.axis, size)
        case Kind.MEAN if is_channel_mean(op):
            if op.axis != CHANNELS:
                raise GraphError(f"{op.output}: a MEAN is over pixels or channels, not {op.axis}")
            return _along(x, CHANNELS, 1)
        case Kind.MEAN:
            return (1, 1, 1, x[3])
        case Kind.RESHAPE:
            shape = (1, *(_positive(op, side) for side in ("rows", "columns", "channels")))
            if math.prod(shape) != math.prod(x):
                raise GraphError(f"{op.output}: {x} has not as many samples as {shape}")
            return shape
        case Kind.BATCH_MATMUL:
            return _multiplied(op, x, others[0])
        case Kind.MIRROR_PAD:
            amount = op.whole("amount")
            if not 0 <= amount <= min(x[1], x[2]):
                raise GraphError(f"{op.output}: cannot mirror {amount} pixels of {x[2]}x{x[1]}")
            return (1, x[1] + 2 * amount, x[2] + 2 * amount, x[3])
        case _:
            return x


def _along(x: Shape, axis: int, size: int) -> Shape:
    return (*x[:axis], size, *x[axis + 1 :])


def _multiplied(op: Operator, a: Shape, b: Shape) -> Shape:
    transposed = op.whole("transposed")
    if len(b) != 4 or b[:2] != a[:2] or transposed not in (0, 1):
        raise GraphError(f"{op.output}: cannot multiply {a} by {b}, transposed {transposed}")
    inner, columns = (b[3], b[2]) if transposed else (b[2], b[3])
    if a[3] != inner:
        raise GraphError(f"{op.output}: rows of {a[3]} cannot be multiplied by {b}")
    return (*a[:3], columns)


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, for "same" padding of a convolution as `.tflite` defines it."""
    reach = (kernel - 1) * dilation + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _convolved(op: Operator, x: Shape, others: list[Shape]) -> Shape:
    weights = others[0]
    if len(weights) != 4 or min(weights) < 1:
        raise GraphError(f"{op.output}: {op.kind} needs weights of 4 axes, found {weights}")
    channels = weights[3] if op.kind is Kind.DEPTHWISE_CONV_2D else weights[0]
    if others[1:] not in ([], [(channels,)]):
        raise GraphError(f"{op.output}: {channels} output channels, but a bias {others[1]}")
    if not _fits(op, x[3], weights):
        raise GraphError(
            f"{op.output}: weights {weights} of {op.kind} do not fit {x[3]} input channels"
        )
    if op.kind is Kind.TRANSPOSE_CONV:
        factor = _positive(op, "stride")
        return (1, x[1] * factor, x[2] * factor, channels)
    stride = _positive(op, "stride", 1)
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
    dilation = _positive(op, "dilation", 1)
    return (weights[1] - 1) * dilation + 1, (weights[2] - 1) * dilation + 1


def _fits(op: Operator, inputs: int, weights: Shape) -> bool:
    match op.kind:
        case Kind.DEPTHWISE_CONV_2D:
            return weights[0] == 1 and weights[3] == inputs * _positive(op, "multiplier", 1)
        case Kind.TRANSPOSE_CONV:
            return weights[3] == inputs
        case _:
            groups, left = divmod(inputs, weights[3])
            return left == 0 and weights[0] % groups == 0


def _broadcast(op: Operator, first: Shape, second: Shape) -> Shape:
    try:
        shape = np.broadcast_shapes(first, second)
    except ValueError as error:
        raise GraphError(f"{op.output}: {op.kind} of shapes {first} and {second}") from error
    if len(shape) != 4 or shape[0] != 1:
        raise GraphError(f"{op.output}: {op.kind} of {first} and {second} is no (1, H, W, C)")
    return shape


def _positive(op: Operator, attribute: str, default: int | None = None) -> int:
    value = op.whole(attribute, default)
    if value < 1:
        raise GraphError(f"{op.output}: {attribute!r} must be at least 1, found {value}")
    return value


def _whole(op: Operator, size: int, divisor: int, what: str) -> None:
    if size % divisor:
        raise GraphError(
            f"{op.output}: {op.kind} needs a multiple of {divisor} {what}, found {size}"
        )
