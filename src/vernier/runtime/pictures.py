"""Whole pictures, whatever holds them: a file's `Picture`, a PIL image, or an array."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import UsageError
from vernier.images.picture import Picture
from vernier.images.reading import read_picture
from vernier.images.resize import resize_samples
from vernier.images.writing import to_pil
from vernier.progress import Progress, silent
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

        Transparency is enlarged by bicubic. Colours under it are part of what the network sees, as
        they are of what an editor would show when the transparency is taken away.

        Args:
            image: a PIL image of any mode; a `Picture` of a file; or an array `(H, W)`,
                `(H, W, 1)` or `(H, W, 3)`, or with transparency `(H, W, 2)` or `(H, W, 4)`; uint8,
                uint16, or float32 in [0, 1].
            size: exact `(height, width)`; `scale` times the input otherwise.
            progress: told after each tile.

        Raises:
            UsageError: another shape, dtype or kind.
        """
        if isinstance(image, Image.Image):
            return to_pil(self.enlarge(from_pil(image), size=size, progress=progress))
        if isinstance(image, Picture):
            samples = self.enlarge_samples(image.samples, size=size, progress=progress)
            alpha = None if image.alpha is None else resize_samples(image.alpha, *samples.shape[:2])
            return replace(image, samples=samples, alpha=alpha)
        if not isinstance(image, np.ndarray):
            raise UsageError(f"expected a PIL image or a NumPy array, found {type(image).__name__}")
        if image.ndim == 3 and image.shape[2] in (2, 4):
            colours = np.ascontiguousarray(image[:, :, :-1])
            samples = self.enlarge_samples(colours, size=size, progress=progress)
            opacity = resize_samples(image[:, :, -1], *samples.shape[:2])
            return np.concatenate([samples, opacity[:, :, None]], axis=2)
        return self.enlarge_samples(image, size=size, progress=progress)

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
    """A PIL image as a picture, by the rules for files: orientation, profile, palette, inks."""
    if image.has_transparency_data and image.mode == "P":
        # TIFF, below, has no transparent colour of a palette.
        image = image.convert("RGBA")
    content = io.BytesIO()
    known = {"icc_profile": image.info.get("icc_profile")}
    exif = image.getexif()
    options = {key: value for key, value in known.items() if value}
    if exif:
        options["exif"] = exif.tobytes()
    # TIFF holds every mode of Pillow's without loss; raw strips cost no time worth saving.
    image.save(content, "TIFF", **options)
    return replace(read_picture(content.getvalue()), format=image.format or "PNG", dpi=None)
