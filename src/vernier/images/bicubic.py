"""Bicubic resampling that equals MATLAB's `imresize`, antialiasing included.

SR benchmarks define their low-resolution pictures by MATLAB's function, and Pillow's and OpenCV's
bicubic differ from it (another kernel parameter, other edges), so the published rows can only be
reproduced with this one.

Source: R. Keys, "Cubic convolution interpolation for digital image processing", 1981 (a = -0.5);
edges are mirrored with the border pixel repeated, and the kernel is stretched when shrinking.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError

FloatArray = NDArray[np.float32] | NDArray[np.float64]

# Keys' kernel reaches two pixels; what it enlarges by any factor lies between those.
CHROMA_RADIUS = 2


def _keys_kernel(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -0.5, support [-2, 2]."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1.0
    far = -0.5 * x**3 + 2.5 * x**2 - 4.0 * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


@lru_cache(maxsize=64)
def resampling_weights(
    in_size: int, out_size: int, scale: float, start: float = 0.0
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The taps of a one-dimensional resampling.

    Args:
        in_size: number of input samples.
        out_size: number of output samples.
        scale: output samples per input sample; below 1 the kernel is stretched (antialiasing).
        start: position of the first output sample's left edge, in output samples; lets a strip of
            a larger picture be resampled exactly as the whole would be.

    Returns:
        `(indices, weights)`, both of shape `(out_size, taps)`; each row of weights sums to 1.
    """
    stretch = max(1.0, 1.0 / scale)
    taps = int(np.ceil(4.0 * stretch)) + 2
    centre = (np.arange(out_size) + start + 0.5) / scale - 0.5
    first = np.floor(centre - 2.0 * stretch).astype(np.intp)
    indices = first[:, None] + np.arange(taps)[None, :]
    weights = _keys_kernel((centre[:, None] - indices) / stretch) / stretch
    weights /= weights.sum(axis=1, keepdims=True)
    used = np.flatnonzero(np.any(weights != 0.0, axis=0))
    indices, weights = indices[:, used], weights[:, used]
    # Mirror with the border sample repeated: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
    folded = np.mod(indices, 2 * in_size)
    folded = np.where(folded >= in_size, 2 * in_size - 1 - folded, folded)
    return folded, weights


def resample_rows(image: Any, indices: NDArray[np.intp], weights: NDArray[np.float64]) -> Any:
    """Weighted sum of rows, one tap at a time: memory stays at one output picture."""
    taps = weights.astype(image.dtype)
    shape = (-1,) + (1,) * (image.ndim - 1)
    out = image[indices[:, 0]] * taps[:, 0].reshape(shape)
    for tap in range(1, indices.shape[1]):
        out += image[indices[:, tap]] * taps[:, tap].reshape(shape)
    return out


def imresize(image: FloatArray, height: int, width: int) -> FloatArray:
    """Resample a picture to `height` x `width` pixels as MATLAB's `imresize` does.

    Args:
        image: shape `(H, W)` or `(H, W, C)`, float32 or float64, any value range.
        height: output height in pixels, at least 1.
        width: output width in pixels, at least 1.

    Returns:
        Shape `(height, width)` or `(height, width, C)`, the input's dtype. Values may leave the
        input's range, as the kernel has negative lobes: clip or round as the use demands.

    Raises:
        UsageError: the picture is empty, a size is below 1, or the dtype is not floating.
    """
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise UsageError(f"expected a picture of shape (H, W) or (H, W, C), found {image.shape}")
    if image.dtype not in (np.float32, np.float64):
        raise UsageError(f"expected float32 or float64 samples, found {image.dtype}")
    if height < 1 or width < 1:
        raise UsageError(f"expected an output of at least 1x1 pixels, found {width}x{height}")
    in_height, in_width = image.shape[:2]
    rows = resampling_weights(in_height, height, height / in_height)
    columns = resampling_weights(in_width, width, width / in_width)

    def vertical(picture: Any) -> Any:
        return picture if height == in_height else resample_rows(picture, *rows)

    def horizontal(picture: Any) -> Any:
        if width == in_width:
            return picture
        turned = np.ascontiguousarray(np.swapaxes(picture, 0, 1))
        return np.ascontiguousarray(np.swapaxes(resample_rows(turned, *columns), 0, 1))

    # The smaller intermediate first, as MATLAB orders its passes.
    vertical_first = height / in_height <= width / in_width
    result: FloatArray = (
        horizontal(vertical(image)) if vertical_first else vertical(horizontal(image))
    )
    return result


def downscale(image: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """The benchmark's low-resolution picture: antialiased bicubic, rounded to 8 bits.

    Args:
        image: shape `(H, W)` or `(H, W, C)`, uint8; H and W multiples of `scale`.
        scale: a whole factor of at least 1.

    Returns:
        Shape `(H / scale, W / scale[, C])`, uint8.
    """
    height, width = image.shape[:2]
    if height % scale or width % scale:
        raise UsageError(f"expected sides that are multiples of {scale}, found {width}x{height}")
    small = imresize(image.astype(np.float64), height // scale, width // scale)
    return np.clip(np.floor(small + 0.5), 0, 255).astype(np.uint8)


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
