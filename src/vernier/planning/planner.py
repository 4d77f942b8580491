"""A plan: searched, exported, timed, and searched again until the clock agrees with the budget."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from vernier.errors import UsageError
from vernier.networks.source import Source
from vernier.perceptual.estimator import Estimator
from vernier.planning.explaining import explained
from vernier.planning.plan import FORMAT, Coarsest, Plan, Scores
from vernier.planning.stopwatch import Stopwatch
from vernier.planning.timed_search import Found, Search, timed_search
from vernier.planning.verification import judged_exported
from vernier.processors.machine import describe_machine
from vernier.profiling.assembly import Subject
from vernier.profiling.profile import Profile
from vernier.profiling.split_times import Contender, against
from vernier.progress import Progress, silent
from vernier.quality.guard import Guard
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import KEPT_BYTES, Crops, SplitQuality
from vernier.quantization.ranges import Ranges
from vernier.splitting.budget import Budget, check_reachable
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.learner import Recipe, learn_split
from vernier.splitting.local_search import MOST_JUDGEMENTS
from vernier.splitting.methods import Learner, Method, find_split
from vernier.splitting.problem import Constraints, Problem
from vernier.units.split import Assignment, Form
from vernier.version import VERSION

LATER = 4
"""Searches after the first make so many times fewer new judgements."""


@dataclass(frozen=True)
class Workshop:
    """Everything that plans of one network are made with.

    Attributes:
        source: the network.
        subject: its size and granularity.
        profile: of it.
        ranges: of its INT8 parts.
        search_crops: photos to search with.
        held_out: other photos, for the verdict.
        objective: what is minimised.
        guard: of the guarded objective.
        folder: for what is judged, so that work can be resumed; None to keep nothing.
        seed: of what is random.
        final_crops: more photos for each round of finals, which decide between the search's best.
        calibrated: what the ranges were taken on, in words.
    """

    source: Source
    subject: Subject
    profile: Profile
    ranges: Ranges
    search_crops: Crops
    held_out: Crops
    objective: Objective = Objective.GUARDED
    guard: Guard = field(default_factory=Guard)
    folder: Path | None = None
    seed: int = 0
    final_crops: tuple[Crops, ...] = ()
    calibrated: str = ""

    def __post_init__(self) -> None:
        profile, subject = self.profile, self.subject
        found = (profile.network, profile.scale, profile.granularity)
        wanted = (subject.network, subject.scale, subject.granularity.value)
        if found != wanted:
            raise UsageError(f"expected a profile of {wanted}, found one of {found}")

    def quality(self, crops: Crops | None = None) -> SplitQuality:
        """The judge, on the search's crops if on no others."""
        return SplitQuality(
            self.source,
            self.ranges,
            crops or self.search_crops,
            self.objective,
            self.guard,
            self.subject.granularity,
            KEPT_BYTES if crops is None else 0,
        )

    def evaluations(self, quality: SplitQuality, name: str = "evaluations") -> Evaluations:
        """The judge with a memory, in `NAME.jsonl` of the folder."""
        file = None
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.folder / f"{name}.jsonl"
        return Evaluations(quality, file, quality.told)

    def finals(self) -> list[Evaluations]:
        """The judges of the search's best, each on photos of its own."""
        return [
            self.evaluations(self.quality(crops), f"finals-{number}")
            for number, crops in enumerate(self.final_crops, 1)
        ]


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        budget: of time.
        constraints: others.
        method: of the search.
        most: judgements of the default method.
        nearest: where nothing keeps the budget, the fastest that was timed, and no error.
    """

    budget: Budget
    constraints: Constraints = field(default_factory=Constraints)
    method: Method = Method.SEARCH
    most: int = MOST_JUDGEMENTS
    nearest: bool = False


def make_plan(
    workshop: Workshop,
    order: Order,
    *,
    estimator: Estimator | None = None,
    quality: SplitQuality | None = None,
    judge: Evaluations | None = None,
    progress: Progress = silent,
) -> Plan:
    """Find the split that looks best within a budget; see `timed_search` for how it keeps it.

    Args:
        workshop: network, profile, photos.
        order: budget, constraints, method.
        estimator: for FYE-SR's method only.
        quality: `workshop.quality()`, where it is there already.
        judge: `workshop.evaluations()`, likewise.
        progress: told of judgements.

    Raises:
        UsageError: no split keeps the budget, and the nearest is not asked for.
        PlacementError: a processor does not run its part.
    """
    quality = quality or workshop.quality()
    judge = judge or workshop.evaluations(quality)
    known = len(judge)
    problem = Problem(workshop.profile, math.inf, order.constraints)
    started = time.monotonic()
    learner = None
    if estimator is not None:
        learner = fye_sr_learner(workshop, quality, estimator, progress)
    wider = workshop.finals() if order.method is Method.SEARCH else []
    asked = 0

    def search(within: Problem) -> Assignment | None:
        nonlocal asked
        asked += 1
        # What was judged is known: later searches, of times that changed a little, need less.
        most = order.most if asked == 1 else max(1, order.most // LATER)
        return find_split(
            order.method,
            within,
            judge,
            learner=learner,
            most=most,
            seed=workshop.seed,
            wider=wider,
            progress=progress,
        )

    if any(name in workshop.profile.modelled for name in workshop.profile.processors):
        found = _foreseen(problem, order, search)
    else:
        found = timed_search(
            problem,
            order.budget,
            judge,
            search,
            stopwatch(workshop, problem.finest),
            last_word=wider[-1] if wider else None,
            nearest=order.nearest,
        )
    searched_s = time.monotonic() - started
    return _plan(workshop, order, quality, judge, found, searched_s, len(judge) - known)


def stopwatch(workshop: Workshop, finest: Assignment) -> Stopwatch:
    """Times a workshop's splits here, beside all-float."""
    timer = partial(
        against,
        workshop.subject,
        threads=workshop.profile.settings.threads,
        ranges=workshop.ranges,
    )
    return Stopwatch(timer, Contender(finest))


