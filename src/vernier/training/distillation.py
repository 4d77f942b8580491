"""Quantisation-aware training against the float network: weights that give its picture in INT8.

The float network is the teacher: what it makes of photos is what its INT8 twin shall compute, and
no other truth is needed. Rounding is simulated as the exported file does it, and gradients pass
straight through it (Jacob et al., CVPR 2018). The ends of activations' ranges can learn with the
weights, as SESR's minima and maxima do. What is between INT8 convolutions is first brought to
channels of like size (`quantization.equalization`); what stays in float does not change.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.errors import TrainingError
from vernier.graphs.graph import Graph
from vernier.progress import Progress, silent
from vernier.quantization.equalization import channel_sizes, equalized
from vernier.quantization.pair_bound import EXACT, PairSums
from vernier.quantization.ranges import Ranges, calibrate
from vernier.simulation.network import SimulatedNetwork

Float32 = NDArray[np.float32]
MEASURED_SIDE = 96
"""Of the patches on which channels are measured, in pixels."""
JUDGED = 16
"""Patches that say what it brought; none of them is trained on, but their photos may be."""


@dataclass(frozen=True)
class Distillation:
    """How to train.

    Attributes:
        minutes: at the most.
        steps: at the most.
        batch: patches in a step.
        patch: side of a low-resolution patch, in pixels.
        learning_rate: of Adam, as a share of each tensor's root mean square; it falls to zero, by
            steps or by minutes, whichever are over first.
        range_rate: likewise of ranges, as a share of each one's length; 0 leaves them as they are.
        equalization: how far channels are made equal first, 0 (not at all) to 1.
        seed: of patches.
    """

    minutes: float = 2.0
    steps: int = 2000
    batch: int = 8
    patch: int = 40
    learning_rate: float = 1e-3
    range_rate: float = 0.0
    equalization: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class Distilled:
    """What came out.

    Attributes:
        graph: float, with the trained weights: to be quantised with `ranges`.
        ranges: for these weights; those of input, output and float parts are the given ones.
        before_db: mean PSNR to the float network's pictures, outputs clipped to [0, 1].
        after_db: the same with the trained weights.
        steps: that were taken.
    """

    graph: Graph
    ranges: Ranges
    before_db: float
    after_db: float
    steps: int


def distil(
    graph: Graph,
    ranges: Ranges,
    integer: frozenset[str] | None,
    pictures: Sequence[Float32],
    recipe: Distillation = Distillation(),
    progress: Progress = silent,
    sums: PairSums = EXACT,
) -> Distilled:
    """Train the weights that operators in INT8 read.

    Args:
        graph: float32, any size.
        ranges: of its INT8 parts.
        integer: outputs of the operators that run in INT8; None for all.
        pictures: inputs to learn from, `(h, w, channels)`, float32 in [0, 1].
        recipe: how.
        progress: called after each step.
        sums: what the INT8 processor adds in 16 bits; the weights are bounded to that.

    Raises:
        TrainingError: no picture is as large as a patch, or no weight is read in INT8.
        GraphError: an operator has no INT8 form, or a range is missing.
    """
    pool = [picture for picture in pictures if min(picture.shape[:2]) >= recipe.patch]
    if not pool:
        raise TrainingError(
            f"expected pictures of {recipe.patch}x{recipe.patch} pixels and more at low resolution "
            "to learn from; use larger photos"
        )
    teacher = SimulatedNetwork(graph, ranges)
    equal, own_ranges = _equalized(graph, ranges, integer, pool, recipe)
    student = SimulatedNetwork(equal, own_ranges)
    weights = [student.weight(name) for name in _read_by(graph, integer)]
    if not weights:
        raise TrainingError("no weight is read in INT8: there is nothing to train")
    for weight in weights:
        weight.requires_grad_(True)
    learnt = student.learn_ranges(integer) if recipe.range_rate > 0 else {}
    groups = [(w, recipe.learning_rate * float(w.detach().square().mean().sqrt())) for w in weights]
    groups += [(e, recipe.range_rate * float(e.detach().diff())) for e in learnt.values()]
    optimiser = torch.optim.Adam({"params": [one], "lr": rate} for one, rate in groups)
    rates = [group["lr"] for group in optimiser.param_groups]
    rng = np.random.default_rng(recipe.seed)
    judged = _patches(pool, rng, recipe.patch, JUDGED)
    before_db = _to_teacher_db(teacher, teacher, judged, integer, sums)
    began, step, gone = time.monotonic(), 0, 0.0
    while gone < 1:
        x = _patches(pool, rng, recipe.patch, recipe.batch)
        with torch.no_grad():
            wanted = teacher(x)
        loss = (student(x, integer, sums) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * (1 - gone)
        optimiser.step()
        step += 1
        gone = max(step / recipe.steps, (time.monotonic() - began) / (60 * recipe.minutes))
        note = f"{-10 * np.log10(max(loss.item(), 1e-12)):.2f} dB to float"
        progress(round(1000 * min(1.0, gone)), 1000, note)
    student.requires_grad_(False)
    after_db = _to_teacher_db(student, teacher, judged, integer, sums)
    return Distilled(student.graph(), student.ranges(), before_db, after_db, step)


def _equalized(
    graph: Graph,
    ranges: Ranges,
    integer: frozenset[str] | None,
    pool: Sequence[Float32],
    recipe: Distillation,
) -> tuple[Graph, Ranges]:
    if recipe.equalization == 0:
        return graph, ranges
    side = min(MEASURED_SIDE, *(min(picture.shape[:2]) for picture in pool))
    seen = _patches(pool, np.random.default_rng(recipe.seed), side, JUDGED)
    crops = [np.ascontiguousarray(one.permute(1, 2, 0).numpy()) for one in seen]
    equal, scaled = equalized(graph, channel_sizes(graph, crops), recipe.equalization, integer)
    found = calibrate(equal, (crop[None] for crop in crops), "least-squares")
    return equal, ranges.replaced({name: found[name] for name in scaled})


def _read_by(graph: Graph, integer: frozenset[str] | None) -> list[str]:
    """Constants that operators in INT8 read, by name, if they are numbers that can be learnt."""
    return sorted(
        {
            name
            for op in graph.operators
            if integer is None or op.output in integer
            for name in op.inputs
            if name in graph.constants and graph.constants[name].dtype == np.float32
        }
    )


def _patches(pool: Sequence[Float32], rng: np.random.Generator, side: int, count: int) -> Tensor:
    """Random patches, `(count, channels, side, side)`, channels last in memory."""
    rows = []
    for _ in range(count):
        picture = pool[int(rng.integers(len(pool)))]
        top = int(rng.integers(picture.shape[0] - side + 1))
        left = int(rng.integers(picture.shape[1] - side + 1))
        rows.append(picture[top : top + side, left : left + side].transpose(2, 0, 1))
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(rows)))
    return stacked.contiguous(memory_format=torch.channels_last)


def _to_teacher_db(
    student: SimulatedNetwork,
    teacher: SimulatedNetwork,
    x: Tensor,
    integer: frozenset[str] | None,
    sums: PairSums,
) -> float:
    with torch.no_grad():
        difference = student(x, integer, sums).clamp(0, 1) - teacher(x).clamp(0, 1)
        error = difference.square().mean().item()
    return float(-10 * np.log10(max(error, 1e-12)))
