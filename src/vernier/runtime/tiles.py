"""Cutting a picture into tiles that give exactly what the whole picture would.

Every tile has the same shape and lies wholly inside the picture: a network pads each of its layers
with zeros at the picture's border, and a tile that was padded with zeros instead would not compute
the same there. So tiles at a border start at the border, and towards the inside they carry a halo
of the network's receptive field, which is computed and thrown away.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from vernier.errors import UsageError
from vernier.runtime.halo import HaloChoice


@dataclass(frozen=True)
class Span:
    """One side of a tile: it reads `[start, start + size)` and answers for `[first, last)`."""

    start: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Tile:
    """A tile, in low-resolution pixels."""

    rows: Span
    columns: Span


def cut_side(length: int, size: int, halo: int, step: int = 1) -> list[Span]:
    """Spans of one size that answer for each of `length` pixels exactly once.

    They start at multiples of `step`; length and size are multiples of it.

    Raises:
        UsageError: the size leaves nothing between two halos.
    """
    if size >= length:
        return [Span(0, length, 0, length)]
    if size <= 2 * halo:
        raise UsageError(
            f"tiles of {size} pixels leave nothing between two halos of {halo}; "
            f"use tiles of at least {2 * halo + 1} pixels (--tile), or a smaller halo (--halo)"
        )
    spans = []
    start = first = 0
    while first < length:
        last = length if start + size >= length else start + size - halo
        spans.append(Span(start, size, first, last))
        first = last
        start = min((first - halo) // step * step, length - size)
    return spans


def cut(
    height: int, width: int, tile_height: int, tile_width: int, halo: int, step: int = 1
) -> list[Tile]:
    """The tiles of a picture, row by row; all of one shape. Arguments and errors as `cut_side`."""
    rows = cut_side(height, tile_height, halo, step)
    columns = cut_side(width, tile_width, halo, step)
    return [Tile(row, column) for row, column in itertools.product(rows, columns)]


@dataclass(frozen=True)
class TileChoice:
    """A shape of tiles and what it costs.

    Attributes:
        height: in low-resolution pixels.
        width: likewise.
        count: number of tiles.
        overhead: pixels computed per pixel of the picture; 1 = no halo is computed twice.
        bytes: memory that all workers' tiles need.
        halo: where it is not the exact one.
    """

    height: int
    width: int
    count: int
    overhead: float
    bytes: int
    halo: HaloChoice | None = None

    def explain(self) -> str:
        """One line for the user."""
        if self.count == 1:
            return f"the whole picture at once ({self.bytes / 2**20:.0f} MiB)"
        halo = "" if self.halo is None else f"; {self.halo.explain()}"
        return (
            f"{self.count} tiles of {self.width}x{self.height} "
            f"({self.bytes / 2**20:.0f} MiB, halos add {self.overhead - 1:.1%}{halo})"
        )


def choose_tile(
    height: int,
    width: int,
    halo: int,
    workers: int,
    bytes_per_pixel: float,
    budget_bytes: int,
    most_rows: int | None = None,
    step: int = 1,
    fixed_bytes: float = 0.0,
) -> TileChoice:
    """The tiles that finish first within a memory budget.

    Each of the workers takes tiles in turn, so the time is that of the busiest one: tile area times
    the tiles it gets. Every grid of rows and columns is tried.

    Args:
        height: of the picture, in low-resolution pixels.
        width: likewise.
        halo: receptive-field radius in low-resolution pixels.
        workers: tiles computed at once.
        bytes_per_pixel: memory that one worker needs for each pixel of its tile.
        budget_bytes: for all workers together.
        step: sizes and places of tiles are multiples of it.
        most_rows: tiles are no higher, where halos allow it; None for any height.
        fixed_bytes: memory that one worker needs whatever its tile, such as for weights.

    Raises:
        UsageError: even the smallest sensible tile exceeds the budget.
    """
    best: tuple[float, int, TileChoice] | None = None
    grids = _grids(height, halo, step)
    if most_rows is not None:
        grids = [grid for grid in grids if grid[0] <= most_rows] or grids[:1]
    for tile_height, rows in grids:
        for tile_width, columns in _grids(width, halo, step):
            count = rows * columns
            area = tile_height * tile_width
            needed = math.ceil(min(workers, count) * (area * bytes_per_pixel + fixed_bytes))
            if needed > budget_bytes:
                continue
            time = area * math.ceil(count / workers)
            overhead = area * count / (height * width)
            choice = TileChoice(tile_height, tile_width, count, overhead, needed)
            if best is None or (time, count) < best[:2]:
                best = (time, count, choice)
    if best is None:
        smallest = (
            _piece(height, _most_pieces(height, halo), halo, step)
            * _piece(width, _most_pieces(width, halo), halo, step)
            * bytes_per_pixel
            + fixed_bytes
        )
        raise UsageError(
            f"a memory budget of {budget_bytes / 2**20:.1f} MiB is too small: the smallest tile "
            f"with a halo of {halo} pixels needs {smallest / 2**20:.1f} MiB; raise --memory, "
            "or name --tile and --halo yourself"
        )
    return best[2]


def _grids(length: int, halo: int, step: int) -> list[tuple[int, int]]:
    """Sizes of spans to choose from, with the number of each that covers `length`."""
    most = _most_pieces(length, halo)
    sizes = {_piece(length, pieces, halo, step) for pieces in range(1, most + 1)}
    return [(size, len(cut_side(length, size, halo, step))) for size in sorted(sizes)]


def _piece(length: int, pieces: int, halo: int, step: int) -> int:
    """The size of `pieces` spans that together cover `length`, halos between them included.

    Even, where it is not the whole: last layers of even pictures are faster
    (`graphs.packed_convolutions`).
    """
    size = math.ceil((length + 2 * halo * (pieces - 1)) / pieces)
    even = math.lcm(2, step)
    return min(length, -(-size // even) * even)


def _most_pieces(length: int, halo: int) -> int:
    """Beyond this, a tile answers for next to nothing; only a small memory asks for so many."""
    return max(1, min(64, (length - 2 * halo) // 16))
