"""The shapes of a graph's tensors, for any size of its input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator, TensorType

Shape = tuple[int, ...]

# How many inputs an operator may have; all others have one. A convolution may lack its bias.
_INPUTS: dict[Kind, range] = {
    **dict.fromkeys(CONVOLUTIONS, range(2, 4)),
    **dict.fromkeys((Kind.ADD, Kind.SUB, Kind.MUL, Kind.PRELU), range(2, 3)),
    Kind.CONCATENATION: range(1, 1 << 16),
}


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
        GraphError: an operator cannot work at this size, or an input's size would not be whole.
    """
    if height < 1 or width < 1:
        raise GraphError(f"{graph.name}: expected at least 1x1 pixels, found {width}x{height}")
    first = graph.types[graph.inputs[0]].shape
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
            if any(len(other) != 4 or other[:3] != x[:3] for other in others):
                raise GraphError(f"{op.output}: cannot join tensors of shapes {[x, *others]}")
            return (*x[:3], x[3] + sum(other[3] for other in others))
        case Kind.SLICE:
            begin, size = op.whole("begin"), _positive(op, "size")
            if begin < 0 or begin + size > x[3]:
                raise GraphError(f"{op.output}: channels {begin} to {begin + size} of {x[3]}")
            return (*x[:3], size)
        case Kind.MEAN:
            return (1, 1, 1, x[3])
        case Kind.MIRROR_PAD:
            amount = op.whole("amount")
            if not 0 <= amount <= min(x[1], x[2]):
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
