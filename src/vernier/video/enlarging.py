"""Frames through a network, several at once, each plane by itself.

Workers take whole frames in turn, each with its own copy of the network on one core: no halo is
computed twice and nobody waits for the other half of a picture. A frame that repeats parts of the
one before waits for those parts only.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vernier.bundles.bundle import open_bundle
from vernier.errors import UsageError
from vernier.images.bicubic import CHROMA_RADIUS
from vernier.processors.discovery import find_processor, present_processors
from vernier.processors.machine import at_most_cores
from vernier.runtime.chain import Chain
from vernier.runtime.choice import Choice, Prefer
from vernier.runtime.engine import Engine, bundle_engines, shipped_engines
from vernier.runtime.loading import load_graph, load_plane, placed
from vernier.runtime.plane_graph import chroma_graph
from vernier.runtime.tiles import choose_tile
from vernier.video.pixel_format import PixelFormat, chroma_shift
from vernier.video.plane_codes import chroma_codes, luma_codes
from vernier.video.plane_runner import PlaneRunner
from vernier.video.planes import Plane, empty_frame, planes_of
from vernier.video.reuse import Grid, changed_tiles, copy_tiles, fine_grid, grid

SMALLEST = 16
"""Pixels of a side; a film of less has no chroma to enlarge."""
MOST_SAMPLES = 1 << 28
"""Of a frame of the result."""


@dataclass(frozen=True)
class Picture:
    """What all frames of a film have in common.

    Attributes:
        height: in pixels.
        width: likewise.
        layout: of the planes.
        full_range: of the codes.
        siting: of chroma, of `pixel_format.SITINGS`.
    """

    height: int
    width: int
    layout: PixelFormat
    full_range: bool
    siting: str


@dataclass
class Enlarged:
    """A frame's result.

    Attributes:
        frame: enlarged, without a timestamp.
        tiles: of its luma, on the grid that is compared.
        computed: how many of them were.
    """

    frame: Any
    tiles: int
    computed: int


@dataclass
class _Frames:
    """A frame on its way: what each pass reads and writes."""

    inputs: list[tuple[Plane, ...]] = field(default_factory=list)
    outputs: list[tuple[Plane, ...]] = field(default_factory=list)
    done: Future[Enlarged] = field(default_factory=Future)


@dataclass(frozen=True)
class Pass:
    """One native factor, loaded.

    Attributes:
        luma: the network.
        chroma: bicubic; None of grey films.
        height: of the result.
        width: likewise.
    """

    luma: PlaneRunner
    chroma: PlaneRunner | None
    height: int
    width: int

    def runner(self, plane: int) -> PlaneRunner:
        """What computes a plane."""
        return self.luma if plane == 0 or self.chroma is None else self.chroma


class FrameEnlarger:
    """Enlarges the frames of one film.

    Args:
        picture: what they have in common.
        engines: the passes, as `choose_engines` gives them.
        size: height and width of the result; what the passes give is resampled to it.
        threads: CPU threads; 0 for all cores.
        memory_bytes: for the networks' tiles.
        reuse: copy what equals the frame before, where that gives the same bits.

    Raises:
        UsageError: the film is too small or its result too large, or the network takes one size.
        ProcessorError: a processor is not here, or refuses the network.
    """

    def __init__(
        self,
        picture: Picture,
        engines: Sequence[Engine],
        size: tuple[int, int],
        *,
        threads: int = 0,
        memory_bytes: int = 1 << 29,
        reuse: bool = True,
    ) -> None:
        self.picture, self.size, self.reuse = picture, size, reuse
        _check(picture, engines)
        on_cpu = all(p.device == "cpu" for engine in engines for p in engine.processors)
        self.workers = at_most_cores(threads) if on_cpu else 1
        self.exact_tiles = True
        self._free: queue.SimpleQueue[list[Pass]] = queue.SimpleQueue()
        self._made: list[list[Pass]] = []
        self._before: _Frames | None = None
        try:
            for _ in range(self.workers):
                self._made.append(self._passes(engines, memory_bytes // self.workers))
                self._free.put(self._made[-1])
        except BaseException:
            self.close()
            raise
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="vernier-frame")

    def _passes(self, engines: Sequence[Engine], memory_bytes: int) -> list[Pass]:
        height, width = self.picture.height, self.picture.width
        passes = []
        for engine in engines:
            made = load_pass(engine, self.picture, (height, width), memory_bytes, fine=True)
            if self.reuse and not self._made and self.exact_tiles:
                self.exact_tiles = all(
                    runner.agree() for runner in (made.luma, made.chroma) if runner is not None
                )
            if not (self.exact_tiles and self.reuse):
                close_pass(made)
                made = load_pass(engine, self.picture, (height, width), memory_bytes, fine=False)
            passes.append(made)
            height, width = height * engine.factor, width * engine.factor
        return passes

    def submit(self, frame: Any) -> Future[Enlarged]:
        """Begin with a frame; frames come in order, from one thread."""
        # What it reads is there at once, for the next frame to compare itself with.
        before, now = self._before, _Frames([planes_of(frame, self.picture.layout)])
        self._before = now
        self._pool.submit(self._work, frame, now, before if self.reuse else None)
        return now.done

    def _work(self, frame: Any, now: _Frames, before: _Frames | None) -> None:
        passes = self._free.get()
        try:
            now.done.set_result(self._enlarge(passes, frame, now, before))
        except BaseException as error:
            now.done.set_exception(error)
        finally:
            self._free.put(passes)

    def _enlarge(
        self, passes: list[Pass], frame: Any, now: _Frames, before: _Frames | None
    ) -> Enlarged:
        layout = self.picture.layout
        tiles = computed = 0
        for number, one in enumerate(passes):
            made = empty_frame(layout, one.height, one.width)
            if number:
                now.inputs.append(planes_of(frame, layout))
            sources, targets = now.inputs[number], planes_of(made, layout)
            now.outputs.append(targets)
            for plane, (source, target) in enumerate(zip(sources, targets, strict=True)):
                count = _plane(one.runner(plane), number, plane, source, target, before)
                if plane == 0:
                    tiles += len(one.luma.fine.tiles)
                    computed += count
            frame = made
        if (frame.height, frame.width) != self.size:
            frame = frame.reformat(height=self.size[0], width=self.size[1], interpolation="BICUBIC")
        return Enlarged(frame, tiles, computed)

    def close(self) -> None:
        """Free the engines' memory."""
        if hasattr(self, "_pool"):
            self._pool.shutdown(wait=True, cancel_futures=True)
        for passes in self._made:
            for one in passes:
                close_pass(one)
        self._made = []
        self._before = None


