"""Least sensitive units first into INT8 until the budget is kept: what AIMET and NNCF do."""

from __future__ import annotations

import numpy as np

from vernier.splitting.problem import Problem
from vernier.splitting.sensitivities import Float64
from vernier.units.split import Split


def greedy(problem: Problem, table: Float64) -> Split | None:
    """Move units off the finest split in the order of their sensitivity.

    Args:
        problem: with a budget.
        table: of `sensitivities`.

    Returns:
        The first split on the way that is feasible; None if none is.
    """
    names = problem.profile.processors
    split = problem.finest
    coarse = [names.index(name) for name in problem.coarsest]
    order = np.argsort([table[unit, place] for unit, place in enumerate(coarse)], kind="stable")
    if problem.feasible(split):
        return split
    for unit in map(int, order):
        split = (*split[:unit], names[coarse[unit]], *split[unit + 1 :])
        if problem.feasible(split):
            return split
    return None
