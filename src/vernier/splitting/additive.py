"""The best split if sensitivities added up: dynamic programming on chains, a MILP on graphs.

Both are exact for the sums that they are given. What sums leave out is made up for with the exact
prediction: where the answer does not keep the budget, it is asked for again with a smaller one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from vernier.errors import MissingExtraError
from vernier.splitting.problem import Problem
from vernier.splitting.sensitivities import Float64
from vernier.splitting.time_model import TimeModel
from vernier.units.split import Split

_Search = Callable[[float], "list[int] | None"]

BINS = 4000
"""Parts that the budget is divided into, at least."""
BINS_PER_UNIT = 40
"""Each unit's time is rounded to a part, so that more units need more parts."""
TRIES, CLOSER = 30, 0.999
"""How often a smaller budget is asked for, and by how much smaller at the least."""
LIMIT_S, GAP = 20.0, 1e-4
LARGE, LARGE_LIMIT_S, LARGE_GAP = 60, 5.0, 1e-2
"""So many units are too many to prove an optimum that is but a start."""


def chain_optimum(
    problem: Problem, table: Float64, between: Mapping[int, Float64] | None = None
) -> Split | None:
    """Dynamic programming along the units: ties between neighbours count, skips do not.

    Args:
        problem: with a finite budget.
        table: of `sensitivities`, `(M, K)`.
        between: what a unit and the next add together, `(K, K)` by unit.
    """
    model = problem.sums
    ties_ms = model.between_neighbours()

    def search(budget_ms: float) -> list[int] | None:
        return chain_places(model, ties_ms, table, between or {}, budget_ms)

    return _shrinking(problem, model, search)


def chain_places(
    model: TimeModel,
    ties_ms: Mapping[int, Float64],
    table: Float64,
    between: Mapping[int, Float64],
    budget_ms: float,
) -> list[int] | None:
    """Places of the least damage along the units; times are rounded to parts of the budget.

    Args:
        model: times of units.
        ties_ms: of a unit and the next, `(K, K)` by unit.
        table: damage of units, `(M, K)`.
        between: damage of a unit and the next together, `(K, K)` by unit.
        budget_ms: finite.
    """
    count, kinds = model.units_ms.shape
    bins = max(BINS, BINS_PER_UNIT * count)
    bin_ms = budget_ms / bins
    # best[p, b]: least damage of the units so far, the last of them on p, in at most b bins.
    best = np.full((kinds, bins + 1), np.inf)
    came = np.zeros((count, kinds, bins + 1), np.int8)
    for place in range(kinds):
        used = _bins(model.units_ms[0, place] + model.fixed_ms, bin_ms)
        if used <= bins:
            best[place, used:] = table[0, place]
    for unit in range(1, count):
        following = np.full_like(best, np.inf)
        for before, place in np.ndindex(kinds, kinds):
            used = _bins(_step_ms(model, ties_ms, unit, before, place), bin_ms)
            if used > bins:
                continue
            more = table[unit, place]
            if unit - 1 in between:
                more = more + between[unit - 1][before, place]
            reached = best[before, : bins + 1 - used] + more
            better = reached < following[place, used:]
            following[place, used:][better] = reached[better]
            came[unit, place, used:][better] = before
        best = following
    if not np.isfinite(best[:, bins]).any():
        return None
    places = [int(best[:, bins].argmin())]
    left = bins
    for unit in range(count - 1, 0, -1):
        before = int(came[unit, places[-1], left])
        left -= _bins(_step_ms(model, ties_ms, unit, before, places[-1]), bin_ms)
        places.append(before)
    return places[::-1]


def _step_ms(
    model: TimeModel, ties_ms: Mapping[int, Float64], unit: int, before: int, place: int
) -> float:
    """A unit's time, and of the tie to the one before it."""
    tie = ties_ms[unit - 1][before, place] if unit - 1 in ties_ms else 0.0
    return float(model.units_ms[unit, place] + tie)


