"""Luma PSNR and SSIM on a folder of photos, by the protocol of the SR field.

The high-resolution photo is cropped to a multiple of the scale and shrunk by antialiased bicubic to
8 bits; luma is not rounded; `scale` pixels are cut from each side before the two are compared.
Networks of RGB are judged by the luma of what they make, clipped to [0, 1]. A photo whose file is
grey, such as one of Set14's, stays grey: its samples are compared as they are, and what a network
of RGB makes of three equal channels is compared as MATLAB's grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.bicubic import imresize
from vernier.images.colour import luma
from vernier.images.pairs import Float32, load_as_kept, network_input, shrink
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import WINDOW, ssim
from vernier.progress import Progress, silent
from vernier.runtime.planes import PlaneUpscaler

Upscale = Callable[[NDArray[np.uint8]], Float32]
"""A low-resolution picture, RGB `(h, w, 3)` or grey `(h, w, 1)`, to the high-resolution plane that
is judged, luma or grey: float32 in [0, 1], not yet clipped."""


@dataclass(frozen=True)
class PhotoScore:
    """PSNR in dB and SSIM of one photo's luma."""

    photo: str
    psnr_db: float
    ssim: float


def bicubic_upscale(scale: int) -> Upscale:
    """The yardstick below which no network may fall."""

    def upscale(low: NDArray[np.uint8]) -> Float32:
        plane = network_input(low, 1)[:, :, 0]
        height, width = plane.shape
        return np.asarray(imresize(plane, height * scale, width * scale), np.float32)

    return upscale


def network_upscale(network: PlaneUpscaler) -> Upscale:
    """A network as it is judged: by luma."""

    def upscale(low: NDArray[np.uint8]) -> Float32:
        planes = network(network_input(low, network.channels))
        if network.channels == 1:
            return planes[:, :, 0]
        rgb = np.clip(planes, 0.0, 1.0)
        return grey(rgb) if low.shape[2] == 1 else luma(rgb)

    return upscale


def luma_scores(
    upscale: Upscale, photos: Sequence[Path], scale: int, progress: Progress = silent
) -> list[PhotoScore]:
    """Score an upscaler on photos.

    Args:
        upscale: what to judge.
        photos: high-resolution picture files.
        scale: whole factor.
        progress: called after each photo.

    Raises:
        UsageError: a photo that has lost `scale` pixels on each side is smaller than SSIM's 11.
    """
    scores = []
    for done, path in enumerate(photos, 1):
        low, high = shrink(load_as_kept(path), scale)
        if min(high.shape[:2]) < 2 * scale + WINDOW:
            raise UsageError(f"{path}: too small to be judged at x{scale}")
        inner = (slice(scale, -scale), slice(scale, -scale))
        result: NDArray[np.float32] = np.clip(upscale(low), 0.0, 1.0)
        found, wanted = result[inner], network_input(high, 1)[inner][:, :, 0]
        scores.append(PhotoScore(path.name, psnr(found, wanted), ssim(found, wanted)))
        progress(done, len(photos), path.name)
    return scores
