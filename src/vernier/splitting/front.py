"""The Pareto front: which time buys which looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vernier.progress import Progress, silent
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest
from vernier.units.split import Split

BUDGETS = 8
FRONT_JUDGEMENTS = 120
"""New judgements at each budget: fewer than a search alone has, because all know of all."""


@dataclass(frozen=True)
class Point:
    """A split that no other beats in both.

    Attributes:
        split: a processor for each unit.
        time_ms: predicted.
        objective: judged; lower looks better.
    """

    split: Split
    time_ms: float
    objective: float


def front(
    problem: Problem,
    judge: Evaluations,
    *,
    budgets: int = BUDGETS,
    method: Method = Method.SEARCH,
    most: int = FRONT_JUDGEMENTS,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Point]:
    """Search at budgets from the fastest split to all-float, and keep what is not dominated.

    All searches share what was judged, so that the front is at least as good as each of them, and
    every judged split may be on it.

    Args:
        problem: its budget is not looked at.
        judge: of splits.
        budgets: how many are searched at, evenly spread.
        method: of each search.
        most: judgements of each.
        seed: of the random numbers.
        progress: called after each budget.

    Returns:
        By rising time, objectives falling; empty where no split keeps the constraints.
    """
    open_problem = problem.within(math.inf)
    quickest = fastest(open_problem)
    if quickest is None:
        return []
    judge(quickest)
    low, high = open_problem.time_ms(quickest), open_problem.time_ms(open_problem.finest)
    for number, budget_ms in enumerate(np.linspace(low, max(low, high), budgets), 1):
        # A hair more, so that the ends themselves are within.
        find_split(
            method,
            problem.within(float(budget_ms) * (1 + 1e-6)),
            judge,
            most=most,
            seed=seed,
        )
        progress(number, budgets, f"{budget_ms:.2f} ms, {len(judge)} splits judged")
    return not_dominated(
        [
            Point(split, open_problem.time_ms(split), objective)
            for split, objective in judge.known.items()
            if open_problem.allowed(split)
        ]
    )


def not_dominated(points: Sequence[Point]) -> list[Point]:
    """Points than which no other is as fast and looks as good, by rising time."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.time_ms, p.objective)):
        if not kept or point.objective < kept[-1].objective:
            kept.append(point)
    return kept


def knee(points: Sequence[Point]) -> int:
    """Where a front bends most: the point farthest below the line between its ends.

    Both axes are scaled to the front's own extent. The first point where there are fewer than 3.
    """
    if len(points) < 3:
        return 0
    first, last = points[0], points[-1]
    time = max(last.time_ms - first.time_ms, 1e-12)
    looks = max(first.objective - last.objective, 1e-12)
    gains = [
        (first.objective - point.objective) / looks - (point.time_ms - first.time_ms) / time
        for point in points
    ]
    return int(np.argmax(gains))


def thinned(points: Sequence[Point], count: int) -> list[Point]:
    """At most so many points of a front: its ends, its knee, and others evenly spread over time."""
    if len(points) <= count:
        return list(points)
    wanted = np.linspace(points[0].time_ms, points[-1].time_ms, max(2, count - 1))
    chosen = {
        min(range(len(points)), key=lambda number: abs(points[number].time_ms - time))
        for time in wanted
    }
    chosen.add(knee(points))
    return [points[number] for number in sorted(chosen)]
