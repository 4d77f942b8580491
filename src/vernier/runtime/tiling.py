"""The tiles of a picture: how large, with what halo, on how many workers, in what memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from vernier.bundles.bundle import Bundle
from vernier.errors import UsageError
from vernier.images.bicubic import CHROMA_RADIUS
from vernier.progress import silent
from vernier.runtime.chain import Chain
from vernier.runtime.engine import Engine
from vernier.runtime.halo import HaloChoice, measured_halo
from vernier.runtime.memory import SHARE_OF_FREE_MEMORY, free_bytes
from vernier.runtime.pipeline import Samples, run_tiles
from vernier.runtime.tiles import Tile, TileChoice, choose_tile, cut

DEFAULT_MEMORY_BYTES = 1 << 29
"""For tiles, where nothing was said and halos stay cheap."""
WORTH_MEMORY = 1.25
"""Where halos add more than this to the work, tiles may take a part of the free memory."""
WORTH_EXACT = 3.0
"""Where exact halos would make more of the work, measured ones are used."""
WORTH_WORKERS = 1.2
"""What several workers are faster than one that has all threads, at the least."""
# Below this many pixels one worker with all threads beats several with one thread each.
SMALL_PICTURE_PIXELS = 1 << 15


@dataclass(frozen=True)
class Tiling:
    """How a user wants pictures cut, and what may be spent on it.

    Attributes:
        tile: height and width of tiles in low-resolution pixels; None to choose.
        memory_bytes: for the network's tiles; None to choose.
        halo: pixels that tiles share with their neighbours: a number, "exact", or None to choose.
        threads: of the CPU.
        allow_fallback: accept what an engine places or computes otherwise than asked.
    """

    tile: tuple[int, int] | None
    memory_bytes: int | None
    halo: int | Literal["exact"] | None
    threads: int
    allow_fallback: bool

    def prepared(
        self,
        engine: Engine,
        shape: tuple[int, int, int],
        dtype: Any,
        most_rows: int | None = None,
        sample: Samples | None = None,
    ) -> tuple[TileChoice, list[Tile], list[Chain]]:
        """Tiles for a picture, and chains loaded for them.

        Args:
            engine: of the network.
            shape: the picture's height, width and samples per pixel.
            dtype: of its samples.
            most_rows: of a tile; None for any number.
            sample: the picture, or its first rows, to measure a smaller halo on.

        Returns:
            What was chosen, the tiles from top to bottom, and a chain for each worker.

        Raises:
            UsageError: the network takes another size only, or no tile fits into the memory.
            ProcessorError: the engine failed.
        """
        height, width, channels = shape
        codes = np.dtype(dtype) == np.uint8
        _check_size(engine, height, width, self.tile)
        exact = _halo(engine.bundle, height, width)
        choice, workers = self._chosen_tiles(engine, shape, codes, most_rows, sample)
        halo = choice.halo.halo if choice.halo else exact
        tiles = cut(height, width, choice.height, choice.width, halo, engine.multiple)
        count = min(workers, len(tiles))
        chains = engine.chains(
            (choice.height, choice.width, channels, codes),
            count,
            max(1, self.threads // count),
            self.allow_fallback,
        )
        return choice, tiles, chains

    def _chosen_tiles(
        self,
        engine: Engine,
        shape: tuple[int, int, int],
        codes: bool,
        most_rows: int | None,
        sample: Samples | None,
    ) -> tuple[TileChoice, int]:
        """Tiles, and how many workers compute them at once.

        Halos make the work, and memory makes halos cheap: of exact ones those that cost least,
        in the memory that was named or may be taken; measured ones where those cost too much.
        """
        height, width, _ = shape
        exact = _halo(engine.bundle, height, width)
        named = self._named_halo(exact)
        several = self._workers(engine, height * width)
        budgets = self._budgets()
        found: list[tuple[float, TileChoice, int]] = []
        refusal: UsageError | None = None
        for budget in budgets:
            for workers in dict.fromkeys((several, 1)):
                try:
                    choice = self._tiles(engine, shape, codes, workers, most_rows, named, budget)
                except UsageError as error:
                    refusal = refusal or error
                    continue
                if choice.overhead <= WORTH_MEMORY:
                    return choice, workers
                slower = WORTH_WORKERS if workers < several else 1.0
                found.append((choice.overhead * slower, choice, workers))
        best = min(found, key=lambda one: one[0], default=None)
        too_dear = best is None or (self.tile is None and best[1].overhead > WORTH_EXACT)
        may_shrink = self.halo is None and engine.only_size is None
        if sample is not None and may_shrink and too_dear:
            smaller = self._smaller_halo(engine, sample, codes, exact, budgets[-1])
            # One large tile at a time has less halo than several small ones.
            return self._tiles(engine, shape, codes, 1, most_rows, smaller, budgets[-1]), 1
        if best is None:
            assert refusal is not None
            raise refusal
        return best[1], best[2]

    def _budgets(self) -> tuple[int, ...]:
        """Bytes that tiles may take, the least first."""
        if self.memory_bytes is not None:
            return (self.memory_bytes,)
        most = free_bytes() // SHARE_OF_FREE_MEMORY
        return (DEFAULT_MEMORY_BYTES, *([most] if most > DEFAULT_MEMORY_BYTES else []))

    def _named_halo(self, exact: int) -> HaloChoice | None:
        """The halo that the user named, where it is smaller than the exact one."""
        if isinstance(self.halo, int) and self.halo < exact:
            return HaloChoice(max(self.halo, CHROMA_RADIUS), exact)
        return None

    def _smaller_halo(
        self, engine: Engine, sample: Samples, codes: bool, exact: int, budget_bytes: int
    ) -> HaloChoice:
        """The smallest halo that changes the picture by no more than a code."""
        channels = sample.shape[2]
        needs = engine.bytes_of_tiles(channels, codes)
        pixels = (budget_bytes - needs.fixed) / needs.per_pixel
        side = math.isqrt(max(1, int(pixels)))
        if self.tile is not None:
            side = min(side, *self.tile)

        def run(crop: Samples) -> Samples:
            height, width = crop.shape[:2]
            chains = engine.chains(
                (height, width, channels, codes), 1, self.threads, self.allow_fallback
            )
            target: Samples = np.empty(
                (height * engine.factor, width * engine.factor, channels), crop.dtype
            )
            tiles = cut(height, width, height, width, 0)
            run_tiles(chains, tiles, crop, target, engine.factor, silent)
            return target

        return measured_halo(run, sample, exact, side, engine.multiple, engine.factor)

    def _workers(self, engine: Engine, pixels: int) -> int:
        on_cpu = all(processor.device == "cpu" for processor in engine.processors)
        return self.threads if on_cpu and pixels > SMALL_PICTURE_PIXELS else 1

    def _tiles(
        self,
        engine: Engine,
        shape: tuple[int, int, int],
        codes: bool,
        workers: int,
        most_rows: int | None,
        chosen: HaloChoice | None,
        budget_bytes: int,
    ) -> TileChoice:
        height, width, channels = shape
        step = engine.multiple
        halo = chosen.halo if chosen else _halo(engine.bundle, height, width)
        needs = engine.bytes_of_tiles(channels, codes)
        if self.tile is not None:
            tile = (
                min(-(-self.tile[0] // step) * step, height),
                min(-(-self.tile[1] // step) * step, width),
            )
            count = len(cut(height, width, *tile, halo, step))
            pixels = tile[0] * tile[1]
            needed = math.ceil(min(workers, count) * (pixels * needs.per_pixel + needs.fixed))
            overhead = count * tile[0] * tile[1] / (height * width)
            return TileChoice(*tile, count, overhead, needed, chosen)
        if engine.bundle.manifest.network.halo is None:
            needed = math.ceil(height * width * needs.per_pixel + needs.fixed)
            return TileChoice(height, width, 1, 1.0, needed)
        found = choose_tile(
            height,
            width,
            halo,
            workers,
            needs.per_pixel,
            budget_bytes,
            most_rows,
            step,
            needs.fixed,
        )
        return replace(found, halo=chosen if found.count > 1 else None)


def _check_size(engine: Engine, height: int, width: int, tile: tuple[int, int] | None) -> None:
    only = engine.only_size
    if only is not None and only != (height, width):
        raise UsageError(
            f"{engine.bundle.manifest.name} enlarges pictures of {only[1]}x{only[0]} pixels only, "
            f"found {width}x{height}; crop or resize the picture, or use another network"
        )
    if only is not None and tile is not None:
        raise UsageError(f"{engine.bundle.manifest.name} cannot be tiled; leave out the tile")


def _halo(bundle: Bundle, height: int, width: int) -> int:
    """The network's own, and at least what the bicubic colours around it need."""
    own = bundle.manifest.network.halo
    return max(height, width) if own is None else max(own, 2)
