"""Operators that move samples without computing with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import CHANNELS, Graph, Kind, Operator
from vernier.graphs.operators.descriptor import (
    Descriptor,
    Enlarging,
    IntegerForm,
    Interval,
    Shape,
    Side,
    along,
    positive,
    with_side,
)


def _multiple(op: Operator, size: int, divisor: int, what: str) -> None:
    if size % divisor:
        raise GraphError(
            f"{op.output}: {op.kind} needs a multiple of {divisor} {what}, found {size}"
        )


def _block(op: Operator) -> int:
    return op.whole("block")


# Pixel shuffles.


def _shuffled(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    block = positive(op, "block")
    _multiple(op, x[3], block**2, "channels")
    return (1, x[1] * block, x[2] * block, x[3] // block**2)


def _depth_to_space(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    x, block = inputs[0], op.whole("block")
    _, height, width, channels = x.shape
    split = x.reshape(height, width, block, block, channels // block**2)
    return split.transpose(0, 2, 1, 3, 4).reshape(1, height * block, width * block, -1)


def _unshuffled(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    block = positive(op, "block")
    _multiple(op, x[1], block, "rows")
    _multiple(op, x[2], block, "columns")
    return (1, x[1] // block, x[2] // block, x[3] * block**2)


def _space_to_depth(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    x, block = inputs[0], op.whole("block")
    _, height, width, channels = x.shape
    split = x.reshape(height // block, block, width // block, block, channels)
    return split.transpose(0, 2, 1, 3, 4).reshape(1, height // block, width // block, -1)


@dataclass(frozen=True)
class _Gathering:
    """A footprint of a block of input pixels for one output pixel."""

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        return Side(side.ratio / _block(op), side.surplus // _block(op))

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        return output[0] * _block(op), output[1] * _block(op) + _block(op) - 1


# Repeating pixels.


def _factor(op: Operator) -> int:
    return op.whole("factor")


def enlarged(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    """The shape of a picture resized by a whole factor."""
    factor = positive(op, "factor")
    return (1, x[1] * factor, x[2] * factor, x[3])


def _nearest(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    factor = op.whole("factor")
    return inputs[0].repeat(factor, axis=1).repeat(factor, axis=2)


def _mirrored(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    amount = op.whole("amount")
    if not 0 <= amount <= min(x[1], x[2]):
        raise GraphError(f"{op.output}: cannot mirror {amount} pixels of {x[2]}x{x[1]}")
    return (1, x[1] + 2 * amount, x[2] + 2 * amount, x[3])


def _mirror_pad(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    sides = (op.whole("amount"),) * 2
    return np.pad(inputs[0], ((0, 0), sides, sides, (0, 0)), mode="symmetric")


@dataclass(frozen=True)
class _Bordered:
    """The footprint of a border around the picture."""

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        return Side(side.ratio, side.surplus + 2 * op.whole("amount"))

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        return output[0] - op.whole("amount"), output[1] - op.whole("amount")


# Cutting and joining.


def _joined(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    beside = {(*shape[: op.axis], *shape[op.axis + 1 :]) for shape in (x, *others)}
    if any(len(other) != 4 for other in others) or len(beside) > 1:
        raise GraphError(f"{op.output}: cannot join tensors of shapes {[x, *others]}")
    return with_side(x, op.axis, sum(shape[op.axis] for shape in (x, *others)))


def _cut(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    begin, size = op.whole("begin"), positive(op, "size")
    if begin < 0 or begin + size > x[op.axis]:
        what = ("rows", "columns", "channels")[op.axis - 1]
        raise GraphError(f"{op.output}: {what} {begin} to {begin + size} of {x[op.axis]}")
    return with_side(x, op.axis, size)


def _slice(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    begin = op.whole("begin")
    return inputs[0][along(op.axis, begin, begin + op.whole("size"))]


def _across_pixels(op: Operator) -> str | None:
    return None if op.axis == CHANNELS else "cuts or joins rows or columns of the picture"


# A new grid.


def _laid_out(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    shape = (1, *(positive(op, side) for side in ("rows", "columns", "channels")))
    if math.prod(shape) != math.prod(x):
        raise GraphError(f"{op.output}: {x} has not as many samples as {shape}")
    return shape


def _reshape(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    return inputs[0].reshape(1, op.whole("rows"), op.whole("columns"), op.whole("channels"))


_SAME_SCALE = IntegerForm.SAME_SCALE

DESCRIPTORS: Mapping[Kind, Descriptor] = {
    Kind.DEPTH_TO_SPACE: Descriptor(
        _depth_to_space, _shuffled, footprint=Enlarging(_block), integer=_SAME_SCALE
    ),
    Kind.SPACE_TO_DEPTH: Descriptor(
        _space_to_depth, _unshuffled, footprint=_Gathering(), integer=_SAME_SCALE
    ),
    Kind.RESIZE_NEAREST_NEIGHBOR: Descriptor(
        _nearest, enlarged, footprint=Enlarging(_factor), integer=_SAME_SCALE
    ),
    Kind.MIRROR_PAD: Descriptor(_mirror_pad, _mirrored, footprint=_Bordered(), integer=_SAME_SCALE),
    Kind.CONCATENATION: Descriptor(
        lambda op, x: np.concatenate(x, axis=op.axis),
        _joined,
        inputs=range(1, 1 << 16),
        joins_by_place=True,
        everywhere=_across_pixels,
        integer=_SAME_SCALE,
    ),
    Kind.SLICE: Descriptor(_slice, _cut, everywhere=_across_pixels, integer=_SAME_SCALE),
    Kind.RESHAPE: Descriptor(
        _reshape,
        _laid_out,
        everywhere=lambda op: "lays the picture out anew",
        integer=IntegerForm.NONE,
    ),
}
