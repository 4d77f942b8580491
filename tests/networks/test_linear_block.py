import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vernier.networks.architectures.linear_block import (
    LinearBlock,
    collapse,
    expand_from,
    set_expanded,
)
from vernier.networks.architectures.sesr import Sesr

blocks = st.fixed_dictionaries(
    {
        "inputs": st.integers(1, 20),
        "outputs": st.integers(1, 20),
        "kernel": st.sampled_from([1, 3, 5]),
        "expansion": st.integers(1, 96),
        "residual": st.booleans(),
        "height": st.integers(1, 9),
        "width": st.integers(1, 9),
        "seed": st.integers(0, 2**16),
    }
)


def make_block(inputs, outputs, kernel, expansion, residual, height, width, seed):
    torch.manual_seed(seed)
    outputs = inputs if residual else outputs
    block = LinearBlock(inputs, outputs, kernel, expansion, residual)
    nn.init.normal_(block.bias)
    return block, torch.rand(2, inputs, height, width)


@settings(max_examples=60, deadline=None)
@given(blocks)
def test_all_forms_are_one_function(sizes):
    block, x = make_block(**sizes)
    with torch.no_grad():
        block.expanded = True
        wide = block(x)
        block.expanded = False
        tolerance = 1e-5 * max(1.0, float(wide.abs().max()))
        assert (block(x) - wide).abs().max() <= tolerance
        assert (block.collapse()(x) - wide).abs().max() <= tolerance


def test_the_collapse_equals_the_papers_algorithm():
    """Algorithm 1: one-hot pictures through both convolutions, then turned by 180 degrees."""
    torch.manual_seed(0)
    inputs, outputs, kernel = 3, 5, 3
    block = LinearBlock(inputs, outputs, kernel, 32)
    deltas = torch.zeros(inputs, inputs, 2 * kernel - 1, 2 * kernel - 1)
    deltas[range(inputs), range(inputs), kernel - 1, kernel - 1] = 1.0
    with torch.no_grad():
        wide = nn.functional.conv2d(deltas, block.wide)
        answer = nn.functional.conv2d(wide, block.narrow)
        wanted = answer.flip(2, 3).transpose(0, 1)
        torch.testing.assert_close(block.collapsed_kernel(), wanted, rtol=1e-5, atol=1e-6)


def test_a_residual_adds_one_to_the_centre_tap():
    torch.manual_seed(0)
    block = LinearBlock(4, 4, 3, 16, residual=True)
    with torch.no_grad():
        with_skip = block.collapsed_kernel()
        block.residual = False
        difference = with_skip - block.collapsed_kernel()
    wanted = torch.zeros(4, 4, 3, 3)
    wanted[range(4), range(4), 1, 1] = 1.0
    torch.testing.assert_close(difference, wanted)


def test_gradients_flow_through_the_collapse():
    torch.manual_seed(0)
    grads = []
    block = LinearBlock(2, 3, 3, 8)
    x = torch.rand(1, 2, 6, 7)
    for expanded in (True, False):
        block.expanded = expanded
        block.zero_grad()
        block(x).square().sum().backward()
        grads.append([p.grad.clone() for p in block.parameters()])
    for wide, narrow in zip(*grads, strict=True):
        torch.testing.assert_close(wide, narrow, rtol=1e-4, atol=1e-5)


def test_starting_values_are_keras_default():
    """Uniform within sqrt(6 / (fan in + fan out)): 0.0495 and 0.1485 for 16 to 256 to 16."""
    torch.manual_seed(0)
    block = LinearBlock(16, 16, 3, 256)
    for weight, limit in ((block.wide, 0.0495), (block.narrow, 0.1485)):
        assert float(weight.detach().abs().max()) == pytest.approx(limit, rel=0.01)
        assert float(weight.detach().std()) == pytest.approx(limit / 3**0.5, rel=0.03)
    assert not block.bias.any()


@settings(max_examples=20, deadline=None)
@given(blocks)
def test_a_narrow_network_expands_to_the_same_function(sizes):
    block, x = make_block(**{**sizes, "expansion": sizes["expansion"] + 40})
    narrow = copy.deepcopy(block).collapse()
    nn.init.normal_(narrow.weight)
    fresh = nn.ModuleDict({"a": block})
    expand_from(fresh, nn.ModuleDict({"a": narrow}))
    set_expanded(fresh, True)
    with torch.no_grad():
        wanted = narrow(x)
        tolerance = 1e-3 * max(1.0, float(wanted.abs().max()))
        assert (block(x) - wanted).abs().max() <= tolerance


def test_collapse_replaces_every_block():
    module = nn.Sequential(LinearBlock(1, 4, 3, 8), nn.Sequential(LinearBlock(4, 4, 3, 8, True)))
    collapse(module)
    assert [type(m) for m in module.modules()].count(nn.Conv2d) == 2
    assert not any(isinstance(m, LinearBlock) for m in module.modules())


@pytest.mark.parametrize(("small", "large"), [("m3", "m7"), ("m7", "xl")])
def test_a_deeper_or_wider_network_begins_as_the_same_function(small: str, large: str) -> None:
    torch.manual_seed(3)
    before = collapse(Sesr(small, 2))
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    grown = Sesr(large, 2)
    expand_from(grown, before)
    x = torch.rand(1, 1, 20, 24)
    assert torch.allclose(grown(x), before(x), atol=1e-4)
    grown(x).square().mean().backward()
    stuck = [name for name, p in grown.named_parameters() if p.grad is None or not p.grad.any()]
    # A block that gives back its input has a narrow kernel of zeros, which stops the wide one's
    # gradient for the first step only.
    assert all(name.endswith("wide") for name in stuck)
