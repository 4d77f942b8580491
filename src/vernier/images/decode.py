"""Whatever Pillow opens, as a `Picture`: grey or RGB, upright, with every bit that the file has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from vernier.errors import ImageError
from vernier.images import deep, exif, profiles
from vernier.images.picture import Picture, Samples

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
# Float samples this far outside [0, 1] are rounding; further out they are another scale.
FLOAT_TOLERANCE = 1 / 255
Decoded = tuple[Samples, Samples | None]


def decode(reopen: Callable[[], ImageFile.ImageFile]) -> Picture:
    """A picture from its file.

    Args:
        reopen: opens the file anew, without decoding it.

    Raises:
        ImageError: samples that cannot be represented.
        Exception: whatever Pillow raises on a damaged file.
    """
    image = reopen()
    kind = {"MPO": "JPEG", "DIB": "BMP"}.get(str(image.format), str(image.format))
    notes = _frame_notes(image)
    icc = bytes(image.info.get("icc_profile") or b"")
    dpi = _dpi(image)
    pixels, alpha = _decoded(image, reopen, icc, notes)
    if profiles.channels(icc) != pixels.shape[2]:
        if icc and image.mode not in ("CMYK", "LAB"):
            notes.append("its colour profile is for another kind of pixels and was left out")
        icc = b""
    metadata = _metadata(image, kind, notes)
    # Pillow turns TIFF itself.
    orientation = 1 if kind == "TIFF" else image.getexif().get(exif.ORIENTATION, 1)
    return Picture(
        samples=_turned(pixels, orientation),
        alpha=None if alpha is None else _turned(alpha, orientation),
        icc_profile=icc or None,
        exif=metadata or None,
        dpi=dpi,
        format=kind,
        notes=tuple(notes),
    )


def _frame_notes(image: ImageFile.ImageFile) -> list[str]:
    # A phone's MPO holds a preview or a depth map behind the photo: nothing that is missed.
    frames = getattr(image, "n_frames", 1)
    if image.format == "MPO" or frames < 2:
        return []
    what = "pages" if image.format == "TIFF" else "frames"
    return [f"it has {frames} {what}; only the first is used"]


def _dpi(image: ImageFile.ImageFile) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if not dpi or len(dpi) != 2 or not all(0 < float(value) < 1e6 for value in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def _decoded(
    image: ImageFile.ImageFile,
    reopen: Callable[[], ImageFile.ImageFile],
    icc: bytes,
    notes: list[str],
) -> Decoded:
    if deep.loses_bits(image):
        if image.mode != "CMYK":
            return _split(deep.samples(reopen), image.info.get("transparency"))
        notes.append("16-bit CMYK was read with 8 bits")
    image.load()
    grey = deep.from_modes(image)
    if grey is not None:
        return _split(grey[:, :, None], image.info.get("transparency"))
    if image.mode == "F":
        notes.append("float samples were rounded to 16 bits")
        return _from_float(np.asarray(image))[:, :, None], None
    simple = _simple(image, icc, notes)
    samples = np.asarray(simple)
    return _split(samples[:, :, None] if samples.ndim == 2 else samples, None)


def _split(samples: Samples, transparent: object) -> Decoded:
    """Colours and alpha apart, each contiguous."""
    colours = samples.shape[2] - (samples.shape[2] % 2 == 0)
    pixels = np.ascontiguousarray(samples[:, :, :colours])
    if colours < samples.shape[2]:
        return pixels, np.ascontiguousarray(samples[:, :, colours])
    if transparent is not None and pixels.dtype == np.uint16:
        return pixels, deep.transparent_colour(pixels.astype(np.uint16), transparent)
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


def _from_float(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    if not np.isfinite(values).all():
        raise ImageError("it holds NaN or infinite samples; replace them and save it again")
    lowest, highest = float(values.min()), float(values.max())
    if lowest < -FLOAT_TOLERANCE or highest > 1 + FLOAT_TOLERANCE:
        raise ImageError(
            f"expected float samples from 0 to 1, found {lowest:g} to {highest:g}; rescale them"
        )
    whole: NDArray[np.float32] = np.rint(np.clip(values, 0, 1) * np.float32(65535))
    return whole.astype(np.uint16)


def _metadata(image: ImageFile.ImageFile, kind: str, notes: list[str]) -> bytes:
    try:
        if kind == "TIFF":
            return exif.describing(image.getexif())
        raw = image.info.get("exif")
        return exif.upright(exif.stripped(bytes(raw))) if raw else b""
    except (ValueError, TypeError, SyntaxError, OSError) as error:
        notes.append(f"its EXIF was left out: {error}")
        return b""


def _turned(samples: Samples, orientation: object) -> Samples:
    """Rows and columns as they are to be seen."""
    if orientation not in ORIENTATIONS:
        return samples
    transpose, rows, columns = ORIENTATIONS[orientation]
    turned = np.swapaxes(samples, 0, 1) if transpose else samples
    turned = turned[:: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(turned)