def _foreseen(problem: Problem, order: Order, search: Search) -> Found:
    """A split of processors that are not here: nothing can be timed."""
    float_ms = problem.time_ms(problem.finest)
    budget_ms = order.budget.in_ms(float_ms)
    within = problem.within(budget_ms)
    check_reachable(within)
    split = search(within)
    if split is None:
        raise UsageError(
            f"the method {order.method} finds no split within {budget_ms:.2f} ms; choose a "
            "larger budget, or the method search"
        )
    return Found(Contender(split), True, (), problem.profile, float_ms, budget_ms)


def _plan(
    workshop: Workshop,
    order: Order,
    quality: SplitQuality,
    judge: Evaluations,
    found: Found,
    searched_s: float,
    judged: int,
) -> Plan:
    problem = Problem(found.profile, math.inf, order.constraints)
    split, attempt = found.best.processors, found.attempts[-1] if found.attempts else None
    verdict = None if attempt is None else _verdict(workshop, found.best)
    other = _coarsest(workshop, problem.coarsest, found, verdict)
    return Plan(
        format=FORMAT,
        network=workshop.source.name,
        scale=workshop.source.scale,
        height=workshop.profile.height,
        width=workshop.profile.width,
        granularity=workshop.profile.granularity,
        made_by=f"vernier {VERSION}",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=workshop.profile.machine if attempt is None else describe_machine(),
        method=order.method.value,
        objective=workshop.objective.value,
        bound_db=workshop.guard.bound_db,
        seed=workshop.seed,
        budget=str(order.budget),
        budget_ms=round(found.budget_ms, 4),
        float_ms=round(found.float_ms, 4),
        form=found.best.form.value,
        predicted_ms=round(problem.time_ms(split), 4) if attempt is None else attempt.predicted_ms,
        measured_ms=None if attempt is None else attempt.measured_ms,
        within=found.within,
        calibrated=workshop.calibrated,
        switches=problem.switches(split),
        judged=judged,
        search_s=round(searched_s, 2),
        simulated=simulated_scores(quality, judge, split),
        held_out=verdict,
        coarsest=other,
        units=explained(problem, judge, split),
        attempts=found.attempts,
    )


def _verdict(workshop: Workshop, one: Contender) -> Scores:
    return judged_exported(
        workshop.source,
        workshop.subject,
        one.processors,
        workshop.ranges,
        workshop.held_out,
        workshop.objective,
        workshop.guard,
        form=one.form,
    )


def _coarsest(
    workshop: Workshop, coarsest: Assignment, found: Found, verdict: Scores | None
) -> Coarsest | None:
    """The coarsest split as it was timed in its faster form, on the photos of the verdict."""
    timed = [one for one in found.attempts if one.processors == coarsest]
    if not timed or verdict is None:
        return None
    fastest = min(timed, key=lambda one: one.measured_ms)
    same = coarsest == found.best.processors
    scores = verdict if same else _verdict(workshop, Contender(coarsest, Form(fastest.form)))
    return Coarsest(measured_ms=fastest.measured_ms, held_out=scores)


def fye_sr_learner(
    workshop: Workshop,
    quality: SplitQuality,
    estimator: Estimator,
    progress: Progress = silent,
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
) -> Learner:
    """FYE-SR's learner on a workshop's photos.

    Args:
        workshop: its folder keeps what is needed to go on after a stop.
        quality: the network.
        estimator: of the perceptual metric.
        progress: told after each step.
        recipe: but for the seed.
    """

    def learn(problem: Problem, seed: int) -> Assignment | None:
        checkpoint = None
        if workshop.folder is not None:
            checkpoint = workshop.folder / f"learner-{problem.budget_ms:.3f}-{seed}.pt"
        seeded = replace(recipe, seed=seed)
        found = learn_split(
            problem, quality.blend, estimator, workshop.guard, seeded, checkpoint, progress
        )
        return None if found is None else found.split

    return learn


def simulated_scores(quality: SplitQuality, judge: Evaluations, split: Assignment) -> Scores:
    """What a split's simulated pictures look like."""
    found = quality.scores(split)
    return Scores(
        photos=quality.crops.told,
        objective=round(judge(split), 5),
        piqe=round(found["piqe"], 5),
        piqe_float=round(found["piqe_float"], 5),
        gmsd=round(found["gmsd"], 5),
        ssim=round(found["ssim"], 5),
        psnr_db=round(found["psnr"], 5),
    )
