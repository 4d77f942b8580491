"""Which plan computes the next frame: the best-looking one that will be in time.

Pure functions on values, so that a recorded trace gives the same decisions again. A plan's
predicted time is corrected by how long the last frames took against their predictions; that factor
stands for all that slows a machine down, whether another process, heat or a low clock.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rung:
    """A plan on the front: no other is both faster and better.

    Attributes:
        name: network and processor.
        predicted_ms: for a frame on an idle machine.
        quality: what it gains over bicubic, in dB; more is better.
    """

    name: str
    predicted_ms: float
    quality: float


@dataclass(frozen=True)
class Pace:
    """What a stream must keep, and how careful the governor is.

    Attributes:
        period_ms: between two frames.
        reserve: share of the period that a plan must leave free to be kept.
        climb_reserve: share that a better plan must leave free, by the last frames, to be tried;
            more than `reserve`, so that quality does not flicker.
        climb_frames: for so many frames in a row.
        longest_climb_frames: what that grows to while climbs turn out too early: a climb that is
            taken back soon doubles it, one that lasts halves it.
    """

    period_ms: float
    reserve: float = 0.08
    climb_reserve: float = 0.2
    climb_frames: int = 24
    longest_climb_frames: int = 384


@dataclass(frozen=True)
class State:
    """What the governor remembers.

    Attributes:
        rung: place on the front, the cheapest first.
        ratios: measured by predicted time of the last frames, the newest last.
        fitting: frames in a row in which the next better plan would have been in time.
        wait: how many of those it takes now.
        since_climb: frames since the last climb.
    """

    rung: int = 0
    ratios: tuple[float, ...] = ()
    fitting: int = 0
    wait: int = 0
    since_climb: int = 1 << 30


RECENT, KEPT = 2, 48
"""Frames: two slow ones in a row are a load and no accident; the spread is that of the last 48."""
GROSS = 1.4
"""One frame that took so much longer than usual is enough, where it was late."""


def front(rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """The plans that no other beats in both time and quality, the cheapest first."""
    kept: list[Rung] = []
    for rung in sorted(rungs, key=lambda one: (one.predicted_ms, -one.quality)):
        if not kept or rung.quality > kept[-1].quality:
            kept.append(rung)
    return tuple(kept)


def first_state(rungs: Sequence[Rung], pace: Pace) -> State:
    """The best plan that its predicted time allows, with the reserve of a climb."""
    allowed = pace.period_ms * (1 - pace.climb_reserve)
    fitting = [n for n, rung in enumerate(rungs) if rung.predicted_ms <= allowed]
    return State(max(fitting, default=0), wait=pace.climb_frames)


def slowdown(state: State) -> float:
    """How many times longer frames take now than predicted.

    The usual factor of late, or that of the last two frames where both are above it: a load shows
    within two frames, and one slow frame alone is an accident.
    """
    if not state.ratios:
        return 1.0
    usual = statistics.median(state.ratios[-9:])
    if len(state.ratios) < RECENT:
        return usual
    return max(usual, min(state.ratios[-RECENT:]))


def spread(state: State) -> float:
    """How much longer than usual the slowest twentieth of frames takes; at least 1."""
    if len(state.ratios) < 12:
        return 1.0
    last = sorted(state.ratios[-KEPT:])
    middle = statistics.median(last)
    return max(1.0, last[int(0.95 * (len(last) - 1))] / middle) if middle > 0 else 1.0


def observe(
    state: State, rungs: Sequence[Rung], pace: Pace, took_ms: float, *, hot: bool = False
) -> State:
    """The state after a frame, with the plan for the next one.

    Args:
        state: before; its rung computed the frame.
        rungs: the front, the cheapest first.
        pace: to keep.
        took_ms: the frame's measured time.
        hot: the machine says that it is near its limit of heat, or that its clock is held down:
            nothing is climbed then.
    """
    ratio = took_ms / rungs[state.rung].predicted_ms
    state = replace(
        state,
        ratios=(*state.ratios, ratio)[-KEPT:],
        since_climb=state.since_climb + 1,
    )
    factor = slowdown(state)
    before = state.ratios[-10:-1]
    if took_ms > pace.period_ms and before and ratio > GROSS * statistics.median(before):
        factor = max(factor, ratio)
    allowed = pace.period_ms * (1 - pace.reserve)
    if factor * rungs[state.rung].predicted_ms > allowed:
        return _dropped(state, rungs, pace, factor)
    return state if hot else _climbed(state, rungs, pace)


def _dropped(state: State, rungs: Sequence[Rung], pace: Pace, factor: float) -> State:
    """The best cheaper plan that is in time, or the cheapest."""
    allowed = pace.period_ms * (1 - pace.reserve)
    fitting = [n for n in range(state.rung) if factor * rungs[n].predicted_ms <= allowed]
    rung = max(fitting, default=0)
    too_early = rung < state.rung and state.since_climb <= 2 * pace.climb_frames
    wait = min(2 * state.wait, pace.longest_climb_frames) if too_early else state.wait
    return replace(state, rung=rung, fitting=0, wait=wait)


def _climbed(state: State, rungs: Sequence[Rung], pace: Pace) -> State:
    """One plan up, where it would have been in time for long enough."""
    if state.since_climb == 4 * pace.climb_frames:
        state = replace(state, wait=max(pace.climb_frames, state.wait // 2))
    if state.rung + 1 >= len(rungs):
        return replace(state, fitting=0)
    allowed = pace.period_ms * (1 - pace.climb_reserve)
    best = max(
        (
            n
            for n in range(state.rung + 1, len(rungs))
            if slowdown(state) * spread(state) * rungs[n].predicted_ms <= allowed
        ),
        default=None,
    )
    if best is None:
        return replace(state, fitting=0)
    if state.fitting + 1 < state.wait:
        return replace(state, fitting=state.fitting + 1)
    return replace(state, rung=best, fitting=0, since_climb=0)
