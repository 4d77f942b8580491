"""The plan: a split with what was predicted of it and what was found, as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from vernier.errors import FileError, UsageError
from vernier.files import read_json, to_json
from vernier.processor_id import ProcessorId
from vernier.processors.machine import Machine
from vernier.profiling.checking import LONGEST_MS
from vernier.profiling.profile import Time, Whole
from vernier.units.split import Form

FORMAT = 2
LARGEST_SCORE = 1e6
"""No metric comes near; what is above was never a score."""


class Scores(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How pictures look, means over photos.

    Attributes:
        photos: what they were computed of, in words.
        objective: what was minimised.
        piqe: of the split's pictures, 0 is best.
        piqe_float: of the float network's.
        gmsd: to the float network's pictures, 0 is equal.
        ssim: likewise, 1 is equal.
        psnr_db: likewise; equal pictures count as 99.
        flip: likewise, in colour, 0 is equal; null in plans that were made before it was told.
        lpips: likewise; null where its weights were not at hand.
    """

    photos: str
    objective: float
    piqe: float
    piqe_float: float
    gmsd: float
    ssim: float
    psnr_db: float
    flip: float | None = None
    lpips: float | None = None


class PlannedUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One unit, and what it would be to move it.

    Attributes:
        name: as in the split.
        processor: where it runs.
        time_ms: predicted there.
        moved_to: the other processor that `flip_ms` and `flip_objective` are about; empty if none.
        flip_ms: what the whole would take more, predicted, if this unit alone were moved.
        flip_objective: how much larger the objective would be, judged.
    """

    name: str
    processor: str
    time_ms: float
    moved_to: str = ""
    flip_ms: float = 0.0
    flip_objective: float = 0.0


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A split that was timed.

    Attributes:
        processors: of each unit; empty in plans of format 1.
        form: of its files, `segments` or `fused`.
        target_ms: that was searched for; null for the ends, which are timed in any case.
        predicted_ms: predicted, before it was timed.
        measured_ms: of the exported files, the median of its loads, at all-float's pace.
        objective: judged by simulation.
        kept: whether it kept the budget.
    """

    processors: tuple[str, ...] = ()
    form: str = "segments"
    target_ms: float | None
    predicted_ms: float
    measured_ms: float
    objective: float
    kept: bool


class Coarsest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The other end: what the plan gained over.

    Attributes:
        measured_ms: of all units in INT8, as far as they can be; of the exported file.
        held_out: its scores on the photos of the verdict.
    """

    measured_ms: float
    held_out: Scores


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A split that was found, exported, run and judged.

    Attributes:
        format: of this file.
        network: name.
        scale: whole factor.
        height: of the low-resolution picture that the budget is for, in pixels.
        width: likewise.
        granularity: of the units.
        made_by: the version of Vernier.
        date: ISO 8601.
        machine: that it was measured on.
        method: that found the split.
        objective: that was minimised.
        bound_db: of the guarded objective.
        seed: of the random numbers.
        budget: as it was asked for.
        budget_ms: the same in ms.
        float_ms: the network all in float, measured beside the split (predicted where modelled).
        form: of its files: `segments`, or `fused` where one engine's file of both precisions was
            faster.
        predicted_ms: by the profile as it was before this split was timed.
        measured_ms: of the exported files, the median of its loads, each held against all-float in
            the same rounds; null where a processor is not here.
        within: whether it keeps the budget; false only where the nearest was asked for.
        calibrated: what INT8 ranges were taken on, in words.
        switches: between processors.
        judged: splits that were judged.
        search_s: what searching took.
        simulated: scores of the photos that were searched with, simulated.
        held_out: scores of other photos, of the exported segments' pictures; null as `measured_ms`.
        coarsest: all in INT8, on the same photos; null where it was not timed.
        fine_tuned: what fine-tuning changed, in words; empty without it.
        units: in order.
        attempts: all splits that were timed, this one last.
    """

    format: int
    network: str
    scale: int
    height: int
    width: int
    granularity: str
    made_by: str
    date: str
    machine: Machine
    method: str
    objective: str
    bound_db: float
    seed: int
    budget: str
    budget_ms: float
    float_ms: float
    form: str = "segments"
    predicted_ms: float
    measured_ms: float | None
    within: bool = True
    calibrated: str = ""
    switches: int
    judged: int
    search_s: float
    simulated: Scores
    held_out: Scores | None
    coarsest: Coarsest | None = None
    fine_tuned: str = ""
    units: tuple[PlannedUnit, ...]
    attempts: tuple[Attempt, ...] = ()

    @property
    def processors(self) -> tuple[str, ...]:
        """Of each unit, in order."""
        return tuple(unit.processor for unit in self.units)


