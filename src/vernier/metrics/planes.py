"""What a metric accepts as a picture: the checks that all share, and the grey that most mean.

Metrics compute on one plane at a time, in float64 on the scale of 8 bits, because their published
constants are for samples of 0 to 255.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError

Float64 = NDArray[np.float64]
Picture = NDArray[Any]

# Row 1 of the inverse of NTSC's YIQ matrix, which MATLAB's `rgb2gray` uses with all its digits.
GREY_WEIGHTS = np.linalg.inv(
    np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])
)[0]


def grey(rgb: Picture) -> Picture:
    """RGB as MATLAB's `rgb2gray` sees it: full range, rounded where the samples are integers.

    PIQE, NIQE and GMSD are defined on this grey, SSIM by its authors too; the SR field takes PSNR
    and SSIM on BT.601's studio luma instead (`vernier.images.colour.luma`).

    Args:
        rgb: shape `(H, W, 3)`; uint8, uint16, or float in [0, 1].

    Returns:
        Shape `(H, W)`, the same dtype and range.

    Raises:
        UsageError: another shape or dtype.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise UsageError(f"expected an RGB picture of shape (H, W, 3), found {rgb.shape}")
    mixed = rgb @ GREY_WEIGHTS.astype(rgb.dtype if rgb.dtype.kind == "f" else np.float64)
    if rgb.dtype.kind == "f":
        return np.asarray(mixed)
    if rgb.dtype not in (np.uint8, np.uint16):
        raise UsageError(f"expected samples of uint8, uint16 or float, found {rgb.dtype}")
    # MATLAB rounds halves away from zero; NumPy would round them to even.
    return np.asarray(np.floor(mixed + 0.5).astype(rgb.dtype))


def plane_of_255(picture: Picture, metric: str, smallest: int = 1) -> Float64:
    """One plane, checked, in float64 on the scale 0 to 255.

    Args:
        picture: shape `(H, W)`; uint8, uint16, or float in [0, 1].
        metric: its name, for messages.
        smallest: least height and width in pixels for which the metric is defined.

    Raises:
        UsageError: another shape or dtype; too small; a sample that is not finite or is outside
            [0, 1].
    """
    if picture.ndim != 2:
        raise UsageError(
            f"{metric} expects one plane of shape (H, W), found {picture.shape}; give it the luma "
            "or the grey of a colour picture"
        )
    if min(picture.shape) < smallest:
        raise UsageError(
            f"{metric} expects at least {smallest}x{smallest} pixels, found "
            f"{picture.shape[1]}x{picture.shape[0]}"
        )
    if picture.dtype == np.uint8:
        return picture.astype(np.float64)
    if picture.dtype == np.uint16:
        return picture / 257.0
    if picture.dtype not in (np.float32, np.float64):
        raise UsageError(
            f"{metric} expects samples of uint8, uint16, float32 or float64, found {picture.dtype}"
        )
    low, high = float(picture.min()), float(picture.max())
    # Written so that NaN, which compares false with everything, is refused too.
    if not (low >= 0.0 and high <= 1.0):
        raise UsageError(
            f"{metric} expects finite samples in [0, 1], found {low:.6g} to {high:.6g}; clip "
            "them, or divide samples of 0 to 255 by 255"
        )
    return picture * np.float64(255.0)


def planes_of_255(
    first: Picture, second: Picture, metric: str, smallest: int = 1
) -> list[tuple[Float64, Float64]]:
    """Two pictures as pairs of planes: one pair for `(H, W)`, C for `(H, W, C)`.

    Raises:
        UsageError: the shapes differ, or what `plane_of_255` refuses.
    """
    if first.shape != second.shape:
        raise UsageError(
            f"{metric} compares two pictures of one size, found shapes {first.shape} and "
            f"{second.shape}"
        )
    if first.ndim == 3 and first.shape[2] > 0:
        channels = range(first.shape[2])
        pairs = [(first[:, :, channel], second[:, :, channel]) for channel in channels]
    else:
        pairs = [(first, second)]
    return [
        (plane_of_255(one, metric, smallest), plane_of_255(other, metric, smallest))
        for one, other in pairs
    ]
