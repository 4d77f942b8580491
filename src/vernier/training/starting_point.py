"""Where a run begins that does not begin from random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vernier.errors import TrainingError
from vernier.networks.architectures.linear_block import expand_from
from vernier.networks.checkpoints import load, load_into
from vernier.networks.registry import find_network
from vernier.networks.shipped import weights_file
from vernier.training.recipe import Recipe


def starting_point(recipe: Recipe) -> dict[str, Tensor] | None:
    """The weights in trainable form that a recipe starts from; None for a fresh start.

    The shipped weights are collapsed; they are expanded again, exactly, into fresh wide blocks
    drawn by the recipe's seed. The last block stays fresh where the scale is another.

    Raises:
        TrainingError: `start_from` is neither `NAME-xSCALE` of a shipped network nor a file.
    """
    if recipe.start_from is None:
        return None
    torch.manual_seed(recipe.seed)
    network = find_network(recipe.network, recipe.scale).build_trainable(recipe.scale)
    expand_from(network, _collapsed(recipe))
    return {name: value.detach() for name, value in network.named_parameters()}


def _collapsed(recipe: Recipe) -> nn.Module:
    start = str(recipe.start_from)
    name, _, scale = start.removesuffix(".safetensors").rpartition("-x")
    name = Path(name).name
    if not name or not scale.isdigit():
        raise TrainingError(
            f"start_from = {start!r}: expected NAME-xSCALE of a shipped network, "
            "or a file called NAME-xSCALE.safetensors"
        )
    network = find_network(name, int(scale)).build(int(scale))
    path = Path(start) if start.endswith(".safetensors") else weights_file(name, int(scale))
    load_into(network, load(path), str(path))
    return network
