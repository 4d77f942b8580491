"""A picture in tiles on an accelerator: what it costs, and which tile is best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vernier.errors import UsageError
from vernier.estimates.ethos_n import EthosN
from vernier.estimates.model import estimate
from vernier.estimates.table import Estimate
from vernier.graphs.graph import Graph
from vernier.graphs.receptive_field import alignment, halo
from vernier.graphs.shapes import resized

SMALLEST_SIDE = 32
"""Of a tile that is tried: below it, what the model leaves out (starting a tile) would decide."""


@dataclass(frozen=True)
class TiledEstimate:
    """A picture in tiles of one shape, as a compiled network has one.

    Attributes:
        tile: what one takes; its size is all that is computed, halos included.
        height: of the tile, in low-resolution pixels.
        width: likewise.
        halo: pixels on each inner side that are computed twice; 0 gives seams.
        count: tiles that cover the picture, the last of a row reaching back into the one before.
        area_ratio: tiles by area alone, which is how the SESR paper counts (17.28 of 300x400).
    """

    tile: Estimate
    height: int
    width: int
    halo: int
    count: int
    area_ratio: float

    @property
    def time_ms(self) -> float:
        """Of the picture."""
        return self.count * self.tile.time_ms

    @property
    def dram_bytes(self) -> int:
        """Of the picture."""
        return self.count * self.tile.dram_bytes

    @property
    def time_by_area_ms(self) -> float:
        """Of the picture, if tiles could be cut to fractions."""
        return self.area_ratio * self.tile.time_ms

    @property
    def frames_per_second(self) -> float:
        """Pictures a second, one after the other."""
        return 1000.0 / self.time_ms

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "modelled": True,
            "tile": [self.height, self.width],
            "halo": self.halo,
            "count": self.count,
            "area_ratio": self.area_ratio,
            "time_ms": self.time_ms,
            "time_by_area_ms": self.time_by_area_ms,
            "frames_per_second": self.frames_per_second,
            "dram_bytes": self.dram_bytes,
            "one_tile": self.tile.as_json(),
        }


def estimate_tiled(graph: Graph, npu: EthosN, tile: tuple[int, int], exact: bool) -> TiledEstimate:
    """A picture of the graph's size in given tiles.

    Args:
        graph: float32, of the picture's size.
        npu: the accelerator.
        tile: height and width of what is computed at once, in low-resolution pixels; cut to the
            picture's where it is larger.
        exact: with a halo of the receptive field's radius, so that no seam shows.

    Raises:
        UsageError: the tile leaves nothing between two halos.
        GraphError: the graph is not float32, or cannot be tiled exactly.
    """
    picture = _size(graph)
    margin = halo(graph) if exact else 0
    height, width = (min(side, length) for side, length in zip(tile, picture, strict=True))
    counts = [
        _count(length, side, margin) for length, side in zip(picture, (height, width), strict=True)
    ]
    return TiledEstimate(
        estimate(resized(graph, height, width), npu),
        height,
        width,
        margin,
        math.prod(counts),
        math.prod(picture) / (height * width),
    )


def best_tile(graph: Graph, npu: EthosN, exact: bool) -> TiledEstimate:
    """The tile with which a picture is done first; the whole picture where that is.

    Every grid of equal tiles of at least `SMALLEST_SIDE` pixels is considered, those that compute
    fewest pixels first, until what the multipliers alone need for the next is more than the best
    found takes. Of equals, the one with fewest tiles.

    Raises:
        GraphError: the graph is not float32, or cannot be tiled exactly.
    """
    margin = halo(graph) if exact else 0
    step = alignment(graph)
    rows, columns = (list(_sides(length, margin, step)) for length in _size(graph))
    grids = sorted(
        (row_count * height * column_count * width, row_count * column_count, height, width)
        for height, row_count in rows
        for width, column_count in columns
    )
    # Of a size that every rounding leaves alone: no tile needs fewer for a pixel.
    unit = 16 * step
    per_pixel = estimate(resized(graph, unit, unit), npu).mac_cycles / unit**2
    best: TiledEstimate | None = None
    for pixels, _, height, width in grids:
        if best is not None and 1000.0 * pixels * per_pixel / npu.clock_hz >= best.time_ms:
            break
        found = estimate_tiled(graph, npu, (height, width), exact)
        if best is None or (found.time_ms, found.count) < (best.time_ms, best.count):
            best = found
    assert best is not None, "the whole picture is always among the grids"
    return best


def _sides(length: int, margin: int, step: int) -> Iterator[tuple[int, int]]:
    """Each count of tiles along a side, with the smallest tile that it needs."""
    yield length, 1
    last = length
    for count in range(2, length):
        side = -(-(length - 2 * margin) // count) + 2 * margin
        side = -(-side // step) * step
        if side < max(SMALLEST_SIDE, 2 * margin + 1):
            return
        if side < last:
            yield side, _count(length, side, margin)
        last = side


def _count(length: int, side: int, margin: int) -> int:
    """Tiles along a side; the first and the last answer for their outer margin as well."""
    if side >= length:
        return 1
    if side <= 2 * margin:
        raise UsageError(
            f"a tile of {side} pixels leaves nothing between two halos of {margin}; "
            f"use at least {2 * margin + 1}"
        )
    return -(-(length - 2 * margin) // (side - 2 * margin))


def _size(graph: Graph) -> tuple[int, int]:
    _, height, width, _ = graph.types[graph.inputs[0]].shape
    return height, width
