"""Pictures to files: whole or not at all, keeping what the format can keep."""

from __future__ import annotations

import io
import os
import secrets
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from vernier.errors import ImageError
from vernier.images import png16
from vernier.images.picture import Picture

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif"}
DEFAULT_QUALITY = 95
# On a 4K photo level 1 takes a quarter of the time of zlib's default 6 and writes 15 % more.
PNG_LEVEL = 1
WEBP_LARGEST_SIDE = 16383
JPEG_LARGEST_SIDE = 65535


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


def encode_picture(
    picture: Picture, format_: str, quality: int = DEFAULT_QUALITY
) -> tuple[bytes, list[str]]:
    """A picture as the content of a file.

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
    _check_size(picture, format_)
    notes: list[str] = []
    if picture.bit_depth == 16 and format_ == "PNG":
        return _deep_png(picture), notes
    grey16 = picture.samples.shape[2] == 1 and picture.alpha is None
    if picture.bit_depth == 16 and format_ == "TIFF" and grey16:
        image = Image.fromarray(picture.samples[:, :, 0])
    else:
        if picture.bit_depth == 16:
            kept = "PNG keeps all" if format_ != "TIFF" else "PNG keeps all of them in colour"
            notes.append(f"{format_} was written with 8 of 16 bits per sample; {kept}")
        image = _eight_bit_image(picture, format_, notes)
    options = _options(picture, format_, quality)
    content = io.BytesIO()
    try:
        image.save(content, format_, **options)
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot encode {format_}: {error}") from error
    return content.getvalue(), notes


def write_picture(
    picture: Picture, target: Path | BinaryIO, format_: str, quality: int = DEFAULT_QUALITY
) -> list[str]:
    """Encode and write; a file appears whole or not at all.

    Returns:
        Sentences on what the format could not keep.

    Raises:
        ImageError: it cannot be encoded, or the target cannot be written.
    """
    content, notes = encode_picture(picture, format_, quality)
    if isinstance(target, Path):
        write_whole(target, content)
    else:
        target.write(content)
        target.flush()
    return notes


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside it, then rename.

    Raises:
        ImageError: the folder cannot be written to, or the disk is full.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ImageError(f"{path}: cannot be written ({error.strerror})") from error


def to_pil(picture: Picture) -> Image.Image:
    """The picture as a PIL image of 8 bits, or of 16 where it is grey without transparency."""
    if picture.bit_depth == 16 and picture.samples.shape[2] == 1 and picture.alpha is None:
        image = Image.fromarray(picture.samples[:, :, 0])
    else:
        image = _eight_bit_image(picture, "PNG", [])
    if picture.icc_profile is not None:
        image.info["icc_profile"] = picture.icc_profile
    return image


def _check_size(picture: Picture, format_: str) -> None:
    limit = {"WEBP": WEBP_LARGEST_SIDE, "JPEG": JPEG_LARGEST_SIDE}.get(format_)
    if limit is not None and max(picture.height, picture.width) > limit:
        raise ImageError(
            f"{format_} holds at most {limit} pixels a side, the result is "
            f"{picture.width}x{picture.height}; write PNG or TIFF"
        )


def _eight_bit_image(picture: Picture, format_: str, notes: list[str]) -> Image.Image:
    samples = _to_eight_bits(picture.samples)
    if picture.alpha is not None and format_ == "JPEG":
        notes.append("JPEG has no transparency; the picture was laid on white")
        opacity = picture.alpha.astype(np.float32)[:, :, None] / np.iinfo(picture.alpha.dtype).max
        laid = samples * opacity + 255 * (1 - opacity)
        samples = np.rint(laid).astype(np.uint8)
    elif picture.alpha is not None:
        samples = np.concatenate([samples, _to_eight_bits(picture.alpha)[:, :, None]], axis=2)
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    squeezed = samples[:, :, 0] if samples.shape[2] == 1 else samples
    return Image.fromarray(np.ascontiguousarray(squeezed), modes[samples.shape[2]])


def _to_eight_bits(samples: Any) -> Any:
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _options(picture: Picture, format_: str, quality: int) -> dict[str, Any]:
    options: dict[str, Any] = {}
    # A profile of inks or of grey must not be attached to samples of another kind; reading
    # has dropped those already, so what is left belongs to the samples.
    if picture.icc_profile is not None:
        options["icc_profile"] = picture.icc_profile
    if picture.exif is not None:
        options["exif"] = picture.exif
    if picture.dpi is not None and format_ != "WEBP":
        options["dpi"] = picture.dpi
    match format_:
        case "PNG":
            options["compress_level"] = PNG_LEVEL
        case "JPEG":
            # Without subsampling: colours were just enlarged, halving them again would show.
            options |= {"quality": quality, "subsampling": 0}
        case "WEBP":
            options |= {"quality": quality, "lossless": quality == 100, "method": 2}
        case "TIFF":
            options["compression"] = "tiff_adobe_deflate"
    return options


def _deep_png(picture: Picture) -> bytes:
    """A 16-bit PNG with the chunks that Pillow would write for an 8-bit one."""
    samples: Any = picture.samples
    if picture.alpha is not None:
        samples = np.concatenate([samples, picture.alpha[:, :, None]], axis=2)
    chunks = png16.encode(samples, PNG_LEVEL)
    extra: list[tuple[bytes, bytes]] = []
    if picture.icc_profile is not None:
        extra.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(picture.icc_profile)))
    if picture.dpi is not None:
        per_metre = [round(value / 0.0254) for value in picture.dpi]
        extra.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if picture.exif is not None:
        extra.append((b"eXIf", picture.exif.removeprefix(b"Exif\0\0")))
    return png16.write_chunks([chunks[0], *extra, *chunks[1:]])
