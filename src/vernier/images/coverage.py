"""What a set of photos shows of brightness, colour and texture, and pictures of what it lacks.

INT8 ranges that were taken on photos of one dark cat clip a bright wall. So what photos cover is
said, and what they lack can be filled with made pictures: dead leaves (`images.dead_leaves`) of
that brightness, those colours, that texture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.images.dead_leaves import dead_leaves

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]

TILE = 16
"""Pixels at the side of what is looked at as one."""
ENOUGH = 0.02
"""Share of the tiles that shows a kind, for the kind to be covered."""
DARK, BRIGHT = 60, 195
"""Mean grey levels of a tile, below and above which it is dark and bright."""
VIVID = 90
"""Least difference between a tile's largest and smallest mean of a channel, of strong colour."""
SMOOTH, BUSY = 3.0, 30.0
"""Standard deviations in grey levels of a tile, below and above which it is flat and busy."""
SIDE = 96
"""Of a made picture, in pixels."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Coverage:
    """Shares of the tiles of some photos, by kind of what they show.

    Attributes:
        shares: of all tiles, by kind, in [0, 1].
    """

    shares: dict[str, float]

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of which there is not enough."""
        return tuple(kind for kind, share in self.shares.items() if share < ENOUGH)

    def __str__(self) -> str:
        shares = ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in self.shares.items())
        return f"shows {shares}"


def coverage(photos: Sequence[Bytes]) -> Coverage:
    """What photos show.

    Args:
        photos: `(h, w, 3)` uint8 RGB, each at least a tile in size.
    """
    tiles = np.concatenate([_tiles(photo) for photo in photos])
    means = tiles.mean(axis=(1, 2))
    grey, deviation = means @ GREY, (tiles @ GREY).std(axis=(1, 2))
    vivid = means.max(axis=1) - means.min(axis=1) >= VIVID
    strongest = means.argmax(axis=1)
    kinds = {
        "dark": grey < DARK,
        "bright": grey > BRIGHT,
        "red": vivid & (strongest == 0),
        "green": vivid & (strongest == 1),
        "blue": vivid & (strongest == 2),
        "flat": deviation < SMOOTH,
        "busy": deviation > BUSY,
    }
    return Coverage({kind: float(shown.mean()) for kind, shown in kinds.items()})


def _tiles(photo: Bytes) -> Float32:
    """`(n, TILE, TILE, 3)` float32."""
    rows, columns = photo.shape[0] // TILE, photo.shape[1] // TILE
    cut = photo[: rows * TILE, : columns * TILE].astype(np.float32)
    tiles = cut.reshape(rows, TILE, columns, TILE, 3).swapaxes(1, 2)
    return tiles.reshape(-1, TILE, TILE, 3)


def made_for(kind: str, side: int = SIDE) -> Bytes:
    """A picture that shows a kind.

    Args:
        kind: one of those that `coverage` tells of.
        side: in pixels.

    Returns:
        `(side, side, 3)` uint8 RGB.
    """
    leaves = dead_leaves(side, side, seed=sorted(_MADE).index(kind))
    return np.rint(np.clip(_MADE[kind](leaves), 0, 1) * 255).astype(np.uint8)


def _tinted(channel: int) -> Callable[[Float32], Float32]:
    def tint(leaves: Float32) -> Float32:
        others = 0.25 * leaves
        others[:, :, channel] = 0.6 + 0.4 * leaves[:, :, channel]
        return others

    return tint


def _flat(leaves: Float32) -> Float32:
    """Slopes from the dark to the light, of each colour its own way, without texture."""
    height, width, _ = leaves.shape
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    planes = (down + 0 * across, 0 * down + across, (down + across) / 2)
    return np.stack(planes, axis=2).astype(np.float32) * np.float32(0.2) + np.float32(0.4)


def _busy(leaves: Float32) -> Float32:
    """Stripes, checks and leaves on each other: contrast at one pixel."""
    height, width, _ = leaves.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    fine = ((rows // 2 + columns // 2) % 2).astype(np.float32)[:, :, None]
    return np.where(leaves.mean(axis=2, keepdims=True) > 0.5, leaves, fine)


_MADE: dict[str, Callable[[Float32], Float32]] = {
    "dark": lambda leaves: 0.2 * leaves,
    "bright": lambda leaves: 0.78 + 0.22 * leaves,
    "red": _tinted(0),
    "green": _tinted(1),
    "blue": _tinted(2),
    "flat": _flat,
    "busy": _busy,
}
