"""Search, time what was found, learn from it, and search again.

A profile is a sum of parts, made on a machine that may have been busy; a plan has to be right. So
whatever the search finds is exported and timed, the profile learns from it (its correction is
fitted anew, and of what was timed it knows the time), and the search is asked again, until the
best split that it predicts to keep the budget is one that was timed. It begins with the ends, each
in the forms that it can take: all in float, all in INT8, and the one predicted to be fastest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from vernier.errors import UsageError
from vernier.planning.plan import Attempt
from vernier.planning.stopwatch import Stopwatch
from vernier.processor_id import is_integer
from vernier.profiling.correction import at_pace, learned
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.profiling.split_times import Contender
from vernier.splitting.budget import Budget
from vernier.splitting.problem import Judge, Problem
from vernier.splitting.starts import fastest
from vernier.units.split import Split

ATTEMPTS = 8
"""Searches, at the most."""
MARGIN = 0.02
"""Of the budget, kept free: two timings of one split differ by about that much."""
NEAR = 0.15
"""A form that is predicted to be slower than the other one by no more than this is timed too."""

Search = Callable[[Problem], Split | None]
"""The split that looks best within a problem's budget; None where it finds none."""


@dataclass(frozen=True)
class Found:
    """What a timed search came to.

    Attributes:
        best: the split to take.
        within: whether it keeps the budget.
        attempts: all that were timed, the best one last.
        profile: with all that was learned.
        float_ms: of the network all in float.
        budget_ms: of one picture.
    """

    best: Contender
    within: bool
    attempts: tuple[Attempt, ...]
    profile: Profile
    float_ms: float
    budget_ms: float


def timed_search(
    problem: Problem,
    budget: Budget,
    judge: Judge,
    search: Search,
    watch: Stopwatch,
    *,
    last_word: Judge | None = None,
    nearest: bool = False,
) -> Found:
    """The best split that was timed within a budget.

    Args:
        problem: with its profile and constraints; its own budget is not looked at.
        budget: that was asked for.
        judge: of splits.
        search: asked again and again.
        watch: times splits beside all-float.
        last_word: a judge of more photos, who decides between those that keep the budget.
        nearest: where none keeps it, end with the fastest that was timed.

    Raises:
        UsageError: none keeps it, and the nearest is not asked for; or no split keeps the other
            constraints.
    """
    state = _State(problem.within(math.inf), budget, judge, watch)
    # First the machine's pace, so that every prediction is at it.
    state.time([], math.inf)
    state.time(state.ends(), math.inf)
    for _ in range(ATTEMPTS):
        target_ms = state.budget_ms * (1 - MARGIN)
        split = state.found(search, target_ms)
        new = [] if split is None else state.untimed(split)
        if not new:
            break
        state.time(new, target_ms)
    return state.verdict(last_word or judge, nearest)


class _State:
    """What is known so far."""

    def __init__(self, problem: Problem, budget: Budget, judge: Judge, watch: Stopwatch) -> None:
        self._plain, self._budget, self._judge, self._watch = problem, budget, judge, watch
        self._attempts: dict[Contender, Attempt] = {}
        self.problem = problem

    @property
    def budget_ms(self) -> float:
        return self._budget.in_ms(self._watch.float_ms)

    def ends(self) -> list[Contender]:
        """The ends of the scale in every form."""
        quickest = fastest(self.problem)
        if quickest is None:
            raise UsageError("no split keeps the constraints on switches, memory and locked units")
        ends = [self._plain.coarsest, quickest]
        allowed = [split for split in dict.fromkeys(ends) if self._plain.allowed(split)]
        return [one for split in allowed for one in self._forms(split)]

    def untimed(self, split: Split) -> list[Contender]:
        return [one for one in self._forms(split) if not self._watch.knows(one)]

    def _forms(self, split: Split) -> list[Contender]:
        """The forms in which a split may be fastest."""
        found = Predictor(self.problem.profile).forms(split)
        limit = min(one.total_ms for one in found.values()) * (1 + NEAR)
        return [Contender(split, form) for form, one in found.items() if one.total_ms <= limit]

    def time(self, contenders: Sequence[Contender], target_ms: float) -> None:
        """Time some splits, and learn from them."""
        predictor = Predictor(self.problem.profile)
        predicted = {c: predictor.predict(c.processors, c.form).total_ms for c in contenders}
        self._watch.time(contenders)
        for one, predicted_ms in predicted.items():
            self._attempts[one] = Attempt(
                processors=one.processors,
                form=one.form.value,
                target_ms=None if math.isinf(target_ms) else round(target_ms, 4),
                predicted_ms=round(predicted_ms, 4),
                measured_ms=0.0,
                objective=self._judge(one.processors),
                kept=False,
            )
        anchor, float_ms = self._watch.anchor, self._watch.float_ms
        before = at_pace(self._plain.profile, anchor.processors, float_ms)
        profile = learned(before, self._watch.wholes())
        self.problem = replace(self._plain, profile=profile)

    def found(self, search: Search, target_ms: float) -> Split | None:
        """What the search says now; the fastest split where it finds none."""
        within = self.problem.within(target_ms)
        quickest = fastest(within)
        if quickest is None or not within.feasible(quickest):
            return quickest
        return search(within) or quickest

    def verdict(self, last_word: Judge, nearest: bool) -> Found:
        """The best that keeps the budget, or the nearest."""
        allowed = [c for c in self._watch.contenders if self._plain.allowed(c.processors)]
        kept = [one for one in allowed if self._keeps(one)]
        if kept:
            best = min(kept, key=lambda one: (last_word(one.processors), self._watch.ms(one)))
        else:
            best = min(allowed, key=self._watch.ms)
        if not kept and not nearest:
            raise UsageError(self._none_kept(best, len(allowed)))
        done = [self._attempt(one) for one in self._watch.contenders if one != best]
        return Found(
            best,
            bool(kept),
            (*done, self._attempt(best)),
            self.problem.profile,
            self._watch.float_ms,
            self.budget_ms,
        )

    def _keeps(self, one: Contender) -> bool:
        # All-float is what a share is of: it takes all of itself, and no margin.
        whole = one == self._watch.anchor and self._budget.unit == "x"
        free = 0.0 if whole else MARGIN / 2
        return self._watch.ms(one) <= self.budget_ms * (1 - free)

    def _attempt(self, one: Contender) -> Attempt:
        ms, kept = round(self._watch.ms(one), 4), self._keeps(one)
        known = self._attempts.get(one)
        if known is not None:
            return msgspec.structs.replace(known, measured_ms=ms, kept=kept)
        predicted = Predictor(self._plain.profile).predict(one.processors, one.form).total_ms
        return Attempt(
            processors=one.processors,
            form=one.form.value,
            target_ms=None,
            predicted_ms=round(predicted, 4),
            measured_ms=ms,
            objective=self._judge(one.processors),
            kept=kept,
        )

    def _none_kept(self, best: Contender, count: int) -> str:
        integer = sum(map(is_integer, best.processors))
        return (
            f"no split was measured within {self.budget_ms:.2f} ms: of {count} that were timed the "
            f"fastest, {integer} of {len(best.processors)} units in INT8 as {best.form}, took "
            f"{self._watch.ms(best):.2f} ms and all-float {self._watch.float_ms:.2f}; take that "
            "one with --nearest, or a larger budget"
        )
