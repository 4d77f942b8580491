"""A plan: searched, exported, timed, and searched again until the clock agrees with the budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from vernier.errors import UsageError
from vernier.evaluation.network_source import Source
from vernier.evaluation.objectives import Objective
from vernier.evaluation.perceived import descendable, perception
from vernier.evaluation.split_quality import KEPT_BYTES, Crops, SplitQuality
from vernier.perceptual.estimator import Estimator
from vernier.perceptual.objective import Guard
from vernier.planning.explaining import explained
from vernier.planning.plan import FORMAT, Attempt, Plan, Scores
from vernier.planning.verification import judged_exported, timed
from vernier.processors.machine import describe_machine
from vernier.profiling.assembly import Subject
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.progress import Progress, silent
from vernier.quantization.ranges import Ranges
from vernier.splitting.budget import Budget, check_reachable
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.learner import Learnt, Recipe, learn
from vernier.splitting.local_search import MOST_JUDGEMENTS
from vernier.splitting.methods import Method, find_split
from vernier.splitting.paper_learner import PaperRecipe, learn_split
from vernier.splitting.problem import Assignment, Constraints, Problem
from vernier.version import VERSION

_Search = Callable[[float], Assignment]

ATTEMPTS = 6
MARGIN = 0.02
"""Of the budget, kept free: two timings of one split differ by about that much."""
LOADS = 2
"""A split is loaded and timed so often; the slowest median counts."""
SHORT_MS, SHORT_LOADS = 20.0, 5
"""The same of splits that take less than so long."""
USED = 0.92
"""Share of the budget that a plan should use, where a finer split exists."""
NOTHING = 1e-9


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
    """

    budget: Budget
    constraints: Constraints = field(default_factory=Constraints)
    method: Method = Method.SEARCH
    most: int = MOST_JUDGEMENTS


@dataclass(frozen=True)
class _Found:
    split: Assignment
    attempt: Attempt


def make_plan(
    workshop: Workshop,
    order: Order,
    *,
    estimator: Estimator | None = None,
    quality: SplitQuality | None = None,
    judge: Evaluations | None = None,
    progress: Progress = silent,
) -> Plan:
    """Find a split, time it, and go on until it keeps the budget.

    Where the exported segments take longer than the budget, the search is asked again for as much
    less as they were late; where they leave much of it unused, for more, once.

    Args:
        workshop: network, profile, photos.
        order: budget, constraints, method.
        estimator: for what learns, where the objective needs one: FYE-SR's methods, and the
            default one on networks of many units.
        quality: `workshop.quality()`, where it is there already.
        judge: `workshop.evaluations()`, likewise.
        progress: told of judgements.

    Raises:
        UsageError: no split can keep the budget, foreseen or measured.
        PlacementError: a processor does not run its part.
    """
    quality = quality or workshop.quality()
    judge = judge or workshop.evaluations(quality)
    known = len(judge)
    open_problem = Problem(workshop.profile, math.inf, order.constraints)
    finest = open_problem.finest
    modelled = any(name in workshop.profile.modelled for name in workshop.profile.processors)
    foreseen_ms = Predictor(workshop.profile).predict(finest).total_ms
    float_ms = foreseen_ms
    if not modelled:
        (float_ms,) = timed(workshop.subject, [finest], workshop.ranges, _threads(workshop))
    budget_ms = order.budget.in_ms(float_ms)
    problem = open_problem.within(budget_ms)
    started = time.monotonic()
    learner = PhotoLearner(workshop, quality, estimator, progress)
    wider = workshop.finals() if order.method is Method.SEARCH else []

    def search(target_ms: float) -> Assignment:
        smaller = problem.within(target_ms)
        check_reachable(smaller)
        found = find_split(
            order.method,
            smaller,
            judge,
            learner=learner,
            most=order.most,
            seed=workshop.seed,
            wider=wider,
            progress=progress,
        )
        if found is None:
            raise UsageError(
                f"the method {order.method} finds no split within {target_ms:.2f} ms; choose a "
                "larger budget, or the method search"
            )
        return found

    if modelled:
        split = search(budget_ms)
        searched_s = time.monotonic() - started
        attempts: tuple[Attempt, ...] = ()
        measured_ms, verdict = None, None
    else:
        found = _until_kept(workshop, problem, judge, search, wider[-1] if wider else judge)
        searched_s = time.monotonic() - started
        attempts = tuple(one.attempt for one in found)
        split, measured_ms = found[-1].split, found[-1].attempt.measured_ms
        verdict = judged_exported(
            workshop.source,
            workshop.subject,
            split,
            workshop.ranges,
            workshop.held_out,
            workshop.objective,
            workshop.guard,
        )
    return Plan(
        format=FORMAT,
        network=workshop.source.name,
        scale=workshop.source.scale,
        height=workshop.profile.height,
        width=workshop.profile.width,
        granularity=workshop.profile.granularity,
        made_by=f"vernier {VERSION}",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=workshop.profile.machine if modelled else describe_machine(),
        method=order.method.value,
        objective=workshop.objective.value,
        bound_db=workshop.guard.bound_db,
        seed=workshop.seed,
        budget=str(order.budget),
        budget_ms=round(budget_ms, 4),
        float_ms=round(float_ms, 4),
        predicted_ms=round(problem.time_ms(split), 4),
        measured_ms=measured_ms,
        switches=problem.switches(split),
        judged=len(judge) - known,
        search_s=round(searched_s, 2),
        simulated=simulated_scores(quality, judge, split),
        held_out=verdict,
        units=explained(open_problem, judge, split),
        attempts=attempts,
    )


