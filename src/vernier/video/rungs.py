"""The plans that a stream may choose from: networks on processors, timed at its size, here."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vernier.bundles.bundle import open_bundle
from vernier.errors import ProcessorError, UsageError
from vernier.images.bicubic import imresize
from vernier.images.colour import luma
from vernier.processors.machine import at_most_cores
from vernier.runtime.choice import Prefer
from vernier.runtime.engine import Engine
from vernier.runtime.trial_picture import trial_pair
from vernier.video.enlarging import choose_engines
from vernier.video.governor import Rung, front
from vernier.video.passes import Pass, Picture, load_pass
from vernier.video.pixel_format import planar_format
from vernier.video.planes import empty_frame, planes_of

NETWORKS = ("sesr-m3", "sesr-m5", "sesr-m11", "sesr-xl")
TRIAL_SIDE = 128
TIMED_RUNS = 5
FAR_TOO_SLOW = 3.0
"""Periods: what takes longer on an idle machine is not kept in memory."""


@dataclass
class LoadedRung:
    """A plan, ready to run.

    Attributes:
        rung: what the governor knows of it.
        one: computes frames with all threads.
    """

    rung: Rung
    one: Pass


class Ladder:
    """The plans of a stream, the cheapest first, all loaded. Not to be shared between threads.

    Args:
        picture: what the frames have in common.
        scale: whole factor.
        period_ms: between two frames.
        networks: that come with Vernier; the front of what they give is kept.
        bundles: to choose from besides, such as those of a front that `vernier pareto` found.
        threads: CPU threads; 0 for all cores.
        memory_bytes: for all plans together.
        say: called with what is kept and what is not.

    Raises:
        UsageError: none of them fits.
    """

    def __init__(
        self,
        picture: Picture,
        scale: int,
        period_ms: float,
        *,
        networks: Sequence[str] = NETWORKS,
        bundles: Sequence[Path] = (),
        threads: int = 0,
        memory_bytes: int = 1 << 30,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.picture, self.scale = picture, scale
        threads = at_most_cores(threads)
        loaded: list[LoadedRung] = []
        left = memory_bytes
        try:
            for name, engine in _candidates(networks, bundles, scale, threads, say):
                needed = _bytes(engine, picture)
                if needed > left and loaded:
                    say(f"{name}: left out, {needed / 2**20:.0f} MiB more than memory allows")
                    continue
                one = load_pass(
                    engine,
                    picture,
                    (picture.height, picture.width),
                    max(1, left),
                    fine=False,
                    threads=threads,
                )
                timed = _timed(one, picture)
                if timed > FAR_TOO_SLOW * period_ms and loaded:
                    say(f"{name}: left out, {timed:.0f} ms a frame")
                    one.close()
                    continue
                left -= needed
                loaded.append(LoadedRung(Rung(name, timed, _quality(engine, scale)), one))
        except BaseException:
            for made in loaded:
                made.one.close()
            raise
        kept = front([made.rung for made in loaded])
        for made in loaded:
            if made.rung not in kept:
                say(f"{made.rung.name}: left out, another is faster and as good")
                made.one.close()
        self.loaded = sorted(
            (made for made in loaded if made.rung in kept), key=lambda m: m.rung.predicted_ms
        )
        for made in self.loaded:
            rung = made.rung
            say(f"{rung.name}: {rung.predicted_ms:.1f} ms, {rung.quality:.2f} dB over bicubic")

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """What the governor knows of them."""
        return tuple(made.rung for made in self.loaded)

    def compute(self, rung: int, frame: Any, before: Any, before_made: Any) -> tuple[Any, bool]:
        """A frame by a plan.

        Args:
            rung: which.
            frame: in the picture's layout.
            before: the frame before, where it was computed by the same plan; else None.
            before_made: its result.

        Returns:
            The result, and whether any of it had to be computed.
        """
        one = self.loaded[rung].one
        made, targets = one.blank()
        sources = one.read(frame)
        old = one.read(before) if before is not None else None
        kept = one.read(before_made) if before is not None and one.colour is None else None
        computed = False
        for number, (runner, source, target) in enumerate(
            zip(one.runners, sources, targets, strict=True)
        ):
            same = old is not None and np.array_equal(old[number], source)
            if same and one.colour is not None:
                return before_made, False
            if same and kept is not None:
                target[...] = kept[number]
                continue
            computed = True
            runner.compute(source, target, runner.fine.tiles)
        one.finish(made, targets)
        return made, computed

    def close(self) -> None:
        """Free the engines' memory."""
        for made in self.loaded:
            made.one.close()
        self.loaded = []


