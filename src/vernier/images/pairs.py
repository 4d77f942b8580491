"""Photos as pairs of resolutions, by the protocol that SR networks learn and are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vernier.errors import ImageError
from vernier.images.bicubic import downscale
from vernier.images.colour import luma

Float32 = NDArray[np.float32]
Item = TypeVar("Item")
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Pair:
    """One photo at two resolutions: luma planes `(H, W)` and `(scale*H, scale*W)`, or RGB."""

    low: Float32
    high: Float32


def list_photos(folder: Path) -> list[Path]:
    """The pictures directly in a folder, sorted by name; macOS's sidecars `._name` are none.

    Raises:
        ImageError: the folder does not exist or holds no picture.
    """
    if not folder.is_dir():
        raise ImageError(f"{folder}: expected a folder of photos, found none")
    photos = sorted(
        p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("._")
    )
    if not photos:
        raise ImageError(f"{folder}: no photos found (looked for {', '.join(sorted(SUFFIXES))})")
    return photos


def evenly_spread(items: Sequence[Item], most: int) -> list[Item]:
    """Up to so many of a sequence, in order, from its first on, as far apart as whole steps allow.

    Args:
        items: such as the photos of a folder.
        most: at least 1.
    """
    return list(items[:: max(1, len(items) // most)][:most])


def load_rgb(path: Path) -> NDArray[np.uint8]:
    """A photo as `(H, W, 3)` uint8."""
    try:
        with Image.open(path) as photo:
            return np.asarray(photo.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise ImageError(f"{path}: cannot read the photo: {error}") from error


def load_as_kept(path: Path) -> NDArray[np.uint8]:
    """A photo as its file has it: `(H, W, 3)` uint8, or `(H, W, 1)` where the file is grey.

    The SR field scores the samples of a grey file as they are: taken through RGB to studio luma
    they would span 219 steps of 255, which adds 1.32 dB to PSNR.

    Raises:
        ImageError: the photo cannot be read.
    """
    try:
        with Image.open(path) as photo:
            if photo.mode in ("1", "L", "LA"):
                return np.asarray(photo.convert("L"))[:, :, None]
    except (OSError, UnidentifiedImageError) as error:
        raise ImageError(f"{path}: cannot read the photo: {error}") from error
    return load_rgb(path)


def shrink(rgb: NDArray[np.uint8], scale: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A photo at two resolutions, by the benchmarks' protocol: antialiased bicubic to 8 bits.

    Args:
        rgb: shape `(H, W, 3)`, or `(H, W, 1)` of a grey photo.
        scale: whole factor.

    Returns:
        Low resolution `(h, w, 3)`, and the photo cropped to `(scale*h, scale*w, 3)`; of a grey
        photo with one channel.
    """
    height, width = rgb.shape[0] // scale * scale, rgb.shape[1] // scale * scale
    high = rgb[:height, :width]
    return downscale(high, scale), high


def network_input(rgb: NDArray[np.uint8], channels: int) -> Float32:
    """What a network of 1 channel (luma) or 3 (RGB) is given of a picture.

    Args:
        rgb: shape `(H, W, 3)`, or `(H, W, 1)` of a grey photo, its own luma of full range.
        channels: 1 or 3.

    Returns:
        Shape `(H, W, channels)`, float32 in [0, 1].
    """
    reals = rgb.astype(np.float32) / np.float32(255)
    if rgb.shape[2] == 1:
        return np.repeat(reals, channels, axis=2)
    return reals if channels == 3 else luma(reals)[:, :, None]


def make_pair(rgb: NDArray[np.uint8], scale: int, channels: int = 1) -> Pair:
    """The benchmark's pair: an 8-bit bicubic low resolution, both in float32.

    Args:
        rgb: shape `(H, W, 3)`, cropped here to multiples of `scale`.
        scale: whole factor.
        channels: 1 for luma planes `(H, W)`, 3 for RGB `(H, W, 3)`.
    """
    low, high = shrink(rgb, scale)
    if channels == 3:
        return Pair(network_input(low, 3), network_input(high, 3))
    return Pair(network_input(low, 1)[:, :, 0], network_input(high, 1)[:, :, 0])
