"""A local search with the real objective, led by a model of all that was judged.

A neighbour of a split has any run of units moved to one processor, or two such changes of which one
pays for the other. A surrogate of all that was judged says which of the many neighbours to judge
first, and is itself descended from several places, so that a valley elsewhere is found. What is
returned was judged, and is no worse than any start.

Judging is what costs: so neighbours are priced all at once (`descent`), and only what may be judged
is asked for its exact time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vernier.progress import Progress, silent
from vernier.splitting.additive import chain_places
from vernier.splitting.descent import Ground, descend, neighbours, pairwise_times
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.pairwise import Places
from vernier.splitting.problem import Constraints, Problem
from vernier.splitting.starts import by_chance
from vernier.splitting.surrogate import Archive, Surrogate
from vernier.splitting.tie_sums import TieSums
from vernier.units.split import Split

Float64 = NDArray[np.float64]
_Key = Callable[[Split], tuple[float, float]]

AT_ONCE = 4
"""Neighbours judged before the surrogate is fitted anew."""
ELSEWHERE = 2
"""Of them, where the surrogate leads from other places."""
SHAKEN = 4
KICKED, KICKED_UNITS = 6, 480
"""Descents from shaken places in each wave; fewer where these times the units are more."""
KICKS = 20
"""Waves without anything new to judge, each from other random places, after which to end."""
SHAKES = 16
"""Random places that are looked at where the surrogate leads to nothing new."""
PATIENCE = 6.0
"""Judgements without a gain, as a multiple of the units, after which a search has ended."""
LEAST_PATIENCE = 80
MOST_JUDGEMENTS = 400
LOOKED_AT = 400
"""Neighbours of the best split that are asked for their time, until enough keep the budget."""
DESCENT_BUDGETS = (1.0, 1.05, 1.15)
"""Budgets of descents in turn, as factors: elsewhere sums may be farther above the exact time."""
TIGHTER, TIGHTENED = 0.999, 4
"""Factor of the budget where a descent's end is too slow by the exact time, and how often."""


def local_search(
    problem: Problem,
    judge: Evaluations,
    starts: Sequence[Split],
    most: int = MOST_JUDGEMENTS,
    progress: Progress = silent,
    predicted: Float64 | None = None,
    patience: int | None = None,
) -> Split | None:
    """The best split found.

    Args:
        problem: with its budget.
        judge: of splits; what it knows already is used.
        starts: feasible ones count, others only teach the surrogate if they were judged.
        most: new judgements.
        progress: called after each judgement.
        predicted: effects of units on processors, `(M, K)`, that a learner has taught.
        patience: judgements without a gain after which to end; by the number of units if None.

    Returns:
        None where no start is feasible.
    """
    feasible = [split for split in dict.fromkeys(starts) if problem.feasible(split)]
    if not feasible:
        return None
    first, since = len(judge), 0
    for start in feasible:
        judge(start)
    order = _order(problem, judge)
    best = min((s for s in judge.known if problem.feasible(s)), key=order)
    patience = patience or max(LEAST_PATIENCE, int(PATIENCE * len(problem.able)))
    fruitless = number = 0
    waves = _Waves(problem, judge, predicted)
    while since < patience and fruitless < KICKS and len(judge) - first < most:
        number += 1
        wave = waves.next(best, number)
        fruitless = 0 if wave else fruitless + 1
        for split in wave:
            judge(split)
            since += 1
            if order(split) < order(best):
                best, since = split, 0
            progress(min(len(judge) - first, most), most, f"objective {judge(best):.3f}")
    return best


def _order(problem: Problem, judge: Evaluations) -> _Key:
    return lambda split: (judge(split), problem.time_ms(split))


