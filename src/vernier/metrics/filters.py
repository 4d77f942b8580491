"""Separable filters of planes, as matrix products.

A filter of `t` taps on 16 samples at once is a product with a banded matrix of `16 x (15 + t)`.
That multiplies by zeros too, and is still faster than a sum of shifted copies: the product runs
from registers, a sum of copies reads and writes memory once for every tap.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

BLOCK = 16


@lru_cache(maxsize=8)
def gaussian(taps: int, sigma: float) -> tuple[float, ...]:
    """A sampled Gaussian of an odd number of taps, sum 1: one side of MATLAB's `fspecial`."""
    at = np.arange(taps) - taps // 2
    weights = np.exp(-(at * at) / (2.0 * sigma * sigma))
    return tuple((weights / weights.sum()).tolist())


@lru_cache(maxsize=8)
def _band(taps: tuple[float, ...]) -> Float64:
    """Shape `(BLOCK, BLOCK - 1 + taps)`: row `i` holds the taps from column `i` on."""
    band = np.zeros((BLOCK, BLOCK - 1 + len(taps)))
    for row in range(BLOCK):
        band[row, row : row + len(taps)] = taps
    return band


def separable_filter(plane: Float64, taps: tuple[float, ...]) -> Float64:
    """Correlate a plane with the outer product of `taps` with itself, where it fits entirely.

    Args:
        plane: shape `(H, W)`, both at least the number of taps.
        taps: the filter in each direction.

    Returns:
        Shape `(H - len(taps) + 1, W - len(taps) + 1)`, as MATLAB's `filter2(..., 'valid')`.
    """
    band, reach = _band(taps), len(taps) - 1
    height, width = plane.shape[0] - reach, plane.shape[1] - reach
    blocks = -(-width // BLOCK)
    # The last block may reach past the plane; what it computes there is cut off.
    rows = np.zeros((min(BLOCK, height), blocks * BLOCK + reach))
    out = np.empty((height, width))
    for top in range(0, height, BLOCK):
        count = min(BLOCK, height - top)
        np.matmul(
            band[:count, : count + reach],
            plane[top : top + count + reach],
            out=rows[:count, : width + reach],
        )
        windows = as_strided(
            rows,
            (count, blocks, BLOCK + reach),
            (rows.strides[0], BLOCK * rows.itemsize, rows.itemsize),
            writeable=False,
        )
        # Copied, because BLAS takes no matrix whose rows overlap and NumPy's own loop is slow.
        filtered = windows.reshape(-1, BLOCK + reach) @ band.T
        out[top : top + count] = filtered.reshape(count, -1)[:, :width]
    return out
