"""A JPEG encoder in bands: each is compressed by Pillow on its own core, and they are joined.

A restart marker sets the decoder's predictions back to zero (ITU-T T.81, E.1.4), as they are at the
beginning of a file. So the compressed data of bands of equally many blocks, with restart markers
between them, are the data of the whole picture: the same pixels as compressed at once.

Source: ITU-T T.81 (JPEG), annexes B and E.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from vernier.images.deflate import STRIP_BYTES, in_parallel
from vernier.images.picture import Samples
from vernier.images.rows import PictureRows, interleaved

BLOCK = 8
MOST_BLOCKS = 65535
START_OF_FRAME, START_OF_SCAN, RESTART_INTERVAL = 0xC0, 0xDA, 0xDD
FIRST_RESTART, END = 0xD0, b"\xff\xd9"


def write_jpeg(rows: PictureRows, file: BinaryIO, options: dict[str, Any]) -> None:
    """Write a JPEG file, band by band.

    Args:
        rows: grey or RGB of 8 bits, no alpha.
        file: to write to; need not be seekable.
        options: of Pillow's encoder; none that makes several scans or tables of a picture's own.
    """
    across = -(-rows.width // BLOCK)
    wanted = STRIP_BYTES // (rows.width * rows.channels * BLOCK)
    blocks_down = max(1, min(wanted, MOST_BLOCKS // across))

    def encoded(item: tuple[int, Samples]) -> bytes:
        number, band = item
        content = io.BytesIO()
        chosen = options if number == 0 else {"quality": options["quality"], "subsampling": 0}
        squeezed = band[:, :, 0] if band.shape[2] == 1 else band
        Image.fromarray(np.ascontiguousarray(squeezed)).save(content, "JPEG", **chosen)
        return content.getvalue()

    bands: Iterator[tuple[int, Samples]] = enumerate(interleaved(rows, blocks_down * BLOCK))
    for number, content in enumerate(in_parallel(encoded, bands)):
        head, data = _split(content)
        if number == 0:
            file.write(_whole_head(head, rows.height, blocks_down * across))
        else:
            file.write(bytes((0xFF, FIRST_RESTART + (number - 1) % 8)))
        file.write(data)
    file.write(END)


def _split(content: bytes) -> tuple[bytes, bytes]:
    """All up to the compressed data, and these without the end marker."""
    place = 2
    while True:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        place += 2 + length
        if marker == START_OF_SCAN:
            return content[:place], content[place:].removesuffix(END)


def _whole_head(head: bytes, height: int, interval: int) -> bytes:
    """The head of the first band as that of the whole picture, with a restart interval."""
    out, place = bytearray(head[:2]), 2
    while place < len(head):
        marker, length = head[place + 1], int.from_bytes(head[place + 2 : place + 4], "big")
        segment = bytearray(head[place : place + 2 + length])
        if marker == START_OF_FRAME:
            struct.pack_into(">H", segment, 5, height)
        if marker == START_OF_SCAN:
            out += struct.pack(">BBHH", 0xFF, RESTART_INTERVAL, 4, interval)
        out += segment
        place += 2 + length
    return bytes(out)
