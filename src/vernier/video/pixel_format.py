"""How a film's pixels lie in memory, and how their codes stand for light."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vernier.errors import VideoError
from vernier.video.library import av

FULL_RANGE = 2
"""FFmpeg's `color_range` of codes that begin at black and end at white; 1 is the studio range."""
BT709, BT601 = 1, 6
"""FFmpeg's `colorspace` of two matrices."""
HD_LINES = 720
"""What says nothing of its matrix is BT.709 from so many lines on, as players have it."""

_PLANAR = re.compile(r"(?:(yuvj?)(420|422|444|440|411|410)p|gray)(9|10|12|14|16)?(?:le)?")
_SUBSAMPLING = {
    "420": (2, 2), "422": (1, 2), "444": (1, 1), "440": (2, 1), "411": (1, 4), "410": (4, 4),
}  # fmt: skip
# Where a chroma sample lies among its luma samples, down and across: 0 with the first of them, 0.5
# amid all, 1 with the last; in the order of H.264's `chroma_sample_loc_type`.
SITINGS = {
    "left": (0.5, 0.0),
    "center": (0.5, 0.5),
    "topleft": (0.0, 0.0),
    "top": (0.0, 0.5),
    "bottomleft": (1.0, 0.0),
    "bottom": (1.0, 0.5),
}


@dataclass(frozen=True)
class PixelFormat:
    """A planar format of luma, and chroma unless it is grey.

    Attributes:
        name: as FFmpeg has it.
        bits: of each sample.
        subsampling: luma samples per chroma sample, down and across; None of grey.
        full_range: whether the name said so (`yuvj420p`).
    """

    name: str
    bits: int
    subsampling: tuple[int, int] | None
    full_range: bool = False

    @property
    def planes(self) -> int:
        """1 of grey, 3 otherwise."""
        return 1 if self.subsampling is None else 3

    def plane_size(self, plane: int, height: int, width: int) -> tuple[int, int]:
        """Height and width of a plane of a picture."""
        if plane == 0 or self.subsampling is None:
            return height, width
        down, across = self.subsampling
        return -(-height // down), -(-width // across)


def planar_format(name: str) -> PixelFormat | None:
    """The format of a name; None where its planes cannot be taken as they are."""
    match = _PLANAR.fullmatch(name)
    if match is None:
        return None
    kind, pattern, bits = match.groups()
    subsampling = None if pattern is None else _SUBSAMPLING[pattern]
    # JPEG's planes lie as others do; that their codes are of the full range is said apart.
    return PixelFormat(name.replace("yuvj", "yuv"), int(bits or 8), subsampling, kind == "yuvj")


def nearest_planar(name: str) -> PixelFormat:
    """The planar format that holds what a format has, but transparency.

    Raises:
        VideoError: there is none.
    """
    known = planar_format(name)
    if known is not None:
        return known
    try:
        about = av.VideoFormat(name, 64, 64)
    except (ValueError, TypeError) as error:
        raise VideoError(f"pixels of the format {name} cannot be read") from error
    parts = about.components
    depth = 8 if about.has_palette or not parts else max(part.bits for part in parts)
    bits = next((known for known in (8, 10, 12, 16) if known >= depth), 16)
    suffix = "" if bits == 8 else f"{bits}le"
    if len(parts) <= 2 and not about.has_palette and not about.is_rgb:
        base = f"gray{suffix}"
    else:
        base = f"yuv{_pattern(about)}p{suffix}"
    found = planar_format(base)
    if found is None:
        raise VideoError(f"pixels of the format {name} cannot be read")
    return found


def _pattern(about: av.VideoFormat) -> str:
    if about.is_rgb or about.has_palette:
        return "444"
    down, across = 64 // about.chroma_height(64), 64 // about.chroma_width(64)
    return next((p for p, sampling in _SUBSAMPLING.items() if sampling == (down, across)), "444")


def assumed_matrix(space: int, lines: int) -> int:
    """FFmpeg's number of the colour matrix, assumed by size where a film does not say."""
    if space in (0, 2):
        return BT709 if lines >= HD_LINES else BT601
    return space


def chroma_shift(siting: str, subsampling: tuple[int, int], scale: int) -> tuple[float, float]:
    """Where enlarged chroma is sampled so that it keeps its siting: `bicubic_phases`' shift.

    Luma is enlarged about the pixels' centres. A chroma sample that lies with the first of `f` luma
    samples is `(1 - 1/f) / 2` chroma samples before the centre of its cell, in the small film as in
    the large one; the difference, in samples of the large one, is `(scale - 1) * (1 - 1/f) / 2`.

    Args:
        siting: of `SITINGS`.
        subsampling: luma samples per chroma sample, down and across.
        scale: whole factor.
    """
    down, across = (
        (scale - 1) * (1 - 1 / factor) * (0.5 - place)
        for factor, place in zip(subsampling, SITINGS[siting], strict=True)
    )
    return down, across
