"""Which tiles of a frame are the same as before, and need not be computed again.

A tile's result depends on what it reads, its halo included, and on nothing else. Where that equals
the frame before, the result is copied: the same bits by construction, with no threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.runtime.tiles import Tile, cut

FINE_SIDE = (96, 160)
"""About how many rows and columns a tile answers for: small enough to leave still parts of a screen
alone, large enough that halos cost a quarter and not all."""
MOST_TILES = 12
"""Along a side."""


@dataclass(frozen=True)
class Grid:
    """A plane cut into tiles of one shape.

    Attributes:
        tiles: each answers for its own part; together for all.
        height: of each tile with its halo, in samples.
        width: likewise.
    """

    tiles: tuple[Tile, ...]
    height: int
    width: int

    @property
    def area(self) -> int:
        """Samples that are computed for all tiles."""
        return len(self.tiles) * self.height * self.width


def grid(height: int, width: int, tile_height: int, tile_width: int, halo: int, step: int) -> Grid:
    """A grid of tiles of a size, as `runtime.tiles.cut`."""
    tiles = cut(height, width, tile_height, tile_width, halo, step)
    return Grid(tuple(tiles), tiles[0].rows.size, tiles[0].columns.size)


def fine_grid(height: int, width: int, halo: int, step: int) -> Grid:
    """The grid on which a plane is compared with the one before."""
    sides = [
        _side(length, wanted, halo, step)
        for length, wanted in zip((height, width), FINE_SIDE, strict=True)
    ]
    return grid(height, width, sides[0], sides[1], halo, step)


def _side(length: int, wanted: int, halo: int, step: int) -> int:
    pieces = max(1, min(MOST_TILES, length // max(wanted, 4 * halo)))
    even = step if step % 2 == 0 else 2 * step
    size = -(-(length + 2 * halo * (pieces - 1)) // pieces)
    return min(length, -(-size // even) * even)


def changed_tiles(fine: Grid, before: NDArray[Any] | None, now: NDArray[Any]) -> tuple[Tile, ...]:
    """The tiles of a plane that read something else than they did in the frame before.

    Args:
        fine: the plane's grid.
        before: the plane of the frame before; None where there is none, or another size.
        now: the plane.
    """
    if before is None or before.shape != now.shape:
        return fine.tiles
    return tuple(t for t in fine.tiles if not np.array_equal(_read(before, t), _read(now, t)))


def _read(plane: NDArray[Any], tile: Tile) -> NDArray[Any]:
    rows, columns = tile.rows, tile.columns
    return plane[rows.start : rows.start + rows.size, columns.start : columns.start + columns.size]


def copy_tiles(
    tiles: tuple[Tile, ...], before: NDArray[Any], now: NDArray[Any], scale: int
) -> None:
    """Copy what tiles answer for from one result to the next."""
    for tile in tiles:
        rows = slice(tile.rows.first * scale, tile.rows.last * scale)
        columns = slice(tile.columns.first * scale, tile.columns.last * scale)
        now[rows, columns] = before[rows, columns]
