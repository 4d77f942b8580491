"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError


def psnr(first: NDArray[np.floating], second: NDArray[np.floating], peak: float = 1.0) -> float:
    """Peak signal-to-noise ratio of two pictures, in decibels.

    `10 log10(peak**2 / mean((first - second)**2))`, computed in float64.

    Args:
        first: any shape, in [0, peak].
        second: the same shape.
        peak: the largest value a sample can have: 1 for floats, 255 for 8-bit values.

    Returns:
        Decibels; infinity for equal pictures.

    Raises:
        UsageError: the shapes differ, a picture is empty, or a sample is not finite.
    """
    if first.shape != second.shape or first.size == 0:
        raise UsageError(
            f"PSNR expects two pictures of one non-empty shape, found {first.shape} "
            f"and {second.shape}"
        )
    error = first.astype(np.float64) - second.astype(np.float64)
    mean_square = float(np.mean(error * error))
    if not math.isfinite(mean_square):
        raise UsageError("PSNR expects finite samples, found NaN or infinity")
    return math.inf if mean_square == 0.0 else 10.0 * math.log10(peak * peak / mean_square)
