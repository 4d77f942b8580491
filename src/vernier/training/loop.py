"""The training loop: resumable, reproducible, with an average of the weights."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.errors import TrainingError
from vernier.files import read_json, to_json, write_whole
from vernier.images.colour import luma
from vernier.images.pairs import Pair, list_photos, load_rgb, make_pair
from vernier.metrics.psnr import psnr
from vernier.networks.architectures.block_styles import restyle
from vernier.networks.architectures.linear_block import set_expanded
from vernier.networks.registry import find_network
from vernier.training.adversarial import Critic
from vernier.training.photos import PatchSampler, split_photos
from vernier.training.recipe import Recipe


@dataclass(frozen=True)
class StepReport:
    """What the loop tells after each step."""

    step: int
    steps: int
    loss: float
    validation_psnr_db: float | None


Listener = Callable[[StepReport], None]


class RunFolder:
    """A run on disk: `recipe.json`, `log.jsonl`, `checkpoint.pt`, `plateau.pt`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint.pt"
        self.plateau = path / "plateau.pt"
        self.recipe = path / "recipe.json"
        self.log = path / "log.jsonl"

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise TrainingError for a run of another network, which is not continued by mistake."""
        if self.recipe.exists():
            before = self.read_recipe()
            if before.name != recipe.name:
                raise TrainingError(
                    f"{self.path} holds a run of {before.name}, not of {recipe.name}; "
                    "choose another --out folder"
                )

    def write_recipe(self, recipe: Recipe) -> None:
        """Keep the recipe."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.recipe, to_json(recipe))

    def read_recipe(self) -> Recipe:
        """The recipe that the run was started with."""
        return read_json(self.recipe, Recipe, "recipe", error=TrainingError)

    def save(self, state: dict[str, Any], path: Path) -> None:
        """A stop never leaves half a file."""
        # In memory first: a signal while a file is written breaks PyTorch's archive.
        archive = io.BytesIO()
        torch.save(state, archive)
        write_whole(path, archive.getvalue())

    def load(self, path: Path) -> dict[str, Any]:
        """A checkpoint, without running any code in it."""
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
            return state
        except Exception as error:
            raise TrainingError(f"{path}: damaged checkpoint ({error}); delete it") from error

    def append_log(self, row: dict[str, Any]) -> None:
        """Add a line of JSON to the log."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def train(
    recipe: Recipe,
    photos: Path,
    out: Path,
    *,
    start: dict[str, Tensor] | None = None,
    listener: Listener | None = None,
    stop_after_steps: int | None = None,
) -> dict[str, Tensor]:
    """Train a network, or go on with a run that was stopped.

    The state is saved at every validation and when interrupted, by SIGTERM as by Ctrl-C; never one
    that holds NaN or infinity, after which no run recovers. A second call with the same
    folder goes on where the first stopped and computes what an unbroken run would have.

    Args:
        recipe: what to compute.
        photos: folder of training photos.
        out: folder of the run.
        start: weights in trainable form to begin with (see `Recipe.start_from`).
        listener: called after each step.
        stop_after_steps: end early after this many steps, as an interruption would.

    Returns:
        The averaged weights in trainable form, by parameter name.

    Raises:
        TrainingError: unusable photos, or a run folder of another network.
    """
    folder = RunFolder(out)
    folder.check_recipe(recipe)
    torch.manual_seed(recipe.seed)
    entry = find_network(recipe.network, recipe.scale)
    network = restyle(entry.build_trainable(recipe.scale), recipe.blocks)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    set_expanded(network, recipe.expanded)
    if start is not None:
        load_matching(network, start)
    average = {name: value.detach().clone() for name, value in network.named_parameters()}
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)

    forward = _compiled(network) if recipe.compiled else network
    critic = Critic(recipe.adversarial, entry.channels) if recipe.adversarial else None

    train_files, validation_files = split_photos(list_photos(photos), recipe.validation_photos)
    sampler = PatchSampler(train_files, recipe.scale, recipe.patch, recipe.shrink, entry.channels)
    validation = [
        make_pair(load_rgb(path), recipe.scale, entry.channels) for path in validation_files
    ]

    # Only now: unusable photos leave a folder as it was.
    folder.write_recipe(recipe)
    first_step = 0
    resume_from = folder.checkpoint
    if resume_from.exists():
        state = folder.load(resume_from)
        extended = state["decaying"] and state["step"] >= state["steps"] < recipe.steps
        if extended and folder.plateau.exists():
            state = folder.load(folder.plateau)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average = state["average"]
        if critic is not None and state.get("critic"):
            critic.restore(state["critic"])
        first_step = state["step"]
        _check_finite(network, average, f"{resume_from}: delete it, and start anew: ")

    def checkpoint(step: int) -> dict[str, Any]:
        return {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "average": average,
            "critic": None if critic is None else critic.state(),
            "step": step,
            "steps": recipe.steps,
            "decaying": step > recipe.steps - recipe.decay_steps,
        }

    step = first_step
    started = time.perf_counter()
    sound = True
    try:
        while step < recipe.steps:
            loss = _step(forward, optimiser, sampler, recipe, step, critic)
            step += 1
            _update_average(average, network, min(recipe.ema_decay, step / (step + 10)))
            score = None
            if step == recipe.steps - recipe.decay_steps:
                _check_finite(network, average)
                folder.save(checkpoint(step), folder.plateau)
            if step % recipe.validate_every == 0 or step == recipe.steps:
                _check_finite(network, average)
                score = validate(network, average, validation, recipe.scale)
                folder.save(checkpoint(step), folder.checkpoint)
                folder.append_log(
                    {
                        "step": step,
                        "loss": round(loss, 6),
                        "validation_psnr_db": round(score, 4),
                        "learning_rate": recipe.learning_rate_at(step),
                        "seconds": round(time.perf_counter() - started, 1),
                    }
                )
            if listener is not None:
                listener(StepReport(step, recipe.steps, loss, score))
            if stop_after_steps is not None and step - first_step >= stop_after_steps:
                break
    except TrainingError:
        sound = False
        raise
    finally:
        if step > first_step and sound and _is_finite(network, average):
            folder.save(checkpoint(step), folder.checkpoint)
    return average


def _compiled(network: nn.Module) -> Callable[[Tensor], Tensor]:
    compiled = torch.compile(network)

    def forward(low: Tensor) -> Tensor:
        try:
            made: Tensor = compiled(low)
        except torch._dynamo.exc.BackendCompilerFailed as error:
            raise TrainingError(
                f"PyTorch cannot compile the network ({str(error).splitlines()[0]}); install a C++ "
                "compiler, or set compiled = false in a copy of the recipe"
            ) from error
        return made

    return forward


def _step(
    forward: Callable[[Tensor], Tensor],
    optimiser: torch.optim.Optimizer,
    sampler: PatchSampler,
    recipe: Recipe,
    step: int,
    critic: Critic | None,
) -> float:
    low, high = (
        torch.from_numpy(a).contiguous(memory_format=torch.channels_last)
        for a in sampler.batch(recipe.seed, step, recipe.batch)
    )
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate_at(step)
    measure = functional.l1_loss if recipe.loss == "l1" else functional.mse_loss
    against = recipe.adversarial if critic and step >= critic.settings.begins_at else None
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bfloat16"):
        predicted = forward(low)
        # The paper also clips while training, which gives saturated pixels no gradient; its gain
        # is nil on photos, so the loss sees the unclipped output.
        loss = measure(predicted.float(), high)
        if critic and against:
            loss = against.pixel * loss + critic.loss(predicted, high)
        _check_loss(float(loss.detach()), step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if critic and against:
            critic.learn(predicted, high)
    return float(loss.detach())


def _check_loss(value: float, step: int) -> None:
    """Before anything is learnt from it."""
    if not np.isfinite(value):
        raise TrainingError(
            f"the loss became {value} at step {step}; lower learning_rate in the recipe, and go on "
            "from the last checkpoint"
        )


def _is_finite(network: nn.Module, average: dict[str, Tensor]) -> bool:
    tensors = [*network.parameters(), *average.values()]
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def _check_finite(network: nn.Module, average: dict[str, Tensor], where: str = "") -> None:
    if not _is_finite(network, average):
        raise TrainingError(
            f"{where}the weights hold NaN or infinity; lower learning_rate in the recipe"
        )


def _update_average(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    values = dict(network.named_parameters())
    with torch.no_grad():
        torch._foreach_lerp_(
            [average[name] for name in average],
            [values[name].detach() for name in average],
            1.0 - decay,
        )


def load_matching(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Copy the weights whose name and shape the network shares; returns the names left out."""
    left_out = []
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            value = weights.get(name)
            if value is not None and value.shape == parameter.shape:
                parameter.copy_(value)
            else:
                left_out.append(name)
    return left_out


def validate(
    network: nn.Module, weights: dict[str, Tensor], pairs: Sequence[Pair], scale: int
) -> float:
    """Mean luma PSNR in dB of the network with other weights; crop = scale, outputs clipped."""
    scores = []
    with torch.no_grad():
        for pair in pairs:
            planes = pair.low if pair.low.ndim == 3 else pair.low[:, :, None]
            low = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)))[None]
            out = torch.func.functional_call(network, weights, (low,))
            found = out[0].clamp(0, 1).permute(1, 2, 0).numpy()
            inside = (slice(scale, -scale), slice(scale, -scale))
            pictures = [
                luma(one) if one.ndim == 3 and one.shape[2] == 3 else one.reshape(one.shape[:2])
                for one in (found, pair.high)
            ]
            scores.append(psnr(pictures[0][inside], pictures[1][inside]))
    return float(np.mean(scores))
