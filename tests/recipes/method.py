"""Units into INT8 from both ends at once."""

from __future__ import annotations

from vernier.splitting.problem import Problem
from vernier.units.split import Split


def both_ends(problem: Problem) -> Split | None:
    """The first feasible split with as many first as last units moved; None if none is.

    Args:
        problem: with a budget.
    """
    fine, coarse = problem.finest, problem.coarsest
    for count in range(len(fine) // 2 + 2):
        moved = tuple(
            coarse[unit] if min(unit, len(fine) - 1 - unit) < count else fine[unit]
            for unit in range(len(fine))
        )
        if problem.feasible(moved):
            return moved
    return None
