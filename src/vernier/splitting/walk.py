"""A short walk with the real objective: flips, swaps and runs of units, likeliest first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.splitting.evaluations import Evaluations
from vernier.splitting.likeliest import cost_of
from vernier.splitting.problem import Problem
from vernier.splitting.starts import flips, moved_runs, swaps
from vernier.units.split import Split

Float64 = NDArray[np.float64]


def walk(problem: Problem, judge: Evaluations, start: Split, costs: Float64, most: int) -> Split:
    """Where flips and swaps of units, and runs moved to one processor, lead to, judged for real.

    Flips and swaps alone are stuck where a switch costs more than a unit saves.

    The first neighbour that looks better is gone to. Neighbours are asked in the order of a table
    of costs, so that what a learner is unsure of comes first.

    Args:
        problem: with its budget.
        judge: of splits; what it knows costs nothing.
        start: feasible.
        costs: `(M, K)`, as of `likeliest.unlikeliness`.
        most: new judgements.
    """
    begun, best = len(judge), start
    tried = {start}
    while True:
        better = None
        for split in _by_cost(problem, costs, best):
            if split in tried or not problem.feasible(split):
                continue
            if len(judge) - begun >= most and split not in judge.known:
                continue
            tried.add(split)
            if judge(split) < judge(best):
                better = split
                break
        if better is None:
            return best
        best = better


def _by_cost(problem: Problem, costs: Float64, split: Split) -> list[Split]:
    near = dict.fromkeys([*flips(problem, split), *swaps(problem, split)])
    near |= dict.fromkeys(moved_runs(problem, split))
    return sorted(near, key=lambda one: cost_of(problem, costs, one))
