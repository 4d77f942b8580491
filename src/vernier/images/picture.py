"""A picture in memory, with everything of the file that must outlive the enlargement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Samples = NDArray[Any]


@dataclass(frozen=True)
class Picture:
    """Colour samples, and what a file says besides.

    Attributes:
        samples: shape `(H, W, 1)` grey or `(H, W, 3)` RGB; uint8 or uint16. Upright: the EXIF
            orientation is applied already.
        alpha: opacity, shape `(H, W)`, the same dtype; None where opaque.
        icc_profile: of the samples, as found; None means sRGB.
        exif: the EXIF block, its orientation set to "upright"; None where there was none.
        dpi: horizontal and vertical resolution; None where not said.
        format: of the file, as Pillow names it: "PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", ...
        notes: what was changed on reading, in sentences.
        cicp: the four bytes of a PNG's cICP, which say how colours are coded; None for sRGB.
    """

    samples: Samples
    alpha: Samples | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "PNG"
    notes: tuple[str, ...] = field(default=())
    cicp: bytes | None = None

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.samples.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.samples.shape[1])

    @property
    def bit_depth(self) -> int:
        """8 or 16 bits per sample."""
        return 8 * int(self.samples.dtype.itemsize)
