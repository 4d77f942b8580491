"""Descents on a model of looks and time: runs of units move, and pairs of changes together.

Switches cost, so that moving one unit alone is often too slow where moving it with its neighbours
is not; and a budget that is used up is only kept where one change pays for another. All runs are
priced at once (`pairwise`); the most promising are combined in pairs. What is picked is then asked
of the sums themselves, so that no step is taken that gains nothing by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vernier.splitting.pairwise import Pairwise, Places
from vernier.splitting.problem import Problem
from vernier.splitting.tie_sums import TieSums

Float64 = NDArray[np.float64]
COMBINED = 48
"""Changes that look better, and changes that save time, of which all pairs are priced."""
ASKED = 8
"""Candidates that are asked of the sums at each step."""
CONSTRAINED = 128
"""The same where other constraints than the budget refuse many."""
LISTED = 1000
"""Neighbours that are listed."""
LENIENT = 0.1
"""How far above the budget the sums of a neighbour may be: its exact time is asked for."""
DEAR = 4.0
"""What a budget's worth of lateness costs at first, as a multiple of the spread of looks."""
DEARER, ROUNDS = 8.0, 3
"""Factor of that, and how often it is tried, where a descent ends late."""
TIES = 1e-7
"""Of the spread of looks: what a budget's worth of time weighs between equals."""


@dataclass(frozen=True)
class Ground:
    """What is descended: guessed looks, and time as sums.

    Attributes:
        looks: guesses of the objective but for a constant.
        times: an approximation of the sums by pairs: exact but for tensors of several readers.
        sums: the sums themselves, in ms.
        able: whether each unit can run on each processor, `(M, K)`.
        budget_ms: in the sums' own terms.
        allowed: whether a split keeps all other constraints; None for no such constraint.
    """

    looks: Pairwise
    times: Pairwise
    sums: TieSums
    able: NDArray[np.bool_]
    budget_ms: float
    allowed: Callable[[Places], bool] | None = None

    @property
    def span(self) -> float:
        """A scale of looks."""
        units = self.looks.units
        return float(np.abs(units - units.mean(axis=1, keepdims=True)).sum()) or 1.0


def pairwise_times(problem: Problem) -> Pairwise:
    """The sums of times, what several readers share divided evenly among them."""
    model = problem.sums
    pairs: dict[tuple[int, int], Float64] = {}
    for tie in model.ties:
        for reader in tie.readers:
            cost = tie.cost_ms / len(tie.readers)
            pairs[tie.source, reader] = pairs.get((tie.source, reader), 0.0) + cost
    units_ms = np.where(np.isfinite(model.units_ms), model.units_ms, 0.0)
    return Pairwise.of(units_ms, pairs)


def descend(ground: Ground, places: Places) -> Places:
    """Where a descent ends: within the budget wherever it can get there.

    Args:
        ground: looks and times.
        places: to begin with, shape `(M,)`, in time or late.
    """
    price = DEAR * ground.span / max(ground.budget_ms, 1e-9)
    for _ in range(ROUNDS):
        places = _descended(ground, places, price)
        if ground.sums(places[None])[0] <= ground.budget_ms:
            return places
        price *= DEARER
    return places


def _descended(ground: Ground, places: Places, price: float) -> Places:
    value = _values(ground, places[None], price)[0]
    # Every step gains: a bound only against what rounding could make of that.
    for _ in range(8 * len(places)):
        candidates = np.array(list(_candidates(ground, places, price)))
        if not len(candidates):
            return places
        values = _values(ground, candidates, price)
        better = np.argsort(values)[: (values < value - 1e-9 * ground.span).sum()]
        following = next(filter(partial(_is_allowed, ground, candidates), better), None)
        if following is None:
            return places
        places, value = candidates[following], values[following]
    return places


def _is_allowed(ground: Ground, candidates: Places, number: int) -> bool:
    return ground.allowed is None or ground.allowed(candidates[number])


def _values(ground: Ground, places: Places, price: float) -> Float64:
    """Looks, and the price of what is late, of many splits."""
    times = ground.sums(places)
    late = np.maximum(0.0, times - ground.budget_ms)
    tie = TIES * ground.span / max(ground.budget_ms, 1e-9)
    found: Float64 = ground.looks.totals(places) + price * late + tie * times
    return found


