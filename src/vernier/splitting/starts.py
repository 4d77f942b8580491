"""Splits that need no judge: the fastest, the first or last k units, chance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vernier.splitting.problem import Problem
from vernier.splitting.tie_sums import TieSums
from vernier.units.split import Split

MANY_UNITS = 40


def fastest(problem: Problem) -> Split | None:
    """The fastest split that all constraints but the budget allow; None if none does.

    Viterbi's path along the units, and a descent by single units on the exact prediction.
    """
    names = problem.profile.processors
    whole = [
        tuple(name if name in able else able[0] for able in problem.able)
        for name in dict.fromkeys((*names, *problem.coarsest))
    ]
    candidates = [_viterbi(problem), problem.finest, problem.coarsest, *whole]
    allowed = list(dict.fromkeys(filter(problem.allowed, candidates)))
    if len(problem.able) > MANY_UNITS:
        # Asking the exact time of every flip at every step is too much: sums lead, and the best of
        # what they find is descended exactly.
        allowed = [*allowed, *(_descended_sums(problem, one) for one in allowed)]
        allowed = sorted(filter(problem.allowed, allowed), key=problem.time_ms)[:1]
    found = [_descended(problem, one) for one in allowed]
    return min(found, key=problem.time_ms, default=None)


def _viterbi(problem: Problem) -> Split:
    """The fastest path where only ties between neighbours cost."""
    model = problem.sums
    count = len(model.units_ms)
    between = model.between_neighbours()
    total = model.units_ms[0]
    came: list[list[int]] = []
    for unit in range(1, count):
        step = total[:, None] + between.get(unit - 1, 0.0)
        came.append([int(place) for place in step.argmin(axis=0)])
        total = step.min(axis=0) + model.units_ms[unit]
    places = [int(total.argmin())]
    for back in reversed(came):
        places.append(back[places[-1]])
    return tuple(model.processors[place] for place in reversed(places))


def _descended(problem: Problem, split: Split) -> Split:
    while True:
        better = min(
            (one for one in flips(problem, split) if problem.allowed(one)),
            key=problem.time_ms,
            default=split,
        )
        if problem.time_ms(better) >= problem.time_ms(split) - 1e-9:
            return split
        split = better


def _descended_sums(problem: Problem, split: Split) -> Split:
    """The same by sums of times, all flips at once."""
    model = problem.sums
    sums, names = TieSums(model), model.processors
    places = np.array([names.index(name) for name in split])
    units, kinds = np.nonzero(np.isfinite(model.units_ms))
    flipped = np.arange(len(units))
    while True:
        near = np.repeat(places[None], len(units), axis=0)
        near[flipped, units] = kinds
        times = sums(near)
        best = int(times.argmin())
        if times[best] >= sums(places[None])[0] - 1e-9:
            return tuple(names[place] for place in places)
        places = near[best]


def flips(problem: Problem, split: Split) -> Iterator[Split]:
    """All splits that differ in one unit."""
    for unit, able in enumerate(problem.able):
        for name in able:
            if name != split[unit]:
                yield (*split[:unit], name, *split[unit + 1 :])


def swaps(problem: Problem, split: Split) -> Iterator[Split]:
    """All splits with the processors of two units exchanged."""
    for one, name in enumerate(split):
        for two in range(one + 1, len(split)):
            other = split[two]
            if name != other and other in problem.able[one] and name in problem.able[two]:
                between = split[one + 1 : two]
                yield (*split[:one], other, *between, name, *split[two + 1 :])


def moved_runs(problem: Problem, split: Split) -> Iterator[Split]:
    """All splits with two units or more in a row moved to one processor."""
    for first in range(len(split)):
        for name in problem.profile.processors:
            made = list(split)
            for unit in range(first, len(split)):
                made[unit] = name if name in problem.able[unit] else split[unit]
                if unit > first and made[unit] != split[unit] and made[first] != split[first]:
                    yield tuple(made)


def first_k(problem: Problem, last: bool = False) -> Split | None:
    """The fewest first (or last) units in INT8 that keep the budget.

    Args:
        problem: its finest and coarsest splits are what units are taken from.
        last: take the last units.
    """
    fine, coarse = problem.finest, problem.coarsest
    for k in range(len(fine) + 1):
        split = (*fine[: len(fine) - k], *coarse[len(fine) - k :]) if last else ()
        split = split if last else (*coarse[:k], *fine[k:])
        if problem.feasible(split):
            return split
    return None


def by_chance(problem: Problem, seed: int, tries: int = 2000) -> Split | None:
    """A random feasible split, of a random share of INT8; None if none was found."""
    rng = np.random.default_rng(seed)
    fine, coarse = problem.finest, problem.coarsest
    for _ in range(tries):
        takes = rng.random(len(fine)) < rng.random()
        split = tuple(c if take else f for f, c, take in zip(fine, coarse, takes, strict=True))
        if problem.feasible(split):
            return split
    return None
