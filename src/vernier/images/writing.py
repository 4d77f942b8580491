"""Pictures to files: whole or not at all, keeping what the format can keep."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import ImageError
from vernier.images import exif as exif_tags
from vernier.images.picture import Picture, Samples
from vernier.images.png import encode_png
from vernier.images.tiff import encode_tiff
from vernier.images.whole_file import write_whole

__all__ = ["check_size", "encode_picture", "format_of", "to_pil", "write_picture", "write_whole"]

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
    """A picture as the content of a file.

    PNG and TIFF hold everything. JPEG and WebP hold 8 bits; JPEG has no alpha, so the picture is
    laid on white, and keeps colours at full resolution (4:4:4), for they were just enlarged; WebP
    has neither grey nor dpi. Sizes that EXIF states become those of the picture.

    Args:
        picture: what to write.
        format_: "PNG", "JPEG", "WEBP" or "TIFF".
        quality: of JPEG and WebP, 1 to 100; WebP at 100 is lossless.

    Returns:
        The bytes, and sentences on what the format could not keep.

    Raises:
        ImageError: the format cannot hold a picture of this size, or is not known.
    """
    if format_ not in EXTENSIONS:
        raise ImageError(f"cannot write {format_}; use one of {', '.join(EXTENSIONS)}")
    if not 1 <= quality <= 100:
        raise ImageError(f"expected a quality from 1 to 100, found {quality}")
    check_size(format_, picture.height, picture.width)
    notes: list[str] = []
    picture = replace(picture, exif=_sized_exif(picture, notes))
    if format_ == "TIFF" and picture.bit_depth == 16 and picture.alpha is not None:
        # Pillow and others refuse 16-bit grey TIFF with alpha, so ours could not be read back.
        picture = _in_rgb(picture, "16-bit TIFF with transparency was written as RGB", notes)
    if format_ in ("PNG", "TIFF"):
        encode = encode_png if format_ == "PNG" else encode_tiff
        content = encode(
            _interleaved(picture.samples, picture.alpha),
            icc_profile=picture.icc_profile,
            exif=picture.exif,
            dpi=picture.dpi,
        )
        return content, notes
    if picture.bit_depth == 16:
        notes.append(f"{format_} was written with 8 of 16 bits per sample; PNG and TIFF keep all")
        alpha = None if picture.alpha is None else _to_eight_bits(picture.alpha)
        picture = replace(picture, samples=_to_eight_bits(picture.samples), alpha=alpha)
    options = _jpeg_options if format_ == "JPEG" else _webp_options
    samples, chosen = options(picture, quality, notes)
    file = io.BytesIO()
    try:
        _image(samples).save(file, format_, **chosen)
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot encode {format_}: {error}") from error
    return file.getvalue(), notes


def write_picture(
    picture: Picture,
    target: Path | BinaryIO,
    format_: str,
    quality: int = DEFAULT_QUALITY,
    *,
    overwrite: bool = True,
) -> list[str]:
    """Encode and write; a file appears whole or not at all.

    Args:
        picture: what to write.
        target: a path, or a stream such as `sys.stdout.buffer`.
        format_: see `encode_picture`.
        quality: likewise.
        overwrite: replace a file that is there. `sources.plan_jobs` asks before any work starts;
            this asks at the last moment.

    Returns:
        Sentences on what the format could not keep.

    Raises:
        ImageError: it cannot be encoded, or the target cannot be written.
    """
    content, notes = encode_picture(picture, format_, quality)
    if isinstance(target, Path):
        write_whole(target, content, overwrite=overwrite)
        return notes
    try:
        target.write(content)
        target.flush()
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


def _sized_exif(picture: Picture, notes: list[str]) -> bytes | None:
    if picture.exif is None:
        return None
    try:
        return exif_tags.sized(picture.exif, picture.height, picture.width)
    except ValueError as error:
        notes.append(f"the EXIF was left out: {error}")
        return None


def _in_rgb(picture: Picture, reason: str, notes: list[str]) -> Picture:
    """Grey as RGB; only a grey profile is lost by it, and that is said."""
    if picture.samples.shape[2] == 3:
        return picture
    if picture.icc_profile is not None:
        notes.append(f"{reason}; the grey colour profile was left out")
    return replace(picture, samples=np.repeat(picture.samples, 3, axis=2), icc_profile=None)


def _image(samples: Samples) -> Image.Image:
    squeezed = samples[:, :, 0] if samples.shape[2] == 1 else samples
    return Image.fromarray(np.ascontiguousarray(squeezed))


def _jpeg_options(
    picture: Picture, quality: int, notes: list[str]
) -> tuple[Samples, dict[str, Any]]:
    samples = picture.samples
    if picture.alpha is not None:
        notes.append("JPEG has no transparency; the picture was laid on white")
        samples = _on_white(samples, picture.alpha)
    options: dict[str, Any] = {"quality": quality, "subsampling": 0}
    if picture.icc_profile is not None:
        options["icc_profile"] = picture.icc_profile
    if picture.dpi is not None:
        options["dpi"] = tuple(round(value) for value in picture.dpi)
    if picture.exif is not None:
        block = exif_tags.PREFIX + picture.exif
        if len(block) <= JPEG_SEGMENT_BYTES:
            options["exif"] = block
        else:
            notes.append("the EXIF is too long for a JPEG and was left out")
    return samples, options


def _webp_options(
    picture: Picture, quality: int, notes: list[str]
) -> tuple[Samples, dict[str, Any]]:
    picture = _in_rgb(picture, "WebP has no grey", notes)
    lossless = quality == 100
    # `exact` keeps the colours under full transparency, as lossless promises.
    options: dict[str, Any] = {"quality": quality, "method": 2}
    options |= {"lossless": lossless, "exact": lossless}
    if picture.icc_profile is not None:
        options["icc_profile"] = picture.icc_profile
    if picture.exif is not None:
        options["exif"] = exif_tags.PREFIX + picture.exif
    return _interleaved(picture.samples, picture.alpha), options
