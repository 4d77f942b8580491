"""A PNG encoder for what results are: grey or RGB, alpha or none, 8 or 16 bits.

Pillow cannot write 16 bits with colours, and it uses one core.

Source: PNG (Third Edition), W3C, 2025.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vernier.images.deflate import STRIP_BYTES, zlib_stream
from vernier.images.picture import Picture, Samples
from vernier.images.rows import PictureRows, interleaved, rows_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
UP = 2
METRES_PER_INCH = 0.0254
LARGEST_SIDE = (1 << 31) - 1


def write_png(rows: PictureRows, file: BinaryIO) -> None:
    """Write a PNG file, band by band.

    Args:
        rows: grey or RGB of 8 or 16 bits, with or without alpha; profile, EXIF, dpi and cICP are
            kept.
        file: to write to; need not be seekable.
    """
    channels = rows.channels + rows.has_alpha
    depth = 8 * rows.dtype.itemsize
    header = struct.pack(
        ">IIBBBBB", rows.width, rows.height, depth, COLOUR_TYPES[channels], 0, 0, 0
    )
    file.write(SIGNATURE + _chunk(b"IHDR", header))
    if rows.cicp:
        file.write(_chunk(b"cICP", rows.cicp))
    if rows.icc_profile:
        file.write(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(rows.icc_profile)))
    if rows.dpi is not None:
        per_metre = [round(value / METRES_PER_INCH) for value in rows.dpi]
        file.write(_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if rows.exif:
        file.write(_chunk(b"eXIf", rows.exif))
    step = max(1, STRIP_BYTES // (rows.width * channels * rows.dtype.itemsize))
    for part in zlib_stream(_filtered, _with_row_above(interleaved(rows, step))):
        file.write(_chunk(b"IDAT", part))
    file.write(_chunk(b"IEND", b""))


def encode_png(samples: Samples, *, exif: bytes | None = None) -> bytes:
    """A PNG file of samples `(H, W, S)`, uint8 or uint16; S is 1, 2 (alpha), 3 or 4 (alpha)."""
    colours = samples.shape[2] - (samples.shape[2] % 2 == 0)
    alpha = samples[:, :, colours] if colours < samples.shape[2] else None
    file = io.BytesIO()
    write_png(rows_of(Picture(samples[:, :, :colours], alpha, exif=exif)), file)
    return file.getvalue()


def _with_row_above(bands: Iterator[Samples]) -> Iterator[tuple[Samples | None, Samples]]:
    above: Samples | None = None
    for band in bands:
        yield above, band
        above = band[-1:].copy()


def _filtered(item: tuple[Samples | None, Samples]) -> bytes:
    """Rows, each as its difference to the row above, byte by byte (9.2)."""
    above, band = item
    wanted = np.dtype(band.dtype).newbyteorder(">")
    rows = band if above is None else np.concatenate([above, band])
    rows = np.ascontiguousarray(rows.astype(wanted, copy=False))
    raw = rows.view(np.uint8).reshape(len(rows), -1)
    out = np.empty((len(band), raw.shape[1] + 1), np.uint8)
    out[:, 0] = UP
    if above is None:
        out[0, 1:] = raw[0]
        np.subtract(raw[1:], raw[:-1], out=out[1:, 1:])
    else:
        np.subtract(raw[1:], raw[:-1], out=out[:, 1:])
    return out.tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
    )
