"""Gradient magnitude similarity deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.planes import Picture, plane_of_255, planes_of_255

Float64 = NDArray[np.float64]

# "T" of the paper, for samples of 0 to 255.
STABILITY = 170.0
# Shrunk by 2, one row and one column of the similarity map are not enough for a deviation.
SMALLEST = 4


def gmsd(first: Picture, second: Picture) -> float:
    """How unevenly the edges of two pictures differ.

    Both are averaged by 2x2 and shrunk by 2; gradient magnitudes are Prewitt's; the similarity
    `(2 g1 g2 + 170) / (g1^2 + g2^2 + 170)` is taken everywhere and its standard deviation is the
    score. Borders are zero-padded, as in the authors' `GMSD.m`, which this equals.

    Source: W. Xue, L. Zhang, X. Mou, A. C. Bovik, "Gradient magnitude similarity deviation: a
    highly efficient perceptual image quality index", IEEE TIP 2014.

    Args:
        first: shape `(H, W)`, sides of at least 4; uint8, uint16 or float in [0, 1]. The authors
            take `planes.grey` of colours.
        second: the same shape.

    Returns:
        At least 0, for pictures with equal gradients; below 0.5 in practice. Lower is better.

    Raises:
        UsageError: not two planes of one shape, too small, samples outside the range or not
            finite.
    """
    # Checked first, so that colours are refused and not averaged.
    plane_of_255(first, "GMSD", SMALLEST)
    ((one, other),) = planes_of_255(first, second, "GMSD", SMALLEST)
    square_1, square_2 = _squared_gradient(_halved(one)), _squared_gradient(_halved(other))
    similarity = (2.0 * np.sqrt(square_1 * square_2) + STABILITY) / (
        square_1 + square_2 + STABILITY
    )
    return float(similarity.std(ddof=1))


def _halved(plane: Float64) -> Float64:
    """The mean of each 2x2; beyond an odd side lie zeros, as with MATLAB's `conv2(..., 'same')`."""
    height, width = plane.shape
    plane = np.pad(plane, ((0, height % 2), (0, width % 2)))
    rows = plane[0::2] + plane[1::2]
    return np.asarray((rows[:, 0::2] + rows[:, 1::2]) * 0.25)


def _squared_gradient(plane: Float64) -> Float64:
    """Prewitt's gradient, squared; kernels divided by 3, zeros beyond the border."""
    padded = np.pad(plane, 1)
    down = padded[:-2] + padded[1:-1] + padded[2:]
    across = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    horizontal = down[:, 2:] - down[:, :-2]
    vertical = across[2:] - across[:-2]
    return np.asarray((horizontal * horizontal + vertical * vertical) / 9.0)
