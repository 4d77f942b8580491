"""A PNG encoder for what results are: grey or RGB, alpha or none, 8 or 16 bits.

Pillow cannot write 16 bits with colours, and it uses one core.

Source: PNG (Third Edition), W3C, 2025.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from vernier.images.deflate import STRIP_BYTES, zlib_stream
from vernier.images.picture import Samples

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
UP = 2
METRES_PER_INCH = 0.0254
LARGEST_SIDE = (1 << 31) - 1


def encode_png(
    samples: Samples,
    *,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    cicp: bytes | None = None,
) -> bytes:
    """A PNG file.

    Args:
        samples: shape `(H, W, S)`, uint8 or uint16; S is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4.
        icc_profile: of the samples; or None.
        exif: TIFF structure without prefix; or None.
        dpi: dots per inch, horizontal and vertical.
        cicp: how colours are coded; or None.
    """
    height, width, channels = samples.shape
    depth = 8 * samples.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    parts = [SIGNATURE, _chunk(b"IHDR", header)]
    if cicp:
        parts.append(_chunk(b"cICP", cicp))
    if icc_profile:
        parts.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile)))
    if dpi is not None:
        per_metre = [round(value / METRES_PER_INCH) for value in dpi]
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if exif:
        parts.append(_chunk(b"eXIf", exif))
    row_bytes = width * channels * samples.dtype.itemsize
    rows = max(1, STRIP_BYTES // row_bytes)

    def strip(number: int) -> bytes:
        return _filtered(samples, number * rows, min(height, (number + 1) * rows))

    parts += [_chunk(b"IDAT", part) for part in zlib_stream(strip, -(-height // rows))]
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def _filtered(samples: Samples, first: int, last: int) -> bytes:
    """Rows `[first, last)`, each as its difference to the row above, byte by byte (9.2)."""
    above = max(0, first - 1)
    wanted = np.dtype(samples.dtype).newbyteorder(">")
    rows = np.ascontiguousarray(samples[above:last].astype(wanted, copy=False))
    raw = rows.view(np.uint8).reshape(last - above, -1)
    out = np.empty((last - first, raw.shape[1] + 1), np.uint8)
    out[:, 0] = UP
    if first == 0:
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
