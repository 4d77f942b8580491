"""Bicubic enlargement as a convolution, for graphs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.images.bicubic import resampling_weights

# Keys' kernel reaches two pixels; what it enlarges by any factor lies between those.
CHROMA_RADIUS = 2


def bicubic_phases(scale: int) -> NDArray[np.float64]:
    """Bicubic enlargement as a convolution: one 5x5 kernel for each of the `scale**2` pixels.

    Returns:
        Shape `(1, 5, 5, scale**2)`, phases in row-major order, each kernel summing to 1.
    """
    size = 2 * CHROMA_RADIUS + 1
    indices, weights = resampling_weights(16, 16 * scale, float(scale))
    rows = np.zeros((scale, size))
    for phase in range(scale):
        middle = 8
        for index, weight in zip(
            indices[middle * scale + phase], weights[middle * scale + phase], strict=True
        ):
            if weight != 0.0:
                rows[phase, index - middle + CHROMA_RADIUS] += weight
    kernels: NDArray[np.float64] = np.einsum("iy,jx->yxij", rows, rows)
    return kernels.reshape(1, size, size, scale**2)
