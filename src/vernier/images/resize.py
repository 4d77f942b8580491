"""Any size, for samples as files hold them: antialiased bicubic in strips, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.bicubic import resample_rows, resampling_weights
from vernier.images.picture import Samples
from vernier.images.rows import Window

# Of float32 that a strip's result takes: it and what it is made from stay in a core's cache.
STRIP_BYTES = 1 << 18
LIMITS = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}


def resize_samples(samples: Samples, height: int, width: int) -> Samples:
    """Resample a picture to an exact size, larger or smaller, rounded to its own dtype.

    Each sample equals that of `imresize` on the whole picture in float32, rounded half to even and
    clipped; the strips only bound the memory.

    Args:
        samples: shape `(H, W)` or `(H, W, C)`, uint8, uint16, or float32 in [0, 1], which is
            clipped to that range and not rounded.
        height: of the result, in pixels.
        width: likewise.

    Raises:
        UsageError: an empty picture, another dtype, or a size below 1.
    """
    if samples.dtype.name not in LIMITS:
        raise UsageError(f"expected samples of uint8, uint16 or float32, found {samples.dtype}")
    if samples.ndim not in (2, 3) or 0 in samples.shape:
        raise UsageError(f"expected a picture of shape (H, W) or (H, W, C), found {samples.shape}")
    if height < 1 or width < 1:
        raise UsageError(f"expected an output of at least 1x1 pixels, found {width}x{height}")
    in_height, in_width = samples.shape[:2]
    if (height, width) == (in_height, in_width):
        return samples.copy()
    result: Samples = np.empty((height, width, *samples.shape[2:]), samples.dtype)
    row = 0
    for strip in resized_bands(iter([samples]), (in_height, in_width), (height, width)):
        result[row : row + len(strip)] = strip
        row += len(strip)
    return result


def resized_bands(
    bands: Iterator[Samples], size: tuple[int, int], wanted: tuple[int, int]
) -> Iterator[Samples]:
    """As `resize_samples`, of rows that come in order, in the memory of a strip.

    Args:
        bands: all rows, of a dtype of `LIMITS`.
        size: their height and width.
        wanted: height and width of the result.
    """
    (in_height, in_width), (height, width) = size, wanted
    indices, weights = resampling_weights(in_height, height, height / in_height)
    columns = resampling_weights(in_width, width, width / in_width)
    rows_first = height / in_height <= width / in_width
    # Mirrored at the borders, taps do not only go down: nothing is forgotten that is still needed.
    lowest = np.minimum.accumulate(indices.min(axis=1)[::-1])[::-1]
    window = Window(bands)
    first, step = 0, 0
    while first < height:
        last = min(height, first + max(1, step))
        taps = indices[first:last]
        start = int(lowest[first])
        given = window.rows(start, int(taps.max()) + 1)
        if not step:
            # One row was enough to see how many samples there are in a row.
            channels = given[0].size // in_width
            step = max(1, STRIP_BYTES // (4 * max(width, in_width) * channels))
        part: NDArray[np.float32] = given.astype(np.float32)
        for vertical in (rows_first, not rows_first):
            if vertical:
                # At an unchanged height there is one tap of weight 1.
                part = resample_rows(part, taps - start, weights[first:last])
            elif width != in_width:
                turned = np.ascontiguousarray(np.swapaxes(part, 0, 1))
                part = np.swapaxes(resample_rows(turned, *columns), 0, 1)
        yield _rounded(part, LIMITS[given.dtype.name], given.dtype)
        first = last
    next(bands, None)


def _rounded(part: NDArray[np.float32], limit: float, dtype: Any) -> NDArray[Any]:
    clipped = np.clip(part, 0.0, limit)
    return clipped if dtype == np.float32 else np.rint(clipped).astype(dtype)
