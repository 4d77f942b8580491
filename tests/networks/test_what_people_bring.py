"""Checkpoints under the names, prefixes and with the values that people have."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from vernier.errors import NetworkError
from vernier.graphs.reference import run
from vernier.networks.architectures.edsr import Edsr
from vernier.networks.architectures.msr_resnet import MsrResNet
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.brought import bring


def small_rrdbnet(scale=4, fold=None):
    torch.manual_seed(0)
    return RrdbNet(scale, blocks=2, width=8, growth=4, fold=fold).eval()


def computes(graph, module):
    picture = np.random.default_rng(0).random((1, 12, 16, 3), np.float32)
    with torch.no_grad():
        wanted = module(torch.from_numpy(picture).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    (found,) = run(graph, {graph.inputs[0]: picture}).values()
    return found.shape == wanted.shape and np.abs(found - wanted).max() < 1e-4


def prefixed(prefix, weights):
    return {prefix + name: value for name, value in weights.items()}


WRAPPINGS = {
    "compiled": lambda w: prefixed("_orig_mod.", w),
    "data parallel, compiled": lambda w: prefixed("module._orig_mod.", w),
    "averaged": lambda w: {"n_averaged": torch.tensor(5), **prefixed("module.", w)},
    "params-ema": lambda w: {"params-ema": w, "params": {"x": torch.zeros(1)}},
    "beside an integer": lambda w: {**w, "version": 1},
    "beside words": lambda w: {**w, "date": "today", "note": None},
    "lightning": lambda w: {"state_dict": prefixed("net_g.", w), "epoch": 3},
    "wrapped": lambda w: {"state_dict": prefixed("model.", w)},
    "netG": lambda w: {"netG": prefixed("module.", w)},
    "mmagic": lambda w: {
        "state_dict": {
            **prefixed("generator.", {name: value + 1 for name, value in w.items()}),
            **prefixed("generator_ema.", w),
            "discriminator.conv.weight": torch.zeros(3),
            "step_counter": torch.tensor(3),
        },
        "meta": {},
    },
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_what_scripts_put_around_weights(tmp_path, wrapping):
    module = small_rrdbnet()
    torch.save(WRAPPINGS[wrapping](dict(module.state_dict())), tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert found.scale == 4
    assert computes(found.graph, module)


def oldest_names(module):
    """ESRGAN's, by BasicSR's table: places in `sequential(conv, shortcut, *upsampling, ...)`."""
    blocks, steps = len(module.body), module.enlargements
    names = {"conv_first": "model.0", "conv_body": f"model.1.sub.{blocks}"}
    names |= {f"conv_up{n}": f"model.{3 * n}" for n in range(1, steps + 1)}
    names |= {"conv_hr": f"model.{3 * steps + 2}", "conv_last": f"model.{3 * steps + 4}"}
    renamed = {}
    for name, value in module.state_dict().items():
        layer, _, kind = name.rpartition(".")
        if layer.startswith("body."):
            _, block, part, conv = layer.split(".")
            layer = f"model.1.sub.{block}.{part.upper()}.{conv}.0"
        renamed[f"{names.get(layer, layer)}.{kind}"] = value
    return renamed


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_the_oldest_names_at_every_scale(tmp_path, scale):
    module = small_rrdbnet(scale, fold=1)
    torch.save(oldest_names(module), tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert found.scale == scale
    assert computes(found.graph, module)


@pytest.mark.parametrize("scale", [1, 2])
def test_folded_networks(tmp_path, scale):
    module = small_rrdbnet(scale)
    torch.save(module.state_dict(), tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert found.scale == scale
    assert computes(found.graph, module)


class BasicSrEdsr(nn.Module):
    """As BasicSR's `edsr_arch.py` computes it."""

    def __init__(self):
        super().__init__()
        self.conv_first = nn.Conv2d(3, 8, 3, padding=1)
        self.body = nn.ModuleList([nn.Module() for _ in range(2)])
        for block in self.body:
            block.conv1 = nn.Conv2d(8, 8, 3, padding=1)
            block.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.conv_after_body = nn.Conv2d(8, 8, 3, padding=1)
        self.upsample = nn.Sequential(nn.Conv2d(8, 32, 3, padding=1), nn.PixelShuffle(2))
        self.conv_last = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x):
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        x = self.conv_first((x - mean) * 255.0)
        y = x
        for block in self.body:
            y = block.conv2(functional.relu(block.conv1(y))) + y
        y = self.conv_last(self.upsample(self.conv_after_body(y) + x))
        return y / 255.0 + mean


