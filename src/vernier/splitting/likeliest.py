"""What follows from what a learner found: the likeliest feasible splits, the effects of units."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vernier.splitting.additive import chain_optimum
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest, flips, swaps
from vernier.units.split import Split

if TYPE_CHECKING:
    from vernier.splitting.learner import Learnt

Float64 = NDArray[np.float64]
LEAST_SHARE = 1e-6
LOOKED_AT = 1 << 14
"""Splits that are looked at in the order of likelihood, before feasible ones are made instead."""


def unlikeliness(problem: Problem, shares: Float64) -> Float64:
    """Less the logarithm of each share, `(M, K)`; infinity where a unit cannot run."""
    able = np.isfinite(problem.sums.units_ms)
    return np.where(able, -np.log(np.maximum(shares, LEAST_SHARE)), np.inf)


def predicted_effects(problem: Problem, learnt: Learnt) -> Float64:
    """What each unit on each processor does to the looks, less than on its finest one, `(M, K)`.

    The mean of the slopes at all draws, so among the other units as a learner came to place them;
    in the learner's weighted points. Infinity where a unit cannot run.
    """
    names = problem.sums.processors
    fine = np.array([names.index(name) for name in problem.finest])
    slopes = np.mean([draw.slopes for draw in learnt.draws], axis=0)
    effects = slopes - slopes[np.arange(len(fine)), fine][:, None]
    return np.where(np.isfinite(problem.sums.units_ms), effects, np.inf)


def likeliest(problem: Problem, shares: Float64, count: int) -> list[Split]:
    """Feasible splits, the likeliest first.

    They are the likeliest of all where there are no more than 2**14 splits, or where so many
    suffice to find them. Elsewhere what is missing is the likeliest that keeps the budget by
    dynamic programming along the units, and what a flip or a swap makes of it.

    Args:
        problem: with its budget.
        shares: probabilities, `(M, K)`.
        count: how many, at the most.
    """
    costs = unlikeliness(problem, shares)
    looked_at = islice(_by_cost(costs), LOOKED_AT)
    names = problem.sums.processors
    feasible = (
        split
        for places in looked_at
        if problem.feasible(split := tuple(names[place] for place in places))
    )
    found = list(islice(feasible, count))
    return found if len(found) == count else _filled(problem, costs, found, count)


def _filled(problem: Problem, costs: Float64, found: list[Split], count: int) -> list[Split]:
    """With the likeliest on a chain, its neighbours, and the fastest where nothing else keeps."""
    first = chain_optimum(problem, costs) or fastest(problem)
    if first is None or not problem.feasible(first):
        return found
    changed = [*flips(problem, first), *swaps(problem, first)]
    near = sorted(changed, key=lambda split: cost_of(problem, costs, split))
    more = [first, *islice(filter(problem.feasible, near), count)]
    return list(dict.fromkeys([*found, *more]))[:count]


def cost_of(problem: Problem, costs: Float64, split: Split) -> float:
    """The sum of a split's entries of a table `(M, K)`."""
    names = problem.sums.processors
    return float(sum(costs[unit, names.index(name)] for unit, name in enumerate(split)))


def _by_cost(costs: Float64) -> Iterator[tuple[int, ...]]:
    """Places of every combination by rising sum of costs, each once.

    Units are taken by how little their second choice costs. From a combination whose last unit off
    its first choice is i, three others follow: i's next choice, the next unit's second choice
    besides, and that instead. So each is reached from one other that costs no more.
    """
    order = np.argsort(costs, axis=1, kind="stable")
    ranked = np.take_along_axis(costs, order, axis=1)
    ranked = ranked - ranked[:, :1]
    choices = np.isfinite(ranked).sum(axis=1)
    units = [int(u) for u in np.argsort(np.where(choices > 1, ranked[:, 1 % ranked.shape[1]], 0))]
    units = [unit for unit in units if choices[unit] > 1]
    first = tuple(int(place) for place in order[:, 0])
    yield first
    if not units:
        return

    def second(at: int) -> float:
        return float(ranked[units[at], 1])

    # Cost; how far along the units; the choice there; other units off their first choice.
    heap: list[tuple[float, int, int, tuple[tuple[int, int], ...]]] = [(second(0), 0, 1, ())]
    while heap:
        cost, at, choice, others = heapq.heappop(heap)
        places = list(first)
        for unit, taken in (*others, (units[at], choice)):
            places[unit] = int(order[unit, taken])
        yield tuple(places)
        own = float(ranked[units[at], choice])
        if choice + 1 < choices[units[at]]:
            more = float(ranked[units[at], choice + 1])
            heapq.heappush(heap, (cost - own + more, at, choice + 1, others))
        if at + 1 < len(units):
            kept = (*others, (units[at], choice))
            heapq.heappush(heap, (cost + second(at + 1), at + 1, 1, kept))
            if choice == 1:
                heapq.heappush(heap, (cost - own + second(at + 1), at + 1, 1, others))
