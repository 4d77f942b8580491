"""A picture from a file to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vernier.images.picture import Picture
from vernier.images.reading import MAX_PIXELS, open_picture
from vernier.images.rows import PictureRows
from vernier.images.writing import DEFAULT_QUALITY, check_size, write_picture
from vernier.progress import Progress, silent
from vernier.runtime.pictures import Upscaler
from vernier.runtime.report import Report

Size = tuple[int, int]
# Results up to this, a 4K picture, are made in memory: without bands, workers never wait.
WHOLE_PIXELS = 3840 * 2160


@dataclass(frozen=True)
class Enlarged:
    """What was written, and how it came to be.

    Attributes:
        height: of the result, in pixels.
        width: likewise.
        report: how it was computed.
        notes: what was changed on reading and writing, in sentences.
    """

    height: int
    width: int
    report: Report
    notes: tuple[str, ...]


def enlarge_file(
    upscaler_for: Callable[[int, int], Upscaler],
    source: Path | bytes,
    target: Path | BinaryIO,
    format_: str,
    *,
    size: Size | None = None,
    quality: int = DEFAULT_QUALITY,
    max_pixels: int = MAX_PIXELS,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Enlarged:
    """Enlarge a picture file.

    Args:
        upscaler_for: gives the upscaler for a picture's height and width.
        source: a file, or a file's content.
        target: a file, which appears whole or not at all, or a stream.
        format_: of the target: "PNG", "JPEG", "WEBP" or "TIFF".
        size: exact `(height, width)` of the result; the upscaler's scale otherwise.
        quality: of JPEG and WebP, 1 to 100.
        max_pixels: larger inputs are refused.
        overwrite: replace a target that is there.
        progress: called after each tile.

    Raises:
        ImageError: it cannot be read, or the result cannot be written or is too large for the
            format; the last is known before anything is computed.
    """
    with open_picture(source, max_pixels=max_pixels) as rows:
        upscaler = upscaler_for(rows.height, rows.width)
        height, width = size or upscaler.result_size(rows.height, rows.width)
        check_size(format_, height, width)
        if height * width <= WHOLE_PIXELS:
            result: Picture | PictureRows = upscaler.enlarge(
                rows.picture(), size=size, progress=progress
            )
        else:
            result = upscaler.enlarge_rows(rows, size=size, progress=progress)
        notes = write_picture(result, target, format_, quality, overwrite=overwrite)
        return Enlarged(height, width, upscaler.report, (*rows.notes, *notes))