def test_basicsrs_edsr(tmp_path):
    torch.manual_seed(0)
    module = BasicSrEdsr().eval()
    torch.save({"params": module.state_dict()}, tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert (found.name, found.scale) == ("edsr", 2)
    assert computes(found.graph, module)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_basicsrs_resnet(tmp_path, scale):
    torch.manual_seed(0)
    module = MsrResNet(scale, blocks=2, width=8).eval()
    torch.save({"params": module.state_dict()}, tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert found.scale == scale
    assert computes(found.graph, module)


@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
def test_an_activation_without_weights_is_told_from_a_picture(tmp_path, activation):
    """With this activation the detail is nothing, with the other it is not."""
    torch.manual_seed(0)
    module = SrVggCompact(2, layers=0, width=2, activation=activation).eval()
    first, last = module.body[0], module.body[2]
    slope = {"relu": 0.0, "leaky-relu": 0.1}[activation]
    with torch.no_grad():
        for tensor in (first.weight, first.bias, last.weight, last.bias):
            tensor.zero_()
        # Always 1 below nothing: the activation gives -slope, and the last layer takes it off.
        first.bias[0] = -4.0
        last.weight[:, 0, 1, 1] = 1.0
        last.bias[:] = 4.0 * slope
    torch.save(module.state_dict(), tmp_path / "a.pth")
    found = bring(tmp_path / "a.pth")
    assert computes(found.graph, module)
    assert "leave the activation open" in found.notes[0]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda w: w * float("nan"), r"'conv_last.weight' holds NaN"),
        (lambda w: w / 0, r"'conv_last.weight' holds (NaN|infinity)"),
        (lambda w: torch.full_like(w, float("-inf")), r"'conv_last.weight' holds infinity"),
        (lambda w: w.to(torch.int8), r"'conv_last.weight' is int8, expected floating point"),
        (lambda w: w > 0, r"'conv_last.weight' is bool, expected floating point"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_that_no_network_computes_with(tmp_path, damage, words):
    weights = dict(small_rrdbnet().state_dict())
    weights["conv_last.weight"] = damage(weights["conv_last.weight"])
    torch.save(weights, tmp_path / "a.pth")
    with pytest.raises(NetworkError, match=words):
        bring(tmp_path / "a.pth")


def test_a_layer_that_the_network_lacks_is_an_error(tmp_path):
    weights = {**small_rrdbnet().state_dict(), "conv_extra.weight": torch.zeros(3)}
    torch.save(weights, tmp_path / "a.pth")
    with pytest.raises(NetworkError, match=r"unexpected: conv_extra\.weight"):
        bring(tmp_path / "a.pth")


def test_edsr_keeps_its_authors_names(tmp_path):
    torch.manual_seed(0)
    module = Edsr(2, blocks=1, width=8).eval()
    torch.save(module.state_dict(), tmp_path / "a.pth")
    assert computes(bring(tmp_path / "a.pth").graph, module)


def claimed(*shape):
    """A tensor of one number that says it has many."""
    return torch.zeros(1).expand(*shape)


@pytest.mark.parametrize("width", [20_000, 1_000_000])
def test_a_few_bytes_that_claim_much_are_refused_before_anything_is_built(tmp_path, width):
    weights = SrVggCompact(2, layers=1, width=4).state_dict()
    for name, value in weights.items():
        weights[name] = claimed(*(width if side == 4 else side for side in value.shape))
    torch.save(dict(weights), tmp_path / "a.pth")
    assert (tmp_path / "a.pth").stat().st_size < 10_000
    with pytest.raises(NetworkError, match=r"claim .* MiB, and the file is far smaller"):
        bring(tmp_path / "a.pth")


@pytest.mark.parametrize("scale", [17, 64])
def test_a_network_of_an_absurd_scale_is_refused_before_it_is_captured(tmp_path, scale):
    module = SrVggCompact(scale, layers=0, width=1)
    torch.save(module.state_dict(), tmp_path / "a.pth")
    with pytest.raises(NetworkError, match=f"would enlarge by {scale}, expected at most 16"):
        bring(tmp_path / "a.pth")


def test_more_layers_than_any_network_are_refused(tmp_path):
    weights = {f"body.{number}.weight": torch.zeros(1) for number in range(10_001)}
    torch.save(weights, tmp_path / "a.pth")
    with pytest.raises(NetworkError, match="at most 10,000 tensors of weights, found 10,001"):
        bring(tmp_path / "a.pth")
