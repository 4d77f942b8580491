"""A PNG file's chunks: Pillow decodes pixels, band by band; all else is read here, bounded.

Rows are compressed in one stream, each filtered against the one above. A band becomes a small PNG
of its own: the last row of the band before, unfiltered, and the band's rows as they are.

What is no pixel never makes a picture unreadable: a profile of rubbish is left out with a note.

Source: PNG (Third Edition), W3C, 2025.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from vernier.images import deep
from vernier.images.picture import Samples
from vernier.images.rows import BAND_BYTES

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES_OF = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Larger ones hold no description of a picture.
LARGEST_CHUNK = 1 << 26
# What fits 255 segments of a JPEG.
LARGEST_PROFILE = 16_000_000
READ_BYTES = 1 << 18
KEPT = (b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"pHYs", b"acTL")


@dataclass
class PngFile:
    """What stands before the pixels of a PNG.

    Attributes:
        width: in pixels.
        height: likewise.
        depth: bits per sample.
        colour: colour type.
        interlaced: in seven passes.
        chunks: of `KEPT`, by kind, the first of each.
        notes: on chunks that are damaged.
        stream: of the file.
        data: where the first IDAT chunk begins.
    """

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    stream: BinaryIO
    data: int = 0
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def row_bytes(self) -> int:
        """Of an unfiltered row."""
        return -(-self.width * SAMPLES_OF[self.colour] * self.depth // 8)


def open_png(stream: BinaryIO) -> PngFile:
    """Read up to the pixels.

    Raises:
        OSError: what must be there is damaged.
    """
    stream.seek(len(SIGNATURE))
    kind, length = _head(stream)
    body = stream.read(length + 4) if length == 13 else b""
    if kind != b"IHDR" or len(body) != 17 or not _is_right(kind, body[:13], body[13:]):
        raise OSError("its header cannot be read")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", body[:13]
    )
    if depth not in DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise OSError("its header holds values that PNG does not know")
    file = PngFile(width, height, depth, colour, bool(interlace), stream)
    while True:
        place = stream.tell()
        kind, length = _head(stream)
        if kind == b"IDAT":
            file.data = place
            break
        if kind == b"IEND":
            raise OSError("it holds no pixels")
        _keep(file, kind, length)
    if colour == 3 and b"PLTE" not in file.chunks:
        raise OSError("it has no palette")
    return file


def _head(stream: BinaryIO) -> tuple[bytes, int]:
    head = stream.read(8)
    if len(head) < 8:
        raise OSError("image file is truncated")
    length, kind = struct.unpack(">I4s", head)
    if not kind.isalpha():
        raise OSError(f"broken chunk {kind!r}")
    return kind, length


def _is_right(kind: bytes, data: bytes, check: bytes) -> bool:
    return zlib.crc32(data, zlib.crc32(kind)) == int.from_bytes(check, "big")


def _keep(file: PngFile, kind: bytes, length: int) -> None:
    name = kind.decode()
    if kind not in KEPT or kind in file.chunks:
        if name[0].isupper() and kind not in KEPT:
            raise OSError(f"it holds a chunk {name} that is needed and not known")
        file.stream.seek(length + 4, 1)
        return
    if length > LARGEST_CHUNK:
        file.notes.append(f"its {name} chunk is too large and was left out")
        file.stream.seek(length + 4, 1)
        return
    data, check = file.stream.read(length), file.stream.read(4)
    if len(data) < length:
        raise OSError("image file is truncated")
    if _is_right(kind, data, check):
        file.chunks[kind] = data
    elif kind == b"PLTE":
        raise OSError("its palette is damaged")
    else:
        file.notes.append(f"its {name} chunk is damaged and was left out")


def _data(file: PngFile) -> Iterator[bytes]:
    """The compressed stream, piece by piece, its checksums compared."""
    stream = file.stream
    stream.seek(file.data)
    while True:
        kind, length = _head(stream)
        if kind != b"IDAT":
            return
        check = zlib.crc32(kind)
        while length:
            piece = stream.read(min(length, READ_BYTES))
            if not piece:
                raise OSError("image file is truncated")
            check = zlib.crc32(piece, check)
            length -= len(piece)
            yield piece
        if stream.read(4) != check.to_bytes(4, "big"):
            raise OSError("its pixels are damaged (a checksum differs)")


def _inflated(data: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The filtered rows' bytes, in pieces of at most `most`."""
    inflate = zlib.decompressobj()
    for piece in data:
        while piece and not inflate.eof:
            out = inflate.decompress(piece, most)
            piece = inflate.unconsumed_tail
            if out:
                yield out
        if inflate.eof:
            return
    rest = inflate.flush()
    if rest:
        yield rest


