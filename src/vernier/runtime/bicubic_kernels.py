"""Bicubic enlargement as a convolution, for graphs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.images.bicubic import resampling_weights

# Keys' kernel reaches two pixels; what it enlarges by any factor lies between those.
CHROMA_RADIUS = 2


def bicubic_phases(scale: int, shift: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float64]:
    """Bicubic enlargement as a convolution: one 5x5 kernel for each of the `scale**2` pixels.

    Args:
        scale: whole factor.
        shift: how far down and to the right the result is sampled, in its own pixels, from -1 to
            `scale - 1`: what the place of chroma samples asks for.

    Returns:
        Shape `(1, 5, 5, scale**2)`, phases in row-major order, each kernel summing to 1.
    """
    rows, columns = _phases(scale, shift[0]), _phases(scale, shift[1])
    kernels: NDArray[np.float64] = np.einsum("iy,jx->yxij", rows, columns)
    size = 2 * CHROMA_RADIUS + 1
    return kernels.reshape(1, size, size, scale**2)


def _phases(scale: int, shift: float) -> NDArray[np.float64]:
    """The taps of one side, `(scale, 5)`."""
    size = 2 * CHROMA_RADIUS + 1
    indices, weights = resampling_weights(16, 16 * scale, float(scale), shift)
    rows = np.zeros((scale, size))
    for phase in range(scale):
        middle = 8
        for index, weight in zip(
            indices[middle * scale + phase], weights[middle * scale + phase], strict=True
        ):
            if weight != 0.0:
                rows[phase, index - middle + CHROMA_RADIUS] += weight
    return rows
