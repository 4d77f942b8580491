"""Pictures in, larger pictures out."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vernier.bundles.bundle import open_bundle
from vernier.errors import UsageError
from vernier.images.bicubic import CHROMA_RADIUS
from vernier.images.resize import resize_samples, resized_bands
from vernier.images.rows import Window
from vernier.processors.discovery import find_processor
from vernier.processors.machine import at_most_cores
from vernier.processors.protocol import Placement
from vernier.progress import Progress, silent
from vernier.runtime.arguments import check_halo, check_options, check_wanted
from vernier.runtime.choice import Prefer
from vernier.runtime.engine import Engine, bundle_engines, native_scale, shipped_engines
from vernier.runtime.pipeline import Samples, run_bands, run_tiles
from vernier.runtime.report import Report
from vernier.runtime.size_multiples import cropped_bands, first_rows, widened, widened_bands
from vernier.runtime.tiles import TileChoice
from vernier.runtime.tiling import Tiling

DEFAULT_NETWORK = "sesr-m5"
LARGEST_FACTOR = 16
# Of a band of the result; two are in the works at once.
BAND_BYTES = 1 << 26
# Of a picture that comes in bands, how many rows a smaller halo is measured on.
SAMPLE_ROWS = 320


class SampleUpscaler:
    """Enlarges many pictures' samples with one network; what is loaded stays loaded between them.

    Threads may share it: one picture at a time is computed, on all cores, and the others wait.
    Processes may not: each needs engines of its own, so it cannot be pickled.

    Args:
        network: a network that comes with Vernier; see `vernier networks`.
        scale: enlargement, above 1 and at most 16; None for the network's own (2 where it has
            several). The nearest larger native factor is computed, in several passes where needed,
            and resampled down by antialiased bicubic.
        processor: `ENGINE:DEVICE:PRECISION`, or "auto": the fastest one here whose numbers are
            right and whose picture is as good as `prefer` asks, measured once and remembered.
        bundle: a bundle to run instead of a network that comes with Vernier.
        tile: `(height, width)` of the tiles in low-resolution pixels; None to choose.
        memory_bytes: for the network's tiles; the pictures themselves come on top. None for
            512 MiB, and up to a quarter of the free memory where halos would else be computed for
            more than a quarter of the time.
        threads: CPU threads; 0 for all cores.
        allow_fallback: accept what an engine places or computes otherwise than asked.
        halo: pixels that tiles share with their neighbours: "exact" for the network's receptive
            field, or a number; None for the exact one where it fits into memory and does not
            triple the work, and else the smallest that changes no sample by more than one code at
            the picture's busiest spot, as `report` says.
        prefer: what "auto" may give away, as measured here on a bright and colourful test picture:
            "quality" takes the fastest within 0.05 dB of float32's PSNR to the original and of at
            least 55 dB to float32's picture; "speed" lets INT8 in, within 0.25 dB and 42 dB.
        allow_inexact: run a processor that is named even where its numbers are wrong here.
        progress: called while "auto" tries processors, which takes long once for large networks.

    Raises:
        UsageError: an argument is out of range.
        NetworkError: no such network, or not at this scale.
        BundleError: the bundle is not sound.
        ProcessorError: the processor is not known, not here, or its numbers are wrong here.
    """

    def __init__(
        self,
        network: str = DEFAULT_NETWORK,
        scale: float | None = None,
        *,
        processor: str = "auto",
        bundle: str | Path | None = None,
        tile: tuple[int, int] | None = None,
        memory_bytes: int | None = None,
        threads: int = 0,
        allow_fallback: bool = False,
        halo: int | Literal["exact"] | None = None,
        prefer: Literal["quality", "speed"] = "quality",
        allow_inexact: bool = False,
        progress: Progress = silent,
    ) -> None:
        check_halo(halo)
        check_options(network, scale, processor, bundle, tile, memory_bytes, threads)
        opened = None if bundle is None else open_bundle(Path(bundle))
        own = native_scale(network, opened)
        self.scale = own if scale is None else scale
        if not 1 < self.scale <= LARGEST_FACTOR and self.scale != own:
            raise UsageError(f"expected a scale above 1 and up to {LARGEST_FACTOR}, found {scale}")
        if prefer not in list(Prefer):
            raise UsageError(f"expected to prefer {' or '.join(Prefer)}, found {prefer!r}")
        self._threads = at_most_cores(threads)
        self._tiling = Tiling(tile, memory_bytes, halo, self._threads, allow_fallback)
        self._asked = None if processor == "auto" else find_processor(processor)
        if opened is not None:
            self._engines = bundle_engines(opened, self.scale)
        else:
            self._engines = shipped_engines(network, self.scale)
        # One picture at a time: engines' buffers are each one's only ones.
        self._turn = threading.RLock()
        self._report: Report | None = None
        for engine in self._engines:
            engine.settle(
                self._asked,
                self._threads,
                Prefer(prefer),
                allow_inexact=allow_inexact,
                allow_fallback=allow_fallback,
                progress=progress,
            )

    def describe(self) -> Report:
        """What will run: as `report`, before any picture, and so without tiles."""
        return self._report or self._describe([], [])

    @property
    def report(self) -> Report:
        """How the last picture was computed.

        Raises:
            UsageError: no picture was computed yet.
        """
        if self._report is None:
            raise UsageError("nothing was upscaled yet")
        return self._report

    def enlarge_samples(
        self,
        samples: Samples,
        *,
        size: tuple[int, int] | None = None,
        progress: Progress = silent,
    ) -> Samples:
        """Enlarge a picture.

        Args:
            samples: shape `(H, W)`, `(H, W, 1)` or `(H, W, 3)`; uint8, uint16, or float32 in
                [0, 1]; RGB or grey.
            size: exact `(height, width)` of the result; `scale` times the input otherwise.
            progress: called after each tile.

        Returns:
            The same dtype and number of dimensions, enlarged.

        Raises:
            UsageError: another shape or dtype, an empty picture, NaN, or another size than the
                only one that the network takes.
            ProcessorError: the engine failed.
        """
        picture = _checked(samples)
        with self._turn:
            return self._enlarged(picture, samples.ndim, check_wanted(size), progress)

    def result_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what a picture of so many pixels becomes."""
        return max(1, round(height * self.scale)), max(1, round(width * self.scale))

    def _enlarged(
        self, picture: Samples, dimensions: int, size: tuple[int, int] | None, progress: Progress
    ) -> Samples:
        height, width = picture.shape[:2]
        wanted = size or self.result_size(height, width)
        result = _at_least(picture, CHROMA_RADIUS)
        tiles, placements = [], []
        for number, engine in enumerate(self._engines):
            note = f"pass {number + 1} of {len(self._engines)}" if len(self._engines) > 1 else ""
            result, choice, engine_placements = self._enlarge(
                engine, result, _with_note(progress, note)
            )
            tiles.append(choice)
            placements += engine_placements
        self._report = self._describe(tiles, placements)
        reached = math.prod(engine.factor for engine in self._engines)
        result = result[: height * reached, : width * reached]
        if result.shape[:2] != wanted:
            result = resize_samples(result, *wanted)
        return result if dimensions == 3 else result[:, :, 0]

    def enlarge_bands(
        self,
        bands: Iterator[Samples],
        shape: tuple[int, int, int],
        dtype: Any,
        *,
        size: tuple[int, int] | None = None,
        progress: Progress = silent,
    ) -> Iterator[Samples]:
        """Enlarge a picture whose rows come in order, in little memory, whatever its height.

        Samples equal those of `enlarge_samples`. The upscaler is this picture's until the last
        band was taken, or the iterator is closed.

        Args:
            bands: rows `(rows, W, C)` from top to bottom.
            shape: height, width and samples per pixel of them all.
            dtype: of the samples.
            size: as `enlarge_samples`.
            progress: called after each tile.

        Yields:
            Rows of the result, from top to bottom.
        """
        height, width, channels = shape
        wanted = check_wanted(size) or self.result_size(height, width)
        if min(height, width) < CHROMA_RADIUS:
            # No tiles there, and no memory to save.
            whole = Window(bands).rows(0, height)
            yield self.enlarge_samples(whole, size=wanted, progress=progress)
            return
        with self._turn:
            chosen: list[tuple[TileChoice, list[Placement]]] = []
            result = bands
            for number, engine in enumerate(self._engines):
                note = f"pass {number + 1} of {len(self._engines)}"
                noted = _with_note(progress, note if len(self._engines) > 1 else "")
                result = self._pass(engine, result, (height, width, channels), dtype, chosen, noted)
                height, width = height * engine.factor, width * engine.factor
            if (height, width) != wanted:
                result = resized_bands(result, (height, width), wanted)
            yield from result
            self._report = self._describe(
                [choice for choice, _ in chosen],
                [p for _, placements in chosen for p in placements],
            )

    def _pass(
        self,
        engine: Engine,
        bands: Iterator[Samples],
        shape: tuple[int, int, int],
        dtype: Any,
        chosen: list[tuple[TileChoice, list[Placement]]],
        progress: Progress,
    ) -> Iterator[Samples]:
        """One native factor, band by band; what was decided goes to `chosen`."""
        height, width, channels = shape
        most_rows = BAND_BYTES // (width * channels * np.dtype(dtype).itemsize * engine.factor**2)
        below, right = _beyond(engine, height, width)
        bands = widened_bands(bands, below, right)
        shape = (height + below, width + right, channels)
        sample, bands = first_rows(bands, SAMPLE_ROWS)
        choice, tiles, chains = self._tiling.prepared(
            engine, shape, dtype, max(1, most_rows), sample
        )
        chosen.append((choice, list(chains[0].placements)))
        factor = engine.factor
        made = run_bands(chains, tiles, Window(bands).rows, factor, progress)
        yield from cropped_bands(made, height * factor, width * factor)

    def close(self) -> None:
        """Free the engines' memory; the next picture loads again."""
        with self._turn:
            for engine in self._engines:
                engine.close()

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise UsageError(
            "an Upscaler cannot be pickled or copied, for its engines belong to this process; "
            "make one in each process, with the same arguments"
        )

    def _describe(self, tiles: list[TileChoice], placements: list[Placement]) -> Report:
        first = self._engines[0]
        workers = len(first.loaded[1]) if first.loaded else 1
        return Report(
            network=first.bundle.manifest.network.name,
            factors=tuple(engine.factor for engine in self._engines),
            processor=" + ".join(map(str, first.processors)),
            pinned=first.processor is None,
            conversion=first.loaded[1][0].conversion_method if first.loaded else None,
            choice=first.choice,
            tiles=tuple(tiles),
            workers=workers,
            threads=max(1, self._threads // workers),
            placements=tuple(placements),
            scale=self.scale,
        )

    def _enlarge(
        self, engine: Engine, picture: Samples, progress: Progress
    ) -> tuple[Samples, TileChoice, list[Placement]]:
        height, width = picture.shape[:2]
        picture = widened(picture, *_beyond(engine, height, width))
        rows, columns, channels = picture.shape
        choice, tiles, chains = self._tiling.prepared(
            engine, (rows, columns, channels), picture.dtype, sample=picture
        )
        factor = engine.factor
        target: Samples = np.empty((rows * factor, columns * factor, channels), picture.dtype)
        run_tiles(chains, tiles, picture, target, factor, progress)
        target = target[: height * factor, : width * factor]
        return target, choice, list(chains[0].placements)


def _beyond(engine: Engine, height: int, width: int) -> tuple[int, int]:
    """Rows and columns that a picture lacks to a size that the network takes."""
    if engine.only_size is not None:
        return 0, 0
    return -height % engine.multiple, -width % engine.multiple


def _with_note(progress: Progress, note: str) -> Progress:
    return lambda done, total, _="": progress(done, total, note)


def _checked(samples: Samples) -> Samples:
    if not isinstance(samples, np.ndarray) or samples.dtype not in (
        np.uint8,
        np.uint16,
        np.float32,
    ):
        found = getattr(samples, "dtype", type(samples).__name__)
        raise UsageError(f"expected samples of uint8, uint16 or float32, found {found}")
    picture = samples[:, :, None] if samples.ndim == 2 else samples
    if picture.ndim != 3 or picture.shape[2] not in (1, 3) or 0 in picture.shape:
        raise UsageError(
            f"expected a picture of shape (H, W), (H, W, 1) or (H, W, 3), found {samples.shape}"
        )
    if picture.dtype == np.float32 and not np.isfinite(picture).all():
        raise UsageError("expected finite samples, found NaN or infinity")
    return picture


def _at_least(picture: Any, side: int) -> Samples:
    """A picture with its last pixels repeated up to a side: the bicubic mirrors that many."""
    short = [(0, max(0, side - length)) for length in picture.shape[:2]]
    widened: Samples = (
        np.pad(picture, (*short, (0, 0)), "edge") if any(map(any, short)) else picture
    )
    return widened
