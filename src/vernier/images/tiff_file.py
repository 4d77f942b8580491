"""A TIFF file's layout, and its samples with every bit that they have.

Pillow reads TIFF as it reads other formats, in the modes that it has: 12 bits become 8, associated
alpha of 16 bits and colours in float are refused. So only the bytes of strips and tiles are taken
from it (libtiff's decompression, by calling them a grey picture), and what the bytes mean is read
here: predictors, byte orders, planes, bit depths, float, what white is, and alpha.

Source: TIFF 6.0 (Adobe, 1992); Adobe Photoshop TIFF Technical Notes (deflate); Adobe Photoshop TIFF
Technical Note 3 (float predictor).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import ImageError
from vernier.images.native_messages import without_native_messages
from vernier.images.picture import Samples
from vernier.images.rows import BAND_BYTES, Band
from vernier.images.tiff_directory import LARGEST_DIRECTORY_BYTES, Directory

DEFLATES = (8, 32946)
# LZW, PackBits, Zstandard, LZMA: by libtiff.
BY_LIBTIFF = (5, 32773, 50000, 34925)
UINT, FLOAT = 1, 3
# Float samples this far outside [0, 1] are rounding; further out they are another scale.
FLOAT_TOLERANCE = 1 / 255


@dataclass(frozen=True)
class Layout:
    """How samples lie in a file.

    Attributes:
        order: "<" or ">".
        height, width: in pixels.
        bits: per sample.
        samples: per pixel, extra ones included.
        colours: of those, 1 or 3.
        kind: `UINT` or `FLOAT`.
        white_is_zero: a grey scale upside down.
        planar: each sample in a plane of its own.
        compression, predictor: as the file says.
        alpha: 0 for none, 1 for associated (colours are multiplied by it), 2 for straight.
        tile: height and width of a tile; strips are as wide as the picture.
        offsets, counts: of strips or tiles.
    """

    order: str
    height: int
    width: int
    bits: int
    samples: int
    colours: int
    kind: int
    white_is_zero: bool
    planar: bool
    compression: int
    predictor: int
    alpha: int
    tile: tuple[int, int]
    offsets: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def samples_together(self) -> int:
        """Samples of a pixel that lie side by side."""
        return 1 if self.planar else self.samples

    @property
    def row_bytes(self) -> int:
        """Of one row of a strip or tile."""
        return -(-self.tile[1] * self.samples_together * self.bits // 8)


@dataclass(frozen=True)
class TiffFile:
    """What a TIFF's first directory says.

    Attributes:
        layout: None where Pillow has to read it: palettes, inks, JPEG and fax compression.
        orientation: as EXIF's.
        pages: directories in the file, at most `tiff_directory.MOST_PAGES`.
        has_sound_exif: whether the directories of EXIF and GPS may be read.
        compression: as the file says.
        extra: samples that mean nothing here.
    """

    layout: Layout | None
    orientation: int
    pages: int
    has_sound_exif: bool
    compression: int
    extra: int


def open_tiff(stream: BinaryIO, file_bytes: int) -> TiffFile:
    """Read the first directory.

    Raises:
        OSError: it is damaged.
        ImageError: it claims far more than the file holds.
    """
    try:
        directory = Directory(stream)
        if directory.bytes_claimed > LARGEST_DIRECTORY_BYTES:
            raise ImageError("its directory claims more than a file can hold")
        layout, extra = _layout(directory, file_bytes)
        return TiffFile(
            layout,
            directory.one(274, 1),
            directory.pages,
            _has_sound_exif(stream, directory, file_bytes),
            directory.one(259, 1),
            extra,
        )
    except (struct.error, OverflowError) as error:
        raise OSError(f"its directory is damaged: {error}") from error


def _has_sound_exif(stream: BinaryIO, directory: Directory, file_bytes: int) -> bool:
    try:
        below = [Directory(stream, at) for tag in (34665, 34853) for at in directory.get(tag)[:1]]
    except (OSError, struct.error, OverflowError):
        return False
    return sum(d.bytes_claimed for d in below) <= file_bytes


def _layout(directory: Directory, file_bytes: int) -> tuple[Layout | None, int]:
    width, height = directory.one(256, 0), directory.one(257, 0)
    samples = directory.one(277, 1)
    photometric, compression = directory.one(262, -1), directory.one(259, 1)
    bits = set(directory.get(258) or (1,))
    kinds = set(directory.get(339) or (UINT,))
    predictor = directory.one(317, 1)
    colours = {0: 1, 1: 1, 2: 3}.get(photometric, 0)
    tiled = bool(directory.get(322))
    tile = (
        (directory.one(323, 0), directory.one(322, 0))
        if tiled
        else (min(directory.one(278, height), height), width)
    )
    depth, kind = next(iter(bits)), next(iter(kinds))
    is_ours = (
        min(width, height, *tile) > 0
        and colours > 0
        and samples >= colours
        and len(bits) == len(kinds) == 1
        and (kind, depth)
        in {(UINT, 8), (UINT, 12), (UINT, 16), (FLOAT, 16), (FLOAT, 32), (FLOAT, 64)}
        and (compression == 1 or compression in DEFLATES or compression in BY_LIBTIFF)
        and predictor in ((1,) if depth == 12 else (1, 2) if kind == UINT else (1, 3))
        and directory.one(266, 1) == 1
        and directory.one(284, 1) in (1, 2)
    )
    if not is_ours:
        return None, 0
    planar = directory.one(284, 1) == 2 and samples > 1
    offsets = directory.get(324) if tiled else directory.get(273)
    counts = directory.get(325) if tiled else directory.get(279)
    down, across = -(-height // tile[0]), -(-width // tile[1])
    wanted = down * across * (samples if planar else 1)
    if len(offsets) < wanted or len(counts) < wanted:
        if wanted == 1 and len(offsets) == 1:
            counts = (file_bytes - offsets[0],)
        else:
            raise OSError("it lists too few strips")
    extra = directory.get(338)
    alpha = extra[0] if samples > colours and extra and extra[0] in (1, 2) else 0
    dropped = samples - colours - (1 if alpha else 0)
    found = Layout(
        directory.order,
        height,
        width,
        depth,
        samples,
        colours,
        kind,
        photometric == 0,
        planar,
        compression,
        predictor,
        alpha,
        tile,
        offsets[:wanted],
        counts[:wanted],
    )
    return found, dropped


def bands(stream: BinaryIO, layout: Layout) -> Iterator[Band]:
    """The rows, in bands of whole strips or rows of tiles.

    Raises:
        OSError: strips are damaged or missing.
        ImageError: float samples that are not in [0, 1].
    """
    tile_height, tile_width = layout.tile
    across = -(-layout.width // tile_width)
    down = -(-layout.height // tile_height)
    planes = layout.samples if layout.planar else 1
    for row in range(down):
        rows = min(tile_height, layout.height - row * tile_height)
        parts = [
            [
                _tile(stream, layout, (plane * down + row) * across + column, rows)
                for column in range(across)
            ]
            for plane in range(planes)
        ]
        joined = [np.concatenate(line, axis=1)[:rows, : layout.width] for line in parts]
        values = joined[0] if planes == 1 else np.concatenate(joined, axis=2)
        step = max(1, BAND_BYTES // max(1, values[:1].nbytes))
        for first in range(0, rows, step):
            yield meant(layout, values[first : first + step])


def _tile(stream: BinaryIO, layout: Layout, number: int, rows: int) -> NDArray[Any]:
    """A strip or tile: `(rows, W, samples)` in the file's own numbers; a tile has all its rows."""
    is_strip = layout.tile[1] == layout.width
    count = rows if is_strip else layout.tile[0]
    wanted = count * layout.row_bytes
    stream.seek(layout.offsets[number])
    content = stream.read(min(layout.counts[number], 2 * wanted + (1 << 16)))
    raw = _decompressed(layout, content, count)
    if len(raw) < wanted:
        raise OSError("image file is truncated")
    return _numbers(layout, np.frombuffer(raw, np.uint8, wanted).reshape(count, layout.row_bytes))


