"""Chains of reshapes and transposes: what they make of a picture's rows, columns and channels.

Exporters write a pixel shuffle as a reshape to six axes, a transpose and a reshape to four, with
or without squeezes between, and with either order of channels. So each axis is kept as a product
of *parts* of the original axes: a reshape splits and joins parts, a transpose moves them, and at
the end the parts say which shuffle it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHANNELS, ROWS, COLUMNS = 1, 2, 3


@dataclass(frozen=True)
class Part:
    """Some digits of an index: `index // step % size` of an axis of the original NCHW tensor."""

    axis: int
    step: int
    size: int


@dataclass(frozen=True)
class Arrangement:
    """A tensor with the elements of a `(1, C, H, W)` one in another order.

    Attributes:
        axes: of the tensor; the index along each is that of its parts, the first the slowest.
    """

    axes: tuple[tuple[Part, ...], ...]

    @staticmethod
    def of(channels: int, rows: int, columns: int) -> Arrangement:
        """The original tensor itself."""
        sizes = {CHANNELS: channels, ROWS: rows, COLUMNS: columns}
        return Arrangement(((), *(_joined([Part(axis, 1, n)]) for axis, n in sizes.items())))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        return tuple(math.prod(part.size for part in axis) for axis in self.axes)

    def transposed(self, order: Sequence[int]) -> Arrangement | None:
        """With axes in another order; None where it is no order of them."""
        if sorted(order) != list(range(len(self.axes))):
            return None
        return Arrangement(tuple(self.axes[k] for k in order))

    def reshaped(self, shape: Sequence[int]) -> Arrangement | None:
        """With other axes of as many elements; None where parts do not divide evenly into them."""
        left = [part for axis in self.axes for part in axis]
        axes = []
        for size in shape:
            axis: list[Part] = []
            while size > 1:
                if not left:
                    return None
                part = left.pop(0)
                common = part.size if size % part.size == 0 else size
                inner, rest = divmod(part.size, common)
                if rest:
                    return None
                axis.append(Part(part.axis, part.step * inner, common))
                if inner > 1:
                    left.insert(0, Part(part.axis, part.step, inner))
                size //= common
            axes.append(_joined(axis))
        return None if left or 0 in shape else Arrangement(tuple(axes))


@dataclass(frozen=True)
class Untouched:
    """Rows and columns stay; channel k is the source's channel `order[k]`."""

    order: NDArray[np.intp]


@dataclass(frozen=True)
class Shuffle:
    """DEPTH_TO_SPACE by `block`, of the channels in the order `order`."""

    block: int
    order: NDArray[np.intp]


@dataclass(frozen=True)
class Unshuffle:
    """Channel k is channel `order[k]` of SPACE_TO_DEPTH by `block`."""

    block: int
    order: NDArray[np.intp]


def recognised(
    tensor: Arrangement, original: Arrangement
) -> Untouched | Shuffle | Unshuffle | None:
    """What an arrangement with four axes is as layout operators of our graph.

    Args:
        tensor: the arrangement.
        original: of the tensor that it is made of.

    Returns:
        None where it is no picture again.
    """
    if len(tensor.axes) != 4 or tensor.axes[0]:
        return None
    _, channels, rows, columns = tensor.axes
    _, _, all_rows, all_columns = original.axes
    if (rows, columns) == (all_rows, all_columns):
        return Untouched(_indices(channels, {CHANNELS: 1}))
    if rows and columns and (rows[:-1], columns[:-1]) == (all_rows, all_columns):
        down, across = rows[-1], columns[-1]
        if down.axis == across.axis == CHANNELS and down.size == across.size:
            return Shuffle(down.size, _indices((down, across, *channels), {CHANNELS: 1}))
    _, depth, height, width = original.shape
    block = max(1, height // tensor.shape[2])
    outer_rows = _joined([Part(ROWS, block, height // block)])
    outer_columns = _joined([Part(COLUMNS, block, width // block)])
    if block > 1 and (rows, columns) == (outer_rows, outer_columns):
        # SPACE_TO_DEPTH's channels are (row in block, column in block, channel).
        weights = {CHANNELS: 1, COLUMNS: depth, ROWS: depth * block}
        return Unshuffle(block, _indices(channels, weights))
    return None


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same digits in as few parts as can be."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if part.size == 1:
            continue
        if last and last.axis == part.axis and last.step == part.step * part.size:
            joined[-1] = Part(part.axis, part.step, last.size * part.size)
        else:
            joined.append(part)
    return tuple(joined)


def _indices(parts: Sequence[Part], weight_of_axis: dict[int, int]) -> NDArray[np.intp]:
    """Where each combination of digits stands, the first part the slowest."""
    indices = np.zeros(1, np.intp)
    for part in parts:
        digits = np.arange(part.size) * part.step * weight_of_axis[part.axis]
        indices = (indices[:, None] + digits).reshape(-1)
    return indices
