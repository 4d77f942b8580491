"""Any size, for samples as files hold them: antialiased bicubic in strips, in little memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.bicubic import resample_rows, resampling_weights
from vernier.images.picture import Samples

# Of float32 that a strip's result takes: it and what it is made from stay in a core's cache.
STRIP_BYTES = 1 << 18


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
    limits = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
    if samples.dtype.name not in limits:
        raise UsageError(f"expected samples of uint8, uint16 or float32, found {samples.dtype}")
    if samples.ndim not in (2, 3) or 0 in samples.shape:
        raise UsageError(f"expected a picture of shape (H, W) or (H, W, C), found {samples.shape}")
    if height < 1 or width < 1:
        raise UsageError(f"expected an output of at least 1x1 pixels, found {width}x{height}")
    in_height, in_width = samples.shape[:2]
    if (height, width) == (in_height, in_width):
        return samples.copy()
    indices, weights = resampling_weights(in_height, height, height / in_height)
    columns = resampling_weights(in_width, width, width / in_width)
    rows_first = height / in_height <= width / in_width
    channels = samples.shape[2] if samples.ndim == 3 else 1
    step = max(1, STRIP_BYTES // (4 * max(width, in_width) * channels))
    result: Samples = np.empty((height, width, *samples.shape[2:]), samples.dtype)
    for first in range(0, height, step):
        taps = indices[first : first + step]
        lowest = int(taps.min())
        part: NDArray[np.float32] = samples[lowest : taps.max() + 1].astype(np.float32)
        rows = (taps - lowest, weights[first : first + step])
        for vertical in (rows_first, not rows_first):
            if vertical:
                # At an unchanged height there is one tap of weight 1, and `part` is it already.
                part = part if height == in_height else resample_rows(part, *rows)
            elif width != in_width:
                turned = np.ascontiguousarray(np.swapaxes(part, 0, 1))
                part = np.swapaxes(resample_rows(turned, *columns), 0, 1)
        result[first : first + step] = _rounded(part, limits[samples.dtype.name], samples.dtype)
    return result


def _rounded(part: NDArray[np.float32], limit: float, dtype: Any) -> NDArray[Any]:
    clipped = np.clip(part, 0.0, limit)
    return clipped if dtype == np.float32 else np.rint(clipped).astype(dtype)
