"""`--processor auto`: the picture first, then the clock; both measured here, once, and remembered.

Of the processors whose numbers are right here, those stay in the running whose picture of a test
tile is as good as float32's; the fastest of them is chosen. What another machine wrote into a
bundle's manifest plays no part. A choice is noted with what it depends on (`processors.notes`).
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec
import numpy as np

from vernier.errors import ProcessorError
from vernier.images.colour import luma
from vernier.metrics.psnr import psnr
from vernier.processor_id import ProcessorId
from vernier.processors.notes import cache_folder, note, recall
from vernier.progress import Progress, silent
from vernier.runtime.trial_picture import Rgb

WARM_UP_RUNS = 2
COUNTED_RUNS = 5
MOST_TIMINGS = 4
"""Of `COUNTED_RUNS` each: a choice is remembered for long, so that two in a row must agree on the
fastest; on a busy machine the first may not say much."""
LONG_S = 1.0
"""A run that takes longer says enough by itself: it is not warmed up twice."""
LONGEST_S = 8.0
"""Of a timing: a large network is timed less often, and its times scatter less."""
LOST = 3.0
"""Whoever takes so many times as long as another that is fit is not timed again."""
# Within a tenth the picture decides: the next run of the clock may turn such a difference around.
AS_GOOD_AS_EQUAL = 1.1
EQUAL_DB = 99.0
"""What two equal pictures count as."""


class Prefer(StrEnum):
    """What `auto` may give away for speed."""

    QUALITY = "quality"
    SPEED = "speed"


class Bound(msgspec.Struct, frozen=True):
    """How far a picture may be from float32's.

    Attributes:
        to_float_db: least PSNR of their lumas, 8 bits each.
        loss_db: how much nearer float32's may be to the original.
    """

    to_float_db: float
    loss_db: float


BOUNDS = {Prefer.QUALITY: Bound(55.0, 0.05), Prefer.SPEED: Bound(42.0, 0.25)}


class Trial(msgspec.Struct, frozen=True):
    """What came of one processor.

    Attributes:
        processor: its name.
        median_ms: for the test tile; None where it was not run.
        to_float_db: PSNR of its picture's luma to float32's; None where there is no float32 one.
        loss_db: how much nearer float32's picture is to the original; likewise.
        passed_over: why it could not be chosen; empty where it could.
    """

    processor: str
    median_ms: float | None = None
    to_float_db: float | None = None
    loss_db: float | None = None
    passed_over: str = ""


class Choice(msgspec.Struct, frozen=True):
    """What was chosen, out of what, and whether it was measured now or remembered."""

    chosen: str
    prefer: Prefer
    trials: tuple[Trial, ...]
    remembered: bool = False

    def explain(self) -> list[str]:
        """Lines for the user: what was chosen, and what was passed over and why."""
        how = "measured before on this machine" if self.remembered else "measured now"
        running = [t for t in self.trials if not t.passed_over]
        times = ", ".join(f"{t.processor} {t.median_ms:.1f} ms{_nearness(t)}" for t in running)
        lines = [f"processor {self.chosen} ({how}: {times})"]
        out = [f"{t.processor} ({t.passed_over})" for t in self.trials if t.passed_over]
        return [*lines, *([f"passed over: {', '.join(out)}"] if out else [])]


def _nearness(trial: Trial) -> str:
    if trial.to_float_db is None or trial.to_float_db >= EQUAL_DB:
        return ""
    return f" at {trial.to_float_db:.1f} dB to float32"


@dataclass(frozen=True)
class Candidate:
    """A processor to try.

    Attributes:
        processor: its name.
        fault: says why it must not be used here; "" where it may.
        load: gives what computes the test tile's picture, and what frees it.
    """

    processor: ProcessorId
    fault: Callable[[], str]
    load: Callable[[], tuple[Callable[[], Rgb], Callable[[], None]]]


def choices_file() -> Path:
    """Where choices are remembered: `choices.json` in the user's cache folder."""
    return cache_folder() / "choices.json"


def remembered_choice(about: str, file: Path | None = None) -> Choice | None:
    """An earlier choice that still holds.

    Args:
        about: what the result depends on, besides the machine and its engines.
        file: of remembered choices; that of the cache folder otherwise.
    """
    known = recall(file or choices_file(), about, Choice)
    return None if known is None else msgspec.structs.replace(known, remembered=True)


def choose(
    candidates: Sequence[Candidate],
    original: Rgb,
    about: str,
    prefer: Prefer = Prefer.QUALITY,
    file: Path | None = None,
    progress: Progress = silent,
) -> Choice:
    """The fastest of those whose picture is good enough; remembered.

    Args:
        candidates: processors to compare, those nearest to the exact picture first; of two that
            are as good as equally fast, the earlier one is chosen. The first float32 one that
            runs gives the picture that the others are held to; without any, all that are sound
            count as good.
        original: what the test tile was made from.
        about: as `remembered_choice`.
        prefer: which of `BOUNDS` holds.
        file: as `remembered_choice`.
        progress: called after each candidate, and at the end.

    Raises:
        ProcessorError: none of them runs; the message has each one's reason.
    """
    trials = _try_all(candidates, original, prefer, progress)
    fit = [t for t in trials if not t.passed_over and t.median_ms is not None]
    if not fit:
        reasons = "; ".join(f"{t.processor}: {t.passed_over}" for t in trials)
        raise ProcessorError(f"no processor can run this network here ({reasons or 'none found'})")
    chosen = _first_fast_enough({t.processor: t.median_ms or 0.0 for t in fit})
    assert chosen is not None
    in_order = sorted(trials, key=lambda t: math.inf if t.median_ms is None else t.median_ms)
    choice = Choice(chosen, prefer, tuple(in_order))
    note(file or choices_file(), about, choice)
    return choice


