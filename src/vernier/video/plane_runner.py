"""Planes, or RGB, through a graph: whole where much has changed, in small tiles elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.runtime.chain import Chain
from vernier.runtime.tiles import Tile
from vernier.video.plane_codes import Codes
from vernier.video.reuse import Grid

Load = Callable[[int, int], Chain]
"""Loads the graph for tiles of a height and width."""
FINE_COST = 1.1
"""A sample in a small tile costs about so much more than one in a large one."""


class PlaneRunner:
    """Computes planes of one size. Not to be shared between threads.

    Args:
        load: gives the graph at a size.
        codes: of the samples.
        coarse: tiles for planes of which most has changed; as large as memory allows.
        fine: tiles on which a plane is compared with the one before.
        scale: whole factor.
    """

    def __init__(self, load: Load, codes: Codes, coarse: Grid, fine: Grid, scale: int) -> None:
        self.coarse, self.fine, self._scale = coarse, fine, scale
        self._codes = codes
        self._coarse = load(coarse.height, coarse.width)
        same = (coarse.height, coarse.width) == (fine.height, fine.width)
        self._fine = self._coarse if same else load(fine.height, fine.width)

    def compute(self, now: NDArray[Any], target: NDArray[Any], changed: Sequence[Tile]) -> int:
        """Compute what changed; tiles of the fine grid, or all at once where that is less work.

        Returns:
            How many tiles of the fine grid were computed.
        """
        if not changed:
            return 0
        fine_area = len(changed) * self.fine.height * self.fine.width
        if fine_area * FINE_COST < self.coarse.area:
            self._run(self._fine, now, target, changed)
            return len(changed)
        self._run(self._coarse, now, target, self.coarse.tiles)
        return len(self.fine.tiles)

    def agree(self) -> bool:
        """Whether this engine gives the same bits in small tiles and in large ones.

        It does wherever a sample's sum is added up in one order, which engines do not promise; so
        it is tried, on noise, and where it is not so only whole planes are used again.
        """
        height = max(t.rows.last for t in self.coarse.tiles)
        width = max(t.columns.last for t in self.coarse.tiles)
        noise = self._codes.noise(height, width)
        shape = (height * self._scale, width * self._scale, *noise.shape[2:])
        large, small = np.empty(shape, noise.dtype), np.empty(shape, noise.dtype)
        self._run(self._coarse, noise, large, self.coarse.tiles)
        self._run(self._fine, noise, small, self.fine.tiles)
        return bool(np.array_equal(large, small))

    def _run(
        self, chain: Chain, now: NDArray[Any], target: NDArray[Any], tiles: Sequence[Tile]
    ) -> None:
        scale = self._scale
        given = _samples(chain.input_buffer())
        fill = self._codes.into(given)
        for tile in tiles:
            rows, columns = tile.rows, tile.columns
            fill(
                now[
                    rows.start : rows.start + rows.size,
                    columns.start : columns.start + columns.size,
                ],
                given,
            )
            result = _samples(chain.run())
            inner = result[
                (rows.first - rows.start) * scale : (rows.last - rows.start) * scale,
                (columns.first - columns.start) * scale : (columns.last - columns.start) * scale,
            ]
            answer = target[
                rows.first * scale : rows.last * scale,
                columns.first * scale : columns.last * scale,
            ]
            # Chroma of an odd number of lines gives more than the large film has use for.
            self._codes.out_of(result)(inner[: answer.shape[0], : answer.shape[1]], answer)

    def close(self) -> None:
        """Free the engines' memory."""
        self._coarse.close()
        if self._fine is not self._coarse:
            self._fine.close()


def _samples(tensor: NDArray[Any]) -> NDArray[Any]:
    """A tensor `(1, H, W, 1)` as a plane, one of several channels as `(H, W, C)`."""
    return tensor[0, :, :, 0] if tensor.shape[3] == 1 else tensor[0]
