"""Ways to a split by name: Vernier's search, FYE-SR's learner, and what both are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Protocol

from vernier.errors import MissingExtraError, UsageError
from vernier.progress import Progress, silent
from vernier.splitting.additive import chain_optimum, graph_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import exhaustive
from vernier.splitting.greedy import greedy
from vernier.splitting.likeliest import likeliest, predicted_effects, unlikeliness
from vernier.splitting.local_search import MOST_JUDGEMENTS, local_search
from vernier.splitting.problem import Judge, Problem
from vernier.splitting.sensitivities import Float64, sensitivities
from vernier.splitting.starts import by_chance, fastest, first_k, flips
from vernier.splitting.walk import walk
from vernier.units.split import Split

if TYPE_CHECKING:
    from vernier.splitting.learner import Learnt

SMALL = 64
"""So many splits are all judged by the default method."""
RANDOM_STARTS = 3
FINALISTS = 12
"""So many of the best splits are judged once more on more photos, besides all starts."""
LAST_FINALISTS = 5
"""So many of them in each further round."""

LIKELIEST = 8
"""Splits that are judged of a learner's shares."""
WALK = 3.0
"""Flips, swaps and runs judged after these, at the most, as a multiple of the units."""


class Method(StrEnum):
    """Ways to a split.

    SEARCH: the best of all starts below, improved by judged flips and swaps; the default.
    FYE_SR: FYE-SR's losses on real splits; the likeliest eight are judged, and a few flips.
    FYE_SR_PAPER: the paper's learner in its literal form, the best of three seeds.
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
    FYE_SR_PAPER = "fye-sr-paper"
    EXHAUSTIVE = "exhaustive"
    MILP = "milp"
    DP = "dp"
    GREEDY = "greedy"
    FIRST = "first"
    LAST = "last"
    RANDOM = "random"


SEEDS = (0, 1, 2)
LEARNING = (Method.FYE_SR, Method.FYE_SR_PAPER)


LED = 64
"""So many units are too many to judge one by one, where a learner can tell of all at once."""
LED_PATIENCE = 60
"""Judgements without a gain after which a search ends that a learner leads."""


class Learner(Protocol):
    """What learns on pictures."""

    @property
    def able(self) -> bool:
        """Whether the objective can be learnt."""

    def shares(self, problem: Problem, seed: int) -> Learnt:
        """Of `learner.learn`."""

    def paper_split(self, problem: Problem, seed: int) -> Split | None:
        """Of `paper_learner.learn_split`."""


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
) -> Split | None:
    """A split by a method.

    Args:
        method: which.
        problem: with its budget.
        judge: of splits.
        learner: needed by both forms of FYE-SR's method; leads the default method where there are
            64 units or more.
        most: new judgements of the default method, besides sensitivities.
        small: the default method judges every split where there are no more than this; 0 to never.
        seed: of the random numbers.
        wider: judges on more and more photos, of whom the last has the last word over what the
            default method likes best: the winner among a hundred on a few photos owes part of its
            lead to these photos.
        progress: called after each judgement.

    Returns:
        None where the method finds no feasible split.

    Raises:
        UsageError: the method needs a learner, or there are too many splits for it.
        MissingExtraError: SciPy is needed and not here.
    """
    if method is Method.SEARCH:
        if prod(map(len, problem.able)) <= small:
            starts: list[Split] = []
            best = exhaustive(problem, judge, progress)
        elif learner is not None and learner.able and len(problem.able) >= LED:
            learnt = learner.shares(problem, seed)
            starts, best = _led_search(problem, judge, learnt, most, progress)
        else:
            starts, best = _search(problem, judge, most, seed, progress)
        return _finalist(problem, judge, wider, starts) if wider else best
    if method in LEARNING:
        if learner is None:
            raise UsageError(f"the method {method} needs a learner")
        if method is Method.FYE_SR:
            return _learnt(problem, judge, learner.shares(problem, seed))
        found = [learner.paper_split(problem, seed + number) for number in SEEDS]
        return min(filter(None, found), key=partial(_looks, problem, judge), default=None)
    if method is Method.EXHAUSTIVE:
        return exhaustive(problem, judge, progress)
    if method is Method.RANDOM:
        return by_chance(problem, seed)
    if method in (Method.FIRST, Method.LAST):
        return first_k(problem, last=method is Method.LAST)
    table = sensitivities(problem, judge, progress)
    return _ADDITIVE[method](problem, table)


_ADDITIVE: dict[Method, Callable[[Problem, Float64], Split | None]] = {
    Method.MILP: graph_optimum,
    Method.DP: chain_optimum,
    Method.GREEDY: greedy,
}


def _search(
    problem: Problem, judge: Evaluations, most: int, seed: int, progress: Progress
) -> tuple[list[Split], Split | None]:
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


def _led_search(
    problem: Problem, judge: Evaluations, learnt: Learnt, most: int, progress: Progress
) -> tuple[list[Split], Split | None]:
    """The same where a learner has told what units do, and none is judged for that alone."""
    predicted = predicted_effects(problem, learnt)
    starts = [
        problem.finest,
        problem.coarsest,
        fastest(problem),
        greedy(problem, predicted),
        chain_optimum(problem, predicted),
        first_k(problem),
        first_k(problem, last=True),
        *likeliest(problem, learnt.shares, LIKELIEST),
    ]
    given = [split for split in starts if split is not None]
    judge(problem.finest)
    judge(problem.coarsest)
    found = local_search(problem, judge, given, most, progress, predicted, LED_PATIENCE)
    return given, found


def _finalist(
    problem: Problem, judge: Evaluations, wider: Sequence[Judge], starts: Sequence[Split]
) -> Split | None:
    """The best of the best and of the starts, in rounds of fewer splits and wider judges.

    No unit of it can be moved alone so that it looks better to the search's judge and to the last;
    of many units, none that the search has judged.
    """
    feasible = _ranked(problem, judge, filter(problem.feasible, judge.known))
    chosen = list(dict.fromkeys([*feasible[:FINALISTS], *filter(problem.feasible, starts)]))
    for one in wider:
        chosen = _ranked(problem, one, chosen)[:LAST_FINALISTS]
    best = None
    while chosen and chosen[0] != best:
        best = chosen[0]
        near = [split for split in flips(problem, best) if problem.feasible(split)]
        if len(best) >= LED:
            near = [split for split in near if split in judge.known]
        better = [split for split in near if judge(split) < judge(best)]
        candidates = [best, *_ranked(problem, judge, better)[:LAST_FINALISTS]]
        chosen = _ranked(problem, wider[-1], candidates)
    return best


def _ranked(problem: Problem, judge: Judge, splits: Iterable[Split]) -> list[Split]:
    return sorted(splits, key=partial(_looks, problem, judge))


def _looks(problem: Problem, judge: Judge, split: Split) -> tuple[float, float]:
    """Less is better; of equals the faster."""
    return judge(split), problem.time_ms(split)


def _learnt(problem: Problem, judge: Evaluations, learnt: Learnt) -> Split | None:
    """The best of the likeliest splits, and where short judged walks from them lead."""
    chosen = _ranked(problem, judge, likeliest(problem, learnt.shares, LIKELIEST))
    if not chosen:
        return None
    costs = unlikeliness(problem, learnt.shares)
    most = len(judge) + int(WALK * len(problem.able))
    # The best of them may be stuck where another is not.
    ends = [walk(problem, judge, split, costs, most - len(judge)) for split in chosen]
    return min(ends, key=partial(_looks, problem, judge))


def _leave_one_out(problem: Problem, judge: Evaluations) -> None:
    """Judge the coarsest split, and it with each unit in float: the other end of the scale."""
    fine, coarse = problem.finest, problem.coarsest
    judge(coarse)
    for unit, name in enumerate(fine):
        if name != coarse[unit]:
            judge((*coarse[:unit], name, *coarse[unit + 1 :]))
