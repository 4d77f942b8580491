"""Structural similarity over several scales."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.planes import Picture, planes_of_255
from vernier.metrics.ssim import WINDOW, luminance_and_structure

Float64 = NDArray[np.float64]

# One exponent per scale, finest first, from the paper's experiment; their sum is 1.
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# The coarsest scale must still hold one window.
SMALLEST = (WINDOW - 1) * 2 ** (len(EXPONENTS) - 1) + 1


class Pooling(StrEnum):
    """How the scales become one number: the two methods of the authors' `msssim.m`."""

    PRODUCT = "product"
    SUM = "sum"


def ms_ssim(first: Picture, second: Picture, pooling: Pooling = Pooling.SUM) -> float:
    """Multi-scale structural similarity: SSIM that also sees what is larger than its window.

    The mean contrast-structure factor at four scales and the mean SSIM at a fifth, each half the
    one before (means of 2x2, an odd last row or column repeated), become one number: their sum
    weighted with the exponents, as the official scores of public tables have it, or, as in the
    paper's equation and in most libraries, their product, each to a power of its own, which can be
    0.005 smaller. A mean factor below 0, which has no real power, counts as 0 in the product. Of
    colours, the mean over channels.

    Source: Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image
    quality assessment", Asilomar 2003; both are methods of the authors' `msssim.m`.

    Args:
        first: shape `(H, W)` or `(H, W, C)`, sides of at least 161; uint8, uint16 or float in
            [0, 1].
        second: the same shape.
        pooling: the sum weighted with the exponents, or the product of powers.

    Returns:
        At most 1, which only equal pictures reach; the product is at least 0. Higher is better.

    Raises:
        UsageError: shapes that differ, a picture that is too small, samples outside the range or
            not finite.
    """
    pairs = planes_of_255(first, second, "MS-SSIM", SMALLEST)
    factors = np.array([_factors(*pair) for pair in pairs])
    if pooling is Pooling.SUM:
        return float((factors @ EXPONENTS).mean() / sum(EXPONENTS))
    return float(np.prod(np.maximum(factors, 0.0) ** EXPONENTS, axis=1).mean())


def _factors(first: Float64, second: Float64) -> list[float]:
    """One factor per scale, finest first."""
    factors = []
    for scale in range(1, len(EXPONENTS) + 1):
        similarity, structure = luminance_and_structure(first, second)
        factors.append(float((similarity if scale == len(EXPONENTS) else structure).mean()))
        first, second = _halved(first), _halved(second)
    return factors


def _halved(plane: Float64) -> Float64:
    height, width = plane.shape
    plane = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    rows = plane[0::2] + plane[1::2]
    return np.asarray((rows[:, 0::2] + rows[:, 1::2]) * 0.25)
