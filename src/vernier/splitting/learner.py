"""Vernier's learner: FYE-SR's losses, on splits that are real ones and pictures that are judged.

FYE-SR (Huang et al., MobiCom 2024) descends

    w <- w - eta (dL_time/dw + lambda1 dL_percept/dw + lambda2 dL_struct/dw)

on weights w behind each unit's share of the INT8 path; `paper_learner` keeps that form. The three
losses are the paper's here too. What is ours:

* Every forward pass computes one split: a processor is drawn for each unit, and the gradient goes
  straight through the draw (Jang et al., "Categorical reparameterization with Gumbel-softmax", ICLR
  2017, section 2.2). A blend of both paths would look better than it can: at a share a an INT8 path
  costs a^2 of its squared error and saves a of its time.
* The picture is the judge's own, in 8 bits, straight through its roundings.
* The time is the expected one in closed form (`expected_time`), and its weight is a multiplier that
  grows while that is late and shrinks otherwise: it finds how much a budget is worth.
* w are log-odds against each unit's finest processor, kept within a bound, so that none is certain.

The draws teach more than shares: each is a split with a loss, and with a slope for each unit. A
search that cannot judge each unit alone begins with those (`draws`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.metrics.differentiable import ssim
from vernier.progress import Progress, silent
from vernier.quality.perceived import Perception
from vernier.splitting.expected_time import ExpectedTime
from vernier.splitting.learner_state import SAVED_EVERY, read_state, save_state
from vernier.splitting.problem import Problem

Float64 = NDArray[np.float64]
Blend = Callable[[Tensor, Sequence[str], int], tuple[Tensor, Tensor]]
"""Grey pictures `(1, 1, H, W)` in [0, 1] of a photo, computed by shares `(M, K)` of these
processors, and the float network's; the number says which photo: one after the other."""

PATIENT, HASTY = 1.05, 0.97
"""Factors of the multiplier after a step that was late, and after one that was not."""
LEAST_MULTIPLIER = 0.5


@dataclass(frozen=True)
class Recipe:
    """How to learn.

    Attributes:
        steps: of Adam.
        learning_rate: of w.
        perceptual: lambda1, per point of 100 (the paper has 0.001 for SRCNN; a point of PIQE then
            weighs nothing beside the time, and all units move together).
        structural: lambda2 (0.25, as in the paper for SRCNN).
        time: the multiplier at first.
        temperature: of the draws' gradient.
        bound: of w.
        seed: of the draws.
    """

    steps: int = 50
    learning_rate: float = 0.15
    perceptual: float = 0.2
    structural: float = 0.25
    time: float = 2.0
    temperature: float = 0.5
    bound: float = 4.0
    seed: int = 0


@dataclass(frozen=True)
class Draw:
    """A split on the way, on one photo.

    Attributes:
        places: of each unit's processor in the profile's order, shape `(M,)`.
        loss: perceptual in points.
        slopes: of the perceptual and structural losses, weighted, by each unit's share of each
            processor, `(M, K)`.
    """

    places: NDArray[np.intp]
    loss: float
    slopes: Float64


@dataclass(frozen=True)
class Learnt:
    """What came out.

    Attributes:
        shares: probability of each unit on each processor, `(M, K)`.
        losses: of each step: time above the budget as a share of it, perceptual, structural; none
            weighted.
        multipliers: of the time, after each step.
        draws: of each step.
    """

    shares: Float64
    losses: tuple[tuple[float, float, float], ...]
    multipliers: tuple[float, ...]
    draws: tuple[Draw, ...]


def learn(
    problem: Problem,
    blend: Blend,
    perception: Perception,
    recipe: Recipe = Recipe(),
    checkpoint: Path | None = None,
    progress: Progress = silent,
) -> Learnt:
    """Descend; what follows from the shares is `likeliest`'s and `walk`'s.

    Args:
        problem: with a finite budget.
        blend: the network.
        perception: what is minimised.
        recipe: how.
        checkpoint: a file to go on from, written now and then; None to keep nothing.
        progress: called after each step.

    Raises:
        TrainingError: the checkpoint is damaged or of another run.
    """
    run = _Run(problem, blend, perception, recipe)
    identity = f"{recipe} {problem.budget_ms} {problem.profile.date}"
    run.restore(read_state(checkpoint, identity))
    for step in range(len(run.losses), recipe.steps):
        run.step(step)
        if checkpoint is not None and (step + 1) % SAVED_EVERY == 0:
            save_state(checkpoint, identity, run.state())
        late, seen, structure = run.losses[-1]
        found = f"time {late:+.3f} percept {seen:.2f} struct {structure:.4f}"
        progress(step + 1, recipe.steps, found)
    if checkpoint is not None:
        save_state(checkpoint, identity, run.state())
    return run.learnt()