def _plane(
    runner: PlaneRunner,
    number: int,
    plane: int,
    source: Plane,
    target: Plane,
    before: _Frames | None,
) -> int:
    """Compute what changed of a plane and copy the rest; how many tiles were computed."""
    old: Plane | None = None
    if before is not None:
        if number:
            before.done.result()
        old = before.inputs[number][plane]
    changed = changed_tiles(runner.fine, old, source)
    computed = runner.compute(source, target, changed)
    if computed < len(runner.fine.tiles) and before is not None:
        before.done.result()
        kept = tuple(tile for tile in runner.fine.tiles if tile not in changed)
        copy_tiles(kept, before.outputs[number][plane], target, _factor(source, target))
    return computed


def _factor(source: Plane, target: Plane) -> int:
    return int(-(-target.shape[0] // source.shape[0]))


def _check(picture: Picture, engines: Sequence[Engine]) -> None:
    if min(picture.height, picture.width) < SMALLEST:
        raise UsageError(
            f"expected a film of at least {SMALLEST}x{SMALLEST} pixels, found "
            f"{picture.width}x{picture.height}"
        )
    factor = math.prod(engine.factor for engine in engines)
    if picture.height * picture.width * factor**2 > MOST_SAMPLES:
        raise UsageError(
            f"{picture.width}x{picture.height} times {factor} is more than a film can hold; "
            "ask for a smaller --scale or --height"
        )
    for engine in engines:
        if engine.only_size is not None and len(engines) > 1:
            raise UsageError(f"{engine.bundle.manifest.name} takes one size of pictures only")
        multiple, name = engine.multiple, engine.bundle.manifest.name
        if engine.only_size not in (None, (picture.height, picture.width)):
            raise UsageError(f"{name} takes pictures of one other size only")
        if picture.height % multiple or picture.width % multiple:
            raise UsageError(
                f"{name} takes films whose sides are multiples of {multiple}, found "
                f"{picture.width}x{picture.height}; use another network"
            )


def load_pass(
    engine: Engine,
    picture: Picture,
    size: tuple[int, int],
    memory_bytes: int,
    *,
    fine: bool,
    threads: int = 1,
) -> Pass:
    """A native factor ready to run.

    Args:
        engine: settled on a processor.
        picture: what frames have in common, but their size.
        size: height and width of what goes in.
        memory_bytes: for tiles.
        fine: compare frames on small tiles.
        threads: of the CPU.
    """
    height, width = size
    scale, bits = engine.factor, picture.layout.bits
    codes = luma_codes(bits, picture.full_range)
    settled = engine.processor
    load = placed(find_processor if settled is None else lambda _: settled, threads, False)

    def luma(tile_height: int, tile_width: int) -> Chain:
        return load_plane(
            engine.bundle, tile_height, tile_width, codes.integers, picture.full_range, load
        )

    coarse = _coarse(engine, height, width, codes.integers, memory_bytes)
    halo = engine.bundle.manifest.network.halo
    small = fine and halo is not None and engine.only_size is None
    runner = PlaneRunner(
        luma,
        codes,
        coarse,
        fine_grid(height, width, halo or 0, engine.multiple) if small else coarse,
        scale,
    )
    chroma = None
    if picture.layout.subsampling is not None:
        try:
            chroma = _chroma(engine, picture, size, fine, threads)
        except BaseException:
            runner.close()
            raise
    return Pass(runner, chroma, height * scale, width * scale)


def _chroma(
    engine: Engine, picture: Picture, size: tuple[int, int], fine: bool, threads: int
) -> PlaneRunner:
    layout = picture.layout
    assert layout.subsampling is not None
    height, width = layout.plane_size(1, *size)
    shift = chroma_shift(picture.siting, layout.subsampling, engine.factor)
    codes = chroma_codes(layout.bits)
    processor = _float_processor(engine)
    load = placed(lambda _: processor, threads, False)
    whole = grid(height, width, height, width, CHROMA_RADIUS, 1)

    def chroma(tile_height: int, tile_width: int) -> Chain:
        graph = chroma_graph(tile_height, tile_width, engine.factor, shift, codes.integers)
        return load_graph(graph, str(processor.id), load)

    small = fine_grid(height, width, CHROMA_RADIUS, 1) if fine else whole
    return PlaneRunner(chroma, codes, whole, small, engine.factor)


def _float_processor(engine: Engine) -> Any:
    """Where chroma is enlarged: in float32 on the CPU, by the network's engine if it can."""
    own = engine.processors[0].engine
    found = [p for p in present_processors() if (p.id.device, p.id.precision) == ("cpu", "float32")]
    if not found:
        raise UsageError("enlarging chroma needs a float32 processor on the CPU; none is here")
    return next((p for p in found if p.id.engine == own), found[0])


def _coarse(engine: Engine, height: int, width: int, codes: bool, memory_bytes: int) -> Grid:
    """Tiles as large as a worker's memory allows."""
    halo = engine.bundle.manifest.network.halo
    if halo is None or engine.only_size is not None:
        return grid(height, width, height, width, 0, 1)
    needs = engine.bytes_of_tiles(1, codes)
    step = engine.multiple
    chosen = choose_tile(
        height, width, halo, 1, needs.per_pixel, memory_bytes, None, step, needs.fixed
    )
    return grid(height, width, chosen.height, chosen.width, halo, step)


def close_pass(one: Pass) -> None:
    """Free the engines' memory."""
    one.luma.close()
    if one.chroma is not None:
        one.chroma.close()


def choose_engines(
    network: str,
    bundle: Path | None,
    scale: float,
    *,
    processor: str = "auto",
    prefer: Prefer = Prefer.QUALITY,
    threads: int = 0,
    allow_inexact: bool = False,
) -> tuple[list[Engine], Choice | None]:
    """The passes for a scale, settled on processors whose numbers are right here.

    Args:
        network: one that comes with Vernier.
        bundle: to run instead.
        scale: enlargement.
        processor: its name, or "auto".
        prefer: what "auto" may give away.
        threads: CPU threads; 0 for all cores.
        allow_inexact: run a processor that is named even where its numbers are wrong.

    Returns:
        The engines, and how the first one's processor was chosen where that was left to Vernier.

    Raises:
        NetworkError, BundleError: no such network, or not sound.
        ProcessorError: nothing can run it here.
        UsageError: the network is not of luma.
    """
    if bundle is None:
        engines = shipped_engines(network, scale)
    else:
        engines = bundle_engines(open_bundle(bundle), scale)
    for engine in engines:
        if engine.bundle.manifest.network.channels != 1:
            raise UsageError(
                f"{engine.bundle.manifest.name} is a network of RGB; video is enlarged on its own "
                "planes and needs one of luma, such as sesr-m5"
            )
        asked = None if processor == "auto" else find_processor(processor)
        engine.settle(asked, at_most_cores(threads), prefer, allow_inexact=allow_inexact)
    return engines, engines[0].choice