class _Waves:
    """Which splits to judge next.

    Args:
        problem: with its budget.
        judge: what it knows is learnt from.
        predicted: as of `local_search`.
    """

    def __init__(
        self, problem: Problem, judge: Evaluations, predicted: Float64 | None = None
    ) -> None:
        self._problem, self._judge, self._predicted = problem, judge, predicted
        self._archive = Archive(problem)
        self._times, self._sums = pairwise_times(problem), TieSums(problem.sums)
        self._able = np.isfinite(problem.sums.units_ms)
        self._ties_ms = problem.sums.between_neighbours()
        free = replace(problem.constraints, locked={}) == Constraints()
        self._allowed = None if free else lambda places: problem.allowed(self._split(places))

    def next(self, best: Split, seed: int) -> list[Split]:
        """The most promising neighbours, and what the surrogate holds for best."""
        known = self._judge.known
        surrogate = Surrogate(self._archive, known, best, self._predicted)
        ground = self._ground(surrogate, best)
        at = self._archive.places(best)
        near = map(self._split, islice(neighbours(ground, at), LOOKED_AT))
        found = self._new(near, AT_ONCE - ELSEWHERE)
        rng = np.random.default_rng(seed)
        ground = replace(
            ground, budget_ms=ground.budget_ms * DESCENT_BUDGETS[seed % len(DESCENT_BUDGETS)]
        )
        starts = [at, self._anywhere(rng), self._along(ground)]
        ends = [self._end(ground, start) for start in starts if start is not None]
        ends += self._kicked(ground, surrogate, at, rng)
        splits = list(dict.fromkeys(end for end in ends if end is not None))
        if splits:
            guessed = surrogate(splits)
            order = sorted(range(len(splits)), key=lambda number: float(guessed[number]))
            new = (splits[number] for number in order if splits[number] not in found)
            found += self._new(new, ELSEWHERE)
        return found or self._elsewhere(surrogate, at, seed)

    def _ground(self, surrogate: Surrogate, best: Split) -> Ground:
        """Sums are not the exact time: the budget is taken in terms of theirs, near the best."""
        sums_ms = float(self._sums(self._archive.places(best)[None])[0])
        exact_ms = self._problem.time_ms(best)
        budget_ms = self._problem.budget_ms * (sums_ms / exact_ms if exact_ms > 0 else 1.0)
        return Ground(surrogate.sums, self._times, self._sums, self._able, budget_ms, self._allowed)

    def _end(self, ground: Ground, start: Places) -> Split | None:
        """Where a descent ends that keeps the exact budget; None where none does."""
        for _ in range(TIGHTENED):
            start = descend(ground, start)
            split = self._split(start)
            if self._problem.feasible(split):
                return split
            late = self._problem.budget_ms / max(self._problem.time_ms(split), 1e-12)
            ground = replace(ground, budget_ms=ground.budget_ms * min(TIGHTER, late))
        return None

    def _kicked(
        self, ground: Ground, surrogate: Surrogate, at: Places, rng: np.random.Generator
    ) -> list[Split]:
        """Ends of descents from shaken places, each from the best by the surrogate so far."""
        found: list[Split] = []
        least = np.inf
        for _ in range(max(1, min(KICKED, KICKED_UNITS // len(at)))):
            shaken = self._shaken(at, rng) if rng.random() < 0.5 else self._run_moved(at, rng)
            end = self._end(ground, shaken)
            if end is None:
                continue
            found.append(end)
            guess = float(surrogate([end])[0])
            if guess < least:
                least, at = guess, self._archive.places(end)
        return found

    def _along(self, ground: Ground) -> Places | None:
        """The surrogate's optimum along the units."""
        looks, model = ground.looks, self._problem.sums
        chain = looks.second == looks.first + 1
        between = dict(zip(looks.first[chain].tolist(), looks.pairs[chain], strict=True))
        most_ms = 4 * self._problem.time_ms(self._problem.finest)
        budget_ms = min(ground.budget_ms, most_ms)
        found = chain_places(model, self._ties_ms, looks.units, between, budget_ms)
        return None if found is None else np.array(found, np.intp)

    def _elsewhere(self, surrogate: Surrogate, at: Places, seed: int) -> list[Split]:
        """All that the surrogate leads to is known: look anywhere else."""
        seeds = range(SHAKES * seed, SHAKES * (seed + 1))
        shaken = [self._split(self._shaken(at, np.random.default_rng(n))) for n in seeds]
        chance = [by_chance(self._problem, number, 50) for number in seeds]
        made = [one for one in dict.fromkeys([*shaken, *chance]) if one is not None]
        guessed = surrogate(made)
        order = sorted(range(len(made)), key=lambda number: float(guessed[number]))
        return self._new((made[number] for number in order), ELSEWHERE)

    def _new(self, splits: Iterable[Split], count: int) -> list[Split]:
        """The first that are not judged yet and keep the budget; no more are asked than needed."""
        known, feasible = self._judge.known, self._problem.feasible
        return list(islice((s for s in splits if s not in known and feasible(s)), count))

    def _split(self, places: Places) -> Split:
        names = self._problem.profile.processors
        return tuple(names[place] for place in places)

    def _anywhere(self, rng: np.random.Generator) -> Places:
        """A random share of units on random processors, whether or not that is feasible."""
        fine = self._archive.places(self._problem.finest)
        return self._moved(fine, rng, rng.random(len(fine)) < rng.random())

    def _shaken(self, places: Places, rng: np.random.Generator) -> Places:
        """A few units moved by chance, likewise."""
        taken = np.zeros(len(places), bool)
        taken[rng.choice(len(places), size=min(SHAKEN, len(places)), replace=False)] = True
        return self._moved(places, rng, taken)

    def _run_moved(self, places: Places, rng: np.random.Generator) -> Places:
        """A run of units, up to a quarter of all, to one processor, likewise."""
        count = len(places)
        first, length = int(rng.integers(count)), 1 + int(rng.integers(max(1, count // 4)))
        place = int(rng.integers(self._able.shape[1]))
        inside = (np.arange(count) >= first) & (np.arange(count) < first + length)
        return np.where(inside & self._able[:, place], place, places)

    def _moved(self, places: Places, rng: np.random.Generator, taken: NDArray[np.bool_]) -> Places:
        drawn = np.where(self._able, rng.random(self._able.shape), -1.0).argmax(axis=1)
        return np.where(taken, drawn, places)
