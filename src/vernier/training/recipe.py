"""Recipes: everything that decides what a training run computes, in one TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from vernier.errors import TrainingError
from vernier.networks.shipped import FOLDER

Positive = Annotated[int, msgspec.Meta(ge=1)]


Share = Annotated[float, msgspec.Meta(ge=0)]


class Adversarial(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a network is trained against a discriminator.

    Attributes:
        begins_at: first step of it; before that the recipe's own loss trains alone.
        pixel: weight of the recipe's own loss from then on.
        adversarial: weight of the relativistic average loss (ESRGAN, equation 2).
        feature: weight of the difference of features, as a share of the true ones' size.
        texture: weight of the mean squared difference of their Gram matrices, in pieces of 16
            pixels (ENet-PAT, equation 5), as a share of the true ones' mean square.
        vgg: whose loss on VGG's features; of the discriminator's own features if absent.
        width: channels of the discriminator's first layer.
        learning_rate: of its Adam, constant.
    """

    begins_at: Annotated[int, msgspec.Meta(ge=0)]
    pixel: Share = 1.0
    adversarial: Share = 5e-3
    feature: Share = 1e-2
    texture: Share = 1e-2
    vgg: Literal["esrgan", "enet"] | None = None
    width: Annotated[int, msgspec.Meta(ge=4)] = 16
    learning_rate: Annotated[float, msgspec.Meta(gt=0)] = 1e-4


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one network is trained.

    Attributes:
        network: a name of the registry.
        scale: whole upscaling factor.
        seed: of the weights and of every random draw of the data.
        steps: optimiser steps in all.
        batch: patches in a step.
        patch: side of a low-resolution patch, in pixels.
        learning_rate: of Adam, after the warm-up.
        warmup_steps: steps over which the rate rises linearly from zero.
        decay_steps: last steps, over which it falls linearly to zero. A constant rate before
            that lets a finished run be extended: raise `steps` and resume from the checkpoint
            that is kept at the start of the decay.
        loss: mean absolute ("l1") or mean squared ("l2") error in [0, 1], on luma or RGB as the
            network has it.
        ema_decay: of the exponential moving average of the weights, which is what is shipped.
        shrink: factors by which every photo is also shrunk, for more data with finer detail.
        expanded: compute in the expanded form of linear blocks instead of the collapsed one.
        start_from: a shipped network `NAME-xSCALE`, or a file `NAME-xSCALE.safetensors` of
            collapsed weights, to start from; it may have fewer blocks or channels. The last block
            stays fresh where the scale differs.
        validation_photos: photos held out of training, evenly spread over the sorted folder.
        validate_every: steps between validations and checkpoints.
        precision: "float32", or "bfloat16" for autocast.
        compiled: let PyTorch compile the network first, which takes seconds and a C++ compiler and
            saves a third of each step of a small network.
        blocks: what stands for SESR's linear blocks while training
        (`networks/architectures/block_styles.py`).
        adversarial: train against a discriminator as well, from one of its steps on.
    """

    network: str
    scale: Positive
    seed: int = 1
    steps: Positive = 60_000
    batch: Positive = 16
    patch: Annotated[int, msgspec.Meta(ge=16)] = 48
    learning_rate: Annotated[float, msgspec.Meta(gt=0)] = 1e-3
    warmup_steps: Annotated[int, msgspec.Meta(ge=0)] = 500
    decay_steps: Annotated[int, msgspec.Meta(ge=0)] = 20_000
    loss: Literal["l1", "l2"] = "l1"
    ema_decay: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.999
    shrink: tuple[float, ...] = (1.0, 0.8, 0.6)
    expanded: bool = False
    start_from: str | None = None
    validation_photos: Positive = 20
    validate_every: Positive = 2_000
    precision: Literal["float32", "bfloat16"] = "float32"
    compiled: bool = False
    blocks: Literal["linear", "expandnet", "repvgg", "plain"] = "linear"
    adversarial: Adversarial | None = None

    @property
    def name(self) -> str:
        """`NETWORK-xSCALE`, the name of the trained weights."""
        return f"{self.network}-x{self.scale}"

    def learning_rate_at(self, step: int) -> float:
        """The rate of one step: a linear rise, a plateau, a linear fall."""
        rise = (step + 1) / self.warmup_steps if self.warmup_steps else 1.0
        fall = (self.steps - step) / self.decay_steps if self.decay_steps else 1.0
        return self.learning_rate * min(1.0, rise, fall)


def parse_recipe(text: str, origin: str) -> Recipe:
    """A recipe from TOML.

    Raises:
        TrainingError: not TOML, an unknown key, or a value of the wrong type or range.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Recipe)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise TrainingError(f"{origin}: not a usable recipe: {error}") from error


def load_recipe(path: Path) -> Recipe:
    """The recipe in a file; errors as `parse_recipe`."""
    try:
        return parse_recipe(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: cannot read the recipe: {error}") from error


def find_recipe(name: str) -> Recipe:
    """A recipe by file, or by the name of a shipped one (`sesr-m5-x2`).

    Raises:
        TrainingError: neither exists, or it is not usable.
    """
    shipped = {path.parent.name: path for path in FOLDER.glob("*/recipe.toml")}
    if name in shipped and not Path(name).is_file():
        return load_recipe(shipped[name])
    if not Path(name).is_file():
        raise TrainingError(
            f"{name}: neither a file nor a shipped recipe; there are {', '.join(sorted(shipped))}"
        )
    return load_recipe(Path(name))
