"""JPEGs in a TIFF file: whether each strip or tile of it is whole.

Source: Adobe Photoshop TIFF Technical Notes (compression 7); ITU-T T.81, annex B.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image

from vernier.images.tiff_directory import Directory

MARKER, START_OF_SCAN = 0xFF, 0xDA


def check_jpegs(stream: BinaryIO, file_bytes: int) -> None:
    """Refuse a TIFF of JPEGs of which one is damaged: libtiff passes over that in silence.

    Raises:
        OSError: a strip or tile does not decode.
    """
    directory = Directory(stream)
    tables = directory.raw(347, file_bytes)
    offsets = directory.get(324) or directory.get(273)
    counts = directory.get(325) or directory.get(279)
    if 347 in directory and not tables.startswith(b"\xff\xd8"):
        raise OSError("its JPEG tables are damaged")
    for offset, count in zip(offsets, counts, strict=True):
        stream.seek(offset)
        content = stream.read(min(count, file_bytes))
        if len(content) < count or not _is_whole_jpeg(content):
            raise OSError("a strip of it is cut short")
        if tables:
            content = tables[: -2 if tables.endswith(b"\xff\xd9") else None] + content[2:]
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            image.load()


def _is_whole_jpeg(content: bytes) -> bool:
    """Whether a JPEG's segments and compressed data follow each other up to its end marker.

    Decoders fill what is missing before an early end with grey, and say nothing.
    """
    if not content.startswith(b"\xff\xd8"):
        return False
    place = 2
    while place + 4 <= len(content) and content[place] == MARKER:
        kind = content[place + 1]
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if kind == START_OF_SCAN:
            place = _after_scan(content, place)
    rest = content[place:]
    # Some writers fill a strip up to a whole word.
    return rest.startswith(b"\xff\xd9") and not rest[2:].strip(b"\0\xff")


def _after_scan(content: bytes, place: int) -> int:
    """Where the first marker stands that is neither a filled-in zero nor a restart."""
    while (place := content.find(MARKER, place)) >= 0 and place + 1 < len(content):
        following = content[place + 1]
        if following not in (0x00, MARKER) and not 0xD0 <= following <= 0xD7:
            return place
        place += 1 if following == MARKER else 2
    return len(content)
