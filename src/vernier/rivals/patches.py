"""A picture in patches that two processors share, hard ones to one, easy ones to the other."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.receptive_field import halo
from vernier.graphs.shapes import resized
from vernier.profiling.modelled import is_modelled
from vernier.quantization.scales import decode, encode
from vernier.rivals.modelled import modelled_ms, stand_in
from vernier.rivals.protocol import Float32, on_one_core
from vernier.rivals.stages import Pair
from vernier.runtime.tiles import Tile, cut


def total_variation(plane: Float32) -> float:
    """The mean absolute difference of neighbours, along rows and columns.

    Args:
        plane: shape `(h, w, channels)`, in [0, 1].
    """
    across = np.abs(np.diff(plane, axis=1)).mean() if plane.shape[1] > 1 else 0.0
    down = np.abs(np.diff(plane, axis=0)).mean() if plane.shape[0] > 1 else 0.0
    return float(across + down)


@dataclass(frozen=True)
class Grid:
    """Patches of a picture.

    Attributes:
        height: of each tile, halo included, in low-resolution pixels.
        width: likewise.
        tiles: what each reads and answers for.
    """

    height: int
    width: int
    tiles: tuple[Tile, ...]

    @staticmethod
    def of(height: int, width: int, rows: int, columns: int, halo: int) -> Grid:
        """About so many rows and columns of patches, which carry a halo and make exact pictures."""
        tile_height, tile_width = _side(height, rows, halo), _side(width, columns, halo)
        tiles = cut(height, width, tile_height, tile_width, halo)
        return Grid(min(tile_height, height), min(tile_width, width), tuple(tiles))

    def variations(self, low: Float32) -> list[float]:
        """The total variation of each patch, without its halo."""
        return [
            total_variation(
                low[tile.rows.first : tile.rows.last, tile.columns.first : tile.columns.last]
            )
            for tile in self.tiles
        ]


def _side(length: int, pieces: int, halo: int) -> int:
    """Of tiles that so many of cover a length; even, as last layers are faster then."""
    size = -(-(length + 2 * halo * (pieces - 1)) // pieces)
    return min(length, -(-size // 2) * 2)


class PatchNetwork:
    """A network at a patch's size on one core of a processor.

    Args:
        processor: that computes it.
        graph: in float, or in INT8.
        height: of a patch, halo included.
        width: likewise.
    """

    def __init__(self, processor: str, graph: Graph, height: int, width: int) -> None:
        sized = resized(graph, height, width)
        self._entry = sized.types[sized.inputs[0]].quantization
        self._end = sized.types[sized.outputs[0]].quantization
        self._executable = on_one_core(
            stand_in(processor, sized), write(packed_convolutions(sized))
        )

    def __call__(self, low: Float32, tile: Tile, target: Float32, scale: int) -> None:
        """Compute what a tile answers for, into the large picture."""
        rows, columns = tile.rows, tile.columns
        patch = low[
            rows.start : rows.start + rows.size, columns.start : columns.start + columns.size
        ]
        buffer = self._executable.input_buffer(0)
        buffer[0] = patch if self._entry is None else encode(patch, self._entry)
        self._executable.run()
        made: NDArray[Any] = self._executable.output_buffer(0)[
            0,
            (rows.first - rows.start) * scale : (rows.last - rows.start) * scale,
            (columns.first - columns.start) * scale : (columns.last - columns.start) * scale,
        ]
        target[
            rows.first * scale : rows.last * scale, columns.first * scale : columns.last * scale
        ] = made if self._end is None else decode(made, self._end)

    def close(self) -> None:
        """Free the engine's memory."""
        self._executable.close()


class PatchRunner:
    """Patches by two networks at once, a core each; see `protocol.Runner`.

    Args:
        exact: the network for hard patches, its processor and its graph.
        coarse: for the others, likewise.
        grid: of the picture.
        share: of the patches that are hard: those of the largest total variation.
        scale: of the networks.
    """

    def __init__(
        self,
        exact: tuple[str, Graph],
        coarse: tuple[str, Graph],
        grid: Grid,
        share: float,
        scale: int,
    ) -> None:
        self._grid, self._hard, self._scale = grid, round(share * len(grid.tiles)), scale
        with ExitStack() as stack:
            self._pair = Pair()
            stack.callback(self._pair.close)
            self._exact = PatchNetwork(*exact, grid.height, grid.width)
            stack.callback(self._exact.close)
            self._coarse = PatchNetwork(*coarse, grid.height, grid.width)
            stack.callback(self._coarse.close)
            self._stack = stack.pop_all()
        self._low: Float32 = np.zeros((0, 0, 0), np.float32)
        self._made: Float32 = self._low

    @property
    def int8_share(self) -> float | None:
        """See `protocol.Runner`."""
        return 1 - self._hard / len(self._grid.tiles)

    def fill(self, low: Float32) -> None:
        """See `protocol.Runner`."""
        self._low = low
        height, width, channels = low.shape
        self._made = np.zeros((height * self._scale, width * self._scale, channels), np.float32)

    def run(self) -> None:
        """See `protocol.Runner`; judging the patches is part of it."""
        tiles = self._grid.tiles
        # The hardest first; of equal ones in the order of the picture.
        order = np.argsort(np.negative(self._grid.variations(self._low)), kind="stable")
        ours = [tiles[place] for place in sorted(order[: self._hard])]
        theirs = [tiles[place] for place in sorted(order[self._hard :])]
        self._pair.both(
            lambda: self._computed(self._exact, ours), lambda: self._computed(self._coarse, theirs)
        )

    def _computed(self, network: PatchNetwork, tiles: list[Tile]) -> None:
        for tile in tiles:
            network(self._low, tile, self._made, self._scale)

    def result(self) -> Float32:
        """See `protocol.Runner`."""
        return self._made

    def close(self) -> None:
        """See `protocol.Runner`."""
        self._stack.close()


def patch_ms(processor: str, graph: Graph, grid: Grid, scale: int, runs: int = 9) -> float:
    """The median time of a patch on one core, its conversions and copies included."""
    if is_modelled(processor):
        return modelled_ms(processor, resized(graph, grid.height, grid.width))
    tile = grid.tiles[0]
    channels = graph.types[graph.inputs[0]].shape[3]
    low = np.full((tile.rows.size, tile.columns.size, channels), 0.5, np.float32)
    target = np.zeros((low.shape[0] * scale, low.shape[1] * scale, channels), np.float32)
    network = PatchNetwork(processor, graph, grid.height, grid.width)
    try:
        times = []
        for _ in range(runs + 2):
            started = time.perf_counter()
            network(low, tile, target, scale)
            times.append((time.perf_counter() - started) * 1e3)
        return float(np.median(times[2:]))
    finally:
        network.close()


def halo_of(*graphs: Graph) -> int:
    """The widest of some networks, so that patches of all are exact."""
    return max(halo(graph) for graph in graphs)
