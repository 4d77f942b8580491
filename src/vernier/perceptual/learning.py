"""Training an estimator, and what it is worth on photos and networks that it has not seen."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vernier.errors import TrainingError
from vernier.files import write_whole
from vernier.perceptual.data import Pictures
from vernier.perceptual.estimator import Estimator, Imitated, load_estimator
from vernier.progress import Progress, silent

BATCH = 32
LEARNING_RATE = 2e-3
CELLS_COUNT = 0.1
"""Share of the loss of cells beside that of scores."""
CLEAR = 0.02
"""Of a metric's span: pairs of splits that differ by more are a matter of sign."""


@dataclass(frozen=True)
class Recipe:
    """What decides a training run.

    Attributes:
        epochs: passes over the pictures.
        seed: of the weights and of the order.
        start: weights to go on from instead of random ones, `NAME.safetensors`; they are changed
            by a fifth of the learning rate.
    """

    epochs: int = 12
    seed: int = 1
    start: Path | None = None


@dataclass(frozen=True)
class Judged:
    """How well scores are predicted.

    Attributes:
        count: of pictures.
        pearson: linear correlation.
        spearman: rank correlation.
        mean_error: absolute, in the metric's unit.
        signs: share of clear pairs of one photo and network whose order is right.
        pairs: how many there were.
    """

    count: int
    pearson: float
    spearman: float
    mean_error: float
    signs: float
    pairs: int


