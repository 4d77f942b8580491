"""Pictures to files: whole or not at all, keeping what the format can keep."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import FileError, ImageError, VernierError
from vernier.files import whole_file
from vernier.images import exif as exif_tags
from vernier.images.jpeg import write_jpeg
from vernier.images.picture import Picture, Samples
from vernier.images.png import write_png
from vernier.images.rows import Band, PictureRows, interleaved, rows_of
from vernier.images.tiff import write_tiff

__all__ = [
    "check_size",
    "encode_picture",
    "format_of",
    "to_pil",
    "write_picture",
    "write_rows",
]

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif"}
DEFAULT_QUALITY = 95
LARGEST_SIDE = {"PNG": (1 << 31) - 1, "JPEG": 65500, "WEBP": 16383, "TIFF": (1 << 31) - 1}
JPEG_SEGMENT_BYTES = 65533
JPEG_MOST_DPI = 65535


def format_of(path: Path) -> str:
    """The format that a file's ending asks for.

    Raises:
        ImageError: an ending that cannot be written.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise ImageError(
            f"{path}: cannot write {path.suffix or 'a file without an ending'}; "
            f"use one of {', '.join(FORMATS)}"
        ) from None


def check_size(format_: str, height: int, width: int) -> None:
    """Refuse a result that its format cannot hold; before it is computed.

    Raises:
        ImageError: too many pixels a side.
    """
    if max(height, width) > LARGEST_SIDE[format_]:
        raise ImageError(
            f"{format_} holds at most {LARGEST_SIDE[format_]} pixels a side, the result would be "
            f"{width}x{height}; write PNG or TIFF"
        )


def encode_picture(
    picture: Picture, format_: str, quality: int = DEFAULT_QUALITY
) -> tuple[bytes, list[str]]:
    """A picture as the content of a file; arguments, notes and errors are those of `write_rows`."""
    file = io.BytesIO()
    notes = write_rows(rows_of(picture), file, format_, quality)
    return file.getvalue(), notes


def write_rows(
    rows: PictureRows, file: BinaryIO, format_: str, quality: int = DEFAULT_QUALITY
) -> list[str]:
    """Encode a picture into a file while its rows come.

    PNG and TIFF hold everything. JPEG and WebP hold 8 bits; JPEG has no alpha, so the picture is
    laid on white, and keeps colours at full resolution (4:4:4), for they were just enlarged; WebP
    has neither grey nor dpi. Sizes that EXIF states become those of the picture. WebP is encoded
    with the whole picture in memory.

    Args:
        rows: what to write.
        file: to write to, from its beginning.
        format_: "PNG", "JPEG", "WEBP" or "TIFF".
        quality: of JPEG and WebP, 1 to 100; WebP at 100 is lossless.

    Returns:
        Sentences on what the format could not keep.

    Raises:
        ImageError: the format cannot hold a picture of this size, or is not known.
    """
    if format_ not in EXTENSIONS:
        raise ImageError(f"cannot write {format_}; use one of {', '.join(EXTENSIONS)}")
    if not 1 <= quality <= 100:
        raise ImageError(f"expected a quality from 1 to 100, found {quality}")
    check_size(format_, rows.height, rows.width)
    notes: list[str] = []
    rows = _fitting(rows, format_, notes)
    try:
        if format_ == "PNG":
            write_png(rows, file)
        elif format_ == "TIFF":
            _write_seekable(rows, file, notes)
        elif format_ == "JPEG":
            write_jpeg(rows, file, _jpeg_options(rows, quality, notes))
        else:
            _write_webp(rows, file, quality)
    except ValueError as error:
        if isinstance(error, VernierError):
            raise
        raise ImageError(f"cannot encode {format_}: {error}") from error
    return notes


def _write_seekable(rows: PictureRows, file: BinaryIO, notes: list[str]) -> None:
    if file.seekable():
        notes += write_tiff(rows, file)
        return
    with tempfile.TemporaryFile() as whole:
        notes += write_tiff(rows, whole)
        whole.seek(0)
        shutil.copyfileobj(whole, file, 1 << 20)


def _fitting(rows: PictureRows, format_: str, notes: list[str]) -> PictureRows:
    """The picture as a format can hold it, with notes on what it cannot."""
    rows = replace(rows, exif=_sized_exif(rows, notes))
    if rows.cicp is not None and format_ != "PNG":
        notes.append(f"{format_} cannot say how its colours are coded (cICP); PNG can")
    if format_ == "TIFF" and rows.dtype == np.uint16 and rows.has_alpha:
        # Pillow and others refuse 16-bit grey TIFF with alpha.
        rows = _in_rgb(rows, "16-bit TIFF with transparency was written as RGB", notes)
    if format_ in ("JPEG", "WEBP") and rows.dtype == np.uint16:
        notes.append(f"{format_} was written with 8 of 16 bits per sample; PNG and TIFF keep all")
        rows = _with_bands(rows, _band_of_eight_bits, dtype=np.dtype(np.uint8))
    if format_ == "JPEG" and rows.has_alpha:
        notes.append("JPEG has no transparency; the picture was laid on white")
        rows = _with_bands(rows, _band_on_white, has_alpha=False)
    if format_ == "WEBP":
        rows = _in_rgb(rows, "WebP has no grey", notes)
    return rows


