"""Picture files to arrays: the safe door that everything a user brings comes through."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from vernier.errors import ImageError, MissingExtraError, TooLargeError
from vernier.images.decode import decode
from vernier.images.picture import Picture
from vernier.images.rows import Band, PictureRows

# 200 megapixels: a phone's largest photo. As RGB at x2 that makes 3 GiB of picture.
MAX_PIXELS = 200_000_000
# Only these decoders run; Pillow knows dozens more, some of which start other programs. JPEG's also
# opens MPO.
READ_FORMATS = ("JPEG", "WEBP", "BMP", "DIB", "GIF", "AVIF")
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
    RuntimeError,
    SystemError,
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
    b"avis": "an AVIF picture",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"hevc": "a HEIC picture",
    b"mif1": "a HEIF picture",
    b"msf1": "a HEIF picture",
    b"crx ": "a Canon raw photo",
}
HEIF_KINDS = ("a HEIC picture", "a HEIF picture")
_pillow = threading.Lock()


def read_picture(
    source: Path | bytes | BinaryIO,
    *,
    name: str = "",
    max_pixels: int = MAX_PIXELS,
) -> Picture:
    """A picture from a file, from a file's bytes, or from a stream such as `sys.stdin.buffer`.

    Read are PNG, JPEG (and MPO), WebP, TIFF, BMP, GIF, AVIF and, with the extra "heic", HEIC: grey,
    RGB, palettes, any bit depth, alpha, CMYK and Lab (turned to sRGB), float TIFF in [0, 1]
    (rounded to 16 bits). Of an animation or of several pages the first is read, and
    `Picture.notes` says so. The orientation that EXIF asks for is applied. RGB and grey profiles
    are kept, their pixels untouched.

    Args:
        source: what to read.
        name: what messages call it; a path's own name otherwise.
        max_pixels: more are refused before anything is decoded, for a file of a few kilobytes can
            claim billions.

    Raises:
        ImageError: it is missing, empty, not a picture, damaged, too large or cannot be
            represented; one line with the reason.
    """
    with open_picture(source, name=name, max_pixels=max_pixels) as rows:
        label = name or (str(source) if isinstance(source, Path) else "the picture")
        with _told(label, rows.height, rows.width):
            return rows.picture()


@contextmanager
def open_picture(
    source: Path | bytes | BinaryIO,
    *,
    name: str = "",
    max_pixels: int = MAX_PIXELS,
) -> Iterator[PictureRows]:
    """A picture's header now, and its rows when they are asked for; as `read_picture`.

    Raises:
        ImageError: as `read_picture`, also while rows are read.
    """
    label = name or (str(source) if isinstance(source, Path) else "the picture")
    if not isinstance(source, Path):
        content = source if isinstance(source, bytes) else source.read()
        yield _opened(io.BytesIO(content), label, max_pixels)
        return
    with _open_file(source, label) as stream:
        yield _opened(stream, label, max_pixels)


def _open_file(path: Path, label: str) -> BinaryIO:
    try:
        if path.is_dir():
            raise ImageError(f"{label}: expected a picture file, found a folder")
        if not path.is_file() and path.exists():
            # A pipe cannot be gone back in; a device may never end.
            raise ImageError(f"{label}: expected a picture file, found a pipe or device; use -")
        return path.open("rb")
    except FileNotFoundError as error:
        raise ImageError(f"{label}: there is no such file") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ImageError(f"{label}: cannot be read: {why}") from error


def _opened(stream: BinaryIO, label: str, max_pixels: int) -> PictureRows:
    start = stream.read(32)
    if not start:
        raise ImageError(f"{label}: the file is empty (0 bytes)")
    size: tuple[int, int] = (0, 0)

    def allow(height: int, width: int) -> None:
        nonlocal size
        size = height, width
        if width * height > max_pixels:
            raise TooLargeError(
                f"it claims {width}x{height} pixels, more than the limit of {max_pixels:,}; "
                "raise it with --max-pixels (in Python max_pixels=) if you trust the file"
            )
        if width < 1 or height < 1:
            raise ImageError(f"it claims {width}x{height} pixels; expected at least 1x1")

    try:
        with _told(label, *size), _quiet_and_unlimited():
            rows = decode(stream, start, _formats(start), allow)
    except UnidentifiedImageError as error:
        raise ImageError(f"{label}: {_foreign(start)}") from error
    return replace(rows, bands=_told_bands(rows, label))


def _told_bands(rows: PictureRows, label: str) -> Callable[[], Iterator[Band]]:
    """Bands whose faults name the file, each read with Pillow's settings as they should be."""

    def bands() -> Iterator[Band]:
        given = rows.bands()
        while True:
            with _told(label, rows.height, rows.width), _quiet_and_unlimited():
                band = next(given, None)
            if band is None:
                return
            yield band

    return bands


@contextmanager
def _told(label: str, height: int, width: int) -> Iterator[None]:
    """What decoders raise, as one line that names the file."""
    try:
        yield
    except UnidentifiedImageError:
        raise
    except ImageError as error:
        message = str(error)
        named = message if message.startswith(label) else f"{label}: {message}"
        raise type(error)(named) from error
    except MemoryError as error:
        raise ImageError(f"{label}: too little memory for {width}x{height} pixels") from error
    except DAMAGE as error:
        raise ImageError(
            f"{label}: the file is damaged or cut short: {_one_line(error)}"
        ) from error


def _formats(start: bytes) -> tuple[str, ...]:
    """Pillow's decoders for a file; HEIC's comes with an extra."""
    if start[4:8] != b"ftyp" or ISO_MEDIA.get(start[8:12]) not in HEIF_KINDS:
        return READ_FORMATS
    try:
        import pi_heif  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("pi-heif", "heic", "reading HEIC") from error
    pi_heif.register_heif_opener()
    return (*READ_FORMATS, "HEIF")


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
    readable = "PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC"
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
