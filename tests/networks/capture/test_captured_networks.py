"""Every network of the registry as a graph: in NumPy and in LiteRT the same as in PyTorch."""

from pathlib import Path

import pytest
import torch
from graph_equality import assert_captured, kinds
from torch import nn

from vernier.networks.architectures.edsr import Edsr
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.vdsr import Vdsr
from vernier.networks.checkpoints import load, load_into
from vernier.networks.detection import detect
from vernier.networks.registry import find_network

DATA = Path(__file__).parents[4] / "shared" / "data"

# What a graph holds besides convolutions, their fused RELUs and ADD.
OTHERS = {
    "srcnn": {"MIRROR_PAD", "DEPTH_TO_SPACE"},
    "espcn": {"TANH", "DEPTH_TO_SPACE"},
    "lapsrn": {"LEAKY_RELU", "TRANSPOSE_CONV"},
    "carn": {"CONCATENATION", "DEPTH_TO_SPACE"},
    "carn-m": {"CONCATENATION", "DEPTH_TO_SPACE"},
    "edsr-baseline": {"DEPTH_TO_SPACE"},
    "enet": {"MIRROR_PAD", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "RESIZE_NEAREST_NEIGHBOR"},
    "srvgg-16": {"PRELU", "DEPTH_TO_SPACE", "RESIZE_NEAREST_NEIGHBOR"},
    "imdn": {"LEAKY_RELU", "SLICE", "CONCATENATION", "MEAN", "SUB", "MUL", "SQRT", "LOGISTIC",
             "DEPTH_TO_SPACE"},
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_networks(name):
    torch.manual_seed(0)
    entry = find_network(name)
    scale = entry.scales[-1] if name != "srvgg-16" else 3
    module = entry.build(scale)
    graph = assert_captured(module, entry.channels, 7, 10, traced=(48, 64))
    assert set(kinds(graph)) <= OTHERS[name] | {"CONV_2D", "ADD"}
    assert graph.types["output"].shape == (1, 7 * scale, 10 * scale, entry.channels)


@pytest.mark.parametrize(
    ("module", "height", "width"),
    [
        (RrdbNet(4, blocks=1), 5, 6),
        (RrdbNet(2, blocks=1), 6, 8),
        (RrdbNet(1, blocks=1), 8, 12),
        (Edsr(3, blocks=2, width=16, residual_scale=0.1), 5, 6),
        (Vdsr(2, layers=4), 5, 6),
    ],
    ids=["rrdbnet-x4", "rrdbnet-x2", "rrdbnet-x1", "edsr", "vdsr"],
)
def test_deep_networks_made_shallow(module, height, width):
    assert_captured(module, module.channels, height, width, traced=(48, 64))


def test_colour_shifts_and_ranges_leave_no_operators():
    """EDSR's times 255, mean, residual scale, mean and by 255 are all inside convolutions."""
    module = Edsr(2, blocks=1, residual_scale=0.1)
    graph = assert_captured(module, 3)
    convolutions = sum(isinstance(m, nn.Conv2d) for m in module.modules())
    # The last colour shift is in the last convolution; the first cannot be: zeros pad after it.
    assert kinds(graph).count("CONV_2D") == convolutions - 1
    assert "MUL" not in kinds(graph)


def test_a_networks_other_ends_are_left_out():
    carn = find_network("carn-m").build(2)
    graph = assert_captured(carn, 3)
    used = sum(graph.constants[op.inputs[1]].size for op in graph.operators if "CONV" in op.kind)
    everything = sum(p.numel() for p in carn.parameters() if p.dim() == 4)
    # x3's and one of x4's two convolutions, and more, are not in it; its shared blocks are thrice.
    assert "upsample.up3.body.0/weights" not in graph.constants
    assert used < 1.5 * everything


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data here")
@pytest.mark.parametrize(
    ("file", "scale"),
    [
        ("carn_m.safetensors", 2),
        ("imdn_x4.safetensors", 4),
        ("realesr-animevideov3-x4.safetensors", 4),
        ("upscayl-lite-4x.safetensors", 4),
    ],
)
def test_real_weights(file, scale):
    detection = detect(load(DATA / "weights" / file), scale)
    network = detection.build()
    load_into(network, detection.weights)
    assert_captured(network, 3, 15, 21, traced=(48, 64), tolerance=1e-4)