def wholes(plan: Plan) -> list[Whole]:
    """The splits that were timed for a plan, for its profile to learn from."""
    return [
        Whole(
            processors=one.processors,
            form=Form(one.form),
            time=Time(one.measured_ms, one.measured_ms, one.measured_ms, 1),
        )
        for one in plan.attempts
        if one.processors
    ]


def format_plan(plan: Plan) -> bytes:
    """A plan as JSON that a person can read."""
    return to_json(plan)


def load_plan(path: Path) -> Plan:
    """Read a plan, from its file or from the folder that holds `plan.json`.

    Raises:
        FileError: it is missing, damaged, of a newer format, or says what cannot be.
    """
    file = path / "plan.json" if path.is_dir() else path
    plan = read_json(file, Plan, "plan", FORMAT)
    fault = _fault(plan)
    if fault:
        raise FileError(f"{file}: {fault}; correct it, or plan again")
    return plan


def _fault(plan: Plan) -> str:
    """What a plan says that cannot be; "" of nothing."""
    if not plan.units:
        return "expected units, found none"
    names = [unit.name for unit in plan.units]
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        return f"the unit {twice[0][:90]!r} is placed twice"
    placed = [name for unit in plan.units for name in (unit.processor, unit.moved_to) if name]
    try:
        for name in (*placed, *(name for one in plan.attempts for name in one.processors)):
            ProcessorId.parse(name)
        for form in (plan.form, *(one.form for one in plan.attempts)):
            Form(form)
    except ValueError as error:
        return str(error)
    if min(plan.scale, plan.height, plan.width) < 1:
        return f"expected sizes above 0, found {plan.width}x{plan.height} x{plan.scale}"
    if len(set(map(len, (one.processors for one in plan.attempts if one.processors)))) > 1:
        return "attempts of different numbers of units"
    times = [plan.budget_ms, plan.float_ms, plan.predicted_ms, plan.measured_ms, plan.search_s]
    times += [time for one in plan.attempts for time in (one.predicted_ms, one.measured_ms)]
    unlikely = [time for time in times if time is not None and not 0 <= time <= LONGEST_MS]
    moved = [one for one in plan.units if max(abs(one.time_ms), abs(one.flip_ms)) > LONGEST_MS]
    if unlikely or moved:
        return f"{(unlikely or [moved[0].time_ms])[0]:g} ms cannot be a time"
    seen = [s for s in (plan.simulated, plan.held_out) if s is not None]
    seen += [plan.coarsest.held_out] if plan.coarsest is not None else []
    for score in [value for one in seen for value in msgspec.structs.astuple(one)]:
        if isinstance(score, float) and abs(score) > LARGEST_SCORE:
            return f"{score:g} cannot be a score"
    return ""


def differences(first: Plan, second: Plan) -> Sequence[tuple[PlannedUnit, PlannedUnit]]:
    """Units that two plans of one network place differently.

    Raises:
        UsageError: they are of other units.
    """
    names = [[unit.name for unit in plan.units] for plan in (first, second)]
    if names[0] != names[1]:
        raise UsageError(
            f"expected two plans of the same units, found {first.network} x{first.scale} with "
            f"{len(names[0])} and {second.network} x{second.scale} with {len(names[1])}"
        )
    pairs = zip(first.units, second.units, strict=True)
    return [(a, b) for a, b in pairs if a.processor != b.processor]
