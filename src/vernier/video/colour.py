"""Planes of video as RGB and back, for networks that know nothing else.

In float throughout: a code that makes the trip without a network between comes back as itself,
where chroma is not subsampled. Subsampled chroma is brought to luma's grid, and taken from it
again, by bicubic at its own siting.

Source: ITU-T H.273, equations 30 to 40 (codes) and table 4 (the matrices' constants).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import VideoError
from vernier.images.bicubic import resample_rows, resampling_weights
from vernier.video.pixel_format import BT709, SITINGS, PixelFormat
from vernier.video.planes import Plane

MATRICES = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114),
    7: (0.212, 0.087), 9: (0.2627, 0.0593),
}  # fmt: skip
"""Shares of red and of blue in luma, by FFmpeg's `colorspace`."""

Reals = NDArray[np.float32]


@dataclass(frozen=True)
class Colour:
    """How the codes of a film's planes stand for RGB.

    Attributes:
        layout: of the planes.
        full_range: of the codes.
        siting: of chroma, of `pixel_format.SITINGS`.
        red: share of red in luma.
        blue: share of blue.
    """

    layout: PixelFormat
    full_range: bool
    siting: str
    red: float
    blue: float

    def rgb(self, planes: Sequence[Plane]) -> Reals:
        """Planes as RGB: `(H, W, 3)` float32, black 0 and white 1, beyond both where codes are."""
        height, width = planes[0].shape
        luma_gain, luma_offset = self._luma()
        luma = (planes[0].astype(np.float32) - luma_offset) / luma_gain
        made = np.empty((height, width, 3), np.float32)
        if self.layout.subsampling is None:
            made[:] = luma[:, :, None]
            return made
        chroma_gain, chroma_offset = self._chroma()
        blue, red = (
            self._enlarged((plane.astype(np.float32) - chroma_offset) / chroma_gain, height, width)
            for plane in planes[1:]
        )
        np.add(luma, np.float32(2 * (1 - self.red)) * red, out=made[:, :, 0])
        np.add(luma, np.float32(2 * (1 - self.blue)) * blue, out=made[:, :, 2])
        green = luma - np.float32(self.red) * made[:, :, 0] - np.float32(self.blue) * made[:, :, 2]
        np.divide(green, np.float32(1 - self.red - self.blue), out=made[:, :, 1])
        return made

    def fill(self, planes: Sequence[Plane], rgb: Any) -> None:
        """Put float32 RGB into planes; what codes cannot say becomes the nearest."""
        weights = np.array([self.red, 1 - self.red - self.blue, self.blue], np.float32)
        luma: Any = rgb @ weights
        self._put(planes[0], luma, *self._luma())
        for plane, colour, share in zip(planes[1:], (2, 0), (self.blue, self.red), strict=False):
            difference = (rgb[:, :, colour] - luma) / np.float32(2 * (1 - share))
            self._put(plane, self._shrunk(difference, *plane.shape), *self._chroma())

    def _luma(self) -> tuple[np.float32, np.float32]:
        """Codes from black to white, and black's."""
        step = 2 ** (self.layout.bits - 8)
        if self.full_range:
            return np.float32(2**self.layout.bits - 1), np.float32(0)
        return np.float32(219 * step), np.float32(16 * step)

    def _chroma(self) -> tuple[np.float32, np.float32]:
        """Codes from one end to the other, and grey's."""
        bits = self.layout.bits
        span = 2**bits - 1 if self.full_range else 224 * 2 ** (bits - 8)
        return np.float32(span), np.float32(2 ** (bits - 1))

    def _put(self, plane: Plane, reals: Any, gain: np.float32, offset: np.float32) -> None:
        codes = np.rint(reals * gain + offset)
        plane[...] = np.clip(codes, 0, 2**self.layout.bits - 1, out=codes)

    def _enlarged(self, chroma: Reals, height: int, width: int) -> Reals:
        """Chroma on luma's grid."""
        made: Any = chroma
        for axis, (length, factor, place) in enumerate(self._sides(height, width)):
            if factor > 1:
                start = (factor - 1) * (0.5 - place)
                made = _along(made, axis, length, float(factor), start)
        return made  # type: ignore[no-any-return]

    def _shrunk(self, full: Any, height: int, width: int) -> Reals:
        """Chroma on its own grid."""
        made: Any = full
        for axis, (length, factor, place) in enumerate(self._sides(height, width)):
            if factor > 1:
                start = (factor - 1) * (place - 0.5) / factor
                made = _along(made, axis, length, 1 / factor, start)
        return made  # type: ignore[no-any-return]

    def _sides(self, height: int, width: int) -> list[tuple[int, int, float]]:
        assert self.layout.subsampling is not None
        return list(
            zip((height, width), self.layout.subsampling, SITINGS[self.siting], strict=True)
        )


def colour_of(layout: PixelFormat, full_range: bool, siting: str, matrix: int) -> Colour:
    """How a film's planes stand for RGB.

    Args:
        layout: of the planes.
        full_range: of the codes.
        siting: of chroma.
        matrix: FFmpeg's `colorspace`.

    Raises:
        VideoError: its matrix is none that colours can be made with.
    """
    if layout.subsampling is not None and matrix not in MATRICES:
        raise VideoError(
            f"expected colours by a matrix of {sorted(MATRICES)} (ITU-T H.273), found {matrix}; "
            "a network of luma, such as sesr-m5, leaves colours as they are"
        )
    red, blue = MATRICES.get(matrix, MATRICES[BT709])
    return Colour(layout, full_range, siting, red, blue)


def _along(plane: Any, axis: int, length: int, scale: float, start: float) -> Any:
    indices, weights = resampling_weights(plane.shape[axis], length, scale, start)
    if axis == 0:
        return resample_rows(plane, indices, weights)
    return resample_rows(plane.T, indices, weights).T
