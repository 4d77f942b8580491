"""Luma PSNR on a folder of photos, by the protocol of the SR field.

The high-resolution photo is cropped to a multiple of the scale and shrunk by antialiased bicubic to
8 bits; luma is not rounded; `scale` pixels are cut from each side before PSNR is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.bicubic import imresize
from vernier.images.pairs import Float32, load_rgb, make_pair
from vernier.metrics.psnr import psnr
from vernier.progress import Progress, silent

Upscale = Callable[[Float32], Float32]
"""Low-resolution luma `(h, w)` to high-resolution luma, float32 in [0, 1], not yet clipped."""


@dataclass(frozen=True)
class PhotoScore:
    """PSNR of one photo, in dB."""

    photo: str
    psnr_db: float


def bicubic_upscale(scale: int) -> Upscale:
    """The yardstick below which no network may fall."""
    return lambda low: np.asarray(
        imresize(low, low.shape[0] * scale, low.shape[1] * scale), np.float32
    )


def luma_psnr(
    upscale: Upscale, photos: Sequence[Path], scale: int, progress: Progress = silent
) -> list[PhotoScore]:
    """Score an upscaler on photos.

    Args:
        upscale: what to judge.
        photos: high-resolution picture files.
        scale: whole factor.
        progress: told after each photo.

    Raises:
        UsageError: a photo is too small to lose `scale` pixels on each side.
    """
    scores = []
    for done, path in enumerate(photos, 1):
        pair = make_pair(load_rgb(path), scale)
        if min(pair.high.shape) <= 2 * scale:
            raise UsageError(f"{path}: too small to be judged at x{scale}")
        inner = (slice(scale, -scale), slice(scale, -scale))
        result: NDArray[np.float32] = np.clip(upscale(pair.low), 0.0, 1.0)
        scores.append(PhotoScore(path.name, psnr(result[inner], pair.high[inner])))
        progress(done, len(photos), path.name)
    return scores
