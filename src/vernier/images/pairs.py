"""Photos as pairs of resolutions, by the protocol that SR networks learn and are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vernier.errors import ImageError
from vernier.images.bicubic import downscale
from vernier.images.colour import luma

Float32 = NDArray[np.float32]
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Pair:
    """One photo at two resolutions: luma planes `(H, W)` and `(scale*H, scale*W)`."""

    low: Float32
    high: Float32


def list_photos(folder: Path) -> list[Path]:
    """The pictures directly in a folder, sorted by name.

    Raises:
        ImageError: the folder does not exist or holds no picture.
    """
    if not folder.is_dir():
        raise ImageError(f"{folder}: expected a folder of photos, found none")
    photos = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if not photos:
        raise ImageError(f"{folder}: no photos found (looked for {', '.join(sorted(SUFFIXES))})")
    return photos


def load_rgb(path: Path) -> NDArray[np.uint8]:
    """A photo as `(H, W, 3)` uint8."""
    try:
        with Image.open(path) as photo:
            return np.asarray(photo.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise ImageError(f"{path}: cannot read the photo: {error}") from error


def make_pair(rgb: NDArray[np.uint8], scale: int) -> Pair:
    """The benchmark's pair: an 8-bit bicubic low resolution, luma of both in float32.

    Args:
        rgb: shape `(H, W, 3)`, cropped here to multiples of `scale`.
        scale: whole factor.
    """
    height, width = rgb.shape[0] // scale * scale, rgb.shape[1] // scale * scale
    high = rgb[:height, :width]
    low = downscale(high, scale)
    return Pair(
        luma(low.astype(np.float32) / np.float32(255)),
        luma(high.astype(np.float32) / np.float32(255)),
    )
