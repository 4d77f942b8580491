"""Ways to a split by name: Vernier's search, FYE-SR's learner, and what both are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from math import prod

from vernier.errors import MissingExtraError, UsageError
from vernier.progress import Progress, silent
from vernier.splitting.additive import chain_optimum, graph_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import exhaustive
from vernier.splitting.greedy import greedy
from vernier.splitting.local_search import MOST_JUDGEMENTS, local_search
from vernier.splitting.problem import Judge, Problem
from vernier.splitting.sensitivities import Float64, sensitivities
from vernier.splitting.starts import by_chance, fastest, first_k, flips
from vernier.units.split import Assignment

SMALL = 256
"""So many splits are all judged by the default method."""
RANDOM_STARTS = 3
FINALISTS = 12
"""So many of the best splits are judged once more on more photos, besides all starts."""
LAST_FINALISTS = 5
"""So many of them in each further round."""

Learner = Callable[[Problem, int], Assignment | None]
"""FYE-SR's, of a problem and a seed."""


class Method(StrEnum):
    """Ways to a split.

    SEARCH: the best of all starts below, improved by judged flips and swaps; the default.
    FYE_SR: the paper's learner, the best of three seeds.
    EXHAUSTIVE: every split.
    MILP: the optimum if sensitivities added up, on graphs.
    DP: the same, on chains.
    GREEDY: least sensitive units first, as AIMET and NNCF do.
    FIRST: as few first units in INT8 as the budget asks for.
    LAST: as few last units.
    RANDOM: the first feasible of random splits.
    """

    SEARCH = "search"
    FYE_SR = "fye-sr"
    EXHAUSTIVE = "exhaustive"
    MILP = "milp"
    DP = "dp"
    GREEDY = "greedy"
    FIRST = "first"
    LAST = "last"
    RANDOM = "random"


SEEDS = (0, 1, 2)


def find_split(
    method: Method,
    problem: Problem,
    judge: Evaluations,
    *,
    learner: Learner | None = None,
    most: int = MOST_JUDGEMENTS,
    small: int = SMALL,
    seed: int = 0,
    wider: Sequence[Judge] = (),
    progress: Progress = silent,
) -> Assignment | None:
    """A split by a method.

    Args:
        method: which.
        problem: with its budget.
        judge: of assignments.
        learner: FYE-SR's; only needed by that method.
        most: new judgements of the default method, besides sensitivities.
        small: the default method judges every split where there are no more than this; 0 to never.
        seed: of what is random.
        wider: judges on more and more photos, of whom the last has the last word over what the
            default method likes best: the winner among a hundred on a few photos owes part of its
            lead to these photos.
        progress: told of judgements.

    Returns:
        None where the method finds no feasible assignment.

    Raises:
        UsageError: the method needs a learner, or there are too many splits for it.
        MissingExtraError: SciPy is needed and not here.
    """
    if method is Method.SEARCH:
        if prod(map(len, problem.able)) <= small:
            starts: list[Assignment] = []
            best = exhaustive(problem, judge, progress)
        else:
            starts, best = _search(problem, judge, most, seed, progress)
        return _finalist(problem, judge, wider, starts) if wider else best
    if method is Method.FYE_SR:
        if learner is None:
            raise UsageError("FYE-SR's method needs a learner")
        found = [learner(problem, seed + number) for number in SEEDS]
        feasible = [split for split in found if split is not None]
        return min(feasible, key=lambda s: (judge(s), problem.time_ms(s)), default=None)
    if method is Method.EXHAUSTIVE:
        return exhaustive(problem, judge, progress)
    if method is Method.RANDOM:
        return by_chance(problem, seed)
    if method in (Method.FIRST, Method.LAST):
        return first_k(problem, last=method is Method.LAST)
    table = sensitivities(problem, judge, progress)
    return _ADDITIVE[method](problem, table)


_ADDITIVE: dict[Method, Callable[[Problem, Float64], Assignment | None]] = {
    Method.MILP: graph_optimum,
    Method.DP: chain_optimum,
    Method.GREEDY: greedy,
}


def _search(
    problem: Problem, judge: Evaluations, most: int, seed: int, progress: Progress
) -> tuple[list[Assignment], Assignment | None]:
    """Where the search began, and what it found."""
    table = sensitivities(problem, judge, progress)
    _leave_one_out(problem, judge)
    starts = [
        problem.finest,
        problem.coarsest,
        fastest(problem),
        greedy(problem, table),
        chain_optimum(problem, table),
        first_k(problem),
        first_k(problem, last=True),
        *(by_chance(problem, seed + number) for number in range(RANDOM_STARTS)),
    ]
    # Without SciPy there is one start less, and the search goes on from the others.
    with suppress(MissingExtraError):
        starts.append(graph_optimum(problem, table))
    given = [split for split in starts if split is not None]
    return given, local_search(problem, judge, given, most, progress)


def _finalist(
    problem: Problem, judge: Evaluations, wider: Sequence[Judge], starts: Sequence[Assignment]
) -> Assignment | None:
    """The best of the best and of the starts, in rounds of fewer splits and wider judges.

    No unit of it can be moved alone so that it looks better to the search's judge and to the last.
    """
    feasible = _ranked(problem, judge, filter(problem.feasible, judge.known))
    chosen = list(dict.fromkeys([*feasible[:FINALISTS], *filter(problem.feasible, starts)]))
    for one in wider:
        chosen = _ranked(problem, one, chosen)[:LAST_FINALISTS]
    best = None
    while chosen and chosen[0] != best:
        best = chosen[0]
        near = [split for split in flips(problem, best) if problem.feasible(split)]
        better = [split for split in near if judge(split) < judge(best)]
        candidates = [best, *_ranked(problem, judge, better)[:LAST_FINALISTS]]
        chosen = _ranked(problem, wider[-1], candidates)
    return best


def _ranked(problem: Problem, judge: Judge, splits: Iterable[Assignment]) -> list[Assignment]:
    return sorted(splits, key=lambda split: (judge(split), problem.time_ms(split)))


def _leave_one_out(problem: Problem, judge: Evaluations) -> None:
    """Judge the coarsest assignment, and it with each unit in float: the other end of the scale."""
    fine, coarse = problem.finest, problem.coarsest
    judge(coarse)
    for unit, name in enumerate(fine):
        if name != coarse[unit]:
            judge((*coarse[:unit], name, *coarse[unit + 1 :]))
