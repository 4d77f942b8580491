"""One call from a network, a budget and photos to a bundle: profile, search, export, verify."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Unpack

from vernier.calls import checked
from vernier.errors import MissingExtraError, UsageError

try:
    import torch  # noqa: F401
except ImportError as error:
    raise MissingExtraError("torch", "learn", "planning") from error

from vernier.bundles.manifest import Damage, PredictedTime
from vernier.export.folders import check_new, write_folder
from vernier.export.networks import refuse_random
from vernier.export.splits import export_split
from vernier.export.whole import Exported, network_facts
from vernier.networks.source import find_source
from vernier.planning.context import Context, open_context
from vernier.planning.fine_tuning import fine_tuned
from vernier.planning.plan import Plan, format_plan, wholes
from vernier.planning.planner import make_plan
from vernier.planning.request import SearchOptions, requested
from vernier.profiling.assembly import Subject
from vernier.profiling.choosing import AUTO
from vernier.profiling.correction import at_pace, learned
from vernier.profiling.networks import profile_subject
from vernier.profiling.profile import Profile, format_profile, load_profile, save_profile
from vernier.progress import Stages, silent_stages
from vernier.splitting.budget import Budget
from vernier.splitting.problem import Problem
from vernier.training.distillation import Distillation
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form, format_split
from vernier.units.unit import Unit


@checked
def optimize(
    network: str,
    budget: Budget | str,
    photos: Path | str,
    out: Path | str | None = None,
    *,
    profile: Profile | None = None,
    scale: int | None = None,
    size: tuple[int, int] = (180, 320),
    processors: Sequence[str] = (AUTO,),
    granularity: Granularity = Granularity.LAYER,
    fine_tune_minutes: float = 0.0,
    profiled: Callable[[Profile], None] | None = None,
    stages: Stages = silent_stages,
    **options: Unpack[SearchOptions],
) -> Plan:
    """Find the split of a network that looks best within a budget, export, time and judge it.

        import vernier
        known = vernier.profile("sesr-m5", size=(90, 160), processors=(
            "modelled:pixel-6-gpu:float16", "modelled:pixel-6-npu:int8"))
        plan = vernier.optimize("sesr-m5", "0.7x", "photos/", "plan/", profile=known, quick=True)
        print(plan.predicted_ms, plan.simulated.psnr_db, plan.processors)

    Without `profile` the machine at hand is profiled, and what is found is timed and judged there.

    Args:
        network: a name, or the path of a file (see `networks.source.find_source`).
        budget: time of one picture: "40ms", "30fps", or "0.5x" of all-float.
        photos: folder of photos to calibrate on, to search with, and to judge by.
        out: folder for `plan.json`, `split.json`, `profile.json`, `ranges.json` and `bundle`. What
            was done already lies there after an interruption, and the same call goes on. Nothing
            is written if absent.
        profile: of the network, from `vernier.profile`; measured, and kept in `out`, if absent.
        scale: whole factor; the smallest if absent.
        size: height and width of the network's input, in pixels; a profile's own with `profile`.
        processors: `ENGINE:DEVICE:PRECISION`, or `("auto",)` for those whose numbers are right
            here and that are somewhere faster; a profile's own with `profile`.
        granularity: one unit per layer, or per block; a profile's own with `profile`.
        fine_tune_minutes: of training the INT8 units against the float network; 0 for none.
        profiled: given the profile, where it was measured or read from `out`.
        stages: called with progress.
        **options: see `planning.request.SearchOptions`: `method`, `objective`, `bound_db`,
            `locked`, `most_switches`, `memory_mb`, `photo_count`, `seed`, `quick`, `nearest`,
            `allow_inexact`.

    Returns:
        The plan; of modelled processors nothing is timed, and `measured_ms` and `held_out` are
        None.

    Raises:
        UsageError: an option cannot be read, no split keeps the budget, weights are random, photos
            are too few, or `out` holds a plan already.
        ImageError: the folder of photos is missing, or one cannot be read or is too small.
        NetworkError: there is no such network or file.
        ProcessorError: a processor is not here, or its numbers are wrong here.
        PlacementError: a processor does not run its part.
        MissingExtraError: PyTorch is not installed.
    """
    folder = None if out is None else Path(out)
    if folder is not None:
        check_new(folder, "plan.json")
    request = requested(photos, budget, options)
    if profile is not None:
        size, granularity = (profile.height, profile.width), Granularity(profile.granularity)
    source = find_source(network, scale, size=size)
    refuse_random(source)
    subject = Subject(source.name, source.scale, source.graph, *size, granularity)
    known = profile or profile_in(
        None if folder is None else folder / "profile.json",
        subject,
        processors,
        quick=options.get("quick", False),
        allow_inexact=request.allow_inexact,
        stages=stages,
    )
    if profile is None and profiled is not None:
        profiled(known)
    with stages("calibrating") as report:
        context = open_context(request, source, subject, known, folder, progress=report)
    plan, trained = _planned(context, fine_tune_minutes, stages)
    if folder is not None:
        write_plan(context, plan, folder, trained)
    return plan


def _planned(context: Context, minutes: float, stages: Stages) -> tuple[Plan, Context]:
    """The plan, and the context of its weights: the same where nothing was fine-tuned."""
    request = context.request
    with stages(f"splitting for {request.budget}") as report:
        plan = make_plan(context, progress=report)
    if not minutes:
        return plan, context
    with stages("fine-tuning") as report:
        recipe = Distillation(minutes=minutes, seed=request.seed)
        trained, better = fine_tuned(context, plan, recipe, report)
    return better, trained


def profile_in(
    file: Path | None,
    subject: Subject,
    processors: Sequence[str],
    *,
    quick: bool = False,
    allow_inexact: bool = False,
    stages: Stages = silent_stages,
) -> Profile:
    """A profile from its file, or measured and written there.

    Args:
        file: a profile, or where to put one; None to measure and write nothing.
        subject: what.
        processors: where; `(AUTO,)` for whatever pays on this machine.
        quick: fewer rounds, two processors at the most where they are chosen here, no check by
            whole splits.
        allow_inexact: as `profiler.profile`.
        stages: called with each.

    Raises:
        UsageError: the file is of another network, size or other processors.
        ProcessorError: a processor is not here, or its numbers are wrong here.
    """
    if file is not None and file.exists():
        return _fitting(load_profile(file), subject, processors, file)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    made = profile_subject(
        subject,
        processors,
        quick=quick,
        unfinished=None if file is None else file.with_name(f".{file.name}.partial"),
        allow_inexact=allow_inexact,
        stages=stages,
    )
    if file is not None:
        save_profile(made, file)
    return made


def _fitting(found: Profile, subject: Subject, processors: Sequence[str], file: Path) -> Profile:
    is_of = (found.network, found.scale, found.height, found.width, found.granularity)
    granularity = subject.granularity.value
    wanted = (subject.network, subject.scale, subject.height, subject.width, granularity)
    auto = tuple(processors) == (AUTO,)
    if is_of != wanted or not (auto or set(found.processors) == set(processors)):
        raise UsageError(f"{file}: a profile of {is_of}, expected one of {wanted}; delete it")
    return found


def write_plan(context: Context, plan: Plan, folder: Path, trained: Context | None = None) -> None:
    """Put a plan into a folder: `plan.json`, `split.json`, `profile.json`, `ranges.json`, `bundle`.

    The plan's own file is written last: a folder that has it is whole.

    Args:
        context: that the plan was made with.
        plan: what is written.
        folder: to write into.
        trained: the context of a fine-tuned plan. Its ranges fit its own weights only, so they go
            into a file of their own, `ranges-int8.json`.
    """
    made = trained or context
    granularity = context.subject.granularity
    units = cut(context.source.graph, granularity)
    files = {
        "split.json": format_split(tuple(plan.processors), units, granularity),
        "profile.json": format_profile(_learned(context.profile, plan)),
        "ranges.json": context.ranges.encode(),
    }
    if made is not context:
        files["ranges-int8.json"] = made.ranges.encode()
    bundle = _exported(context, made, plan, units)
    write_folder(folder, {"bundle": bundle}, {**files, "plan.json": format_plan(plan)})


def _exported(context: Context, made: Context, plan: Plan, units: Sequence[Unit]) -> Exported:
    """A plan's split with what is known of it."""
    seen = plan.held_out or plan.simulated
    return export_split(
        made.source.graph,
        network_facts(context.source.graph, context.source.name, context.source.scale),
        units,
        tuple(plan.processors),
        made.ranges,
        form=Form(plan.form),
        predicted_ms={unit.name: unit.time_ms for unit in plan.units},
        prediction=PredictedTime(
            total_ms=plan.predicted_ms,
            height=plan.height,
            width=plan.width,
            machine=plan.machine.label,
            modelled=all(name in context.profile.modelled for name in plan.processors),
        ),
        damage=Damage(photos=seen.photos, psnr_to_float_db=round(seen.psnr_db, 2)),
        note=f"planned for {plan.budget} ({plan.budget_ms:.2f} ms) by {plan.method}",
    )


def _learned(profile: Profile, plan: Plan) -> Profile:
    """A profile with what was timed for a plan."""
    if not plan.attempts:
        return profile
    finest = Problem(profile, math.inf).finest
    return learned(at_pace(profile, finest, plan.float_ms), wholes(plan))
