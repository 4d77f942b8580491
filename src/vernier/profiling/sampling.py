"""Interleaved timing, and what to say of a noisy sample: a median with its confidence.

All contenders of a comparison run once per round, so that a machine that slows down slows all of
them. Differences are taken round by round before they are averaged: what a round's contenders have
in common cancels.

The outlier rule: a round counts unless one of its contenders took more than its own median plus
`OUTLIER_DEVIATIONS` robust standard deviations (1.4826 times the median absolute deviation, but at
least 2 % of the median, both within one load). Only slow rounds are dropped: nothing makes a
computation too fast. Where less than half would be left, nothing is dropped: that is no outlier
but how this machine is, and the confidence interval shows it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTLIER_DEVIATIONS = 4.0
LEAST_DEVIATION = 0.02
LEAST_KEPT = 0.5
LOADS = 3
LEAST_ROUNDS = 3
RUN_IN_MS, SHORT_MS = 5.0, 30.0
RESAMPLES = 400
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Samples:
    """Times of several contenders, round by round.

    Attributes:
        times_ms: by contender, each `(rounds,)`, float64.
        loads: the load that each round is of, `(rounds,)`; all of one if absent.
    """

    times_ms: Mapping[str, NDArray[np.float64]]
    loads: NDArray[np.intp] | None = None

    @property
    def kept(self) -> NDArray[np.bool_]:
        """The rounds that are no outliers, `(rounds,)`; all, if that would leave too few."""
        keep = np.ones(len(next(iter(self.times_ms.values()))), bool)
        loads = np.zeros(len(keep), np.intp) if self.loads is None else self.loads
        for load in np.unique(loads):
            own = loads == load
            for values in self.times_ms.values():
                median = float(np.median(values[own]))
                deviation = 1.4826 * float(np.median(np.abs(values[own] - median)))
                limit = OUTLIER_DEVIATIONS * max(deviation, LEAST_DEVIATION * median)
                keep[own] &= values[own] <= median + limit
        return keep if keep.mean() >= LEAST_KEPT else np.ones(len(keep), bool)

    def combine(self, weights: Mapping[str, float]) -> Estimate:
        """The median of a weighted sum of contenders, taken round by round."""
        keep = self.kept
        sums = sum(weight * self.times_ms[name][keep] for name, weight in weights.items())
        return estimate(np.asarray(sums, np.float64), discarded=int((~keep).sum()))


@dataclass(frozen=True)
class Estimate:
    """A time with its uncertainty.

    Attributes:
        median_ms: of the rounds that count; of a difference it may be negative.
        low_ms: lower end of the median's 95 % confidence interval.
        high_ms: upper end.
        rounds: that count.
        discarded: rounds dropped as outliers.
    """

    median_ms: float
    low_ms: float
    high_ms: float
    rounds: int
    discarded: int = 0


def estimate(values_ms: NDArray[np.float64], discarded: int = 0) -> Estimate:
    """The median and its confidence interval, by bootstrap with a fixed seed.

    Args:
        values_ms: at least one.
        discarded: told of in the result.
    """
    rng = np.random.default_rng(0)
    drawn = rng.choice(values_ms, (RESAMPLES, len(values_ms)))
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(float(np.median(values_ms)), float(low), float(high), len(values_ms), discarded)


def sample(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int = 2,
    seed: int = 0,
    enough_ms: float = math.inf,
) -> Samples:
    """Time contenders, each once per round, in an order drawn anew for every round.

    The order changes because each finds the caches as its predecessor left them. What is short runs
    for a while before it is timed: an engine's threads spin for milliseconds after their work, and
    until the system has moved them, whoever comes next has one core less. That doubled every other
    measurement of short units (`docs/notes/2026-11-timing-short-units.md`).

    Args:
        contenders: what to time, by name; one that returns a float tells its own time in ms.
        rounds: that are recorded.
        warm_up: rounds before them that are not.
        seed: of the orders.
        enough_ms: once all rounds together took so long, three that are recorded are enough: what
            runs for a second varies by a few parts in a hundred.
    """
    begun_ns = time.perf_counter_ns()
    names = list(contenders)
    rng = np.random.default_rng(seed)
    times_ms: dict[str, list[float]] = {name: [] for name in names}
    short = dict.fromkeys(names, False)
    for number in range(warm_up + rounds):
        if number >= warm_up + LEAST_ROUNDS and time.perf_counter_ns() - begun_ns > enough_ms * 1e6:
            break
        for place in rng.permutation(len(names)):
            name = names[place]
            begun = time.perf_counter_ns()
            while short[name] and time.perf_counter_ns() - begun < RUN_IN_MS * 1e6:
                contenders[name]()
            started = time.perf_counter_ns()
            returned = contenders[name]()
            passed = (time.perf_counter_ns() - started) / 1e6
            short[name] = passed < SHORT_MS and not isinstance(returned, float)
            if number >= warm_up:
                times_ms[name].append(returned if isinstance(returned, float) else passed)
    return Samples({name: np.array(values) for name, values in times_ms.items()})


def sample_loads(
    load: Callable[[ExitStack], Mapping[str, Callable[[], object]]], rounds: int
) -> Samples:
    """As `sample`, with everything loaded anew a few times.

    Where an engine happens to put its memory stays with a load, and can cost a convolution half of
    its time; rounds of one load would all agree on it.

    Args:
        load: loads the contenders; what closes them goes on the stack.
        rounds: of all loads together.
    """
    found: list[Samples] = []
    loads = min(LOADS, rounds)
    for number in range(loads):
        with ExitStack() as stack:
            share = rounds // loads + (number < rounds % loads)
            found.append(sample(load(stack), share, seed=number))
    names = found[0].times_ms
    counts = [len(next(iter(one.times_ms.values()))) for one in found]
    return Samples(
        {name: np.concatenate([one.times_ms[name] for one in found]) for name in names},
        np.repeat(np.arange(loads), counts),
    )
