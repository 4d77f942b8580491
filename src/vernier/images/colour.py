"""BT.601 luma and chroma, the colour space in which luma-only SR networks work.

Source: ITU-R BT.601, studio range, as MATLAB's `rgb2ycbcr` rounds none of it: luma lies in
[16, 235] and chroma in [16, 240] for RGB in [0, 255]. All functions here use those units divided
by 255, so luma lies in [16/255, 235/255] for RGB in [0, 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

RGB_TO_YCBCR = (
    np.array(
        [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]],
        dtype=np.float64,
    )
    / 255.0
)
OFFSET = np.array([16.0, 128.0, 128.0]) / 255.0
LUMA_OFFSET = 16.0 / 255.0
YCBCR_TO_RGB = np.linalg.inv(RGB_TO_YCBCR)


def luma(rgb: Float32) -> Float32:
    """Luma of an RGB picture.

    Args:
        rgb: shape `(H, W, 3)`, float32 in [0, 1].

    Returns:
        Shape `(H, W)`, float32 in [16/255, 235/255].
    """
    return np.asarray(rgb @ RGB_TO_YCBCR[0].astype(np.float32) + np.float32(OFFSET[0]))


def rgb_to_ycbcr(rgb: Float32) -> Float32:
    """RGB to luma and chroma: shape `(H, W, 3)` float32 in [0, 1] to the same shape."""
    return rgb @ RGB_TO_YCBCR.T.astype(np.float32) + OFFSET.astype(np.float32)


def ycbcr_to_rgb(ycbcr: Float32) -> Float32:
    """Luma and chroma to RGB: the inverse of `rgb_to_ycbcr`; values may leave [0, 1]."""
    return (ycbcr - OFFSET.astype(np.float32)) @ YCBCR_TO_RGB.T.astype(np.float32)
