"""Every split: the optimum, for networks of few units."""

from __future__ import annotations

from itertools import product
from math import prod

from vernier.errors import UsageError
from vernier.progress import Progress, silent
from vernier.splitting.problem import Judge, Problem
from vernier.units.split import Split

MOST_SPLITS = 2**14


def all_splits(problem: Problem) -> list[Split]:
    """Every split of a problem, feasible or not.

    Raises:
        UsageError: more than 2**14.
    """
    count = prod(map(len, problem.able))
    if count > MOST_SPLITS:
        raise UsageError(
            f"exhaustive search is for at most {MOST_SPLITS} splits, found {count} of "
            f"{len(problem.able)} units; choose another method, or --granularity block"
        )
    return list(product(*problem.able))


def exhaustive(problem: Problem, judge: Judge, progress: Progress = silent) -> Split | None:
    """The best feasible split; of equals the fastest; None if none is feasible.

    Args:
        problem: of few units.
        judge: asked about each feasible split.
        progress: called after each.

    Raises:
        UsageError: more than 2**14 splits.
    """
    feasible = [split for split in all_splits(problem) if problem.feasible(split)]
    for number, split in enumerate(feasible, 1):
        progress(number, len(feasible), f"objective {judge(split):.3f}")
    return min(feasible, key=lambda split: (judge(split), problem.time_ms(split)), default=None)