def _until_kept(
    workshop: Workshop,
    problem: Problem,
    judge: Evaluations,
    search: _Search,
    last_word: Evaluations,
) -> list[_Found]:
    """Splits that were timed, the one to keep last.

    Raises:
        UsageError: none keeps the budget.
    """
    budget_ms = problem.budget_ms
    target_ms = budget_ms * (1 - MARGIN)
    tried: dict[Assignment, _Found] = {}
    for _ in range(ATTEMPTS):
        try:
            split = search(target_ms)
        except UsageError:
            if not tried:
                raise
            break  # The clock asks for less than any split is foreseen to take.
        if split in tried:
            break
        predicted_ms = problem.time_ms(split)
        # Loaded anew: one load of a short split may be a tenth slower than another.
        loads = [split] * (SHORT_LOADS if predicted_ms < SHORT_MS else LOADS)
        measured_ms = max(timed(workshop.subject, loads, workshop.ranges, _threads(workshop)))
        kept = measured_ms <= budget_ms * (1 - MARGIN / 2)
        attempt = Attempt(
            target_ms=round(target_ms, 4),
            predicted_ms=round(predicted_ms, 4),
            measured_ms=round(measured_ms, 4),
            objective=judge(split),
            kept=kept,
        )
        tried[split] = _Found(split, attempt)
        late = measured_ms / predicted_ms
        if not kept:
            # As much less as this one was late, and never the same again.
            target_ms = min(budget_ms * (1 - MARGIN) / late, predicted_ms * (1 - MARGIN / 4))
        elif measured_ms < USED * budget_ms and late < 1 and abs(judge(split)) > NOTHING:
            target_ms = max(target_ms * 1.001, budget_ms * (1 - MARGIN) / late)
        else:
            break
    good = [found for found in tried.values() if found.attempt.kept]
    if not good:
        fastest_ms = min(found.attempt.measured_ms for found in tried.values())
        raise UsageError(
            f"no split was measured within {budget_ms:.2f} ms: {len(tried)} were tried, the "
            f"fastest took {fastest_ms:.2f} ms; use a larger budget, or profile again when the "
            "machine is quiet"
        )
    best = min(good, key=lambda found: (last_word(found.split), found.attempt.measured_ms))
    return [*(found for found in tried.values() if found is not best), best]


def _threads(workshop: Workshop) -> int:
    return workshop.profile.settings.threads


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
