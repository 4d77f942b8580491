"""16 bits per sample through Pillow, which keeps 8 of them where a picture has colours or alpha.

Pillow unpacks `RGB;16B` by taking the first byte of each pair and `RGB;16L` by taking the second.
So a file that is decoded twice, once in each way, gives up both halves of every sample, and
Pillow's own tested decoders do the rest: filters, interlacing, strips, tiles, every compression.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from vernier.errors import ImageError

Opener = Callable[[], ImageFile.ImageFile]
BITS_PER_SAMPLE, PLANAR_CONFIGURATION = 258, 284


def raw_mode(image: ImageFile.ImageFile) -> str:
    """How the file's samples lie, in Pillow's words, such as `RGB;16B`; empty if unknown."""
    if not image.tile:
        return ""
    args: Any = image.tile[0].args
    return str(args) if isinstance(args, str) else str(args[0]) if args else ""


def loses_bits(image: ImageFile.ImageFile) -> bool:
    """Whether Pillow by itself would keep only 8 bits of 16."""
    if image.mode.startswith("I") or image.mode == "F":
        return False
    return ";16" in raw_mode(image) or 16 in _tag(image, BITS_PER_SAMPLE, ())


def _tag(image: ImageFile.ImageFile, number: int, default: Any) -> Any:
    """A tag of a TIFF file's directory."""
    return getattr(image, "tag_v2", {}).get(number, default)


def samples(reopen: Opener) -> NDArray[np.uint16]:
    """All 16 bits of a picture with colours or alpha.

    Args:
        reopen: opens the file anew; nothing of it is decoded yet.

    Returns:
        Shape `(H, W, S)` uint16: S is 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha).

    Raises:
        ImageError: a layout that cannot be read with all its bits.
    """
    image = reopen()
    raw = raw_mode(image)
    planar = _tag(image, PLANAR_CONFIGURATION, 1) == 2
    if raw == "LA;16B":
        # Two samples of two bytes lie as four of one byte do, so both halves come at once.
        image._mode = "RGBA"
        pairs = _decode(image, "RGBA")
        return _joined(pairs[:, :, 0::2], pairs[:, :, 1::2])
    kind, _, order = raw.partition(";16")
    if kind not in ("RGB", "RGBA", "RGBX") or order not in ("B", "L", "N") or planar:
        layout = "planes apart" if planar else raw
        raise ImageError(
            f"16-bit samples ({layout}) cannot be read without loss; "
            "save it as a 16-bit PNG, or as a TIFF with interleaved, straight samples"
        )
    big_endian = order == "B" or (order == "N" and sys.byteorder == "big")
    first, second = _decode(image, f"{kind};16B"), _decode(reopen(), f"{kind};16L")
    high, low = (first, second) if big_endian else (second, first)
    return _joined(high, low)


def _joined(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    whole = high.astype(np.uint16)
    whole <<= np.uint16(8)
    whole |= low
    return whole


def _decode(image: ImageFile.ImageFile, raw: str) -> NDArray[np.uint8]:
    image.tile = [
        tile._replace(args=raw if isinstance(tile.args, str) else (raw, *(tile.args or ())[1:]))
        for tile in image.tile
    ]
    image.load()
    return np.asarray(image)


def from_modes(image: Image.Image) -> NDArray[np.uint16] | None:
    """A grey picture of 16 bits from Pillow's modes `I;16*` and `I`; None for other modes.

    Raises:
        ImageError: samples of 32 bits that do not fit 16.
    """
    if not image.mode.startswith("I"):
        return None
    values = np.asarray(image)
    if values.dtype.kind == "i" or values.dtype.itemsize > 2:
        lowest, highest = int(values.min()), int(values.max())
        if lowest < 0 or highest > 65535:
            raise ImageError(
                f"expected samples from 0 to 65535, found {lowest} to {highest}; "
                "rescale them and save as 16 bits"
            )
    return values.astype(np.uint16)
