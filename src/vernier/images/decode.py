"""A picture file as rows: grey or RGB, upright, with every bit that the file has."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile

from vernier.errors import ImageError
from vernier.images import (
    colour_coding,
    deep,
    exif,
    png_file,
    profiles,
    tiff_directory,
    tiff_file,
    tiff_jpegs,
)
from vernier.images.jpeg_rows import can_stream, jpeg_rows
from vernier.images.native_messages import without_native_messages
from vernier.images.picture import Picture, Samples
from vernier.images.rows import Band, PictureRows, rows_of

# Rows and columns as EXIF's orientation asks: transpose first, then reverse rows, columns.
ORIENTATIONS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
KINDS = {"MPO": "JPEG", "DIB": "BMP", "HEIF": "HEIC"}
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TIFF_OF_JPEGS = (6, 7)
XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=\"|>)([1-8])")
Decoded = tuple[Samples, Samples | None]
# Compares a size with the limits; raises ImageError.
Allow = Callable[[int, int], None]


def decode(stream: BinaryIO, start: bytes, formats: tuple[str, ...], allow: Allow) -> PictureRows:
    """Open a picture.

    Args:
        stream: the file.
        start: its first bytes.
        formats: that Pillow may try where the file is neither PNG nor TIFF.
        allow: is called with height and width before anything is decoded.

    Raises:
        ImageError: samples that cannot be represented.
        Exception: whatever a decoder raises on a damaged file.
    """
    if start.startswith(png_file.SIGNATURE):
        return _png(stream, allow)
    if start.startswith(TIFF_STARTS):
        return _tiff(stream, allow)
    stream.seek(0)
    image = Image.open(stream, formats=formats)
    allow(image.height, image.width)
    return _other(image, stream)


def _png(stream: BinaryIO, allow: Allow) -> PictureRows:
    file = png_file.open_png(stream)
    allow(file.height, file.width)
    notes = file.notes
    frames = int.from_bytes(file.chunks.get(b"acTL", b"")[:4], "big")
    if frames > 1:
        notes.append(f"it has {frames} frames; only the first is used")
    channels = 1 if file.colour in (0, 4) else 3
    profile, cicp = png_file.profile_of(file), None
    if not profile or b"cICP" in file.chunks:
        coded, cicp = colour_coding.from_chunks(file.chunks, channels, notes)
        profile = b"" if cicp else profile or coded
    has_alpha = (
        file.colour in (4, 6)
        or (file.colour == 3 and b"tRNS" in file.chunks)
        or png_file.transparent_samples(file) is not None
    )
    block = file.chunks.get(b"eXIf", b"")

    def bands() -> Iterator[Band]:
        if file.interlaced:
            yield _interlaced(file)
            return
        for raw in png_file.raw_bands(file):
            yield png_file.unpacked(file, raw)

    rows = PictureRows(
        file.height,
        file.width,
        channels,
        np.dtype(np.uint16 if file.depth == 16 else np.uint8),
        has_alpha,
        bands,
        _usable_profile(profile, channels, notes),
        cicp,
        _checked_exif(block, notes),
        _png_dpi(file.chunks.get(b"pHYs", b"")),
        "PNG",
        notes,
    )
    return turned(rows, _orientation(block))


def _interlaced(file: png_file.PngFile) -> Band:
    content = png_file.whole_png(file)

    def reopen() -> ImageFile.ImageFile:
        return Image.open(io.BytesIO(content), formats=("PNG",))

    image = reopen()
    if deep.loses_bits(image):
        values: Samples = deep.samples(reopen)
    elif image.mode == "P":
        image.load()
        return _split(np.asarray(image.convert("RGBA" if b"tRNS" in file.chunks else "RGB")))
    else:
        image.load()
        grey = deep.from_modes(image)
        values = np.asarray(image.convert("L") if image.mode == "1" else image)
        values = values if grey is None else grey
    values = values[:, :, None] if values.ndim == 2 else values
    if file.colour in (4, 6):
        return _split(values)
    if file.depth < 8:
        # Pillow has scaled them already.
        values = values // np.uint8(255 // ((1 << file.depth) - 1))
    return png_file.with_transparent_colour(file, values)


def _png_dpi(chunk: bytes) -> tuple[float, float] | None:
    if len(chunk) != 9 or chunk[8] != 1:
        return None
    return _sane_dpi(
        int.from_bytes(chunk[:4], "big") * 0.0254, int.from_bytes(chunk[4:8], "big") * 0.0254
    )


def _tiff(stream: BinaryIO, allow: Allow) -> PictureRows:
    stream.seek(0, 2)
    file_bytes = stream.tell()
    file = tiff_file.open_tiff(stream, file_bytes)
    notes = []
    if file.pages > 1:
        more = "more than " if file.pages >= tiff_directory.MOST_PAGES else ""
        notes.append(f"it has {more}{file.pages} pages; only the first is used")
    layout = file.layout
    if layout is None:
        with without_native_messages():
            return _tiff_by_pillow(stream, file, file_bytes, allow, notes)
    allow(layout.height, layout.width)
    if file.extra:
        notes.append("samples that are neither colours nor transparency were left out")
    if layout.kind == tiff_file.FLOAT:
        notes.append("float samples were rounded to 16 bits")
    if layout.bits == 12:
        notes.append("samples of 12 bits became 16 bits")
    tags = Image.Exif()
    metadata = b""
    icc: bytes = b""
    dpi = None
    try:
        if not file.has_sound_exif:
            raise ValueError("damaged EXIF")
        stream.seek(0)
        tags.load_from_fp(stream)
        icc = bytes(tags.get(34675, b""))
        dpi = _tiff_dpi(tags)
        metadata = exif.describing(tags)
    except (ValueError, TypeError, SyntaxError, OSError, KeyError, ArithmeticError) as error:
        notes.append(f"its EXIF was left out: {error}")
    rows = PictureRows(
        layout.height,
        layout.width,
        layout.colours,
        np.dtype(np.uint8 if layout.bits == 8 else np.uint16),
        bool(layout.alpha),
        lambda: tiff_file.bands(stream, layout),
        _usable_profile(icc, layout.colours, notes),
        None,
        _checked_exif(metadata, notes),
        dpi,
        "TIFF",
        notes,
    )
    return turned(rows, file.orientation)


def _tiff_by_pillow(
    stream: BinaryIO, file: tiff_file.TiffFile, file_bytes: int, allow: Allow, notes: list[str]
) -> PictureRows:
    stream.seek(0)
    image = Image.open(stream, formats=("TIFF",))
    allow(image.height, image.width)
    if file.compression in TIFF_OF_JPEGS:
        tiff_jpegs.check_jpegs(stream, file_bytes)
    if not file.has_sound_exif:
        image._exif = Image.Exif()
        notes.append("its EXIF was left out: damaged EXIF")
    return _other(image, stream, notes)


def _tiff_dpi(tags: Image.Exif) -> tuple[float, float] | None:
    unit = {2: 1.0, 3: 2.54}.get(tags.get(296, 2))
    if unit is None or 282 not in tags or 283 not in tags:
        return None
    return _sane_dpi(float(tags[282]) * unit, float(tags[283]) * unit)


def _sane_dpi(across: float, down: float) -> tuple[float, float] | None:
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _other(
    image: ImageFile.ImageFile, stream: BinaryIO, notes: list[str] | None = None
) -> PictureRows:
    """What Pillow decodes; a JPEG row by row, all else at once."""
    kind = KINDS.get(str(image.format), str(image.format))
    notes = _frame_notes(image) if notes is None else notes
    icc = bytes(image.info.get("icc_profile") or b"")
    dpi = image.info.get("dpi")
    block = b"" if kind == "TIFF" else exif.stripped(bytes(image.info.get("exif") or b""))
    # Pillow turns TIFF and HEIC itself.
    orientation = 1 if kind in ("TIFF", "HEIC") else _orientation(block) or _by_xmp(image)
    metadata = _checked_exif(block if kind != "TIFF" else _described(image, notes), notes)
    rows: PictureRows
    if can_stream(image):
        rows = PictureRows(
            image.height,
            image.width,
            len(image.getbands()),
            np.dtype(np.uint8),
            False,
            lambda: ((part, None) for part in jpeg_rows(image, stream)),
        )
    else:
        samples, alpha = _decoded(image, icc, notes)
        rows = rows_of(Picture(samples, alpha))
        if image.mode in ("CMYK", "LAB"):
            icc = b""
    rows.icc_profile = _usable_profile(icc, rows.channels, notes)
    rows.exif, rows.format, rows.notes = metadata, kind, notes
    if dpi and len(dpi) == 2:
        rows.dpi = _sane_dpi(float(dpi[0]), float(dpi[1]))
    return turned(rows, orientation)


def _described(image: ImageFile.ImageFile, notes: list[str]) -> bytes:
    try:
        return exif.describing(image.getexif())
    except (ValueError, TypeError, SyntaxError, OSError, KeyError, ArithmeticError) as error:
        notes.append(f"its EXIF was left out: {error}")
        return b""


def _frame_notes(image: ImageFile.ImageFile) -> list[str]:
    # A phone's MPO holds a preview or a depth map behind the photo: nothing that is missed.
    frames = getattr(image, "n_frames", 1)
    if image.format == "MPO" or frames < 2:
        return []
    return [f"it has {frames} frames; only the first is used"]


def _orientation(block: bytes) -> int:
    """As EXIF asks; 0 where it does not."""
    return exif.orientation(exif.stripped(block))


def _by_xmp(image: Image.Image) -> int:
    found = XMP_ORIENTATION.search(bytes(image.info.get("xmp") or b""))
    return int(found[1]) if found else 1


def _checked_exif(block: bytes, notes: list[str]) -> bytes | None:
    try:
        return exif.upright(exif.checked(exif.stripped(block))) or None
    except ValueError as error:
        notes.append(f"its EXIF was left out: {error}")
        return None


def _usable_profile(icc: bytes, channels: int, notes: list[str]) -> bytes | None:
    if not icc:
        return None
    if len(icc) > png_file.LARGEST_PROFILE:
        notes.append("its colour profile is too large and was left out")
        return None
    if profiles.channels(icc) != channels:
        notes.append("its colour profile is for another kind of pixels and was left out")
        return None
    if not profiles.can_be_read(icc):
        notes.append("its colour profile is damaged and was left out")
        return None
    return icc


def _decoded(image: ImageFile.ImageFile, icc: bytes, notes: list[str]) -> Decoded:
    if deep.loses_bits(image):
        if image.mode != "CMYK":
            raise ImageError(
                f"16-bit samples ({deep.raw_mode(image)}) cannot be read without loss; save it as "
                "a 16-bit PNG, or as a TIFF of another compression"
            )
        notes.append("16-bit CMYK was read with 8 bits")
    image.load()
    grey = deep.from_modes(image)
    if grey is not None:
        return grey[:, :, None], None
    if image.mode == "F":
        notes.append("float samples were rounded to 16 bits")
        return tiff_file.from_float(np.asarray(image))[:, :, None], None
    return _split(np.asarray(_simple(image, icc, notes)))


def _split(samples: Samples) -> Decoded:
    """Colours and alpha apart, each contiguous."""
    samples = samples[:, :, None] if samples.ndim == 2 else samples
    colours = samples.shape[2] - (samples.shape[2] % 2 == 0)
    pixels = np.ascontiguousarray(samples[:, :, :colours])
    if colours < samples.shape[2]:
        return pixels, np.ascontiguousarray(samples[:, :, colours])
    return pixels, None


def _simple(image: Image.Image, icc: bytes, notes: list[str]) -> Image.Image:
    """An 8-bit picture of any mode in L, LA, RGB or RGBA."""
    if image.mode == "CMYK":
        converted = profiles.to_srgb(image, icc) if icc else None
        how = (
            "through its colour profile" if converted else "by the plain formula, having no profile"
        )
        notes.append(f"CMYK was converted to sRGB {how}")
        return converted or image.convert("RGB")
    if image.mode == "LAB":
        notes.append("Lab was converted to sRGB")
        converted = profiles.to_srgb(image, b"")
        if converted is None:
            raise ImageError("its Lab colours cannot be converted; save it as RGB")
        return converted
    transparent = image.has_transparency_data
    if image.mode in ("1", "L", "LA", "La"):
        return image.convert("LA" if transparent else "L")
    return image.convert("RGBA" if transparent else "RGB")


def turned(rows: PictureRows, orientation: int) -> PictureRows:
    """Rows and columns as they are to be seen; turning them takes the whole picture."""
    if orientation not in ORIENTATIONS:
        return rows
    transpose, flip_rows, flip_columns = ORIENTATIONS[orientation]
    height, width = (rows.width, rows.height) if transpose else (rows.height, rows.width)

    def seen(samples: Samples) -> Samples:
        whole = np.swapaxes(samples, 0, 1) if transpose else samples
        return whole[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]

    def bands() -> Iterator[Band]:
        picture = rows.picture()
        alpha = None if picture.alpha is None else seen(picture.alpha)
        for part, opacity in rows_of(Picture(seen(picture.samples), alpha)).bands():
            yield (
                np.ascontiguousarray(part),
                None if opacity is None else np.ascontiguousarray(opacity),
            )

    upright: Any = replace(rows, height=height, width=width, bands=bands)
    return upright  # type: ignore[no-any-return]
