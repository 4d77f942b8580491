"""A bright and colourful picture that needs no file, to try processors with.

What spoils a picture shows where its codes are large: white and near-white areas, pure colours,
long ramps. Photos of dark cats show none of that. Each quarter of the picture is of another sort,
so that a crop of the middle has all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.images.bicubic import downscale
from vernier.images.dead_leaves import dead_leaves

Rgb = NDArray[np.uint8]

_SEED = 14
_SWATCHES = ((255, 255, 255), (255, 0, 0), (255, 255, 0), (0, 255, 255), (0, 0, 255), (0, 0, 0))


def trial_pair(height: int, width: int, scale: int) -> tuple[Rgb, Rgb]:
    """A picture and its original.

    Args:
        height: of the small one, in pixels.
        width: likewise.
        scale: how many times larger the original is.

    Returns:
        `(height, width, 3)` and `(scale * height, scale * width, 3)`, uint8.
    """
    original = trial_original(height * scale, width * scale)
    return downscale(original, scale), original


def trial_original(height: int, width: int) -> Rgb:
    """Fallen leaves: as they are, bright, and in pure colours; and swatches with ramps.

    Returns:
        `(height, width, 3)`, uint8.
    """
    leaves = dead_leaves(height, width, seed=_SEED)
    top, left = height // 2, width // 2
    made = leaves.copy()
    made[:top, left:] = 1.0 - 0.35 * leaves[:top, left:]
    pure = np.clip((leaves[top:, :left] - 0.5) * 4.0 + 0.5, 0.0, 1.0)
    made[top:, :left] = pure
    made[top:, left:] = _swatches(height - top, width - left)
    return np.asarray(np.rint(made * 255), np.uint8)


def _swatches(height: int, width: int) -> NDArray[np.float32]:
    """Columns of pure colours, each fading to white from top to bottom."""
    columns = np.asarray(_SWATCHES, np.float32) / 255
    place = np.arange(width) * len(columns) // max(1, width)
    fade = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.asarray(columns[place][None] * (1 - fade) + fade, np.float32)
