"""A few minutes of training for a plan's INT8 units, and what that brings on held-out photos."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from vernier.errors import UsageError
from vernier.images.pairs import (
    Float32,
    evenly_spread,
    list_photos,
    load_rgb,
    network_input,
    shrink,
)
from vernier.planning.context import Context
from vernier.planning.plan import Plan
from vernier.planning.verification import judged_exported
from vernier.processor_id import is_integer
from vernier.processors.discovery import pair_sums
from vernier.progress import Progress, silent
from vernier.quality.split_quality import held_out_files
from vernier.quantization.pair_bound import PairSums
from vernier.training.distillation import Distillation, distil
from vernier.units.cutting import cut
from vernier.units.split import Form

MOST_PHOTOS = 100


def fine_tuned(
    context: Context,
    plan: Plan,
    recipe: Distillation = Distillation(),  # noqa: B008 (frozen)
    progress: Progress = silent,
) -> tuple[Context, Plan]:
    """A plan with trained INT8 units, if that brings its pictures nearer; the same plan if not.

    Placement and time stay as they are (`training.distillation`). It learns from the request's
    photos, but those of the verdict.

    Args:
        context: that the plan was made with.
        plan: of processors that are here.
        recipe: how.
        progress: called after each step.

    Returns:
        A context whose network has the new weights and ranges, and the plan with its new verdict,
        which is still against the old float network.

    Raises:
        UsageError: the plan has no INT8 unit, or was not run here.
        TrainingError: photos are too small.
    """
    if not any(map(is_integer, plan.processors)):
        raise UsageError("the plan has no unit in INT8: there is nothing to fine-tune")
    if plan.held_out is None:
        raise UsageError("a plan of modelled processors cannot be judged, so not fine-tuned either")
    units = cut(context.source.graph, context.subject.granularity)
    integer = frozenset(
        output
        for unit, name in zip(units, plan.processors, strict=True)
        if is_integer(name)
        for output in unit.operators
    )
    sums = [pair_sums(name) for name in plan.processors if is_integer(name)]
    found = distil(
        context.source.graph,
        context.ranges,
        integer,
        _pool(context),
        recipe,
        progress,
        # Of several INT8 processors the strictest: what is exact there is exact on all.
        PairSums(any(one.channels for one in sums), any(one.taps for one in sums)),
    )
    outcome = f"{found.before_db:.2f} -> {found.after_db:.2f} dB to float in {found.steps} steps"
    if found.after_db <= found.before_db:
        return context, msgspec.structs.replace(plan, fine_tuned=f"old weights kept: {outcome}")
    made = replace(context, source=replace(context.source, graph=found.graph), ranges=found.ranges)
    verdict = judged_exported(
        made.source,
        made.subject,
        plan.processors,
        made.ranges,
        made.held_out,
        made.request.objective,
        made.guard,
        believed=context.source,
        form=Form(plan.form),
        allow_inexact=made.request.allow_inexact,
    )
    outcome += (
        f" (simulated, patches left out); held out {plan.held_out.psnr_db:.2f} -> "
        f"{verdict.psnr_db:.2f} dB, objective {plan.held_out.objective:.3f} -> "
        f"{verdict.objective:.3f}"
    )
    return made, msgspec.structs.replace(plan, held_out=verdict, fine_tuned=outcome)


def _pool(context: Context) -> list[Float32]:
    """Photos at low resolution, without those of the verdict."""
    photos = context.request.photos
    files = list_photos(photos)
    kept = set(held_out_files(photos, len(context.held_out.pictures)))
    files = [path for path in files if path not in kept]
    files = evenly_spread(files, MOST_PHOTOS)
    channels = context.source.graph.types[context.source.graph.inputs[0]].shape[3]
    return [
        network_input(shrink(load_rgb(path), context.source.scale)[0], channels) for path in files
    ]