def _decompressed(layout: Layout, content: bytes, rows: int) -> bytes:
    wanted = rows * layout.row_bytes
    if layout.compression == 1:
        return content
    if layout.compression in DEFLATES:
        return zlib.decompressobj().decompress(content, wanted)
    file = _grey_tiff(layout.compression, layout.row_bytes, rows, content)
    with (
        without_native_messages(),
        Image.open(io.BytesIO(file), formats=("TIFF",)) as image,
    ):
        return image.tobytes()


def _grey_tiff(compression: int, width: int, height: int, content: bytes) -> bytes:
    """A TIFF that calls a strip's bytes a grey picture of 8 bits."""
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1),
        (273, 4, 0), (277, 3, 1), (278, 4, height), (279, 4, len(content)),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(entries) + 4
    directory = b"".join(
        struct.pack("<HHI", tag, kind, 1)
        + struct.pack("<I" if kind == 4 else "<HH", *((value,) if kind == 4 else (value, 0)))
        for tag, kind, value in ((t, k, start if t == 273 else v) for t, k, v in entries)
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + directory + bytes(4) + content


def _numbers(layout: Layout, raw: NDArray[np.uint8]) -> NDArray[Any]:
    """Bytes `(rows, row_bytes)` as numbers `(rows, W, samples together)`."""
    rows, together = len(raw), layout.samples_together
    shape = (rows, layout.tile[1], together)
    if layout.bits == 12:
        return _twelve_bits(raw)[:, : layout.tile[1] * together].reshape(shape)
    size = layout.bits // 8
    letter = "f" if layout.kind == FLOAT else "u"
    if layout.predictor == 3:
        # Bytes of one weight lie together, the highest first, each as its difference.
        flat = np.cumsum(raw.reshape(rows, -1, together), axis=1, dtype=np.uint8)
        turned = flat.reshape(rows, size, -1).swapaxes(1, 2)
        return np.ascontiguousarray(turned).view(f">{letter}{size}").reshape(shape)
    values: NDArray[Any] = raw.view(f"{layout.order}{letter}{size}").reshape(shape)
    if layout.predictor == 2:
        return np.cumsum(values, axis=1, dtype=values.dtype.newbyteorder("="))
    return values


def _twelve_bits(raw: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Two samples in three bytes, the highest bits first, each row beginning anew."""
    padded = np.pad(raw, ((0, 0), (0, -raw.shape[1] % 3))).astype(np.uint16)
    first, middle, last = padded[:, 0::3], padded[:, 1::3], padded[:, 2::3]
    pairs = np.stack([first << 4 | middle >> 4, (middle & 15) << 8 | last], axis=2)
    return np.asarray(pairs.reshape(len(raw), -1))


def meant(layout: Layout, values: NDArray[Any]) -> Band:
    """Samples `(rows, W, 1 or 3)` and opacity `(rows, W)` or None, uint8 or uint16."""
    used = layout.colours + (1 if layout.alpha else 0)
    values = values[:, :, :used]
    if layout.kind == FLOAT:
        whole: Samples = from_float(values)
    elif layout.bits == 12:
        whole = ((values.astype(np.uint32) * 65535 + 2047) // 4095).astype(np.uint16)
    else:
        whole = values.astype(values.dtype.newbyteorder("="), copy=False)
    top = np.iinfo(whole.dtype).max
    colours = np.ascontiguousarray(whole[:, :, : layout.colours])
    alpha = np.ascontiguousarray(whole[:, :, layout.colours]) if layout.alpha else None
    if layout.white_is_zero:
        colours = top - colours
    if layout.alpha == 1 and alpha is not None:
        colours = straight(colours, alpha)
    return colours, alpha


def straight(colours: Samples, alpha: Samples) -> Samples:
    """Colours that were multiplied by their opacity, as they were before; black where it is 0."""
    top = int(np.iinfo(colours.dtype).max)
    cover = alpha[:, :, None].astype(np.uint64)
    least = np.maximum(cover, 1)
    whole = (colours.astype(np.uint64) * np.uint64(top) + least // 2) // least
    return np.where(cover > 0, np.minimum(whole, top), 0).astype(colours.dtype)


def from_float(values: NDArray[Any]) -> NDArray[np.uint16]:
    """Float samples in [0, 1] in 16 bits.

    Raises:
        ImageError: NaN, infinite, or of another scale.
    """
    if not np.isfinite(values).all():
        raise ImageError("it holds NaN or infinite samples; replace them and save it again")
    lowest, highest = float(values.min()), float(values.max())
    if lowest < -FLOAT_TOLERANCE or highest > 1 + FLOAT_TOLERANCE:
        raise ImageError(
            f"expected float samples from 0 to 1, found {lowest:g} to {highest:g}; rescale them"
        )
    whole: NDArray[np.float32] = np.rint(np.clip(values.astype(np.float32), 0, 1) * 65535)
    return whole.astype(np.uint16)