def _try_all(
    candidates: Sequence[Candidate], original: Rgb, prefer: Prefer, progress: Progress
) -> list[Trial]:
    """Each candidate's trial; timed in turns, so that a drifting machine favours none."""
    faults: dict[str, str] = {}
    pictures: dict[str, Rgb] = {}
    running: dict[str, tuple[Callable[[], Rgb], Callable[[], None]]] = {}
    times_ms: dict[str, list[float]] = {}
    exact: Rgb | None = None
    try:
        for number, candidate in enumerate(candidates):
            name = str(candidate.processor)
            progress(number, len(candidates) + 1, f"trying {name}, once for this network")
            try:
                faults[name] = candidate.fault()
                if faults[name]:
                    continue
                running[name] = candidate.load()
                for _ in range(WARM_UP_RUNS):
                    started = time.perf_counter()
                    pictures[name] = running[name][0]()
                    if time.perf_counter() - started > LONG_S:
                        break
            except ProcessorError as error:
                faults[name] = str(error).removeprefix(f"{name}: ")
        exact = _float32_picture(candidates, pictures, faults)
        timed = {name: run for name, (run, _) in running.items() if not faults[name]}
        fit = [
            name
            for name in timed
            if not _judged(name, 0.0, pictures[name], exact, original, prefer).passed_over
        ]
        progress(len(candidates), len(candidates) + 1, "timing them")
        times_ms = _timed_until_agreed(timed, fit)
        progress(len(candidates) + 1, len(candidates) + 1)
    finally:
        for _, close in running.values():
            close()
    return [
        Trial(name, passed_over=fault)
        if fault
        else _judged(
            name, statistics.median(times_ms[name]), pictures[name], exact, original, prefer
        )
        for name, fault in faults.items()
    ]


def _timed_until_agreed(
    runs: dict[str, Callable[[], Rgb]], fit: Sequence[str]
) -> dict[str, list[float]]:
    """Times in ms, in turns; again until two timings in a row agree on the fastest that is fit."""
    times_ms: dict[str, list[float]] = {name: [] for name in runs}
    winner = None
    for _ in range(MOST_TIMINGS):
        begun = time.perf_counter()
        for _ in range(COUNTED_RUNS):
            for name, run in _still_in(runs, times_ms, fit).items():
                started = time.perf_counter()
                run()
                times_ms[name].append((time.perf_counter() - started) * 1e3)
            if time.perf_counter() - begun > LONGEST_S:
                break
        medians = {name: statistics.median(times_ms[name][-COUNTED_RUNS:]) for name in fit}
        before, winner = winner, _first_fast_enough(medians)
        if winner == before or len(fit) < 2:
            break
    return times_ms


def _still_in(
    runs: dict[str, Callable[[], Rgb]], times_ms: dict[str, list[float]], fit: Sequence[str]
) -> dict[str, Callable[[], Rgb]]:
    """Those that may still be the fastest; all before the first round, and all that are quick."""
    best_ms = min((min(times_ms[name]) for name in fit if times_ms[name]), default=math.inf)
    return {
        name: run
        for name, run in runs.items()
        if not times_ms[name] or min(times_ms[name]) < max(LOST * best_ms, LONG_S * 1e3 / 10)
    }


def _first_fast_enough(median_ms: dict[str, float]) -> str | None:
    """The first that is as good as the fastest; None of none."""
    limit = min(median_ms.values(), default=0.0) * AS_GOOD_AS_EQUAL
    return next((name for name, ms in median_ms.items() if ms <= limit), None)


def _float32_picture(
    candidates: Sequence[Candidate], pictures: dict[str, Rgb], faults: dict[str, str]
) -> Rgb | None:
    for candidate in candidates:
        name = str(candidate.processor)
        if candidate.processor.precision == "float32" and not faults[name]:
            return pictures[name]
    return None


def _judged(
    name: str, median_ms: float, picture: Rgb, exact: Rgb | None, original: Rgb, prefer: Prefer
) -> Trial:
    rounded_ms = round(median_ms, 3)
    if exact is None:
        return Trial(name, rounded_ms)
    to_float_db, loss_db = damage(picture, exact, original)
    bound = BOUNDS[prefer]
    reason = ""
    if to_float_db < bound.to_float_db:
        reason = f"{to_float_db:.1f} dB to float32's picture, less than {bound.to_float_db:g}"
    elif loss_db > bound.loss_db:
        reason = f"{loss_db:.2f} dB below float32's picture, more than {bound.loss_db:g}"
    if reason:
        reason += f"; {rounded_ms:.1f} ms"
    return Trial(name, rounded_ms, round(to_float_db, 2), round(loss_db, 3), reason)


def damage(picture: Rgb, exact: Rgb, original: Rgb) -> tuple[float, float]:
    """PSNR of a picture's luma to the exact picture's, and how much less it has to the original.

    Returns:
        Both in dB; equal pictures count as 99.
    """
    found, wanted, real = (
        luma(np.asarray(p, np.float32) / np.float32(255)) for p in (picture, exact, original)
    )
    to_float = min(EQUAL_DB, psnr(found, wanted))
    loss = min(EQUAL_DB, psnr(wanted, real)) - min(EQUAL_DB, psnr(found, real))
    return to_float, loss
