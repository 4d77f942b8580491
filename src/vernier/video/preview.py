"""How a film is coming along: the left half as it was, the right half as it will be."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vernier.files import write_whole
from vernier.video.passes import Picture


class Preview:
    """Writes `TARGET.preview.png` now and then.

    Args:
        target: the film's result.
        seconds: between two pictures.
    """

    def __init__(self, target: Path, seconds: float) -> None:
        self.path = target.with_name(f"{target.name}.preview.png")
        self._seconds, self._next = seconds, 0.0

    def show(self, before: Any, after: Any, picture: Picture) -> None:
        """A frame is enlarged."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._seconds
        large = _rgb(after, after.height, after.width, picture)
        joined = _rgb(before, after.height, after.width, picture).copy()
        middle = after.width // 2
        joined[:, middle:] = large[:, middle:]
        joined[:, max(0, middle - 1) : middle + 1] = 255
        content = io.BytesIO()
        Image.fromarray(joined).save(content, "PNG", compress_level=1)
        write_whole(self.path, content.getvalue())


def _rgb(frame: Any, height: int, width: int, picture: Picture) -> Any:
    """A frame in RGB at a size, enlarged by bicubic where it is smaller."""
    made = frame.reformat(
        height=height,
        width=width,
        format="rgb24",
        interpolation="BICUBIC",
        src_color_range=2 if picture.full_range else 1,
    )
    return np.asarray(made.to_ndarray())
