"""A local search with the real objective: units are flipped, and pairs of units swapped.

A surrogate of all that was judged says which of the many neighbours to judge first, and now and
then proposes the split that would be best if it were right. What is returned was judged, and is no
worse than any start; it has no better neighbour by one unit unless the judgements ran out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from vernier.errors import MissingExtraError
from vernier.progress import Progress, silent
from vernier.splitting.additive import graph_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.problem import Assignment, Problem
from vernier.splitting.starts import flips
from vernier.splitting.surrogate import Surrogate

_Key = Callable[[Assignment], tuple[float, float]]

AT_ONCE = 4
"""Neighbours judged before the surrogate is fitted anew."""
PATIENCE = 3.0
"""Judgements without a gain, as a multiple of the units, after which a search has ended."""
LEAST_PATIENCE = 24


MOST_JUDGEMENTS = 400


def local_search(
    problem: Problem,
    judge: Evaluations,
    starts: Sequence[Assignment],
    most: int = MOST_JUDGEMENTS,
    progress: Progress = silent,
) -> Assignment | None:
    """The best assignment found.

    Args:
        problem: with its budget.
        judge: of assignments; what it knows already is used.
        starts: feasible ones count, others only teach the surrogate if they were judged.
        most: new judgements.
        progress: told after each judgement.

    Returns:
        None where no start is feasible.
    """
    feasible = [split for split in dict.fromkeys(starts) if problem.feasible(split)]
    if not feasible:
        return None
    first, since = len(judge), 0
    for start in feasible:
        judge(start)
    best = min((s for s in judge.known if problem.feasible(s)), key=_order(problem, judge))
    patience = max(LEAST_PATIENCE, int(PATIENCE * len(problem.able)))
    while since < patience and len(judge) - first < most:
        wave = _wave(problem, judge, best)
        if not wave:
            break
        for split in wave:
            judge(split)
            since += 1
            if _order(problem, judge)(split) < _order(problem, judge)(best):
                best, since = split, 0
            progress(min(len(judge) - first, most), most, f"objective {judge(best):.3f}")
    return best


def _order(problem: Problem, judge: Evaluations) -> _Key:
    return lambda split: (judge(split), problem.time_ms(split))


def _wave(problem: Problem, judge: Evaluations, best: Assignment) -> list[Assignment]:
    """Which to judge next: the surrogate's own optimum, then the most promising neighbours."""
    surrogate = Surrogate(problem, judge.known, best)
    proposed: list[Assignment] = []
    try:
        optimum = graph_optimum(problem, surrogate.table())
    except MissingExtraError:
        optimum = None
    if optimum is not None and optimum not in judge.known:
        proposed.append(optimum)
    near = [
        split
        for split in dict.fromkeys([*flips(problem, best), *_pairs(problem, best)])
        if split not in judge.known and split not in proposed and problem.feasible(split)
    ]
    if near:
        guessed = surrogate(near)
        order = sorted(range(len(near)), key=lambda number: float(guessed[number]))
        proposed += [near[number] for number in order[: AT_ONCE - len(proposed)]]
    return proposed


def _pairs(problem: Problem, split: Assignment) -> list[Assignment]:
    """Assignments that differ in two units.

    The two trade places, or stand side by side: a swap, or a segment's end that moves by two.
    """
    found = []
    for one, other in combinations(range(len(split)), 2):
        if split[one] == split[other] and other - one > 1:
            continue
        for a in problem.able[one]:
            for b in problem.able[other]:
                if a != split[one] and b != split[other]:
                    made = list(split)
                    made[one], made[other] = a, b
                    found.append(tuple(made))
    return found
