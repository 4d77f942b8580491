"""What one unit alone does to the picture, as if units added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.progress import Progress, silent
from vernier.splitting.problem import Judge, Problem

Float64 = NDArray[np.float64]


def sensitivities(problem: Problem, judge: Judge, progress: Progress = silent) -> Float64:
    """The objective with one unit moved off the finest split, less that split's.

    Args:
        problem: whose units.
        judge: of splits.
        progress: called after each unit.

    Returns:
        Shape `(M, K)` by unit and processor; 0 where the unit stays, infinity where it cannot run.
    """
    fine = problem.finest
    names = problem.profile.processors
    base = judge(fine)
    found = np.full((len(fine), len(names)), np.inf)
    for unit, able in enumerate(problem.able):
        for name in able:
            moved = (*fine[:unit], name, *fine[unit + 1 :])
            found[unit, names.index(name)] = 0.0 if moved == fine else judge(moved) - base
        progress(unit + 1, len(fine), "judging units one by one")
    return found
