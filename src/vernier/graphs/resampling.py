"""Pictures resized by any ratio, as a convolution and a pixel shuffle.

Along one side, `down` input pixels become `up` output pixels, and that pattern repeats. So resizing
is a convolution with stride `down` that computes all `up * up` phases of a block as channels, which
DEPTH_TO_SPACE lays out. Places are half-pixel centres: output j samples at (j + 1/2) * down / up -
1/2, and pixels beyond the border are those of the border.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Taps = Callable[[float], dict[int, float]]

# The usual sharpness of Keys' kernel in deep-learning frameworks; MATLAB's is -0.5.
CUBIC_SHARPNESS = -0.75
MOST_PHASES = 8


def linear_taps(place: float) -> dict[int, float]:
    """The two pixels about a place, with their weights."""
    first = floor(place)
    part = place - first
    return {first: 1 - part, first + 1: part}


def cubic_taps(place: float) -> dict[int, float]:
    """The four pixels about a place, by Keys' kernel (1981) without antialiasing."""
    first = floor(place)
    return {pixel: _keys(abs(place - pixel)) for pixel in range(first - 1, first + 3)}


def _keys(x: float) -> float:
    a = CUBIC_SHARPNESS
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def phase_weights(ratio: Fraction, taps: Taps) -> tuple[int, Float64]:
    """What each of a block's output pixels takes of its input pixels, along one side.

    Args:
        ratio: output pixels per input pixel.
        taps: the pixels about a place.

    Returns:
        How many border pixels to repeat on either side, and weights of shape
        `(up, down + 2 * border)`: row k of the block's k-th output.
    """
    up, down = ratio.numerator, ratio.denominator
    rows = [taps((k + 0.5) * down / up - 0.5) for k in range(up)]
    used = [pixel for row in rows for pixel, weight in row.items() if abs(weight) > 1e-12]
    border = max(0, -min(used), max(used) - (down - 1))
    weights = np.zeros((up, down + 2 * border))
    for k, row in enumerate(rows):
        for pixel, weight in row.items():
            if abs(weight) > 1e-12:
                weights[k, pixel + border] += weight
    return border, weights


def block_kernel(weights: Float64, channels: int) -> NDArray[np.float32]:
    """A dense kernel `(up * up * channels, k, k, channels)` of both sides' phases.

    Output channels are in the order of DEPTH_TO_SPACE: row, column, channel.
    """
    both = np.einsum("ai,bj->abij", weights, weights)
    kernel = np.einsum("abij,cd->abcijd", both, np.eye(channels))
    width = weights.shape[1]
    dense: NDArray[np.float32] = kernel.reshape(-1, width, width, channels).astype(np.float32)
    return dense
