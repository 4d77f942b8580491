"""A comparison's pictures: read from its folder, cut, and packed into the page without loss."""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.comparison.records import Comparison, Photo, Result
from vernier.errors import ImageError
from vernier.images.reading import read_picture
from vernier.report.crops import Key

Bytes = NDArray[np.uint8]
KEPT = 64
"""Pictures that are kept decoded: those of one photo by all methods."""


class Pictures:
    """The pictures of a comparison's folder.

    Args:
        folder: that holds `comparison.json`.
        comparison: what it says.
    """

    def __init__(self, folder: Path, comparison: Comparison) -> None:
        self.folder = folder
        self.photos: dict[Key, Photo] = {
            (data.name, photo.name): photo for data in comparison.data_sets for photo in data.photos
        }
        self._read = functools.lru_cache(maxsize=KEPT)(self._read_file)

    def path(self, result: Result, key: Key) -> str:
        """Of a method's picture of a photo; empty where it was not kept."""
        for one in result.scored:
            if (one.data_set, one.photo) == key:
                return one.picture
        return ""

    def read(self, path: str, key: Key) -> Bytes:
        """A picture of a photo, RGB: shape `(H, W, 3)`.

        Raises:
            ImageError: it is missing, damaged, or of another size than its photo.
        """
        samples = self._read(path)
        photo = self.photos[key]
        if samples.shape[:2] != (photo.height, photo.width):
            raise ImageError(
                f"{self.folder / path}: expected {photo.width}x{photo.height} pixels as its photo "
                f"has, found {samples.shape[1]}x{samples.shape[0]}; compare again"
            )
        return samples

    def _read_file(self, path: str) -> Bytes:
        samples = read_picture(self.folder / path).samples
        if samples.dtype != np.uint8:
            samples = (samples >> 8).astype(np.uint8)
        return np.broadcast_to(samples, (*samples.shape[:2], 3))


def packed(picture: Bytes) -> str:
    """A picture as an address that holds it: WebP without loss."""
    memory = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(
        memory, "WEBP", lossless=True, quality=100, method=4, exact=True
    )
    return "data:image/webp;base64," + base64.b64encode(memory.getvalue()).decode()
