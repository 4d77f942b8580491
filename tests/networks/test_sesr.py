"""SESR and FSRCNN against the published tables; weights only, for a 1280x720 output."""

import pytest
import torch
from torch import nn

from vernier.networks.architectures.sesr import VARIANTS, Sesr
from vernier.networks.registry import find_network
from vernier.training.cost import forward_macs, training_cost, weight_count

# Variant, scale, weights, multiply-accumulates in G (the paper cuts digits off).
PUBLISHED = [
    ("sesr-m3", 2, 8_912, 2.053),
    ("sesr-m5", 2, 13_520, 3.115),
    ("sesr-m7", 2, 18_128, 4.177),
    ("sesr-m11", 2, 27_344, 6.300),
    ("sesr-xl", 2, 105_376, 24.279),
    ("sesr-m3", 4, 13_712, 0.790),
    ("sesr-m5", 4, 18_320, 1.055),
    ("sesr-m7", 4, 22_928, 1.321),
    ("sesr-m11", 4, 32_144, 1.852),
    ("sesr-xl", 4, 114_976, 6.623),
    ("fsrcnn", 2, 12_464, 6.007),
    ("fsrcnn", 4, 12_464, 4.637),
]


@pytest.mark.parametrize(("name", "scale", "weights", "gigamacs"), PUBLISHED)
def test_size_and_work(name, scale, weights, gigamacs):
    module = find_network(name, scale).build(scale)
    assert weight_count(module) == weights
    macs = forward_macs(module, 720 // scale, 1280 // scale)
    assert macs / 1e9 == pytest.approx(gigamacs, abs=0.0006)


# Forward passes of a step with 32 patches of 64x64, in G: expanded, collapsed.
STEPS = [
    ("m3", 256, 31.04, 1.227),
    ("m5", 256, 41.775, 1.843),
    ("m7", 256, 52.51, 2.459),
    ("m11", 64, 18.50, 3.611),
    ("xl", 64, 36.75, 13.92),
]


@pytest.mark.parametrize(("variant", "expansion", "expanded", "collapsed"), STEPS)
def test_the_work_of_a_training_step(variant, expansion, expanded, collapsed):
    assert VARIANTS[variant].expansion == expansion
    cost = training_cost(Sesr(variant, 2), 32, 64, 64)
    assert cost.expanded / 1e9 == pytest.approx(expanded, abs=0.006)
    assert cost.collapsed / 1e9 == pytest.approx(collapsed, abs=0.006)
    assert cost.collapse_by_product < cost.collapse_by_deltas


def test_the_work_of_a_step_of_m5_to_the_published_digits():
    cost = training_cost(Sesr("m5", 2), 32, 64, 64)
    assert round(cost.expanded / 1e9, 3) == 41.775
    assert round(cost.narrow / 1e9, 3) == 1.772
    assert round(cost.collapsed / 1e9, 3) == 1.843
    assert sum(p.numel() for n, p in Sesr("m5", 2).named_parameters() if p.dim() == 4) == 318_720


def trace(module, x):
    """Names of the submodules in the order in which they run, with their inputs and outputs."""
    calls = {}

    def hook(name):
        def record(module, inputs, output):
            calls[name] = (inputs[0], output)

        return record

    for name, child in module.named_modules():
        if name and not list(child.children()):
            child.register_forward_hook(hook(name))
    with torch.no_grad():
        output = module(x)
    return calls, output


@pytest.mark.parametrize("hardware", [False, True])
@pytest.mark.parametrize("trainable", [False, True])
def test_structure(hardware, trainable):
    torch.manual_seed(0)
    module = Sesr("m3", 2, hardware, trainable)
    x = torch.rand(1, 1, 8, 9)
    calls, output = trace(module, x)
    names = list(calls)
    assert names == [
        "first", "middle.0", "activations.0", "middle.1", "activations.1", "middle.2",
        "activations.2", "last",
    ]  # fmt: skip
    torch.testing.assert_close(calls["first"][0], x - 0.5)
    # No activation after the first block; the feature skip; the input skip.
    assert torch.equal(calls["middle.0"][0], calls["first"][1])
    torch.testing.assert_close(calls["last"][0], calls["activations.2"][1] + calls["first"][1])
    skip = 0 if hardware else x
    wanted = nn.functional.pixel_shuffle(calls["last"][1] + skip, 2)
    torch.testing.assert_close(output, wanted)
    activations = [type(m) for m in module.activations]
    assert activations == [nn.ReLU if hardware else nn.PReLU] * 3
    if not hardware:
        # One slope for each channel, and a start as ReLU.
        assert all(torch.equal(m.weight, torch.zeros(16)) for m in module.activations)


def test_a_network_of_zeros_with_the_input_skip_repeats_pixels():
    module = Sesr("m3", 4, trainable_form=False)
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    x = torch.rand(1, 1, 3, 5)
    with torch.no_grad():
        assert torch.equal(module(x), nn.functional.interpolate(x, scale_factor=4))


def test_fsrcnn_ends_in_a_deconvolution_onto_the_right_grid():
    module = find_network("fsrcnn").build(3)
    assert [m.kernel_size for m in module.features if isinstance(m, nn.Conv2d)] == [
        (5, 5), (1, 1), (3, 3), (3, 3), (3, 3), (3, 3), (1, 1),
    ]  # fmt: skip
    assert module(torch.rand(1, 1, 5, 7)).shape == (1, 1, 15, 21)
