"""A plan: searched, exported, timed, and searched again until the clock agrees with the budget."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from vernier.errors import UsageError
from vernier.metrics.differentiable_piqe import piqe
from vernier.perceptual.estimator import shipped_estimator
from vernier.planning.context import Context
from vernier.planning.explaining import explained
from vernier.planning.plan import FORMAT, Coarsest, Plan, Scores
from vernier.planning.request import Request
from vernier.planning.stopwatch import Stopwatch
from vernier.planning.timed_search import Found, Search, timed_search
from vernier.planning.verification import judged_exported
from vernier.processors.discovery import find_processor
from vernier.processors.machine import describe_machine
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import require_usable
from vernier.profiling.split_times import Contender, against
from vernier.progress import Progress, silent
from vernier.quality.perceived import Naturalness, Perception, descendable, perception
from vernier.quality.split_quality import SplitQuality
from vernier.splitting.budget import check_reachable
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.learner import Learnt, Recipe, learn
from vernier.splitting.methods import Method, find_split
from vernier.splitting.paper_learner import PaperRecipe, learn_split
from vernier.splitting.problem import Problem
from vernier.units.split import Form, Split
from vernier.version import VERSION

LATER = 10
"""Searches after the first make so many times fewer new judgements."""


def make_plan(
    context: Context,
    *,
    quality: SplitQuality | None = None,
    judge: Evaluations | None = None,
    progress: Progress = silent,
) -> Plan:
    """Find the split that looks best within a budget; see `timed_search` for how it keeps it.

    Args:
        context: network, profile, photos, and what is asked for.
        quality: `context.quality()`, where it is there already.
        judge: `context.evaluations()`, likewise.
        progress: called after each judgement.

    Raises:
        UsageError: no split keeps the budget, and the nearest is not asked for.
        PlacementError: a processor does not run its part.
        ProcessorError: a processor is not here, or its numbers or the plan's picture are wrong
            here.
    """
    quality = quality or context.quality()
    judge = judge or context.evaluations(quality)
    known = len(judge)
    problem = Problem(context.profile, math.inf, context.constraints)
    started = time.monotonic()
    learner = PhotoLearner(context, quality, progress=progress)
    wider = context.finals() if context.request.method is Method.SEARCH else []
    asked = 0

    def search(within: Problem) -> Split | None:
        nonlocal asked
        asked += 1
        # What was judged is known: later searches, of times that changed a little, need less.
        most = context.request.most if asked == 1 else max(1, context.request.most // LATER)
        return find_split(
            context.request.method,
            within,
            judge,
            learner=learner,
            most=most,
            seed=context.request.seed,
            wider=wider,
            progress=progress,
        )

    if any(map(context.profile.is_elsewhere, context.profile.processors)):
        found = _predicted(problem, context.request, search)
    else:
        found = timed_search(
            problem,
            context.request.budget,
            judge,
            search,
            stopwatch(context, problem.finest),
            last_word=wider[-1] if wider else None,
            nearest=context.request.nearest,
        )
    searched_s = time.monotonic() - started
    return _plan(context, quality, judge, found, searched_s, len(judge) - known)


def stopwatch(context: Context, finest: Split) -> Stopwatch:
    """Times a context's splits here, beside all-float.

    Raises:
        ProcessorError: a processor of the profile is not here, or its numbers are wrong here.
    """
    kinds = kinds_in(context.source.graph)
    for name in context.profile.processors:
        require_usable(find_processor(name), kinds, allow_inexact=context.request.allow_inexact)
    timer = partial(
        against,
        context.subject,
        threads=context.profile.settings.threads,
        ranges=context.ranges,
    )
    return Stopwatch(timer, Contender(finest))


def _predicted(problem: Problem, request: Request, search: Search) -> Found:
    """A split of processors that are not here: nothing can be timed."""
    float_ms = problem.time_ms(problem.finest)
    budget_ms = request.budget.in_ms(float_ms)
    within = problem.within(budget_ms)
    check_reachable(within)
    split = search(within)
    if split is None:
        raise UsageError(
            f"the method {request.method} finds no split within {budget_ms:.2f} ms; choose a "
            "larger budget, or the method search"
        )
    return Found(Contender(split), True, (), problem.profile, float_ms, budget_ms)


def _plan(
    context: Context,
    quality: SplitQuality,
    judge: Evaluations,
    found: Found,
    searched_s: float,
    judged: int,
) -> Plan:
    problem = Problem(found.profile, math.inf, context.constraints)
    split, attempt = found.best.processors, found.attempts[-1] if found.attempts else None
    verdict = None if attempt is None else _verdict(context, found.best)
    other = _coarsest(context, problem.coarsest, found, verdict)
    return Plan(
        format=FORMAT,
        network=context.source.name,
        scale=context.source.scale,
        height=context.profile.height,
        width=context.profile.width,
        granularity=context.profile.granularity,
        made_by=f"vernier {VERSION}",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=context.profile.machine if attempt is None else describe_machine(),
        method=context.request.method.value,
        objective=context.request.objective.value,
        bound_db=context.guard.bound_db,
        seed=context.request.seed,
        budget=str(context.request.budget),
        budget_ms=round(found.budget_ms, 4),
        float_ms=round(found.float_ms, 4),
        form=found.best.form.value,
        predicted_ms=round(problem.time_ms(split), 4) if attempt is None else attempt.predicted_ms,
        measured_ms=None if attempt is None else attempt.measured_ms,
        within=found.within,
        calibrated=context.calibrated,
        switches=problem.switches(split),
        judged=judged,
        search_s=round(searched_s, 2),
        simulated=simulated_scores(quality, judge, split),
        held_out=verdict,
        coarsest=other,
        units=explained(problem, judge, split),
        attempts=found.attempts,
    )


def _verdict(context: Context, one: Contender) -> Scores:
    return judged_exported(
        context.source,
        context.subject,
        one.processors,
        context.ranges,
        context.held_out,
        context.request.objective,
        context.guard,
        form=one.form,
        allow_inexact=context.request.allow_inexact,
    )


def _coarsest(
    context: Context, coarsest: Split, found: Found, verdict: Scores | None
) -> Coarsest | None:
    """The coarsest split as it was timed in its faster form, on the photos of the verdict."""
    timed = [one for one in found.attempts if one.processors == coarsest]
    if not timed or verdict is None:
        return None
    fastest = min(timed, key=lambda one: one.measured_ms)
    same = coarsest == found.best.processors
    scores = verdict if same else _verdict(context, Contender(coarsest, Form(fastest.form)))
    return Coarsest(measured_ms=fastest.measured_ms, held_out=scores)


@dataclass(frozen=True)
class PhotoLearner:
    """FYE-SR's learner on a context's photos and for its objective, in both forms.

    Attributes:
        context: its folder keeps what is needed to go on after a stop.
        quality: the network.
        naturalness: what stands for PIQE; by itself PIQE with slopes in our form, and in the
            paper's, as there, a learned estimator.
        progress: called after each step.
        recipe: of our form, but for the seed.
        paper: of the paper's, likewise.
    """

    context: Context
    quality: SplitQuality
    naturalness: Naturalness | None = None
    progress: Progress = silent
    recipe: Recipe = field(default_factory=Recipe)
    paper: PaperRecipe = field(default_factory=PaperRecipe)

    @property
    def able(self) -> bool:
        """Whether the objective can be learnt."""
        return descendable(self.context.request.objective)

    def shares(self, problem: Problem, seed: int) -> Learnt:
        """Probabilities of each unit on each processor.

        Raises:
            UsageError: nothing descends the objective.
        """
        return learn(
            problem,
            self.quality.blend,
            self._perception(self.naturalness or piqe),
            replace(self.recipe, seed=seed),
            self._checkpoint("learner", problem, seed),
            self.progress,
        )

    def paper_split(self, problem: Problem, seed: int) -> Split | None:
        """The split that the paper's form rounds to."""
        found = learn_split(
            problem,
            self.quality.luma_blend,
            self._perception(self.naturalness or shipped_estimator("piqe")),
            replace(self.paper, seed=seed),
            self._checkpoint("paper-learner", problem, seed),
            self.progress,
        )
        return None if found is None else found.split

    def _perception(self, naturalness: Naturalness) -> Perception:
        return perception(self.context.request.objective, self.context.guard, naturalness)

    def _checkpoint(self, name: str, problem: Problem, seed: int) -> Path | None:
        folder = self.context.folder
        return None if folder is None else folder / f"{name}-{problem.budget_ms:.3f}-{seed}.pt"


def simulated_scores(quality: SplitQuality, judge: Evaluations, split: Split) -> Scores:
    """What a split's simulated pictures look like."""
    found = quality.scores(split)
    return Scores(
        photos=quality.crops.description,
        objective=round(judge(split), 5),
        piqe=round(found["piqe"], 5),
        piqe_float=round(found["piqe_float"], 5),
        gmsd=round(found["gmsd"], 5),
        ssim=round(found["ssim"], 5),
        psnr_db=round(found["psnr"], 5),
        flip=round(found["flip"], 5),
        lpips=round(found["lpips"], 5) if "lpips" in found else None,
    )