def _bins(ms: float, bin_ms: float) -> int:
    """The nearest number of parts; a negative time, within its noise, is none."""
    return sys.maxsize if not np.isfinite(ms) else max(0, round(ms / bin_ms))


def graph_optimum(problem: Problem, table: Float64) -> Split | None:
    """A mixed-integer linear programme (HiGHS): all ties count.

    Args:
        problem: with a finite budget.
        table: of `sensitivities`, `(M, K)`.

    Raises:
        MissingExtraError: SciPy is not here.
    """
    model = problem.sums

    def search(budget_ms: float) -> list[int] | None:
        return _programme(model, table, budget_ms)

    return _shrinking(problem, model, search)


def _programme(model: TimeModel, table: Float64, budget_ms: float) -> list[int] | None:
    """Variables: x[unit, processor]; y[tie, here, there], 1 where that is paid."""
    try:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import lil_array
    except ImportError as error:
        raise MissingExtraError("scipy", "learn", "the MILP") from error
    count, kinds = model.units_ms.shape
    pairs = [
        (number, here, there)
        for number, tie in enumerate(model.ties)
        for here in range(kinds)
        for there in range(kinds)
        # A switch that costs nothing, or less within its noise, needs no variable.
        if tie.cost_ms[here, there] > 0
    ]
    size = count * kinds + len(pairs)
    able = np.isfinite(model.units_ms)
    worth = np.r_[np.where(able, table, 0.0).ravel(), np.zeros(len(pairs))]
    time = np.r_[
        np.where(able, model.units_ms, 0.0).ravel(),
        [model.ties[number].cost_ms[here, there] for number, here, there in pairs],
    ]
    needs = [
        (column, model.ties[number].source * kinds + here, reader * kinds + there)
        for column, (number, here, there) in enumerate(pairs, count * kinds)
        for reader in model.ties[number].readers
    ]
    paid = lil_array((max(1, len(needs)), size))
    for row, (column, source, reader) in enumerate(needs):
        paid[row, column], paid[row, source], paid[row, reader] = -1, 1, 1
    once = lil_array((count, size))
    for unit in range(count):
        once[unit, unit * kinds : (unit + 1) * kinds] = 1
    upper = np.r_[able.ravel().astype(float), np.ones(len(pairs))]
    # A share of the time breaks ties between equals in favour of the faster.
    span = float(np.abs(worth).max()) or 1.0
    with _standard_output_closed():
        found = milp(
            worth + 1e-6 * span * time / max(budget_ms, 1e-9),
            integrality=np.r_[np.ones(count * kinds), np.zeros(len(pairs))],
            bounds=Bounds(0, upper),
            constraints=[
                LinearConstraint(once.tocsr(), 1, 1),
                LinearConstraint(paid.tocsr(), -np.inf, 1),
                LinearConstraint(time[None], -np.inf, budget_ms - model.fixed_ms),
            ],
            options={
                "time_limit": LIMIT_S if count < LARGE else LARGE_LIMIT_S,
                "mip_rel_gap": GAP if count < LARGE else LARGE_GAP,
            },
        )
    if found.x is None:
        return None
    return [int(place) for place in found.x[: count * kinds].reshape(count, kinds).argmax(axis=1)]


@contextmanager
def _standard_output_closed() -> Iterator[None]:
    """HiGHS tells of its inner solver there, whatever it is asked; that would end up in JSON."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _shrinking(problem: Problem, model: TimeModel, search: _Search) -> Split | None:
    """Ask with smaller budgets until the exact prediction keeps the real one."""
    budget_ms = min(problem.budget_ms, 4 * problem.time_ms(problem.finest))
    for _ in range(TRIES):
        places = search(budget_ms)
        if places is None:
            return None
        split = tuple(model.processors[place] for place in places)
        if problem.feasible(split):
            return split
        budget_ms *= min(CLOSER, problem.budget_ms / problem.time_ms(split))
    return None
