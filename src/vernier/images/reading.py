"""Picture files to arrays: the safe door that everything a user brings comes through."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from vernier.errors import ImageError
from vernier.images.decode import decode
from vernier.images.picture import Picture

# 200 megapixels: a phone's largest photo. As RGB at x2 that makes 3 GiB of picture.
MAX_PIXELS = 200_000_000
# Only these decoders run; Pillow knows dozens more, some of which start other programs. JPEG's also
# opens MPO.
READ_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "DIB", "GIF")
# What Pillow's decoders raise on damaged files, by experience of their tests.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
# What other files start with, so that the message can name them.
FOREIGN = {
    b"%PDF": "a PDF",
    b"8BPS": "a Photoshop file",
    b"\x00\x00\x00\x0cJXL ": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x00\x00\x00\x0cjP  ": "a JPEG 2000 picture",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML file",
    b"PK\x03\x04": "a zip archive",
}
ISO_MEDIA = {
    b"avif": "an AVIF picture",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"mif1": "a HEIF picture",
    b"crx ": "a Canon raw photo",
}
_pillow = threading.Lock()


def read_picture(
    source: Path | bytes | BinaryIO,
    *,
    name: str = "",
    max_pixels: int = MAX_PIXELS,
) -> Picture:
    """A picture from a file, from a file's bytes, or from a stream such as `sys.stdin.buffer`.

    Read are PNG, JPEG (and MPO), WebP, TIFF, BMP and GIF: grey, RGB, palettes, 1 bit, alpha, 16
    bits per sample, CMYK and Lab (turned to sRGB), float TIFF in [0, 1] (rounded to 16 bits). Of an
    animation or of several pages the first is read, and `Picture.notes` says so. The orientation
    that EXIF asks for is applied. RGB and grey profiles are kept, their pixels untouched.

    Args:
        source: what to read.
        name: what messages call it; a path's own name otherwise.
        max_pixels: more are refused before anything is decoded, for a file of a few kilobytes can
            claim billions.

    Raises:
        ImageError: it is missing, empty, not a picture, damaged, too large or cannot be
            represented; one line with the reason.
    """
    label = name or (str(source) if isinstance(source, Path) else "the picture")
    if not isinstance(source, Path):
        data = source if isinstance(source, bytes) else source.read()
        with _quiet_and_unlimited():
            return _read(io.BytesIO(data), label, max_pixels)
    if source.is_dir():
        raise ImageError(f"{label}: expected a picture file, found a folder")
    try:
        with source.open("rb") as stream, _quiet_and_unlimited():
            return _read(stream, label, max_pixels)
    except FileNotFoundError as error:
        raise ImageError(f"{label}: there is no such file") from error
    except OSError as error:
        raise ImageError(f"{label}: cannot be read: {error.strerror or error}") from error


def _read(stream: BinaryIO, label: str, max_pixels: int) -> Picture:
    start = stream.read(32)
    if not start:
        raise ImageError(f"{label}: the file is empty (0 bytes)")

    def reopen() -> ImageFile.ImageFile:
        stream.seek(0)
        return Image.open(stream, formats=READ_FORMATS)

    try:
        first = reopen()
    except UnidentifiedImageError as error:
        raise ImageError(f"{label}: {_foreign(start)}") from error
    except DAMAGE as error:
        raise ImageError(f"{label}: the file is damaged: {_one_line(error)}") from error
    width, height = first.size
    if width * height > max_pixels:
        raise ImageError(
            f"{label}: it claims {width}x{height} pixels, more than the limit of {max_pixels:,}; "
            "raise it with --max-pixels (in Python max_pixels=) if you trust the file"
        )
    if width < 1 or height < 1:
        raise ImageError(f"{label}: it claims {width}x{height} pixels; expected at least 1x1")
    try:
        return decode(reopen)
    except ImageError as error:
        raise ImageError(f"{label}: {error}") from error
    except MemoryError as error:
        raise ImageError(f"{label}: too little memory for {width}x{height} pixels") from error
    except DAMAGE as error:
        raise ImageError(
            f"{label}: the file is damaged or cut short: {_one_line(error)}"
        ) from error


@contextmanager
def _quiet_and_unlimited() -> Iterator[None]:
    """Pillow without its own limit and its warnings, which are the whole process's.

    Its limit may only warn, and cannot be raised for one file: ours stands instead. Its warnings of
    odd metadata and of damage are told by our errors and notes, or harmless. Both settings are
    global, so one picture is read at a time.
    """
    with _pillow, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _foreign(start: bytes) -> str:
    """What a file is that is none of ours."""
    readable = "PNG, JPEG, WebP, TIFF, BMP or GIF"
    found = next((what for magic, what in FOREIGN.items() if start.startswith(magic)), "")
    if start[4:8] == b"ftyp":
        found = ISO_MEDIA.get(start[8:12], "a video or another ISO media file")
    if start[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return (
            "a TIFF of a kind that cannot be read here; "
            "save it as interleaved RGB or grey with 8 or 16 bits"
        )
    if start[:8] == b"\x89PNG\r\n\x1a\n" or start[:3] == b"\xff\xd8\xff":
        return "the file is damaged: its header cannot be read"
    return f"expected a picture ({readable}), found {found or 'something else'}"