def raw_bands(file: PngFile) -> Iterator[NDArray[np.uint8]]:
    """The rows of a picture that is not interlaced, band by band, unfiltered.

    Yields:
        Shape `(rows, row_bytes)`: bytes as the format packs them.

    Raises:
        OSError, zlib.error: the pixels are damaged or end early.
    """
    line = file.row_bytes + 1
    rows = max(1, BAND_BYTES // line)
    above, done, held = b"", 0, bytearray()
    data = _data(file)
    for piece in _inflated(data, max(line, BAND_BYTES)):
        held += piece
        while done < file.height and len(held) >= min(rows, file.height - done) * line:
            count = min(rows, file.height - done)
            band = _unfiltered(file, above, bytes(held[: count * line]), count)
            del held[: count * line]
            above = b"\0" + band[-1].tobytes()
            done += count
            if done == file.height:
                # Before the last rows are given: the checksums of what is left.
                deque(data, 0)
            yield band
    if done < file.height:
        raise OSError("image file is truncated")


def _unfiltered(file: PngFile, above: bytes, band: bytes, count: int) -> NDArray[np.uint8]:
    """A band's rows without their filters.

    A filter looks at bytes, and a pixel's bytes before: whatever 1 to 4 of them mean, they go
    through as 8-bit grey, grey and alpha, RGB or RGBA. Only 6 and 8 need pixels of 16 bits.
    """
    samples = SAMPLES_OF[file.colour]
    step = max(1, samples * file.depth // 8)
    colour = file.colour if step > 4 else {1: 0, 2: 4, 3: 2, 4: 6}[step]
    depth = 16 if step > 4 else 8
    head = struct.pack(
        ">IIBBBBB", file.row_bytes // step, count + bool(above), depth, colour, 0, 0, 0
    )
    content = _small_png(head, zlib.compress(above + band, 0))

    def reopen() -> ImageFile.ImageFile:
        return Image.open(io.BytesIO(content), formats=("PNG",))

    if depth == 16:
        values = deep.samples(reopen).astype(">u2")
        pixels: NDArray[np.uint8] = values.view(np.uint8)
    else:
        pixels = np.asarray(reopen())
    return pixels.reshape(count + bool(above), file.row_bytes)[-count:]


def whole_png(file: PngFile) -> bytes:
    """The file with its pixels and palette, and nothing else."""
    head = struct.pack(
        ">IIBBBBB", file.width, file.height, file.depth, file.colour, 0, 0, file.interlaced
    )
    kinds = (b"PLTE", b"tRNS") if file.colour == 3 else ()
    return _small_png(
        head,
        b"".join(_data(file)),
        *((kind, file.chunks[kind]) for kind in kinds if kind in file.chunks),
    )


def _small_png(head: bytes, data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    all_chunks = [(b"IHDR", head), *chunks, (b"IDAT", data), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in all_chunks)


def unpacked(file: PngFile, raw: NDArray[np.uint8]) -> tuple[Samples, Samples | None]:
    """Samples and opacity from a band's bytes.

    Returns:
        Samples `(rows, W, 1 or 3)` and opacity `(rows, W)` or None; uint16 where the depth is 16.
    """
    if file.depth == 16:
        values: Samples = raw.view(">u2").astype(np.uint16)
    elif file.depth == 8:
        values = raw
    else:
        values = _bits(raw, file.depth)
    values = values.reshape(len(raw), -1, SAMPLES_OF[file.colour])[:, : file.width]
    if file.colour == 3:
        return _from_palette(file, values[:, :, 0])
    if file.colour in (4, 6):
        return np.ascontiguousarray(values[:, :, :-1]), np.ascontiguousarray(values[:, :, -1])
    return with_transparent_colour(file, values)


def with_transparent_colour(file: PngFile, values: Samples) -> tuple[Samples, Samples | None]:
    """Grey or RGB samples in the file's own depth: scaled to 8 or 16 bits, and their opacity."""
    wanted = transparent_samples(file)
    alpha: Samples | None = None
    if wanted is not None:
        opaque = 65535 if file.depth == 16 else 255
        seen = (values != np.asarray(wanted, values.dtype)).any(axis=2)
        alpha = np.where(seen, opaque, 0).astype(values.dtype)
    if file.depth < 8:
        values = values * np.uint8(255 // ((1 << file.depth) - 1))
    return np.ascontiguousarray(values), alpha


def _bits(raw: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Samples of 1, 2 or 4 bits, highest first."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    spread = (raw[:, :, None] >> shifts) & np.uint8((1 << depth) - 1)
    return np.asarray(spread.reshape(len(raw), -1))


def _from_palette(
    file: PngFile, indices: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    given = file.chunks[b"PLTE"]
    palette = np.zeros((256, 3), np.uint8)
    colours = np.frombuffer(given[: len(given) // 3 * 3][:768], np.uint8).reshape(-1, 3)
    palette[: len(colours)] = colours
    opacity = file.chunks.get(b"tRNS")
    if opacity is None:
        return palette[indices], None
    alpha = np.full(256, 255, np.uint8)
    alpha[: len(opacity[:256])] = np.frombuffer(opacity[:256], np.uint8)
    return palette[indices], alpha[indices]


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def profile_of(file: PngFile) -> bytes:
    """The ICC profile; empty where there is none, with a note where it is damaged."""
    chunk = file.chunks.get(b"iCCP")
    if chunk is None:
        return b""
    _, _, rest = chunk.partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        if rest[:1] != b"\0":
            raise zlib.error("an unknown compression")
        profile = inflate.decompress(rest[1:], LARGEST_PROFILE)
        if not inflate.eof:
            raise zlib.error("it is too large or ends early")
    except zlib.error as error:
        file.notes.append(f"its colour profile was left out: {error}")
        return b""
    return profile


def transparent_samples(file: PngFile) -> tuple[int, ...] | None:
    """The colour that a grey or RGB picture names as transparent, in the file's own depth."""
    chunk = file.chunks.get(b"tRNS")
    wanted = {0: 2, 2: 6}.get(file.colour)
    if chunk is None or wanted is None:
        return None
    if len(chunk) != wanted:
        file.notes.append("its tRNS chunk is damaged and was left out")
        return None
    most = (1 << file.depth) - 1
    return tuple(value & most for value in struct.unpack(f">{wanted // 2}H", chunk))
