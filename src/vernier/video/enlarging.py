"""Frames through a network, several at once: each plane by itself, or as RGB where it needs that.

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
from vernier.processors.discovery import find_processor
from vernier.processors.machine import at_most_cores
from vernier.runtime.choice import Choice, Prefer
from vernier.runtime.engine import Engine, bundle_engines, shipped_engines
from vernier.video.passes import Pass, Picture, Samples, load_pass
from vernier.video.plane_runner import PlaneRunner
from vernier.video.reuse import changed_tiles, copy_tiles

SMALLEST = 16
"""Pixels of a side; a film of less has no chroma to enlarge."""
MOST_SAMPLES = 1 << 28
"""Of a frame of the result."""


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

    inputs: list[tuple[Samples, ...]] = field(default_factory=list)
    outputs: list[tuple[Samples, ...]] = field(default_factory=list)
    done: Future[Enlarged] = field(default_factory=Future)


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
                self.exact_tiles = made.agree()
            if not (self.exact_tiles and self.reuse):
                made.close()
                made = load_pass(engine, self.picture, (height, width), memory_bytes, fine=False)
            passes.append(made)
            height, width = height * engine.factor, width * engine.factor
        return passes

    def submit(self, frame: Any) -> Future[Enlarged]:
        """Begin with a frame; frames come in order, from one thread."""
        # What it reads is there at once, for the next frame to compare itself with.
        before, now = self._before, _Frames([self._made[0][0].read(frame)])
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
        tiles = computed = 0
        for number, one in enumerate(passes):
            made, targets = one.blank()
            if number:
                now.inputs.append(one.read(frame))
            now.outputs.append(targets)
            parts = zip(one.runners, now.inputs[number], targets, strict=True)
            for part, (runner, source, target) in enumerate(parts):
                count = _plane(runner, number, part, source, target, before)
                if part == 0:
                    tiles += len(runner.fine.tiles)
                    computed += count
            one.finish(made, targets)
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
                one.close()
        self._made = []
        self._before = None


def _plane(
    runner: PlaneRunner,
    number: int,
    plane: int,
    source: Samples,
    target: Samples,
    before: _Frames | None,
) -> int:
    """Compute what changed of a plane and copy the rest; how many tiles were computed."""
    old: Samples | None = None
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


def _factor(source: Samples, target: Samples) -> int:
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
    """
    if bundle is None:
        engines = shipped_engines(network, scale)
    else:
        engines = bundle_engines(open_bundle(bundle), scale)
    for engine in engines:
        asked = None if processor == "auto" else find_processor(processor)
        engine.settle(asked, at_most_cores(threads), prefer, allow_inexact=allow_inexact)
    return engines, engines[0].choice
