"""The governor on a trace of how slow a machine was, beside those who do not adapt or know all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from vernier.video.governor import Pace, Rung, State, first_state, observe


@dataclass(frozen=True)
class Kept:
    """How a stream went.

    Attributes:
        on_time: share of frames that were there by their deadline.
        quality: mean over all frames, in dB over bicubic; a late frame counts as 0.
        switches_per_minute: changes of plan.
        rungs: of each frame.
    """

    on_time: float
    quality: float
    switches_per_minute: float
    rungs: tuple[int, ...]


def governed(rungs: Sequence[Rung], pace: Pace, slowdowns: Sequence[float]) -> Kept:
    """What the governor makes of a trace.

    Args:
        rungs: the front, the cheapest first.
        pace: to keep.
        slowdowns: of each frame: how many times its prediction it takes, whatever the plan.
    """
    state: State = first_state(rungs, pace)
    chosen = []
    for factor in slowdowns:
        chosen.append(state.rung)
        state = observe(state, rungs, pace, factor * rungs[state.rung].predicted_ms)
    return _kept(rungs, pace, slowdowns, chosen)


def fixed(rungs: Sequence[Rung], pace: Pace, slowdowns: Sequence[float], rung: int) -> Kept:
    """One plan throughout."""
    return _kept(rungs, pace, slowdowns, [rung] * len(slowdowns))


def oracle(rungs: Sequence[Rung], pace: Pace, slowdowns: Sequence[float]) -> Kept:
    """The best plan that is in time, for each frame, by who knows how long it will take."""
    chosen = [
        max(
            (n for n, rung in enumerate(rungs) if factor * rung.predicted_ms <= pace.period_ms),
            default=0,
        )
        for factor in slowdowns
    ]
    return _kept(rungs, pace, slowdowns, chosen)


def _kept(
    rungs: Sequence[Rung], pace: Pace, slowdowns: Sequence[float], chosen: Sequence[int]
) -> Kept:
    good = [
        rungs[n].quality if factor * rungs[n].predicted_ms <= pace.period_ms else None
        for n, factor in zip(chosen, slowdowns, strict=True)
    ]
    count = len(chosen)
    switches = sum(a != b for a, b in itertools.pairwise(chosen))
    return Kept(
        sum(value is not None for value in good) / count,
        sum(value or 0.0 for value in good) / count,
        switches / (count * pace.period_ms / 60_000),
        tuple(chosen),
    )
