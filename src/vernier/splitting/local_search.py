"""A local search with the real objective: runs of units are moved, and pairs of units swapped.

Switches cost, so that moving one unit alone is often too slow where moving it with its neighbours
is not: a neighbour of a split has any run of units moved to one processor, or two units swapped.

A surrogate of all that was judged says which of the many neighbours to judge first, and is itself
descended from several places, so that a valley elsewhere is found. What is returned was judged, and
is no worse than any start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice

import numpy as np

from vernier.errors import MissingExtraError
from vernier.progress import Progress, silent
from vernier.splitting.additive import graph_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.problem import Problem
from vernier.splitting.starts import by_chance
from vernier.splitting.surrogate import Surrogate
from vernier.units.split import Assignment

_Key = Callable[[Assignment], tuple[float, float]]

AT_ONCE = 4
"""Neighbours judged before the surrogate is fitted anew."""
AFAR = 2
"""Of them, where the surrogate leads from other places."""
SHAKEN = 4
KICKS = 20
"""Waves without anything new to judge, each from other random places, after which to end."""
SHAKES = 16
"""Random places that are looked at where the surrogate leads to nothing new."""
PATIENCE = 6.0
"""Judgements without a gain, as a multiple of the units, after which a search has ended."""
LEAST_PATIENCE = 80


MOST_JUDGEMENTS = 400


def local_search(
    problem: Problem,
    judge: Evaluations,
    starts: Sequence[Assignment],
    most: int = MOST_JUDGEMENTS,
    progress: Progress = silent,
) -> Assignment | None:
    """The best assignment found.

    Args:
        problem: with its budget.
        judge: of assignments; what it knows already is used.
        starts: feasible ones count, others only teach the surrogate if they were judged.
        most: new judgements.
        progress: told after each judgement.

    Returns:
        None where no start is feasible.
    """
    feasible = [split for split in dict.fromkeys(starts) if problem.feasible(split)]
    if not feasible:
        return None
    first, since = len(judge), 0
    for start in feasible:
        judge(start)
    best = min((s for s in judge.known if problem.feasible(s)), key=_order(problem, judge))
    patience = max(LEAST_PATIENCE, int(PATIENCE * len(problem.able)))
    fruitless = number = 0
    while since < patience and fruitless < KICKS and len(judge) - first < most:
        number += 1
        wave = _wave(problem, judge, best, number)
        fruitless = 0 if wave else fruitless + 1
        for split in wave:
            judge(split)
            since += 1
            if _order(problem, judge)(split) < _order(problem, judge)(best):
                best, since = split, 0
            progress(min(len(judge) - first, most), most, f"objective {judge(best):.3f}")
    return best


def _order(problem: Problem, judge: Evaluations) -> _Key:
    return lambda split: (judge(split), problem.time_ms(split))


def _wave(problem: Problem, judge: Evaluations, best: Assignment, seed: int) -> list[Assignment]:
    """Which to judge next: the most promising neighbours, and what the surrogate holds for best."""
    surrogate = Surrogate(problem, judge.known, best)
    near = [split for split in _neighbours(problem, best) if split not in judge.known]
    proposed = _first_feasible(problem, near, surrogate, AT_ONCE - AFAR)
    starts = [best, by_chance(problem, seed), _shaken(problem, best, seed)]
    with suppress(MissingExtraError):
        starts.append(graph_optimum(problem, surrogate.table()))
    ends = {
        _descended(problem, surrogate, start): None
        for start in starts
        if start is not None and problem.feasible(start)
    }
    new = [split for split in ends if split not in judge.known and split not in proposed]
    found = proposed + _first_feasible(problem, new, surrogate, AFAR)
    if found:
        return found
    # All that the surrogate leads to is known: look anywhere else.
    seeds = range(SHAKES * seed, SHAKES * (seed + 1))
    anywhere = [_shaken(problem, best, number) for number in seeds]
    anywhere += [split for number in seeds if (split := by_chance(problem, number, 50))]
    unknown = [split for split in dict.fromkeys(anywhere) if split not in judge.known]
    return _first_feasible(problem, unknown, surrogate, AFAR)


def _first_feasible(
    problem: Problem, splits: Sequence[Assignment], surrogate: Surrogate, count: int
) -> list[Assignment]:
    """The most promising of some splits that are feasible; no more are asked than needed."""
    splits = problem.hopeful(splits)
    if not splits:
        return []
    guessed = surrogate(splits)
    order = sorted(range(len(splits)), key=lambda number: float(guessed[number]))
    feasible = (splits[number] for number in order if problem.feasible(splits[number]))
    return list(islice(feasible, count))


def _descended(problem: Problem, surrogate: Surrogate, split: Assignment) -> Assignment:
    """Where a descent on the surrogate ends."""
    while True:
        near = _neighbours(problem, split)
        here = float(surrogate([split])[0])
        better = [n for n, guess in zip(near, surrogate(near), strict=True) if guess < here - 1e-9]
        following = _first_feasible(problem, better, surrogate, 1)
        if not following:
            return split
        split = following[0]


def _shaken(problem: Problem, split: Assignment, seed: int) -> Assignment:
    """A few units moved by chance, whether or not that is feasible."""
    rng = np.random.default_rng(seed)
    made = list(split)
    for unit in rng.choice(len(split), size=min(SHAKEN, len(split)), replace=False):
        made[unit] = problem.able[unit][int(rng.integers(len(problem.able[unit])))]
    return tuple(made)


def _neighbours(problem: Problem, split: Assignment) -> list[Assignment]:
    """Assignments with a run of units on one processor, or with two units' processors swapped."""
    count = len(split)
    found: dict[Assignment, None] = {}
    for first in range(count):
        for name in problem.profile.processors:
            made = list(split)
            for unit in range(first, count):
                if name in problem.able[unit]:
                    made[unit] = name
                    found[tuple(made)] = None
        for other in range(first + 1, count):
            one, two = split[other], split[first]
            if one != two and one in problem.able[first] and two in problem.able[other]:
                swapped = list(split)
                swapped[first], swapped[other] = one, two
                found[tuple(swapped)] = None
    found.pop(split, None)
    return list(found)
