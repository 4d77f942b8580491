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
from vernier.processors.discovery import find_processor
from vernier.processors.machine import describe_machine
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import require_usable
from vernier.profiling.assembly import Subject
from vernier.profiling.profile import Profile
from vernier.profiling.split_times import Contender, against
from vernier.progress import Progress, silent
from vernier.quality.guard import Guard
from vernier.quality.objectives import Objective
from vernier.quality.perceived import descendable, perception
from vernier.quality.split_quality import KEPT_BYTES, Crops, SplitQuality
from vernier.quantization.ranges import Ranges
from vernier.splitting.budget import Budget, check_reachable
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.learner import Learnt, Recipe, learn
from vernier.splitting.local_search import MOST_JUDGEMENTS
from vernier.splitting.methods import Method, find_split
from vernier.splitting.paper_learner import PaperRecipe, learn_split
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
        allow_inexact: plan with processors whose numbers are wrong here, too.
    """

    source: Source
    subject: Subject
    profile: Profile
    ranges: Ranges
    search_crops: Crops
    held_out: Crops
    objective: Objective = Objective.VISIBLE
    guard: Guard = field(default_factory=Guard)
    folder: Path | None = None
    seed: int = 0
    final_crops: tuple[Crops, ...] = ()
    calibrated: str = ""
    allow_inexact: bool = False

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
        estimator: for what learns, where the objective needs one: FYE-SR's methods, and the
            default one on networks of many units.
        quality: `workshop.quality()`, where it is there already.
        judge: `workshop.evaluations()`, likewise.
        progress: told of judgements.

    Raises:
        UsageError: no split keeps the budget, and the nearest is not asked for.
        PlacementError: a processor does not run its part.
        ProcessorError: a processor is not here, or its numbers or the plan's picture are wrong
            here.
    """
    quality = quality or workshop.quality()
    judge = judge or workshop.evaluations(quality)
    known = len(judge)
    problem = Problem(workshop.profile, math.inf, order.constraints)
    started = time.monotonic()
    learner = PhotoLearner(workshop, quality, estimator, progress)
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
    """Times a workshop's splits here, beside all-float.

    Raises:
        ProcessorError: a processor of the profile is not here, or its numbers are wrong here.
    """
    kinds = kinds_in(workshop.source.graph)
    for name in workshop.profile.processors:
        require_usable(find_processor(name), kinds, allow_inexact=workshop.allow_inexact)
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
        allow_inexact=workshop.allow_inexact,
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


@dataclass(frozen=True)
class PhotoLearner:
    """FYE-SR's learner on a workshop's photos and for its objective, in both forms.

    Attributes:
        workshop: its folder keeps what is needed to go on after a stop.
        quality: the network.
        estimator: of the perceptual metric; None where the objective needs none.
        progress: told after each step.
        recipe: of our form, but for the seed.
        paper: of the paper's, likewise.
    """

    workshop: Workshop
    quality: SplitQuality
    estimator: Estimator | None
    progress: Progress = silent
    recipe: Recipe = field(default_factory=Recipe)
    paper: PaperRecipe = field(default_factory=PaperRecipe)

    @property
    def able(self) -> bool:
        """Whether the objective can be learnt."""
        return descendable(self.workshop.objective, self.estimator)

    def shares(self, problem: Problem, seed: int) -> Learnt:
        """Probabilities of each unit on each processor.

        Raises:
            UsageError: the objective needs an estimator.
        """
        return learn(
            problem,
            self.quality.blend,
            perception(self.workshop.objective, self.workshop.guard, self.estimator),
            replace(self.recipe, seed=seed),
            self._checkpoint("learner", problem, seed),
            self.progress,
        )

    def paper_split(self, problem: Problem, seed: int) -> Assignment | None:
        """The split that the paper's form rounds to."""
        found = learn_split(
            problem,
            self.quality.luma_blend,
            perception(self.workshop.objective, self.workshop.guard, self.estimator),
            replace(self.paper, seed=seed),
            self._checkpoint("paper-learner", problem, seed),
            self.progress,
        )
        return None if found is None else found.split

    def _checkpoint(self, name: str, problem: Problem, seed: int) -> Path | None:
        folder = self.workshop.folder
        return None if folder is None else folder / f"{name}-{problem.budget_ms:.3f}-{seed}.pt"


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
        flip=round(found["flip"], 5),
        lpips=round(found["lpips"], 5) if "lpips" in found else None,
    )
