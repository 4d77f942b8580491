"""Pictures in, larger pictures out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vernier.bundles.bundle import Bundle, open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import BundleError, UsageError
from vernier.graphs.shapes import resized
from vernier.images.resize import resize_samples
from vernier.processors.discovery import find_processor, present_processors
from vernier.processors.machine import describe_machine
from vernier.processors.protocol import Placement, Processor, ProcessorId
from vernier.progress import Progress, silent
from vernier.runtime.bicubic_kernels import CHROMA_RADIUS
from vernier.runtime.chain import Chain, load_picture, placed, wrapped_network
from vernier.runtime.choice import Candidate, Choice, cache_file, choose
from vernier.runtime.memory import engine_memory_factor, peak_bytes
from vernier.runtime.pipeline import Samples, run_tiles
from vernier.runtime.report import Report
from vernier.runtime.tiles import TileChoice, choose_tile, cut
from vernier.version import VERSION

DEFAULT_NETWORK = "sesr-m5"
DEFAULT_MEMORY_BYTES = 1 << 30
LARGEST_FACTOR = 16
PROBE_SIDE = 256
# Below this many pixels one worker with all threads beats several with one thread each.
SMALL_PICTURE_PIXELS = 1 << 15
# INT8 and bfloat16 count as a choice for `auto` while their pictures are this near to float32's.
AUTO_DAMAGE_DB = 45.0


@dataclass
class _Engine:
    """One native factor: its bundles, the processor that was settled on, and what is loaded."""

    factor: int
    bundles: dict[str, Bundle]
    processor: Processor | None = None
    choice: Choice | None = None
    loaded: tuple[tuple[Any, ...], list[Chain]] | None = None
    bytes_per_pixel: dict[tuple[str, int, bool], float] = field(default_factory=dict)

    def close(self) -> None:
        if self.loaded is not None:
            for chain in self.loaded[1]:
                chain.close()
            self.loaded = None


class SampleUpscaler:
    """Enlarges many pictures' samples with one network; what is loaded stays loaded between them.

    Not to be shared between threads; one call already uses all cores.

    Args:
        network: a network that comes with Vernier; see `vernier networks`.
        scale: enlargement, above 1 and at most 16. The nearest larger native factor is computed,
            in several passes where needed, and resampled down by antialiased bicubic.
        processor: `ENGINE:DEVICE:PRECISION`, or "auto": the fastest one here whose pictures are
            nearly those of float32 (45 dB); it is measured once and remembered.
        bundle: a bundle to run instead of a network that comes with Vernier.
        tile: `(height, width)` of the tiles in low-resolution pixels; None to choose.
        memory_bytes: for the network's tiles; the pictures themselves come on top.
        threads: CPU threads; 0 for all cores.
        allow_fallback: accept what an engine places or computes otherwise than asked.

    Raises:
        UsageError: an argument is out of range.
        NetworkError: no such network, or not at this scale.
        BundleError: the bundle is not sound.
        ProcessorError: the processor is not known or not here.
    """

    def __init__(
        self,
        network: str = DEFAULT_NETWORK,
        scale: float = 2,
        *,
        processor: str = "auto",
        bundle: str | Path | None = None,
        tile: tuple[int, int] | None = None,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        threads: int = 0,
        allow_fallback: bool = False,
    ) -> None:
        if not 1 < scale <= LARGEST_FACTOR:
            raise UsageError(f"expected a scale above 1 and up to {LARGEST_FACTOR}, found {scale}")
        if threads < 0:
            raise UsageError(f"expected 0 or more threads, found {threads}")
        if tile is not None and min(tile) < 1:
            raise UsageError(f"expected a tile of at least 1x1 pixels, found {tile}")
        self.scale = scale
        self._tile = tile
        self._memory_bytes = memory_bytes
        self._threads = threads or os.cpu_count() or 1
        self._allow_fallback = allow_fallback
        self._asked = None if processor == "auto" else find_processor(processor)
        if bundle is not None:
            opened = open_bundle(Path(bundle))
            precision = ProcessorId.parse(opened.segments[0].entry.processor).precision
            available = {opened.manifest.network.scale: {precision: opened}}
            self._engines = _engines(available, scale)
        else:
            self._engines = _engines(_shipped(network, scale), scale)
        self._report: Report | None = None
        for engine in self._engines:
            self._settle(engine)

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
            progress: told after each tile.

        Returns:
            The same dtype and number of dimensions, enlarged.

        Raises:
            UsageError: another shape or dtype, an empty picture, or NaN.
            ProcessorError: the engine failed.
        """
        picture = _checked(samples)
        height, width = picture.shape[:2]
        wanted = size or (max(1, round(height * self.scale)), max(1, round(width * self.scale)))
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
        return result if samples.ndim == 3 else result[:, :, 0]

    def close(self) -> None:
        """Free the engines' memory; the next picture loads again."""
        for engine in self._engines:
            engine.close()

    def _describe(self, tiles: list[TileChoice], placements: list[Placement]) -> Report:
        first = self._engines[0]
        assert first.processor is not None
        bundle = next(iter(first.bundles.values()))
        workers = len(first.loaded[1]) if first.loaded else 1
        return Report(
            network=bundle.manifest.network.name,
            factors=tuple(engine.factor for engine in self._engines),
            processor=str(first.processor.id),
            choice=first.choice,
            tiles=tuple(tiles),
            workers=workers,
            threads=max(1, self._threads // workers),
            placements=tuple(placements),
        )

    def _settle(self, engine: _Engine) -> None:
        """Decide which processor runs a factor."""
        if self._asked is not None:
            precision = self._asked.id.model_precision
            if precision not in engine.bundles:
                raise UsageError(
                    f"{self._asked.id} needs an {precision} bundle, "
                    f"there is {' and '.join(engine.bundles)}"
                )
            engine.processor = self._asked
            return
        nearness = {p: _nearness_db(engine, p.id) for p in present_processors()}
        candidates = [
            self._candidate(engine, processor)
            for processor in sorted(nearness, key=lambda p: -nearness[p])
            if nearness[processor] >= AUTO_DAMAGE_DB
        ]
        contents = [s.entry.sha256 for b in engine.bundles.values() for s in b.segments]
        key = f"{describe_machine()} {VERSION} {contents} {self._threads}"
        engine.choice = choose(candidates, key, cache_file())
        engine.processor = find_processor(engine.choice.chosen)

    def _candidate(self, engine: _Engine, processor: Processor) -> Candidate:
        bundle = engine.bundles[processor.id.model_precision]

        def load() -> tuple[Callable[[], None], Callable[[], None]]:
            loader = placed(lambda _: processor, self._threads, allow_fallback=False)
            chain = load_picture(bundle, PROBE_SIDE, PROBE_SIDE, 3, True, loader)
            chain.input_buffer()[...] = 64
            return lambda: (chain.run(), None)[1], chain.close

        return Candidate(processor.id, load)

    def _enlarge(
        self, engine: _Engine, picture: Samples, progress: Progress
    ) -> tuple[Samples, TileChoice, list[Placement]]:
        assert engine.processor is not None
        bundle = engine.bundles[engine.processor.id.model_precision]
        height, width, channels = picture.shape
        codes = picture.dtype == np.uint8
        workers = self._workers(engine.processor, height * width)
        choice = self._tiles(engine, bundle, picture, workers)
        halo = _halo(bundle, height, width)
        tiles = cut(height, width, choice.height, choice.width, halo)
        chains = self._chains(
            engine, bundle, (choice.height, choice.width, channels, codes), min(workers, len(tiles))
        )
        factor = engine.factor
        target: Samples = np.empty((height * factor, width * factor, channels), picture.dtype)
        run_tiles(chains, tiles, picture, target, factor, progress)
        return target, choice, list(chains[0].placements)

    def _workers(self, processor: Processor, pixels: int) -> int:
        return (
            self._threads if processor.id.device == "cpu" and pixels > SMALL_PICTURE_PIXELS else 1
        )

    def _tiles(self, engine: _Engine, bundle: Bundle, picture: Samples, workers: int) -> TileChoice:
        height, width, channels = picture.shape
        halo = _halo(bundle, height, width)
        per_pixel = _bytes_per_pixel(engine, bundle, channels, picture.dtype == np.uint8)
        if self._tile is not None:
            tile = (min(self._tile[0], height), min(self._tile[1], width))
            count = len(cut(height, width, *tile, halo))
            needed = math.ceil(min(workers, count) * tile[0] * tile[1] * per_pixel)
            overhead = count * tile[0] * tile[1] / (height * width)
            return TileChoice(*tile, count, overhead, needed)
        if bundle.manifest.network.halo is None:
            return TileChoice(height, width, 1, 1.0, math.ceil(height * width * per_pixel))
        return choose_tile(height, width, halo, workers, per_pixel, self._memory_bytes)

    def _chains(
        self, engine: _Engine, bundle: Bundle, shape: tuple[int, int, int, bool], count: int
    ) -> list[Chain]:
        if engine.loaded is not None and engine.loaded[0] == (*shape, count):
            return engine.loaded[1]
        engine.close()
        processor = engine.processor
        assert processor is not None
        load = placed(lambda _: processor, max(1, self._threads // count), self._allow_fallback)
        height, width, channels, codes = shape
        chains: list[Chain] = []
        try:
            while len(chains) < count:
                chains.append(load_picture(bundle, height, width, channels, codes, load))
        except BaseException:
            for chain in chains:
                chain.close()
            raise
        engine.loaded = ((*shape, count), chains)
        return chains


def _shipped(network: str, scale: float) -> dict[int, dict[str, Bundle]]:
    """The bundles that a scale may need, by factor and precision."""
    factors = shipped_networks().get(network, ())
    if not factors:
        shipped_bundles(network, 2)  # raises, and says what there is
    return {
        factor: {
            precision: open_bundle(path)
            for precision, path in shipped_bundles(network, factor).items()
        }
        for factor in _passes(factors, scale)
    }


def _engines(available: dict[int, dict[str, Bundle]], scale: float) -> list[_Engine]:
    engines = {factor: _Engine(factor, bundles) for factor, bundles in available.items()}
    # A factor that is needed twice is loaded once.
    return [engines[factor] for factor in _passes(tuple(available), scale)]


def _passes(factors: Sequence[int], scale: float) -> list[int]:
    """Native factors whose product is the least that reaches a scale; few passes before many."""
    single = [factor for factor in sorted(factors) if factor >= scale]
    if single:
        return single[:1]
    largest = max(factors)
    if largest < 2:
        raise BundleError(f"a network of scale {largest} cannot enlarge by {scale}")
    return [largest, *_passes(factors, scale / largest)]


def _nearness_db(engine: _Engine, processor: ProcessorId) -> float:
    """PSNR of a processor's pictures to float32's; what was not measured is not trusted."""
    bundle = engine.bundles.get(processor.model_precision)
    if bundle is None:
        return -math.inf
    if processor.precision == "float32":
        return math.inf
    damage = bundle.manifest.damage
    if damage is None:
        return -math.inf
    measured = (
        damage.psnr_to_float_db
        if processor.precision == "int8"
        else damage.reduced_precision_db.get(processor.precision)
    )
    return -math.inf if measured is None else measured


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


def _halo(bundle: Bundle, height: int, width: int) -> int:
    """The network's own, and at least what the bicubic colours around it need."""
    own = bundle.manifest.network.halo
    return max(height, width) if own is None else max(own, 2)


def _bytes_per_pixel(engine: _Engine, bundle: Bundle, channels: int, codes: bool) -> float:
    assert engine.processor is not None
    processor = engine.processor.id
    key = (bundle.manifest.name, channels, codes)
    if key not in engine.bytes_per_pixel:
        graph = resized(bundle.segments[0].graph, 64, 64)
        wrapped = wrapped_network(graph, bundle.manifest.network.scale, channels, codes)
        factor = engine_memory_factor(processor)
        engine.bytes_per_pixel[key] = factor * peak_bytes(wrapped) / 64**2
    return engine.bytes_per_pixel[key]
