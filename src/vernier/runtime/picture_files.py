"""A picture from a file to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vernier.images.reading import MAX_PIXELS, read_picture
from vernier.images.writing import DEFAULT_QUALITY, check_size, write_picture
from vernier.progress import Progress, silent
from vernier.runtime.pictures import Upscaler
from vernier.runtime.report import Report

Size = tuple[int, int]


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
        progress: told after each tile.

    Raises:
        ImageError: it cannot be read, or the result cannot be written or is too large for the
            format; the last is known before anything is computed.
    """
    picture = read_picture(source, max_pixels=max_pixels)
    upscaler = upscaler_for(picture.height, picture.width)
    height, width = size or upscaler.result_size(picture.height, picture.width)
    check_size(format_, height, width)
    result = upscaler.enlarge(picture, size=size, progress=progress)
    notes = write_picture(result, target, format_, quality, overwrite=overwrite)
    return Enlarged(result.height, result.width, upscaler.report, (*picture.notes, *notes))