def _candidates(
    networks: Sequence[str],
    bundles: Sequence[Path],
    scale: int,
    threads: int,
    say: Callable[[str], None],
) -> list[tuple[str, Engine]]:
    """Each network by its processor that is fastest, and by its fastest that is nearly exact."""
    found: dict[str, Engine] = {}
    for network, bundle in [*((n, None) for n in networks), *(("", b) for b in bundles)]:
        label = network if bundle is None else open_bundle(bundle).manifest.name
        for prefer in (Prefer.SPEED, Prefer.QUALITY):
            try:
                engines, _ = choose_engines(
                    network, bundle, float(scale), prefer=prefer, threads=threads
                )
            except (ProcessorError, UsageError) as error:
                say(f"{label}: left out ({error})")
                continue
            if len(engines) != 1 or engines[0].factor != scale:
                say(f"{label}: left out, it does not enlarge by {scale} at once")
                break
            name = f"{label} on {'+'.join(map(str, engines[0].processors))}"
            found.setdefault(name, engines[0])
    if not found:
        raise UsageError(f"no network here enlarges by {scale}; see: vernier networks")
    return list(found.items())


def _bytes(engine: Engine, picture: Picture) -> int:
    channels = engine.bundle.manifest.network.channels
    needs = engine.bytes_of_tiles(channels, channels == 1 and picture.layout.bits == 8)
    return int(needs.fixed + needs.per_pixel * picture.height * picture.width)


def _noise(picture: Picture) -> Any:
    frame = empty_frame(picture.layout, picture.height, picture.width)
    rng = np.random.default_rng(0)
    for plane in planes_of(frame, picture.layout):
        plane[...] = rng.integers(0, 2**picture.layout.bits, plane.shape, plane.dtype)
    return frame


def _timed(one: Pass, picture: Picture) -> float:
    """Median time of a frame of noise in ms, all planes."""
    frame = _noise(picture)
    times_ms = []
    for _ in range(1 + TIMED_RUNS):
        started = time.perf_counter()
        one.whole(frame)
        times_ms.append((time.perf_counter() - started) * 1e3)
    return round(statistics.median(times_ms[1:]), 3)


def _quality(engine: Engine, scale: int) -> float:
    """What it gains over bicubic on the trial picture's luma, in dB."""
    small, original = trial_pair(TRIAL_SIDE, TRIAL_SIDE, scale)
    low, wanted = (luma(p.astype(np.float32) / np.float32(255)) for p in (small, original))
    codes = np.rint(low * 255).astype(np.uint8)
    layout = planar_format("gray")
    assert layout is not None
    height, width = codes.shape
    picture = Picture(height, width, layout, False, "left")
    one = load_pass(engine, picture, (height, width), 1 << 29, fine=False)
    try:
        frame = empty_frame(layout, height, width)
        planes_of(frame, layout)[0][...] = codes
        made = planes_of(one.whole(frame), layout)[0].copy()
    finally:
        one.close()
    bicubic = imresize((codes / np.float32(255))[:, :, None], *wanted.shape)[:, :, 0]

    def error(found: Any) -> float:
        return float(np.mean((np.clip(found, 0, 1) - wanted) ** 2))

    return round(10 * float(np.log10(error(bicubic) / error(made / np.float32(255)))), 3)
