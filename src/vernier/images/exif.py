"""EXIF, changed in place: what is not understood, makers' notes above all, stays as it is.

Rebuilding the structure would move the bytes that makers' notes point at.

Source: Exif 2.32 (CIPA DC-008), section 4.6; TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

PREFIX = b"Exif\0\0"
IMAGE_WIDTH, IMAGE_HEIGHT, ORIENTATION = 0x0100, 0x0101, 0x0112
EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
PIXEL_X_DIMENSION, PIXEL_Y_DIMENSION = 0xA002, 0xA003
SHORT, LONG = 3, 4
# Tags of a TIFF file's own directory that describe the photo rather than how its bytes lie.
DESCRIPTIVE_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
ENTRY_BYTES = 12
# Bytes of a value, by its type.
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def stripped(exif: bytes) -> bytes:
    """The TIFF structure alone."""
    return exif.removeprefix(PREFIX)


def upright(exif: bytes) -> bytes:
    """The same EXIF with an orientation of 1, where it has one.

    Raises:
        ValueError: the structure is damaged.
    """
    return _with_values(exif, {ORIENTATION: 1})


def sized(exif: bytes, height: int, width: int) -> bytes:
    """The same EXIF with the picture's size in pixels, wherever it states one.

    Raises:
        ValueError: the structure is damaged.
    """
    return _with_values(
        exif,
        {
            IMAGE_WIDTH: width,
            IMAGE_HEIGHT: height,
            PIXEL_X_DIMENSION: width,
            PIXEL_Y_DIMENSION: height,
        },
    )


def _with_values(exif: bytes, values: dict[int, int]) -> bytes:
    if not exif:
        return exif
    changed = bytearray(exif)
    try:
        order, first = _start(exif)
        for tag, kind, _, place in _entries(exif, order, first):
            if tag not in values:
                continue
            # A size of 65536 or more does not fit a short one: such a value is left as it is.
            if kind == SHORT and values[tag] < 1 << 16:
                struct.pack_into(order + "H", changed, place, values[tag])
            elif kind == LONG:
                struct.pack_into(order + "I", changed, place, values[tag])
    except (struct.error, KeyError) as error:
        raise ValueError(f"damaged EXIF: {error}") from error
    return bytes(changed)


def orientation(exif: bytes) -> int:
    """1 to 8; 0 where it is not said, or by a damaged structure."""
    try:
        order, first = _start(exif)
        for tag, kind, _, place in _directory(exif, order, first):
            if tag == ORIENTATION and kind == SHORT:
                (value,) = struct.unpack_from(order + "H", exif, place)
                return int(value) if 1 <= value <= 8 else 0
    except (struct.error, KeyError):
        return 0
    return 0


def checked(exif: bytes) -> bytes:
    """The same EXIF, where it can be understood.

    Raises:
        ValueError: the structure is damaged: a directory or a value lies outside, or values claim
            far more bytes than there are.
    """
    if not exif:
        return exif
    try:
        claimed = 0
        for _, kind, count, place in _entries(exif, *_start(exif)):
            size = TYPE_BYTES.get(kind, 0) * count
            claimed += size
            if size > 4:
                (at,) = struct.unpack_from(_start(exif)[0] + "I", exif, place)
                if at + size > len(exif):
                    raise ValueError("damaged EXIF: a value lies outside")
        if claimed > 4 * len(exif) + (1 << 16):
            raise ValueError("damaged EXIF: it claims more than it holds")
    except (struct.error, KeyError) as error:
        raise ValueError(f"damaged EXIF: {error}") from error
    return exif


def _start(exif: bytes) -> tuple[str, int]:
    order = {b"II": "<", b"MM": ">"}[bytes(exif[:2])]
    return order, struct.unpack_from(order + "I", exif, 4)[0]


def _entries(exif: bytes, order: str, first: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and place of the value: of the main directory and of those below it.

    One level, each once: directories that point at each other are no reason to go on.
    """
    below: dict[int, int] = {}
    for tag, kind, count, place in _directory(exif, order, first):
        yield tag, kind, count, place
        if tag in (EXIF_DIRECTORY, GPS_DIRECTORY):
            below.setdefault(tag, place)
    for place in below.values():
        (directory,) = struct.unpack_from(order + "I", exif, place)
        if directory != first:
            yield from _directory(exif, order, directory)


def _directory(exif: bytes, order: str, directory: int) -> Iterator[tuple[int, int, int, int]]:
    (entries,) = struct.unpack_from(order + "H", exif, directory)
    for number in range(entries):
        entry = directory + 2 + number * ENTRY_BYTES
        tag, kind, count = struct.unpack_from(order + "HHI", exif, entry)
        yield tag, kind, count, entry + 8


def describing(exif: Image.Exif) -> bytes:
    """EXIF of its own from a TIFF file's directory, which also says how the file's bytes lie."""
    kept = Image.Exif()
    for tag in DESCRIPTIVE_TAGS:
        if tag in exif:
            kept[tag] = exif[tag]
    for directory in (EXIF_DIRECTORY, GPS_DIRECTORY):
        values = exif.get_ifd(directory)
        if values:
            kept.get_ifd(directory).update(values)
    has_any = len(kept) > 0 or any(kept.get_ifd(d) for d in (EXIF_DIRECTORY, GPS_DIRECTORY))
    return stripped(kept.tobytes()) if has_any else b""
