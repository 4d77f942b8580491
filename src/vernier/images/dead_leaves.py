"""Pictures that look like photos to a machine: edges, flat areas, texture at every scale.

Opaque discs of random size fall on each other like leaves. With radii drawn as r**-3 the result has
the scale invariance, the edges and the 1/f spectrum of natural images.

Source: Lee, Mumford, Huang, "Occlusion models for natural images", IJCV 41, 2001.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_RADIUS = 2.0
GRAIN = 0.01


def dead_leaves(height: int, width: int, channels: int = 3, seed: int = 0) -> NDArray[np.float32]:
    """A picture of fallen leaves.

    Args:
        height: in pixels.
        width: in pixels.
        channels: of the picture.
        seed: the same seed gives the same picture.

    Returns:
        `(height, width, channels)`, float32 in [0, 1].
    """
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, channels), 0.5, np.float32)
    largest = max(height, width) / 3
    # Enough leaves to cover the ground several times over.
    count = 200 + height * width // 40
    # The inverse of the distribution function of r**-3 between both radii.
    share = rng.random(count)
    ends = LEAST_RADIUS**-2, max(largest, LEAST_RADIUS + 1) ** -2
    radii = (ends[0] - share * (ends[0] - ends[1])) ** -0.5
    places = rng.random((count, 2)) * (height, width)
    colours = rng.random((count, channels), np.float32)
    for radius, (row, column), colour in zip(radii, places, colours, strict=True):
        top, bottom = max(0, int(row - radius)), min(height, int(row + radius) + 1)
        left, right = max(0, int(column - radius)), min(width, int(column + radius) + 1)
        rows = np.arange(top, bottom)[:, None] - row
        columns = np.arange(left, right)[None, :] - column
        picture[top:bottom, left:right][rows**2 + columns**2 <= radius**2] = colour
    grained = picture + rng.normal(scale=GRAIN, size=picture.shape)
    return np.clip(grained, 0.0, 1.0).astype(np.float32)
