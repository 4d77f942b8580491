"""Whole pictures, whatever holds them: a file's `Picture`, a PIL image, or an array."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import UsageError
from vernier.images.alpha import spread, spread_bands
from vernier.images.picture import Picture, Samples
from vernier.images.reading import read_picture
from vernier.images.resize import resize_samples, resized_bands
from vernier.images.rows import BAND_BYTES, Band, PictureRows, apart, in_steps
from vernier.images.writing import to_pil
from vernier.progress import Progress, silent
from vernier.runtime.arguments import check_wanted
from vernier.runtime.upscaler import SampleUpscaler

Size = tuple[int, int]


class Upscaler(SampleUpscaler):
    """Enlarges many pictures with one network: arrays, PIL images and files' pictures.

    Arguments and errors are those of `SampleUpscaler`.
    """

    @overload
    def enlarge(
        self, image: Image.Image, *, size: Size | None = None, progress: Progress = silent
    ) -> Image.Image: ...
    @overload
    def enlarge(
        self, image: Picture, *, size: Size | None = None, progress: Progress = silent
    ) -> Picture: ...
    @overload
    def enlarge(
        self, image: NDArray[Any], *, size: Size | None = None, progress: Progress = silent
    ) -> NDArray[Any]: ...

    def enlarge(
        self,
        image: Image.Image | Picture | NDArray[Any],
        *,
        size: Size | None = None,
        progress: Progress = silent,
    ) -> Image.Image | Picture | NDArray[Any]:
        """Enlarge a picture; gives the same kind back.

        Transparency is enlarged by bicubic. Under full transparency the colours of the nearest
        visible pixels are put before, or what lies there would bleed into the visible edge.

        Args:
            image: a PIL image of any mode; a `Picture` of a file; or an array `(H, W)`,
                `(H, W, 1)` or `(H, W, 3)`, or with transparency `(H, W, 2)` or `(H, W, 4)`; uint8,
                uint16, or float32 in [0, 1].
            size: exact `(height, width)`; `scale` times the input otherwise.
            progress: called after each tile.

        Raises:
            UsageError: another shape, dtype or kind.
        """
        if not callable(progress):
            raise UsageError(f"expected progress to be a function, found {progress!r}")
        if isinstance(image, Image.Image):
            return to_pil(self.enlarge(from_pil(image), size=size, progress=progress))
        if isinstance(image, Picture):
            samples, alpha = self._with_alpha(image.samples, image.alpha, size, progress)
            return replace(image, samples=samples, alpha=alpha)
        if not isinstance(image, np.ndarray):
            raise UsageError(f"expected a PIL image or a NumPy array, found {type(image).__name__}")
        if image.ndim == 3 and image.shape[2] in (2, 4):
            colours = np.ascontiguousarray(image[:, :, :-1])
            samples, opacity = self._with_alpha(colours, image[:, :, -1], size, progress)
            return np.concatenate([samples, opacity[:, :, None]], axis=2)
        return self.enlarge_samples(image, size=size, progress=progress)

    def enlarge_rows(
        self, rows: PictureRows, *, size: Size | None = None, progress: Progress = silent
    ) -> PictureRows:
        """Enlarge a picture while its rows come, in little memory, whatever its size.

        Nothing is computed before the bands of the result are asked for, and `report` is of this
        picture when the last one was.

        Args:
            rows: from `images.reading.open_picture`.
            size: exact `(height, width)`; `scale` times the input otherwise.
            progress: called after each tile.
        """
        height, width = check_wanted(size) or self.result_size(rows.height, rows.width)
        shape = (rows.height, rows.width, rows.channels)

        def enlarged(samples: Iterator[Samples]) -> Iterator[Samples]:
            return self.enlarge_bands(
                samples, shape, rows.dtype, size=(height, width), progress=progress
            )

        def bands() -> Iterator[Band]:
            if not rows.has_alpha:
                return ((part, None) for part in enlarged(part for part, _ in rows.bands()))
            colours, opacity = apart(spread_bands(rows.bands(), rows.height))
            large = resized_bands(opacity, shape[:2], (height, width))
            step = max(1, BAND_BYTES // (4 * width * rows.dtype.itemsize))
            return zip(
                in_steps(enlarged(colours), height, step),
                in_steps(large, height, step),
                strict=True,
            )

        return replace(rows, height=height, width=width, bands=bands)

    def _with_alpha(
        self, colours: Any, alpha: Any, size: Size | None, progress: Progress
    ) -> tuple[Any, Any]:
        if alpha is None:
            return self.enlarge_samples(colours, size=size, progress=progress), None
        if 0 in colours.shape or alpha.dtype.name not in ("uint8", "uint16", "float32"):
            return self.enlarge_samples(colours, size=size, progress=progress), None
        seen = spread(colours, alpha)
        samples = self.enlarge_samples(seen, size=size, progress=progress)
        return samples, resize_samples(alpha, *samples.shape[:2])

    __call__ = enlarge


@overload
def upscale(image: Image.Image, scale: float = 2, **options: Any) -> Image.Image: ...
@overload
def upscale(image: NDArray[Any], scale: float = 2, **options: Any) -> NDArray[Any]: ...


def upscale(
    image: Image.Image | NDArray[Any], scale: float = 2, **options: Any
) -> Image.Image | NDArray[Any]:
    """Enlarge one picture; for many, keep an `Upscaler`, which loads its network once.

    Args:
        image: as `Upscaler.enlarge`.
        scale: enlargement, above 1 and at most 16.
        options: those of `Upscaler`, such as `network` and `processor`.
    """
    upscaler = Upscaler(scale=scale, **options)
    try:
        return upscaler.enlarge(image)
    finally:
        upscaler.close()


def from_pil(image: Image.Image) -> Picture:
    """A PIL image as a picture, by the rules for files: orientation, profile, palette, inks.

    Raises:
        UsageError: the image was closed, is empty, or of a mode that has no meaning here.
        ImageError: its file turns out to be damaged.
    """
    if 0 in image.size:
        raise UsageError(f"expected a picture of at least 1x1 pixels, found {image.size}")
    try:
        content = _tiff_of(image)
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"a PIL image of mode {image.mode} cannot be used: {error}") from error
    except (OSError, KeyError, SyntaxError) as error:
        raise UsageError(
            f"a PIL image of mode {image.mode} cannot be used ({error}); convert it to RGB"
        ) from error
    return replace(read_picture(content), format=image.format or "PNG", dpi=None)


# Modes that TIFF cannot hold, and the nearest that it can.
HELD_AS = {"HSV": "RGB", "RGBa": "RGBA", "La": "LA", "PA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}


def _tiff_of(image: Image.Image) -> bytes:
    """A TIFF, which holds every other mode of Pillow's without loss."""
    exif = image.getexif()
    known = {"icc_profile": image.info.get("icc_profile"), "exif": exif.tobytes() if exif else None}
    held = HELD_AS.get(image.mode, image.mode)
    if held == "P" and image.has_transparency_data:
        # TIFF has no transparent colour of a palette.
        held = "RGBA"
    if held != image.mode:
        image = image.convert(held)
    content = io.BytesIO()
    image.save(content, "TIFF", **{key: value for key, value in known.items() if value})
    return content.getvalue()
