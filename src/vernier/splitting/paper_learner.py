"""FYE-SR's model split learner in its literal form (Huang et al., MobiCom 2024).

Each unit's output is `share * INT8 path + (1 - share) * float path`, and gradient descent moves
trainable weights w behind the shares (the paper's "Model Split Learner"):

    w <- w - eta (dL_time/dw + lambda1 dL_percept/dw + lambda2 dL_struct/dw)

with L_time a hinge on the budget, L_percept from an estimator of a perceptual metric (here behind
the guard of `quality.guard`) and L_struct one less SSIM to the float picture. What the paper
leaves open is chosen here: shares are a softmax of w over the processors at a temperature that
falls, w begins near indifference, Adam descends, the hinge is relative to the budget. Rounding goes
through all thresholds and takes the feasible split that is nearest to the shares; nothing is
judged. `learner` has what we made of it, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.metrics.differentiable import ssim
from vernier.processor_id import is_integer
from vernier.progress import Progress, silent
from vernier.quality.perceived import Perception
from vernier.splitting.expected_time import ExpectedTime
from vernier.splitting.learner import Blend
from vernier.splitting.learner_state import SAVED_EVERY, read_state, save_state
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest
from vernier.splitting.time_model import TimeModel
from vernier.units.split import Split


@dataclass(frozen=True)
class PaperRecipe:
    """How to learn.

    Attributes:
        steps: of Adam.
        learning_rate: of w.
        perceptual: lambda1, per point of the metric (0.001 in the paper, for SRCNN).
        structural: lambda2 (0.25 in the paper, for SRCNN).
        hottest: temperature of the softmax at first.
        coldest: at last.
        seed: of w and of the order of photos.
    """

    steps: int = 150
    learning_rate: float = 0.1
    perceptual: float = 0.001
    structural: float = 0.25
    hottest: float = 1.0
    coldest: float = 0.15
    seed: int = 0


@dataclass(frozen=True)
class PaperLearnt:
    """What came out.

    Attributes:
        split: feasible.
        shares: of each unit on each processor, `(M, K)`, before rounding.
        losses: of each step: time, perceptual, structural, not weighted.
    """

    split: Split
    shares: NDArray[np.float64]
    losses: tuple[tuple[float, float, float], ...]


def learn_split(
    problem: Problem,
    blend: Blend,
    perception: Perception,
    recipe: PaperRecipe = PaperRecipe(),
    checkpoint: Path | None = None,
    progress: Progress = silent,
) -> PaperLearnt | None:
    """Descend, anneal and round.

    Args:
        problem: with a finite budget.
        blend: the network.
        perception: what is minimised.
        recipe: how.
        checkpoint: a file to go on from, written now and then; None to keep nothing.
        progress: called after each step.

    Returns:
        None where no split is feasible.

    Raises:
        TrainingError: the checkpoint is damaged or of another run.
    """
    model = problem.sums
    torch.manual_seed(recipe.seed)
    weights = (0.1 * torch.randn(model.units_ms.shape)).requires_grad_()
    optimiser = torch.optim.Adam([weights], recipe.learning_rate)
    losses: list[tuple[float, float, float]] = []
    expected_ms = ExpectedTime(model)
    identity = f"{recipe} {problem.budget_ms} {problem.profile.date}"
    state = read_state(checkpoint, identity)
    if state is not None:
        weights.data.copy_(state["weights"])
        optimiser.load_state_dict(state["optimiser"])
        losses = [tuple(row) for row in state["losses"]]
    for step in range(len(losses), recipe.steps):
        shares = _shares(weights, model, _temperature(recipe, step))
        picture, exact = blend(shares, model.processors, step)
        late = (expected_ms(shares) / problem.budget_ms - 1).clamp_min(0)
        seen = perception(picture, exact).mean()
        structure = (1 - ssim(picture, exact)).mean()
        loss = late + recipe.perceptual * seen + recipe.structural * structure
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append((late.item(), seen.item(), structure.item()))
        if checkpoint is not None and (step + 1) % SAVED_EVERY == 0:
            kept = {"weights": weights.detach(), "optimiser": optimiser.state_dict()}
            save_state(checkpoint, identity, {**kept, "losses": losses})
        progress(
            step + 1,
            recipe.steps,
            f"time {late.item():.3f} percept {seen.item():.2f} struct {structure.item():.4f}",
        )
    final = _shares(weights.detach(), model, recipe.coldest).numpy().astype(np.float64)
    split = rounded(problem, final)
    return None if split is None else PaperLearnt(split, final, tuple(losses))


def rounded(problem: Problem, shares: NDArray[np.float64]) -> Split | None:
    """The feasible split nearest to shares; the fastest where no threshold gives one.

    Args:
        problem: with a budget.
        shares: `(M, K)`, each row sums to 1.
    """
    names = problem.profile.processors
    integer = np.array([is_integer(name) for name in names])
    coarse = shares[:, integer].sum(axis=1)
    fine_at = _best_of(problem, shares, integer, wanted=False)
    coarse_at = _best_of(problem, shares, integer, wanted=True)
    best, nearest = None, np.inf
    for threshold in sorted({*coarse.tolist(), 0.5, 1.0, -1.0}):
        split = tuple(
            c if share > threshold else f
            for share, f, c in zip(coarse, fine_at, coarse_at, strict=True)
        )
        distance = sum(
            1 - float(shares[unit, names.index(name)]) for unit, name in enumerate(split)
        )
        if distance < nearest and problem.feasible(split):
            best, nearest = split, distance
    if best is None:
        last = fastest(problem)
        best = last if last is not None and problem.feasible(last) else None
    return best


def _best_of(
    problem: Problem, shares: NDArray[np.float64], integer: NDArray[np.bool_], *, wanted: bool
) -> list[str]:
    """For each unit its likeliest processor of a kind; of any kind where it has none of it."""
    names = problem.profile.processors
    found = []
    for unit, able in enumerate(problem.able):
        places = [names.index(name) for name in able]
        places = [place for place in places if integer[place] == wanted] or places
        found.append(names[max(places, key=lambda place: shares[unit, place])])
    return found


def _temperature(recipe: PaperRecipe, step: int) -> float:
    part = step / max(1, recipe.steps - 1)
    return float(recipe.hottest * (recipe.coldest / recipe.hottest) ** part)


def _shares(weights: Tensor, model: TimeModel, temperature: float) -> Tensor:
    able = torch.from_numpy(np.isfinite(model.units_ms))
    return torch.softmax((weights / temperature).masked_fill(~able, -torch.inf), dim=1)
