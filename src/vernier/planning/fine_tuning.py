"""A few minutes of quantisation-aware training of a split's INT8 units, against the float network.

The float network is the teacher, its pictures of photos are what the split shall compute: no other
truth is needed. Rounding is simulated as the exported file does it, and gradients pass straight
through it (Jacob et al., CVPR 2018). Weights of float units and all ranges stay as they are, so
that time and placement do not change.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.errors import UsageError
from vernier.evaluation.simulated_pictures import to_planes
from vernier.evaluation.split_quality import held_out_files
from vernier.images.pairs import list_photos, load_rgb, shrink
from vernier.planning.plan import Plan
from vernier.planning.planner import Workshop
from vernier.planning.verification import judged_exported
from vernier.progress import Progress, silent
from vernier.quantization.simulation import SimulatedNetwork
from vernier.splitting.problem import Assignment
from vernier.units.cutting import cut
from vernier.units.split import is_integer

Bytes = NDArray[np.uint8]
MOST_PHOTOS = 100
JUDGED = 8


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune.

    Attributes:
        minutes: at the most.
        steps: at the most.
        batch: patches in a step.
        patch: side of a low-resolution patch, in pixels.
        learning_rate: of Adam, as a share of each weight tensor's root mean square; falls to zero.
        seed: of patches.
    """

    minutes: float = 2.0
    steps: int = 600
    batch: int = 8
    patch: int = 40
    learning_rate: float = 1e-3
    seed: int = 0


def fine_tuned(
    shop: Workshop,
    plan: Plan,
    photos: Path,
    recipe: Recipe = Recipe(),
    progress: Progress = silent,
) -> tuple[Workshop, Plan]:
    """A plan with trained INT8 units, if that brings its pictures nearer; the same plan if not.

    Args:
        shop: that the plan was made with.
        plan: of processors that are here.
        photos: folder to learn from; those of the verdict are left out.
        recipe: how.
        progress: told after each step.

    Returns:
        A workshop whose network has the new weights, and the plan with its new verdict, which is
        still against the old float network.

    Raises:
        UsageError: the plan has no INT8 unit, or was not run here, or photos are too few.
    """
    if not any(map(is_integer, plan.processors)):
        raise UsageError("the plan has no unit in INT8: there is nothing to fine-tune")
    if plan.held_out is None:
        raise UsageError("a plan of modelled processors cannot be judged, so not fine-tuned either")
    network, before_db, after_db, steps = _trained(shop, plan.processors, photos, recipe, progress)
    if after_db <= before_db:
        told = f"old weights kept: {before_db:.2f} dB to float, {after_db:.2f} after {steps} steps"
        return shop, msgspec.structs.replace(plan, fine_tuned=told)
    made = replace(shop, source=replace(shop.source, graph=network.graph()))
    verdict = judged_exported(
        made.source,
        made.subject,
        plan.processors,
        made.ranges,
        made.held_out,
        made.objective,
        made.guard,
        believed=shop.source,
    )
    told = (
        f"{steps} steps: {before_db:.2f} -> {after_db:.2f} dB to float, simulated, on "
        f"{JUDGED} patches left out; held out {plan.held_out.psnr_db:.2f} -> "
        f"{verdict.psnr_db:.2f} dB, objective {plan.held_out.objective:.3f} -> "
        f"{verdict.objective:.3f}"
    )
    return made, msgspec.structs.replace(plan, held_out=verdict, fine_tuned=told)


def _trained(
    shop: Workshop, split: Assignment, photos: Path, recipe: Recipe, progress: Progress
) -> tuple[SimulatedNetwork, float, float, int]:
    """The network after training; PSNR to float of left-out patches before and after; steps."""
    units = cut(shop.source.graph, shop.subject.granularity)
    coarse = [unit for unit, name in zip(units, split, strict=True) if is_integer(name)]
    integer = frozenset(output for unit in coarse for output in unit.operators)
    student = SimulatedNetwork(shop.source.graph, shop.ranges)
    teacher = SimulatedNetwork(shop.source.graph, shop.ranges)
    read = {
        name
        for op in shop.source.graph.operators
        if op.output in integer
        for name in op.inputs
        if name in shop.source.graph.constants
    }
    weights = [student.weight(name) for name in sorted(read)]
    for weight in weights:
        weight.requires_grad_(True)
    groups = [
        {"params": [w], "lr": recipe.learning_rate * float(w.detach().square().mean().sqrt())}
        for w in weights
    ]
    optimiser = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: 1 - s / recipe.steps)
    channels = shop.source.graph.types[shop.source.graph.inputs[0]].shape[3]
    pool = _pool(shop, photos, recipe.patch)
    rng = np.random.default_rng(recipe.seed)
    judged = _patches(pool, rng, recipe.patch, JUDGED, channels)
    before_db = _to_teacher_db(student, teacher, judged, integer)
    began, step = time.monotonic(), 0
    while step < recipe.steps and time.monotonic() - began < 60 * recipe.minutes:
        x = _patches(pool, rng, recipe.patch, recipe.batch, channels)
        with torch.no_grad():
            wanted = teacher(x)
        loss = (student(x, integer) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        step += 1
        progress(step, recipe.steps, f"{-10 * np.log10(max(loss.item(), 1e-12)):.2f} dB to float")
    student.requires_grad_(False)
    return student, before_db, _to_teacher_db(student, teacher, judged, integer), step


def _pool(shop: Workshop, photos: Path, patch: int) -> list[Bytes]:
    """Photos at low resolution, without those of the verdict."""
    files = list_photos(photos)
    kept = set(held_out_files(photos, len(shop.held_out.pictures)))
    files = [path for path in files if path not in kept]
    files = files[:: max(1, len(files) // MOST_PHOTOS)]
    pool = [shrink(load_rgb(path), shop.source.scale)[0] for path in files]
    pool = [low for low in pool if min(low.shape[:2]) >= patch]
    if not pool:
        raise UsageError(
            f"{photos}: expected photos of {patch * shop.source.scale} pixels and more besides "
            "those kept for the verdict"
        )
    return pool


def _patches(
    pool: Sequence[Bytes], rng: np.random.Generator, side: int, count: int, channels: int
) -> Tensor:
    rows = []
    for _ in range(count):
        low = pool[int(rng.integers(len(pool)))]
        top = int(rng.integers(low.shape[0] - side + 1))
        left = int(rng.integers(low.shape[1] - side + 1))
        rows.append(to_planes(low[top : top + side, left : left + side], channels))
    return torch.from_numpy(np.concatenate(rows)).contiguous(memory_format=torch.channels_last)


def _to_teacher_db(
    student: SimulatedNetwork, teacher: SimulatedNetwork, x: Tensor, integer: frozenset[str]
) -> float:
    with torch.no_grad():
        error = (student(x, integer).clamp(0, 1) - teacher(x).clamp(0, 1)).square().mean().item()
    return float(-10 * np.log10(max(error, 1e-12)))