def learn(
    imitated: Imitated,
    pictures: Pictures,
    recipe: Recipe,
    out: Path,
    progress: Progress = silent,
) -> Estimator:
    """Train, or go on with a run that was stopped.

    Args:
        imitated: the metric.
        pictures: to learn from.
        recipe: how.
        out: folder of the run; `checkpoint.pt` is written after each epoch.
        progress: called after each batch.

    Raises:
        TrainingError: fewer pictures than a batch, or a damaged checkpoint.
    """
    if len(pictures) < BATCH:
        raise TrainingError(f"expected at least {BATCH} pictures, found {len(pictures)}")
    torch.manual_seed(recipe.seed)
    estimator = Estimator(imitated)
    rate = LEARNING_RATE
    if recipe.start is not None:
        estimator.load_state_dict(load_estimator(recipe.start).state_dict())
        rate = LEARNING_RATE / 5
    estimator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = len(pictures) // BATCH
    optimiser = torch.optim.AdamW(estimator.parameters(), lr=rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=recipe.epochs * batches, pct_start=0.2
    )
    checkpoint = out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = _restored(checkpoint, recipe, len(pictures))
        estimator.load_state_dict(state["estimator"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
    for epoch in range(first, recipe.epochs):
        estimator.train()
        for number, places in enumerate(_shuffled(len(pictures), recipe.seed, epoch)):
            loss = _loss(estimator, pictures, places, recipe.seed + 7919 * epoch + number)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            progress(
                epoch * batches + number + 1, recipe.epochs * batches, f"loss {loss.item():.4f}"
            )
        out.mkdir(parents=True, exist_ok=True)
        state = {
            "estimator": estimator.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": epoch + 1,
            "epochs": recipe.epochs,
            "seed": recipe.seed,
            "pictures": len(pictures),
        }
        # In memory first: a signal while a file is written breaks PyTorch's archive.
        archive = io.BytesIO()
        torch.save(state, archive)
        write_whole(checkpoint, archive.getvalue())
    estimator.eval()
    return estimator


def _restored(checkpoint: Path, recipe: Recipe, count: int) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    except Exception as error:
        raise TrainingError(f"{checkpoint}: damaged ({error}); delete it") from error
    found = (state.get("epochs"), state.get("seed"), state.get("pictures"))
    if found != (recipe.epochs, recipe.seed, count):
        raise TrainingError(
            f"{checkpoint}: of a run with other epochs, seed or pictures {found}, expected "
            f"{(recipe.epochs, recipe.seed, count)}; choose another folder, or delete it"
        )
    return state


def _shuffled(count: int, seed: int, epoch: int) -> Iterator[list[int]]:
    order = np.random.default_rng((seed, epoch)).permutation(count)
    for start in range(0, count - BATCH + 1, BATCH):
        yield [int(place) for place in order[start : start + BATCH]]


def _loss(estimator: Estimator, pictures: Pictures, places: list[int], seed: int) -> Tensor:
    """Error of the scores, and of cells where the metric says what they are worth.

    Mirroring leaves all the metrics nearly as they are. Transposing does not: PIQE compares columns
    and never rows, and moves by a point.
    """
    batch = pictures.at(places)
    rng = np.random.default_rng(seed)
    views = [batch.pictures, batch.references]
    cells, scores = batch.cells, batch.scores
    place = int(rng.integers(len(batch.grids) + 1))
    if place < len(batch.grids):
        grid = batch.grids[place]
        views = [grid.cut(x) for x in views]
        cells, scores = grid.cells, grid.scores
    views = [x.float() / 255 for x in views]
    views += [] if cells is None else [cells]
    if rng.random() < 0.5:
        views = [x.flip(3) for x in views]
    if rng.random() < 0.5:
        views = [x.flip(2) for x in views]
    with torch.autocast("cpu", torch.bfloat16):
        found, seen = estimator.examine(
            views[0].contiguous(memory_format=torch.channels_last),
            *((views[1],) if estimator.imitated.referenced else ()),
        )
    span = estimator.imitated.highest - estimator.imitated.lowest
    loss = functional.smooth_l1_loss(found / span, scores / span, beta=0.02)
    return loss if cells is None else loss + CELLS_COUNT * _cells_loss(seen, views[2])


def _cells_loss(logits: Tensor, true: Tensor) -> Tensor:
    """Cross entropy of which cells count, and of what those that do are worth."""
    counts, worth = true.unbind(dim=1)
    active = functional.binary_cross_entropy_with_logits(logits[:, 0], counts)
    value = functional.binary_cross_entropy_with_logits(logits[:, 1], worth, reduction="none")
    return active + (value * counts).sum() / counts.sum().clamp_min(1)


def _run(estimator: Estimator, pictures: Tensor, references: Tensor) -> Tensor:
    given = (references,) if estimator.imitated.referenced else ()
    found: Tensor = estimator(pictures.contiguous(memory_format=torch.channels_last), *given)
    return found


def estimate(estimator: Estimator, pictures: Pictures) -> NDArray[np.float64]:
    """Scores of all pictures."""
    found = []
    with torch.no_grad():
        for start in range(0, len(pictures), BATCH):
            part = pictures.at(range(start, min(start + BATCH, len(pictures))))
            found.append(
                _run(estimator, part.pictures.float() / 255, part.references.float() / 255)
            )
    return torch.cat(found).double().numpy()


@dataclass(frozen=True)
class OfNetwork:
    """How well the scores of one network's pictures are predicted, on photos held out.

    Attributes:
        network: name and scale.
        held_out: whether it was kept from training.
        count: of pictures.
        mean_error: absolute, in the metric's unit.
        signs: share of clear pairs of splits of one photo whose order is right.
        pairs: how many there were.
        differences: correlation of predicted and true differences, over all pairs of one photo.
    """

    network: str
    held_out: bool
    count: int
    mean_error: float
    signs: float
    pairs: int
    differences: float


def by_network(
    estimator: Estimator, pictures: Pictures, trained_on: Collection[str], *, steady: bool = False
) -> list[OfNetwork]:
    """The verdict for each network, the least right signs first.

    Args:
        estimator: to judge.
        pictures: of photos that it has not seen.
        trained_on: networks whose pictures it has seen, of other photos.
        steady: compare means over all grids of blocks, as objectives do, instead of single scores.
    """
    found, true = estimate(estimator, pictures), pictures.scores.double().numpy()
    if steady:
        found, true = _over_grids(estimator, pictures, found, true)
    span = estimator.imitated.highest - estimator.imitated.lowest
    rows = []
    for network in dict.fromkeys(s.network for s in pictures.samples if s.network):
        own = [n for n, sample in enumerate(pictures.samples) if sample.network == network]
        steps = np.array(
            [
                (found[one] - found[other], true[one] - true[other])
                for one, other in combinations(own, 2)
                if pictures.samples[one].photo == pictures.samples[other].photo
            ]
        ).reshape(-1, 2)
        clear = steps[np.abs(steps[:, 1]) > CLEAR * span]
        rows.append(
            OfNetwork(
                network,
                network not in trained_on,
                len(own),
                float(np.abs(found[own] - true[own]).mean()),
                float((clear[:, 0] * clear[:, 1] > 0).mean()) if len(clear) else float("nan"),
                len(clear),
                float(np.corrcoef(steps.T)[0, 1]) if len(steps) > 1 else float("nan"),
            )
        )
    return sorted(rows, key=lambda row: row.signs)


def _over_grids(
    estimator: Estimator,
    pictures: Pictures,
    found: NDArray[np.float64],
    true: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of predicted and of true scores over a picture's own grid and the others."""
    founds, trues = [found], [true]
    for grid in pictures.grids:
        views = [grid.cut(x).contiguous() for x in (pictures.pictures, pictures.references)]
        part = Pictures(pictures.samples, views[0], views[1], grid.scores)
        founds.append(estimate(estimator, part))
        trues.append(grid.scores.double().numpy())
    return np.mean(founds, axis=0), np.mean(trues, axis=0)


def judge(estimator: Estimator, pictures: Pictures) -> Judged:
    """Compare an estimator's scores with the metric's."""
    found, true = estimate(estimator, pictures), pictures.scores.double().numpy()
    span = estimator.imitated.highest - estimator.imitated.lowest
    right = total = 0
    by_group: dict[tuple[str, str], list[int]] = {}
    for place, sample in enumerate(pictures.samples):
        if sample.network:
            by_group.setdefault((sample.photo, sample.network), []).append(place)
    for places in by_group.values():
        for number, one in enumerate(places):
            for other in places[number + 1 :]:
                if abs(true[one] - true[other]) > CLEAR * span:
                    total += 1
                    right += (true[one] > true[other]) == (found[one] > found[other])
    return Judged(
        len(pictures),
        float(np.corrcoef(found, true)[0, 1]),
        float(np.corrcoef(_ranks(found), _ranks(true))[0, 1]),
        float(np.abs(found - true).mean()),
        right / total if total else float("nan"),
        total,
    )


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks, the mean of them where values are equal."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)


@dataclass(frozen=True)
class Slopes:
    """Where an estimator's slope leads, as shares of pictures.

    Attributes:
        downhill: a small step down the slope makes the true metric better.
        chance: a step of that size in a random direction does. Where it nearly always does, as
            noise does for PIQE, `downhill` says little.
        sides: the step down is better for the true metric than the same step up.
    """

    downhill: float
    chance: float
    sides: float


def slopes(
    estimator: Estimator,
    pictures: Pictures,
    metric: Callable[[NDArray[np.uint8], NDArray[np.uint8]], float],
    levels: float = 2.0,
    seed: int = 0,
) -> Slopes:
    """Follow the estimator's slope a little, and ask the metric.

    Args:
        estimator: of a metric of which less is better.
        pictures: grey.
        metric: the true one, of a picture and its reference.
        levels: root mean square of the step in grey levels of 255.
        seed: of the random direction.
    """
    found = np.zeros((len(pictures), 3))
    generator = torch.Generator().manual_seed(seed)
    for place in range(len(pictures)):
        one = pictures.at([place])
        picture = (one.pictures.float() / 255).requires_grad_()
        reference = one.references.float() / 255
        (slope,) = torch.autograd.grad(_run(estimator, picture, reference).sum(), picture)
        truth = one.references[0, 0].numpy()

        before = metric(one.pictures[0, 0].numpy(), truth)
        anyhow = torch.randn(slope.shape, generator=generator)
        down, up, chance = (
            metric(_moved(picture.detach(), direction, levels), truth)
            for direction in (-slope, slope, anyhow)
        )
        found[place] = down < before, chance < before, down < up
    return Slopes(*(float(value) for value in found.mean(axis=0)))


def _moved(picture: Tensor, direction: Tensor, levels: float) -> NDArray[np.uint8]:
    """A picture of 8 bits after a step of so many grey levels, root mean square."""
    step = direction / direction.square().mean().sqrt().clamp_min(1e-12) * levels / 255
    found: NDArray[np.uint8] = ((picture + step).clamp(0, 1) * 255).round().byte()[0, 0].numpy()
    return found