def _with_bands(rows: PictureRows, change: Callable[[Band], Band], **changes: Any) -> PictureRows:
    before = rows.bands
    return replace(rows, bands=lambda: map(change, before()), **changes)


def _band_of_eight_bits(band: Band) -> Band:
    samples, alpha = band
    return _to_eight_bits(samples), None if alpha is None else _to_eight_bits(alpha)


def _band_on_white(band: Band) -> Band:
    samples, alpha = band
    return samples if alpha is None else _on_white(samples, alpha), None


def write_picture(
    picture: Picture | PictureRows,
    target: Path | BinaryIO,
    format_: str,
    quality: int = DEFAULT_QUALITY,
    *,
    overwrite: bool = True,
) -> list[str]:
    """Encode and write; a file appears whole or not at all.

    Args:
        picture: what to write, in memory or as rows that are still to come.
        target: a path, or a stream such as `sys.stdout.buffer`.
        format_: see `write_rows`.
        quality: likewise.
        overwrite: replace a file that is there. `sources.plan_jobs` asks before any work starts;
            this asks at the last moment.

    Returns:
        Sentences on what the format could not keep.

    Raises:
        ImageError: it cannot be encoded, or the target cannot be written.
    """
    rows = rows_of(picture) if isinstance(picture, Picture) else picture
    if isinstance(target, Path):
        try:
            with whole_file(target, overwrite=overwrite) as file:
                return write_rows(rows, file, format_, quality)
        except FileError as error:
            raise ImageError(str(error)) from error
    try:
        notes = write_rows(rows, target, format_, quality)
        target.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ImageError(f"the picture cannot be written: {error.strerror or error}") from error
    return notes


def to_pil(picture: Picture) -> Image.Image:
    """The picture as a PIL image of 8 bits, or of 16 where it is grey without transparency."""
    if picture.bit_depth == 16 and picture.samples.shape[2] == 1 and picture.alpha is None:
        image = Image.fromarray(picture.samples[:, :, 0])
    else:
        alpha = None if picture.alpha is None else _to_eight_bits(picture.alpha)
        image = _image(_interleaved(_to_eight_bits(picture.samples), alpha))
    if picture.icc_profile is not None:
        image.info["icc_profile"] = picture.icc_profile
    return image


def _interleaved(samples: Samples, alpha: Samples | None) -> Samples:
    return samples if alpha is None else np.concatenate([samples, alpha[:, :, None]], axis=2)


def _to_eight_bits(samples: Samples) -> Samples:
    """The nearest of 256 levels: round(x / 257), in whole numbers."""
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _on_white(samples: Samples, alpha: Samples) -> NDArray[np.uint8]:
    """8-bit samples over white, rounded to nearest."""
    cover: NDArray[np.uint32] = alpha[:, :, None].astype(np.uint32)
    laid = samples.astype(np.uint32) * cover + 255 * (255 - cover)
    return ((laid + 127) // 255).astype(np.uint8)


def _sized_exif(rows: PictureRows, notes: list[str]) -> bytes | None:
    if rows.exif is None:
        return None
    try:
        return exif_tags.sized(rows.exif, rows.height, rows.width)
    except ValueError as error:
        notes.append(f"the EXIF was left out: {error}")
        return None


def _in_rgb(rows: PictureRows, reason: str, notes: list[str]) -> PictureRows:
    """Grey as RGB; only a grey profile is lost by it, and that is said."""
    if rows.channels == 3:
        return rows
    if rows.icc_profile is not None:
        notes.append(f"{reason}; the grey colour profile was left out")
    return _with_bands(
        rows, lambda band: (np.repeat(band[0], 3, axis=2), band[1]), channels=3, icc_profile=None
    )


def _image(samples: Samples) -> Image.Image:
    squeezed = samples[:, :, 0] if samples.shape[2] == 1 else samples
    return Image.fromarray(np.ascontiguousarray(squeezed))


def _jpeg_options(rows: PictureRows, quality: int, notes: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {"quality": quality, "subsampling": 0}
    if rows.icc_profile is not None:
        options["icc_profile"] = rows.icc_profile
    if rows.dpi is not None and max(rows.dpi) < JPEG_MOST_DPI:
        options["dpi"] = tuple(round(value) for value in rows.dpi)
    if rows.exif is not None:
        block = exif_tags.PREFIX + rows.exif
        if len(block) <= JPEG_SEGMENT_BYTES:
            options["exif"] = block
        else:
            notes.append("the EXIF is too long for a JPEG and was left out")
    return options


def _write_webp(rows: PictureRows, file: BinaryIO, quality: int) -> None:
    lossless = quality == 100
    # `exact` keeps the colours under full transparency, as lossless promises.
    options: dict[str, Any] = {"quality": quality, "method": 2}
    options |= {"lossless": lossless, "exact": lossless}
    if rows.icc_profile is not None:
        options["icc_profile"] = rows.icc_profile
    if rows.exif is not None:
        options["exif"] = exif_tags.PREFIX + rows.exif
    image = _image(next(interleaved(rows, rows.height)))
    content = io.BytesIO()
    try:
        image.save(content, "WEBP", **options)
    except OSError as error:
        raise ImageError(f"cannot encode WEBP: {error}") from error
    file.write(content.getvalue())
