"""Ranges that learn with the weights: their gradient is PyTorch's own, and it shortens them."""

import numpy as np
import pytest
import torch

from vernier.graphs.shapes import resized
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.quantization.arithmetic.elementwise import Target
from vernier.quantization.arithmetic.elementwise import quantize as to_codes
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges, calibrate_picture_network
from vernier.quantization.scales import decode
from vernier.simulation.network import SimulatedNetwork
from vernier.simulation.rounding import Ends, Within, half_even, rounded
from vernier.training.distillation import Distillation, distil

LOWEST, HIGHEST = -128, 127


def by_library(values: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """PyTorch's fake quantisation whose scale and zero point learn, of a range's ends."""
    scale = (ends[1] - ends[0]) / (HIGHEST - LOWEST)
    zero_point = LOWEST - ends[0] / scale
    return torch._fake_quantize_learnable_per_tensor_affine(
        values, scale.reshape(1), zero_point.reshape(1), LOWEST, HIGHEST, 1.0
    )


def by_codes(values: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    low, high = ends.tolist()
    scale = (high - low) / (HIGHEST - LOWEST)
    zero = round(LOWEST - low / scale)
    within = Within(LOWEST - zero, HIGHEST - zero, Ends(ends, scale))
    return rounded(values / scale, half_even, within) * scale


def test_ends_have_the_gradient_of_pytorch_s_learnable_quantisation():
    torch.manual_seed(0)
    values = torch.randn(4000) * 2
    weights = torch.randn(4000)
    found = []
    for how in (by_library, by_codes):
        x = values.clone().requires_grad_()
        # A zero point that is whole: both round it, and neither has a slope there.
        ends = torch.tensor([-1.28, 1.27], requires_grad=True)
        out = how(x, ends)
        (out * weights).sum().backward()
        found.append((out.detach(), x.grad, ends.grad))
    (out, x, ends), (our_out, our_x, our_ends) = found
    torch.testing.assert_close(our_out, out, atol=1e-6, rtol=0)
    torch.testing.assert_close(our_x, x, atol=1e-6, rtol=0)
    torch.testing.assert_close(our_ends, ends, atol=2e-3, rtol=1e-4)
    # What saturates counts whole, what does not by its rounding: a closed form.
    step = 0.01
    inside = (values > -1.285) & (values < 1.275)
    rest = torch.round(values / step) - values / step
    share = (weights * rest)[inside].sum() / 255
    high = weights[values >= 1.275].sum() + share
    low = weights[values <= -1.285].sum() - share
    torch.testing.assert_close(our_ends, torch.stack([low, high]), atol=2e-3, rtol=1e-4)


def photos() -> list[np.ndarray]:
    return [dead_leaves(64, 64, channels=1, seed=seed)[..., :1] for seed in range(4)]


@pytest.fixture(scope="module")
def sesr():
    source = find_source("sesr-m3", 2)
    inputs = [one.astype(np.float32) for one in photos()]
    return source.graph, calibrate_picture_network(source.graph, [x[None] for x in inputs]), inputs


def test_each_range_of_a_network_has_the_slope_of_its_own_length(sesr):
    """Summed up over a change, where most is saturated, it is the difference of the losses."""
    graph, ranges, inputs = sesr
    x = torch.from_numpy(np.stack(inputs)[:2]).permute(0, 3, 1, 2)
    with torch.no_grad():
        wanted = SimulatedNetwork(graph, ranges)(x)

    def cut(name: str, share: float) -> tuple[float, float]:
        """The loss with both ends at a share, so that the zero point stays; and its slope by it."""
        ends = np.array(ranges[name])
        student = SimulatedNetwork(graph, ranges.replaced({name: tuple(share * ends)}))
        learnt = student.learn_ranges(None)
        loss = (student(x, None) - wanted).square().mean()
        loss.backward()
        assert learnt[name].grad is not None
        return loss.item(), float(learnt[name].grad.numpy() @ ends)

    names = SimulatedNetwork(graph, ranges).learn_ranges(None)
    assert len(names) >= 4
    for name in names:
        losses, slopes = zip(*(cut(name, share) for share in (0.15, 0.2, 0.25)), strict=True)
        # Simpson's rule: slopes differ over a change that is many roundings long.
        change = 0.1 * (slopes[0] + 4 * slopes[1] + slopes[2]) / 6
        assert change == pytest.approx(losses[2] - losses[0], rel=0.1), name


def test_what_was_learnt_is_what_is_exported(sesr):
    graph, ranges, inputs = sesr
    spoilt = Ranges({
        name: ends if name in {*graph.inputs, *graph.outputs} else (3 * ends[0], 3 * ends[1])
        for name, ends in ranges.items()
    })  # fmt: skip
    recipe = Distillation(minutes=5, steps=60, batch=4, patch=24, equalization=0, range_rate=0)
    kept = distil(graph, spoilt, None, inputs, recipe)
    learnt = distil(
        graph, spoilt, None, inputs, Distillation(**{**vars(recipe), "range_rate": 0.03})
    )
    assert dict(kept.ranges) == dict(spoilt)
    assert learnt.after_db > kept.after_db + 1
    for name in (*graph.inputs, *graph.outputs):
        assert learnt.ranges[name] == spoilt[name]
    # The exported codes of the trained weights and ranges are the simulation's.
    mixed = quantize(learnt.graph, learnt.ranges, None)
    picture = inputs[0][None]
    entry = mixed.types[mixed.inputs[0]].quantization
    codes = to_codes(picture, Target.of(entry), Kernels.XNNPACK)
    sized = resized(mixed, *picture.shape[1:3])
    found = run_integer(sized, {mixed.inputs[0]: np.clip(codes, -128, 127).astype(np.int8)})
    exported = decode(found[mixed.outputs[0]], mixed.types[mixed.outputs[0]].quantization)
    twin = SimulatedNetwork(learnt.graph, learnt.ranges)
    with torch.no_grad():
        simulated = twin(torch.from_numpy(picture).permute(0, 3, 1, 2), None)
    np.testing.assert_allclose(simulated.permute(0, 2, 3, 1).numpy(), exported, atol=1e-6)
