"""From a training run to deployed weights."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch

from vernier.errors import TrainingError
from vernier.networks.architectures.block_styles import restyle
from vernier.networks.architectures.linear_block import collapse, set_expanded
from vernier.networks.checkpoints import save
from vernier.networks.registry import find_network
from vernier.training.loop import RunFolder, load_matching

# Float32 sums of a few thousand products; more than this means that the forms are not equal.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class CollapseReport:
    """What a collapse did. `largest_difference` is of outputs in [0, 1], on a random picture."""

    network: str
    scale: int
    step: int
    trained_weights: int
    collapsed_weights: int
    largest_difference: float


def collapse_run(run: Path, out: Path) -> CollapseReport:
    """Write the averaged weights of a run in deployed form.

    Args:
        run: folder of the run.
        out: `.safetensors` file to write.

    Raises:
        TrainingError: no run is there, its checkpoint is damaged, or the two forms differ.
    """
    folder = RunFolder(run)
    if not folder.checkpoint.is_file() or not folder.recipe.is_file():
        raise TrainingError(f"{run}: expected the folder of a training run, found no checkpoint")
    recipe = folder.read_recipe()
    state = folder.load(folder.checkpoint)
    entry = find_network(recipe.network, recipe.scale)
    network = restyle(entry.build_trainable(recipe.scale), recipe.blocks)
    left_out = load_matching(network, state["average"])
    if left_out:
        raise TrainingError(f"{run}: the checkpoint lacks {left_out[0]}")
    narrow = collapse(copy.deepcopy(network)).eval()
    set_expanded(network, expanded=True)
    x = torch.rand(1, entry.channels, 48, 64, generator=torch.Generator().manual_seed(recipe.seed))
    with torch.no_grad():
        difference = float((network(x) - narrow(x)).abs().max())
    if not difference <= TOLERANCE:
        raise TrainingError(f"{run}: collapsed and expanded network differ by {difference:.1e}")
    metadata = {
        "network": recipe.network,
        "scale": str(recipe.scale),
        "seed": str(recipe.seed),
        "step": str(state["step"]),
    }
    save(narrow, out, metadata)
    return CollapseReport(
        recipe.network,
        recipe.scale,
        int(state["step"]),
        sum(p.numel() for p in network.parameters()),
        sum(p.numel() for p in narrow.parameters()),
        difference,
    )