def next_multiplier(multiplier: float, late: float) -> float:
    """The weight of the time after a step.

    Args:
        multiplier: before it.
        late: expected time above the budget as a share of it; 0 or less is in time.
    """
    return max(LEAST_MULTIPLIER, multiplier * (PATIENT if late > 0 else HASTY))


class _Run:
    """The state of one descent."""

    def __init__(
        self, problem: Problem, blend: Blend, perception: Perception, recipe: Recipe
    ) -> None:
        model = problem.sums
        self._blend, self._perception, self._recipe = blend, perception, recipe
        self._processors, self._budget_ms = model.processors, problem.budget_ms
        self._expected_ms = ExpectedTime(model)
        self._able = torch.from_numpy(np.isfinite(model.units_ms))
        fine = torch.tensor([model.processors.index(name) for name in problem.finest])
        # A unit's finest processor is what the others' log-odds are against.
        self._free = torch.nn.functional.one_hot(fine, len(model.processors)) == 0
        self._odds = torch.zeros(model.units_ms.shape, requires_grad=True)
        self._optimiser = torch.optim.Adam([self._odds], recipe.learning_rate, betas=(0.9, 0.99))
        self._chance = torch.Generator().manual_seed(recipe.seed)
        self.losses: list[tuple[float, float, float]] = []
        self._multipliers: list[float] = []
        self._draws: list[Draw] = []

    def step(self, number: int) -> None:
        recipe = self._recipe
        taken = self._drawn()
        taken.retain_grad()
        picture, exact = self._blend(taken, self._processors, number)
        seen = self._perception(picture, exact).mean()
        structure = (1 - ssim(picture, exact)).mean()
        looks = recipe.perceptual * seen + recipe.structural * structure
        late = self._expected_ms(self._shares()) / self._budget_ms - 1
        multiplier = self._multipliers[-1] if self._multipliers else recipe.time
        self._optimiser.zero_grad()
        loss = looks + multiplier * late.clamp_min(0)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        with torch.no_grad():
            self._odds.clamp_(-recipe.bound, recipe.bound)
        self.losses.append((late.item(), seen.item(), structure.item()))
        self._multipliers.append(next_multiplier(multiplier, late.item()))
        slopes = torch.zeros_like(taken) if taken.grad is None else taken.grad
        places = taken.detach().argmax(dim=1).numpy()
        self._draws.append(Draw(places, seen.item(), slopes.numpy().astype(np.float64)))

    def _scores(self) -> Tensor:
        return (self._odds * self._free).masked_fill(~self._able, -torch.inf)

    def _shares(self) -> Tensor:
        return torch.softmax(self._scores(), dim=1)

    def _drawn(self) -> Tensor:
        """One processor for each unit, `(M, K)` of 0 and 1, with the gradient of the soft draw."""
        scores = self._scores()
        chance = torch.rand(scores.shape, generator=self._chance).clamp(1e-6, 1 - 1e-6)
        noisy = scores - torch.log(-torch.log(chance))
        soft = torch.softmax(noisy / self._recipe.temperature, dim=1)
        hard = torch.nn.functional.one_hot(noisy.argmax(dim=1), scores.shape[1]).float()
        # In this order the sum is exactly 0 or 1.
        return hard + (soft - soft.detach())

    def learnt(self) -> Learnt:
        shares = self._shares().detach().numpy().astype(np.float64)
        return Learnt(shares, tuple(self.losses), tuple(self._multipliers), tuple(self._draws))

    def state(self) -> dict[str, object]:
        return {
            "odds": self._odds.detach().clone(),
            "optimiser": self._optimiser.state_dict(),
            "chance": self._chance.get_state(),
            "losses": list(self.losses),
            "multipliers": list(self._multipliers),
            "draws": [
                (torch.from_numpy(one.places), one.loss, torch.from_numpy(one.slopes))
                for one in self._draws
            ],
        }

    def restore(self, state: dict[str, object] | None) -> None:
        if state is None:
            return
        known: dict[str, object] = dict(state)
        with torch.no_grad():
            self._odds.copy_(known["odds"])  # type: ignore[arg-type]
        self._optimiser.load_state_dict(known["optimiser"])  # type: ignore[arg-type]
        self._chance.set_state(known["chance"])  # type: ignore[arg-type]
        self.losses = [tuple(row) for row in known["losses"]]  # type: ignore[attr-defined]
        self._multipliers = list(known["multipliers"])  # type: ignore[call-overload]
        self._draws = [
            Draw(places.numpy(), loss, slopes.numpy())
            for places, loss, slopes in known["draws"]  # type: ignore[attr-defined]
        ]
