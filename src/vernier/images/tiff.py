"""A TIFF encoder for what results are: grey or RGB, alpha or none, 8 or 16 bits.

Pillow cannot write 16 bits with colours; its directory writer is used, and the strips are ours.

Source: TIFF 6.0 (Adobe, 1992), sections 8 (baseline), 14 (differencing predictor), 18 (extra
samples); Adobe Photoshop TIFF Technical Notes (deflate); ICC.1:2010, B.4.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from vernier.errors import ImageError
from vernier.images import exif as exif_tags
from vernier.images.deflate import LEVEL, STRIP_BYTES, in_parallel
from vernier.images.picture import Samples
from vernier.images.rows import PictureRows, interleaved

ADOBE_DEFLATE = 8
HORIZONTAL_DIFFERENCES = 2
UNASSOCIATED_ALPHA = 2
INCH = 2
LONG = 4
BELOW = (exif_tags.EXIF_DIRECTORY, exif_tags.GPS_DIRECTORY)
LARGEST_FILE_BYTES = (1 << 32) - 1


def write_tiff(rows: PictureRows, file: BinaryIO) -> list[str]:
    """Write a TIFF file, deflated, strip by strip.

    The directory stands first; where the strips lie is filled in when they are there.

    Args:
        rows: as `png.write_png`.
        file: to write to, from its beginning; seekable.

    Returns:
        Sentences on metadata that was left out.

    Raises:
        ImageError: the file would exceed the format's 4 GiB.
    """
    channels = rows.channels + rows.has_alpha
    step = max(1, STRIP_BYTES // (rows.width * channels * rows.dtype.itemsize))
    count = -(-rows.height // step)
    notes: list[str] = []
    directory = _directory(rows, channels, step, notes)
    _place(directory, [0] * count, [0] * count)
    directory.save(file)
    start = place = file.tell()
    sizes, offsets = [], []
    for strip in in_parallel(_deflated, interleaved(rows, step)):
        if place + len(strip) > LARGEST_FILE_BYTES:
            raise ImageError(
                f"{rows.width}x{rows.height} pixels make more than TIFF's 4 GiB; write a PNG"
            )
        offsets.append(place - start)
        sizes.append(len(strip))
        place += len(strip)
        file.write(strip)
    _place(directory, offsets, sizes)
    file.seek(0)
    directory.save(file)
    file.seek(place)
    return notes


def _place(directory: ImageFileDirectory_v2, offsets: list[int], sizes: list[int]) -> None:
    """Both as 32 bits whatever they are, so that the directory stays as long."""
    for tag, values in ((273, offsets), (279, sizes)):
        directory.tagtype[tag] = LONG
        directory[tag] = tuple(values)


def _deflated(band: Samples) -> bytes:
    part = band.astype(band.dtype.newbyteorder("<"), copy=False)
    differences = part.copy()
    np.subtract(part[:, 1:], part[:, :-1], out=differences[:, 1:])
    return zlib.compress(differences.tobytes(), LEVEL)


def _directory(
    rows: PictureRows, channels: int, step: int, notes: list[str]
) -> ImageFileDirectory_v2:
    directory = ImageFileDirectory_v2(prefix=b"II")
    directory[256], directory[257] = rows.width, rows.height
    directory[258] = (8 * rows.dtype.itemsize,) * channels
    directory[259] = ADOBE_DEFLATE
    directory[262] = 2 if channels >= 3 else 1
    directory[277], directory[278] = channels, step
    directory[284], directory[317] = 1, HORIZONTAL_DIFFERENCES
    directory[339] = (1,) * channels
    if rows.has_alpha:
        directory[338] = UNASSOCIATED_ALPHA
    if rows.dpi is not None:
        directory[282], directory[283], directory[296] = *rows.dpi, INCH
    if rows.icc_profile:
        directory.tagtype[34675] = 7
        directory[34675] = rows.icc_profile
    if rows.exif:
        plain = len(directory)
        try:
            _describe(directory, rows.exif)
            directory.tobytes(8)
        except (ValueError, TypeError, SyntaxError, OSError, KeyError, struct.error) as error:
            for tag in (*exif_tags.DESCRIPTIVE_TAGS, *BELOW):
                directory.pop(tag, None)
            assert len(directory) == plain
            notes.append(f"the EXIF was left out: {error}")
    return directory


def _describe(directory: ImageFileDirectory_v2, exif: bytes) -> None:
    read = Image.Exif()
    read.load(exif)
    for tag in exif_tags.DESCRIPTIVE_TAGS:
        if tag in read:
            directory[tag] = read[tag]
    for below in BELOW:
        values = read.get_ifd(below)
        if values:
            directory[below] = dict(values)
