"""Files to pictures: every kind that a user brings, as `docs/pictures.md` promises."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from vernier.errors import ImageError
from vernier.images import png16
from vernier.images.picture import Picture, Samples

MAX_PIXELS = 200_000_000
ORIENTATION = 0x0112


def read_picture(source: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture file.

    Args:
        source: a path, or the file's content.
        max_pixels: refuse more; a small file can claim a picture that fills the memory.

    Raises:
        ImageError: missing, empty, truncated, not a picture, or too large.
    """
    name = "standard input" if isinstance(source, bytes) else str(source)
    data = source if isinstance(source, bytes) else _content(source)
    if not data:
        raise ImageError(f"{name}: the file is empty")
    try:
        with warnings.catch_warnings():
            # Pillow warns of bombs and of odd metadata; the limit below is ours.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as opened:
                if opened.width * opened.height > max_pixels:
                    raise ImageError(
                        f"{name}: {opened.width}x{opened.height} pixels are more than the limit of "
                        f"{max_pixels:,}; raise it with --max-pixels if the file is trusted"
                    )
                return _decode(opened, data)
    except ImageError as error:
        raise error if name in str(error) else ImageError(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: not a picture that can be read") from error
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name}: claims far more pixels than the limit of {max_pixels:,}"
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError) as error:
        # Pillow's decoders end in any of these on a damaged file.
        raise ImageError(f"{name}: damaged or truncated ({error})") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError as error:
        raise ImageError(f"{path}: expected a picture, found a folder") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror})") from error


def _decode(opened: Image.Image, data: bytes) -> Picture:
    frames = getattr(opened, "n_frames", 1)
    facts = Picture(
        samples=np.zeros((1, 1, 1), np.uint8),
        icc_profile=opened.info.get("icc_profile"),
        dpi=_dpi(opened.info.get("dpi")),
        format=opened.format or "PNG",
        notes=(f"only the first of {frames} frames is used",) if frames > 1 else (),
    )
    exif = opened.getexif()
    turn = exif.get(ORIENTATION, 1)
    if exif:
        exif[ORIENTATION] = 1
        facts = replace(facts, exif=exif.tobytes())
    if png16.is_deep_png(data):
        every = _turned(png16.decode(data), turn)
        colours = 3 if every.shape[2] >= 3 else 1
        alpha = every[:, :, colours] if every.shape[2] > colours else None
        return replace(facts, samples=every[:, :, :colours].copy(), alpha=alpha)
    opened.load()
    if opened.mode.startswith("I;16") or opened.mode in ("I", "F"):
        return replace(facts, samples=_turned(_deep_grey(opened)[:, :, None], turn))
    if _lost_depth(opened):
        facts = replace(facts, notes=(*facts.notes, "16 bits per sample were read as 8"))
    upright = ImageOps.exif_transpose(opened)
    return _eight_bits(upright, facts)


def _eight_bits(image: Image.Image, facts: Picture) -> Picture:
    """Pillow's 8-bit modes: grey, RGB, palette, CMYK and the rest."""
    if image.mode in ("CMYK", "LAB"):
        image, note = _to_srgb(image, facts.icc_profile)
        facts = replace(facts, icc_profile=None, notes=(*facts.notes, note))
    transparent = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    grey = image.mode in ("1", "L", "LA", "La") or (image.mode in ("P", "PA") and _grey(image))
    wanted = ("LA" if transparent else "L") if grey else ("RGBA" if transparent else "RGB")
    samples: NDArray[np.uint8] = np.asarray(image.convert(wanted), np.uint8)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    colours = 1 if grey else 3
    alpha = samples[:, :, colours].copy() if transparent else None
    if alpha is not None and alpha.min() == 255:
        alpha = None
    return replace(facts, samples=samples[:, :, :colours].copy(), alpha=alpha)


def _deep_grey(image: Image.Image) -> NDArray[np.uint16]:
    """One channel of more than 8 bits."""
    values: NDArray[Any] = np.asarray(image)
    if image.mode == "F":
        if not np.isfinite(values).all():
            raise ImageError("holds samples that are not numbers")
        if values.min() < 0 or values.max() > 1:
            raise ImageError(
                f"float samples from {values.min():.3g} to {values.max():.3g}; "
                "expected them in [0, 1]"
            )
        return np.asarray(np.rint(values * 65535), np.uint16)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError("holds samples of more than 16 bits")
    return np.asarray(values, np.uint16)


def _lost_depth(image: Image.Image) -> bool:
    """Whether Pillow reduced the samples: a TIFF of 16 bits in colour."""
    tags = getattr(image, "tag_v2", None)
    bits = tags.get(258, (8,)) if tags is not None else (8,)
    return max(bits if isinstance(bits, tuple) else (bits,)) > 8


def _grey(image: Image.Image) -> bool:
    """Whether a palette holds grey only."""
    colours: NDArray[np.uint8] = np.asarray(image.convert("RGB"), np.uint8)
    first = np.broadcast_to(colours[:, :, :1], colours.shape)
    return bool(np.array_equal(colours, first))


def _to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """Inks to light, through the file's own profile where it has one that works."""
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            if converted is not None:
                return converted, f"{image.mode} was converted to sRGB by its own profile"
        except ImageCms.PyCMSError:
            pass
    return image.convert("RGB"), f"{image.mode} was converted to sRGB without a profile"


def _turned(samples: Samples, orientation: int) -> Any:
    """EXIF's eight orientations (Exif 2.32, 4.6.4 A): what brings the picture upright."""
    turns = {
        2: lambda s: s[:, ::-1],
        3: lambda s: s[::-1, ::-1],
        4: lambda s: s[::-1],
        5: lambda s: s.swapaxes(0, 1),
        6: lambda s: np.rot90(s, -1),
        7: lambda s: np.rot90(s, 2).swapaxes(0, 1),
        8: lambda s: np.rot90(s, 1),
    }
    return np.ascontiguousarray(turns.get(orientation, lambda s: s)(samples))


def _dpi(found: Any) -> tuple[float, float] | None:
    try:
        horizontal, vertical = (float(value) for value in found)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (horizontal, vertical) if horizontal > 0 and vertical > 0 else None
