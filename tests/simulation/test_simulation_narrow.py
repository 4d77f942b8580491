"""Narrow floats, held to PyTorch's own bfloat16 arithmetic and to what OpenVINO computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from random_graphs import Growing, sesr_like

from vernier.bundles.bundle import in_memory
from vernier.errors import UsageError
from vernier.export.whole import export_float32, network_facts
from vernier.graphs.graph import Activation, Graph, Kind
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.processors.discovery import find_processor
from vernier.quality.damage import on
from vernier.quantization.ranges import calibrate
from vernier.quantization.scales import PIXELS
from vernier.runtime.planes import PlaneUpscaler
from vernier.simulation.narrow_floats import Narrow
from vernier.simulation.network import SimulatedNetwork

BFLOAT16 = "openvino:cpu:bfloat16"


def chain() -> tuple[Graph, torch.Tensor]:
    """Three convolutions, of which the second is added to the first's output."""
    rng = np.random.default_rng(3)
    b = Growing(12, 10, 3)
    first = b.convolve(rng, "x", "first", 8, 3, activation=Activation.RELU)
    second = b.convolve(rng, first, "second", 8, 3)
    both = b.add(Kind.ADD, [second, first], "both")
    b.convolve(rng, both, "y", 3, 3)
    return b.graph(), torch.from_numpy(rng.uniform(0, 1, (2, 3, 12, 10)).astype(np.float32))


def test_constants_and_what_is_stored_are_narrow_and_sums_are_not() -> None:
    graph, x = chain()
    net = SimulatedNetwork(graph, {}, [["first"], ["second", "both"], ["y"]])
    found = net.blend(x, torch.ones(3, 1), ["bfloat16"])
    names = {op.output: op.inputs[1:] for op in graph.operators if op.kind is Kind.CONV_2D}

    def convolve(y: torch.Tensor, name: str) -> torch.Tensor:
        weights, bias = (net.weight(part) for part in names[name])
        narrow, offset = weights.permute(0, 3, 1, 2).bfloat16(), bias.bfloat16()
        # A product of two bfloat16 is exact in float32; the sum in float64 has no order.
        return F.conv2d(y.double(), narrow.double(), offset.double(), padding=1).float()

    first = convolve(x.bfloat16(), "first").relu().bfloat16()
    both = (convolve(first, "second") + first).bfloat16()
    wanted = convolve(both, "y").bfloat16().float()
    assert (found == wanted).float().mean() > 0.98
    assert (found - wanted).abs().max() <= 2**-7 * wanted.abs().max()


def test_what_is_stored() -> None:
    graph, _ = chain()
    places = Narrow.of(graph, torch.bfloat16)
    assert places.stored == {"first", "both", "y"}
    assert places.raw == set()
    sesr = sesr_like(np.random.default_rng(0), 12, 10)
    places = Narrow.of(sesr, torch.bfloat16)
    assert not places.stored & set(sesr.outputs)


def test_shares_of_three_precisions() -> None:
    graph, x = chain()
    ranges = calibrate(graph, [x.permute(0, 2, 3, 1).numpy()[:1]], fixed={"x": PIXELS})
    net = SimulatedNetwork(graph, ranges)
    kinds = ("float32", "bfloat16", "int8")
    units = len(net.units)
    one_hot = torch.eye(3)
    exact, coarse = (net.blend(x, one_hot[[at] * units], kinds) for at in (0, 2))
    narrow = net.blend(x, one_hot[[1] * units], kinds)
    assert torch.equal(exact, net(x))
    assert torch.equal(coarse, net.blend(x, [1.0] * units))
    assert 0 < (narrow - exact).square().mean() < 0.1 * (coarse - exact).square().mean()
    shares = torch.full((units, 3), 0.0)
    shares[:, 0] = 1.0
    shares[-1] = torch.tensor([0.2, 0.5, 0.3])
    shares.requires_grad_()
    mixed = net.blend(x, shares, kinds)
    # The last unit alone is blended, so the picture is the sum of three, and so is the gradient.
    last = [
        net.blend(x, torch.cat([one_hot[[0] * (units - 1)], one_hot[[at]]]), kinds)
        for at in range(3)
    ]
    assert torch.allclose(mixed, 0.2 * last[0] + 0.5 * last[1] + 0.3 * last[2], atol=1e-6)
    mixed.sum().backward()
    wanted = torch.stack([one.sum() for one in last])
    assert torch.allclose(shares.grad[-1], wanted, rtol=1e-4)


def test_weights_that_learn_are_held_narrow_and_pass_the_gradient() -> None:
    graph, x = chain()
    net = SimulatedNetwork(graph, {})
    shares = torch.ones(len(net.units), 1)
    frozen = net.blend(x, shares, ["bfloat16"])
    net.requires_grad_(True)
    learnt = net.blend(x, shares, ["bfloat16"])
    assert torch.equal(learnt.detach(), frozen)
    learnt.square().mean().backward()
    assert all(
        weight.grad is not None and weight.grad.abs().sum() > 0 for weight in net.parameters()
    )


def test_what_is_no_precision_is_told() -> None:
    graph, x = chain()
    net = SimulatedNetwork(graph, {})
    with pytest.raises(UsageError, match="found 'int4'"):
        net.blend(x, torch.ones(4, 1), ["int4"])
    with pytest.raises(UsageError, match=r"4 units and 2 precisions, found \(4, 1\)"):
        net.blend(x, torch.ones(4, 1), ["float32", "int8"])


@pytest.mark.parametrize(("name", "scale"), [("sesr-m5", 2), ("sesr-m11-hw", 2)])
def test_openvino_does_as_much_damage(name: str, scale: int) -> None:
    processor = find_processor(BFLOAT16)
    if not processor.availability().present:
        pytest.skip(f"{BFLOAT16} is not here")
    graph = find_source(name, scale).graph
    net = SimulatedNetwork(graph, {})
    made = export_float32(graph, network_facts(graph, name, scale))
    ran = PlaneUpscaler(in_memory(made.manifest, made.models), on(BFLOAT16))
    x = dead_leaves(96, 96, channels=1, seed=4).astype(np.float32).reshape(96, 96, 1)
    given = torch.from_numpy(x).permute(2, 0, 1)[None]
    with torch.no_grad():
        exact = net(given)[0, 0].numpy()
        predicted = net.blend(given, torch.ones(len(net.units), 1), ["bfloat16"])[0, 0].numpy()
    found = ran(x)[:, :, 0]
    ran.close()
    done, guessed = (-10 * np.log10(np.mean((one - exact) ** 2)) for one in (found, predicted))
    assert guessed == pytest.approx(done, abs=2.0)
