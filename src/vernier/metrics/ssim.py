"""Structural similarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.filters import gaussian, separable_filter
from vernier.metrics.planes import Picture, planes_of_255

Float64 = NDArray[np.float64]

WINDOW = 11
SIGMA = 1.5
LUMINANCE_CONSTANT = (0.01 * 255) ** 2
CONTRAST_CONSTANT = (0.03 * 255) ** 2


def ssim(first: Picture, second: Picture) -> float:
    """Mean structural similarity of two pictures, at their full size.

    `(2 m1 m2 + c1) (2 s12 + c2) / ((m1^2 + m2^2 + c1) (s1^2 + s2^2 + c2))` in every Gaussian window
    (11x11, sigma 1.5) that lies inside the picture, and the mean of that; `c1 = (0.01 * 255)^2`,
    `c2 = (0.03 * 255)^2`; variances with weights that sum to 1. Of colours, the mean over channels.

    Source: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from
    error visibility to structural similarity", IEEE TIP 2004; equals the authors' `ssim_index.m`.
    Their later `ssim.m` shrinks pictures of 512 pixels and more first, and so gives other numbers.

    Args:
        first: shape `(H, W)` or `(H, W, C)`, sides of at least 11; uint8, uint16 or float in
            [0, 1].
        second: the same shape.

    Returns:
        At most 1, which only equal pictures reach; may be below 0. Higher is better.

    Raises:
        UsageError: shapes that differ, a picture that is too small, samples outside the range or
            not finite.
    """
    pairs = planes_of_255(first, second, "SSIM", WINDOW)
    return float(np.mean([luminance_and_structure(*pair)[0].mean() for pair in pairs]))


def luminance_and_structure(first: Float64, second: Float64) -> tuple[Float64, Float64]:
    """SSIM and its factor for contrast and structure, in every window.

    Args:
        first: shape `(H, W)`, samples of 0 to 255.
        second: the same shape.

    Returns:
        Two maps of shape `(H - 10, W - 10)`: SSIM, and the contrast-structure factor.
    """
    taps = gaussian(WINDOW, SIGMA)
    mean_1, mean_2 = separable_filter(first, taps), separable_filter(second, taps)
    square_1, square_2, product = mean_1 * mean_1, mean_2 * mean_2, mean_1 * mean_2
    variances = separable_filter(first * first + second * second, taps) - square_1 - square_2
    covariance = separable_filter(first * second, taps) - product
    structure = (2.0 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    luminance = (2.0 * product + LUMINANCE_CONSTANT) / (square_1 + square_2 + LUMINANCE_CONSTANT)
    return luminance * structure, structure