@dataclass(frozen=True)
class _Changes:
    """Runs of units to one processor: first and last unit, processor, change of looks and time."""

    first: Places
    last: Places
    place: Places
    looks: Float64
    times: Float64

    def best(self, worth: Float64, count: int) -> _Changes:
        """Those of least worth."""
        count = min(count, len(worth))
        taken = np.argpartition(worth, count - 1)[:count] if count else np.empty(0, np.intp)
        return self.at(taken[np.argsort(worth[taken], kind="stable")])

    def at(self, taken: Places) -> _Changes:
        return _Changes(
            self.first[taken], self.last[taken], self.place[taken],
            self.looks[taken], self.times[taken],
        )  # fmt: skip

    def applied(self, ground: Ground, number: int, places: Places) -> Places:
        """The split after one of them."""
        units = slice(int(self.first[number]), int(self.last[number]) + 1)
        place = int(self.place[number])
        made = places.copy()
        made[units] = np.where(ground.able[units, place], place, made[units])
        return made


def changes(ground: Ground, places: Places) -> _Changes:
    """All runs of units to each processor, that change anything."""
    count, kinds = ground.able.shape
    rows, columns = np.triu_indices(count)
    found = []
    for place in range(kinds):
        targets = np.where(ground.able[:, place], place, places)
        # A run that begins or ends with a unit that stays is a shorter run.
        moves = targets != places
        kept = moves[rows] & moves[columns]
        first, last = rows[kept], columns[kept]
        looks = ground.looks.runs(places, targets)[first, last]
        times = ground.times.runs(places, targets)[first, last]
        found.append((first, last, np.full(len(first), place), looks, times))
    return _Changes(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _candidates(ground: Ground, places: Places, price: float) -> Iterator[Places]:
    """The most promising splits after one change or two."""
    slack = ground.budget_ms - float(ground.sums(places[None])[0])
    alone = changes(ground, places)
    asked = ASKED if ground.allowed is None else CONSTRAINED
    best = alone.best(alone.looks + price * _more_late(alone.times, slack), asked)
    for number in range(len(best.first)):
        yield best.applied(ground, number, places)
    both = _combined(alone)
    worth = both.looks + price * _more_late(both.times, slack)
    for at in np.argsort(worth, kind="stable")[:asked]:
        yield both.applied(ground, int(at), places)


def neighbours(ground: Ground, places: Places) -> Iterator[Places]:
    """Splits after one change or two that seem to keep the budget, what looks best first."""
    slack = (1 + LENIENT) * ground.budget_ms - float(ground.sums(places[None])[0])
    alone = changes(ground, places)
    both = _combined(alone)
    kept = alone.at(np.flatnonzero(alone.times <= slack))
    kept = kept.best(kept.looks, LISTED)
    paid = np.flatnonzero(both.times <= slack)
    paid = paid[np.argsort(both.looks[paid], kind="stable")][:LISTED]
    order = np.argsort(np.concatenate([kept.looks, both.looks[paid]]), kind="stable")
    for number in map(int, order):
        if number < len(kept.first):
            yield kept.applied(ground, number, places)
        else:
            yield both.applied(ground, int(paid[number - len(kept.first)]), places)


@dataclass(frozen=True)
class _Pairs:
    """Two changes of different units together, priced as if they added up."""

    one: _Changes
    two: _Changes
    looks: Float64
    times: Float64

    def applied(self, ground: Ground, number: int, places: Places) -> Places:
        """The split after one pair of them."""
        return self.two.applied(ground, number, self.one.applied(ground, number, places))


def _combined(alone: _Changes) -> _Pairs:
    """What looks better, with what saves time at little harm."""
    better = alone.best(alone.looks, COMBINED)
    rates = np.maximum(alone.looks, 0) / np.maximum(-alone.times, 1e-12)
    savers = alone.at(np.flatnonzero(alone.times < 0))
    savers = savers.best(rates[alone.times < 0], COMBINED)
    one, two = np.indices((len(better.first), len(savers.first))).reshape(2, -1)
    apart = (better.last[one] < savers.first[two]) | (savers.last[two] < better.first[one])
    first, second = better.at(one[apart]), savers.at(two[apart])
    return _Pairs(first, second, first.looks + second.looks, first.times + second.times)


def _more_late(times: Float64, slack: float) -> Float64:
    """How much later than before, where something is late at all."""
    found: Float64 = np.maximum(0.0, times - slack) - max(0.0, -slack)
    return found
