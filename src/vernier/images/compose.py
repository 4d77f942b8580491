"""A luma network's result and its source's colours as one picture, in NumPy, for any window.

With bicubic colours, RGB -> YCbCr -> enlarge -> new luma -> RGB is the same as enlarging RGB and
adding one number per pixel, for the enlargement is linear and chroma is not touched:

    RGB_out = bicubic(RGB) + 255/219 * (Y_new - luma(bicubic(RGB)))

So two planes' enlargement and a 3x3 matrix become three planes' enlargement and one addition. The
enlargement is a product with small banded matrices whose entries are multiples of a power of two,
so that every sum is exact in whatever order it is taken: a window equals that part of the whole
picture bit for bit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.bicubic import resampling_weights
from vernier.images.colour import LUMA_OFFSET, RGB_TO_YCBCR
from vernier.images.picture import Samples

LUMA_GAIN = float(RGB_TO_YCBCR[0].sum())
RADIUS = 2
# Source rows and columns per matrix: the band's zeros cost more with larger ones, calls with
# smaller; and a strip of a 4K picture stays in a core's cache.
BLOCK_ROWS, BLOCK_COLUMNS = 16, 32
# 16-bit samples times two weights of this many bits stay exact in float64's 53.
WEIGHT_BITS = 18
Window = tuple[slice, slice]


def compose(luma: NDArray[np.float32], low: Samples, window: Window, scale: int) -> Samples:
    """The picture of a window, from its new luma and the whole low-resolution source.

    Args:
        luma: shape `(scale*h, scale*w)`, in [0, 1] as the network gives it (BT.601 studio range
            over 255; overshoots are clipped with the colours).
        low: shape `(H, W, 1)` grey or `(H, W, 3)` RGB, uint8 or uint16.
        window: rows and columns of `low` that `luma` is of, `h` and `w` long, inside the picture.
        scale: whole factor of 2 or more.

    Returns:
        Shape `(scale*h, scale*w, C)`, the dtype and channels of `low`, rounded to nearest.

    Raises:
        UsageError: the shapes do not fit each other.
    """
    rows, columns = (
        range(*part.indices(side)) for part, side in zip(window, low.shape, strict=False)
    )
    if scale < 2 or luma.shape != (scale * len(rows), scale * len(columns)) or not luma.size:
        raise UsageError(
            f"expected luma of {scale} times the window's {len(rows)}x{len(columns)}, "
            f"found {luma.shape}"
        )
    limit = np.float32(np.iinfo(low.dtype).max)
    result: Samples = np.empty((*luma.shape, low.shape[2]), low.dtype)
    for first in range(0, len(rows), BLOCK_ROWS):
        strip = rows[first : first + BLOCK_ROWS]
        here = slice(scale * first, scale * (first + len(strip)))
        shift = luma[here] * (limit / np.float32(LUMA_GAIN))
        # Half a step, as storing cuts the fraction off.
        shift -= limit * np.float32(LUMA_OFFSET / LUMA_GAIN) - np.float32(0.5)
        if low.shape[2] == 1:
            planes = np.zeros((1, *shift.shape), np.float32)
        else:
            planes = _enlarged(low, strip, columns, scale)
            for plane, weight in zip(planes, RGB_TO_YCBCR[0] / LUMA_GAIN, strict=True):
                shift -= plane * np.float32(weight)
        planes += shift
        np.clip(planes, 0.0, limit, out=planes)
        for channel, plane in enumerate(planes):
            result[here, :, channel] = plane
    return result


def _enlarged(low: Samples, rows: range, columns: range, scale: int) -> NDArray[np.float32]:
    """Bicubic planes `(3, scale*rows, scale*columns)`, in units of the samples."""
    exact_in_float32 = low.dtype == np.uint8 and scale == 2
    dtype = np.float32 if exact_in_float32 else np.float64
    blocks = -(-len(columns) // BLOCK_COLUMNS)
    width = blocks * BLOCK_COLUMNS
    part = low[_mirrored(rows.start, len(rows), low.shape[0])]
    part = part[:, _mirrored(columns.start, width, low.shape[1])]
    planes = np.moveaxis(part, 2, 0).astype(dtype)
    tall = np.matmul(_band(len(rows), scale).astype(dtype), planes)
    across = np.ascontiguousarray(_band(BLOCK_COLUMNS, scale).T.astype(dtype))
    channels, height = tall.shape[:2]
    size = dtype().itemsize
    plane_step, row_step, _ = tall.strides
    windows = as_strided(
        tall,
        (channels, blocks, height, BLOCK_COLUMNS + 2 * RADIUS),
        (plane_step, BLOCK_COLUMNS * size, row_step, size),
        writeable=False,
    )
    out: NDArray[Any] = np.empty((channels, height, scale * width), dtype)
    np.matmul(windows, across, out=_in_blocks(out, blocks, scale * BLOCK_COLUMNS))
    return out[:, :, : scale * len(columns)].astype(np.float32, copy=False)


def _in_blocks(planes: NDArray[Any], blocks: int, width: int) -> NDArray[Any]:
    """The same memory as `(channels, blocks, rows, width)`."""
    channels, height = planes.shape[:2]
    return planes.reshape(channels, height, blocks, width).swapaxes(1, 2)


def _mirrored(start: int, count: int, length: int) -> NDArray[np.intp]:
    """Places from `RADIUS` before to `RADIUS` after, mirrored with the border sample repeated."""
    places = np.mod(np.arange(start - RADIUS, start + count + RADIUS), 2 * length)
    return np.where(places >= length, 2 * length - 1 - places, places)


@lru_cache(maxsize=64)
def _band(count: int, scale: int) -> NDArray[np.float64]:
    """Bicubic enlargement of `count` samples and their neighbours: `(scale*count, count + 4)`."""
    inner = 2 * RADIUS
    indices, weights = resampling_weights(count + 2 * inner, scale * (count + 2 * inner), scale)
    unit = 2.0**WEIGHT_BITS
    weights = np.rint(weights * unit) / unit
    # Rounding may leave the sum off 1; the largest weight takes the difference.
    largest = weights.argmax(axis=1)
    weights[np.arange(len(weights)), largest] += 1.0 - weights.sum(axis=1)
    band = np.zeros((scale * count, count + 2 * inner))
    for row in range(scale * count):
        source = row + scale * inner
        np.add.at(band[row], indices[source], weights[source])
    return band[:, RADIUS : count + inner + RADIUS]
