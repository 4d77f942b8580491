"""PNG files of 16 bits per sample in colour or with alpha, which Pillow reduces to 8.

Source: Portable Network Graphics (PNG) Specification, second edition, W3C 2003, sections 7, 9, 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vernier.errors import ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Samples per pixel by PNG's colour type: grey, RGB, grey and alpha, RGB and alpha.
SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
COLOUR_TYPES = {samples: colour_type for colour_type, samples in SAMPLES.items()}


def is_deep_png(data: bytes) -> bool:
    """Whether a file is a PNG of 16 bits per sample, not interlaced."""
    if data[:8] != SIGNATURE or data[12:16] != b"IHDR" or len(data) < 29:
        return False
    depth, colour_type, _, _, interlaced = data[24:29]
    return depth == 16 and colour_type in SAMPLES and interlaced == 0


def decode(data: bytes) -> NDArray[np.uint16]:
    """The samples of a file for which `is_deep_png` holds.

    Returns:
        Shape `(H, W, samples)`, uint16, alpha last where there is one.

    Raises:
        ImageError: truncated or damaged.
    """
    width, height = struct.unpack(">II", data[16:24])
    samples = SAMPLES[data[25]]
    stride = width * samples * 2
    packed = b"".join(body for kind, body in _chunks(data) if kind == b"IDAT")
    try:
        # The limit keeps a bomb from unfolding further than the header admits.
        raw = zlib.decompressobj().decompress(packed, height * (stride + 1))
    except zlib.error as error:
        raise ImageError(f"damaged PNG data: {error}") from error
    if len(raw) < height * (stride + 1):
        raise ImageError("truncated PNG data")
    rows = np.frombuffer(raw, np.uint8).reshape(height, stride + 1)
    filters, bytes_ = rows[:, 0], rows[:, 1:].reshape(height, width, samples * 2)
    if filters.max(initial=0) > 4:
        raise ImageError(f"damaged PNG data: unknown filter {filters.max()}")
    return _unfilter(filters, bytes_).view(">u2").astype(np.uint16)


def encode(samples: NDArray[np.uint16], level: int = 1) -> list[tuple[bytes, bytes]]:
    """The header and data chunks of a PNG file, as (kind, body).

    Args:
        samples: shape `(H, W, n)`, n from 1 to 4.
        level: of zlib.
    """
    height, width, count = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[count], 0, 0, 0)
    rows = samples.astype(">u2").view(np.uint8).reshape(height, width, count * 2)
    filtered = np.empty((height, width * count * 2 + 1), np.uint8)
    filtered[:, 0] = 1  # "Sub": the difference to the pixel on the left, good for photos
    difference = rows.copy()
    difference[:, 1:] -= rows[:, :-1]
    filtered[:, 1:] = difference.reshape(height, -1)
    return [(b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), level))]


def write_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A whole PNG file of chunks, the end included."""
    parts = [SIGNATURE]
    for kind, body in [*chunks, (b"IEND", b"")]:
        parts += [struct.pack(">I", len(body)), kind, body]
        parts.append(struct.pack(">I", zlib.crc32(kind + body)))
    return b"".join(parts)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if len(body) < length:
            raise ImageError("truncated PNG data")
        yield kind, body
        if kind == b"IEND":
            return
        place += 12 + length
    raise ImageError("truncated PNG data")


def _unfilter(filters: NDArray[np.uint8], bytes_: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the filters: each byte adds a prediction from its left, upper and upper-left.

    A pixel needs its neighbours done, so rows cannot be computed at once, but diagonals can: step t
    does column t - r of every row r.
    """
    height, width, depth = bytes_.shape
    done = np.zeros((height + 1, width + 1, depth), np.uint8)
    for step in range(height + width - 1):
        first, last = max(0, step - width + 1), min(height, step + 1)
        rows = np.arange(first, last)
        columns = step - rows
        left = done[rows + 1, columns].astype(np.int16)
        upper = done[rows, columns + 1].astype(np.int16)
        corner = done[rows, columns].astype(np.int16)
        kinds = filters[rows][:, None]
        predicted = np.select(
            [kinds == 1, kinds == 2, kinds == 3, kinds == 4],
            [left, upper, (left + upper) // 2, _paeth(left, upper, corner)],
            0,
        )
        done[rows + 1, columns + 1] = bytes_[rows, columns] + predicted.astype(np.uint8)
    return np.ascontiguousarray(done[1:, 1:])


def _paeth(
    left: NDArray[np.int16], upper: NDArray[np.int16], corner: NDArray[np.int16]
) -> NDArray[np.int16]:
    """The neighbour nearest to left + upper - corner; ties go in that order."""
    to_left, to_upper = np.abs(upper - corner), np.abs(left - corner)
    to_corner = np.abs(left + upper - 2 * corner)
    return np.where(
        (to_left <= to_upper) & (to_left <= to_corner),
        left,
        np.where(to_upper <= to_corner, upper, corner),
    )
