"""The PyTorch twin, held to the float reference and to the integer arithmetic that is exported."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from random_graphs import Growing, random_graph, sesr_like

from vernier.errors import GraphError, UsageError
from vernier.graphs.graph import Activation, Graph, Kind, Operator
from vernier.graphs.reference import run
from vernier.quantization.arithmetic.elementwise import Target
from vernier.quantization.arithmetic.elementwise import quantize as to_codes
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels
from vernier.quantization.pair_bound import ARITHMETICS, bounded
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate
from vernier.quantization.scales import PIXELS, decode
from vernier.simulation import network as simulation
from vernier.simulation.network import SimulatedNetwork
from vernier.simulation.prefixes import KeptPrefixes


def nchw(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2)


def nhwc(x: torch.Tensor) -> np.ndarray:
    return x.detach().permute(0, 2, 3, 1).numpy()


def exported(graph: Graph, ranges, integer_operators, x: np.ndarray):
    """What the exported split computes, as reals, and the output's step (0 where it is float)."""
    mixed = quantize(graph, ranges, integer_operators)
    (name,), (output,) = mixed.inputs, mixed.outputs
    if mixed.types[name].quantization is not None:
        codes = to_codes(x, Target.of(mixed.types[name].quantization), Kernels.XNNPACK)
        x = np.clip(codes, -128, 127).astype(np.int8)
    found = run_integer(mixed, {name: x})[output]
    quantization = mixed.types[output].quantization
    if quantization is None:
        return found, 0.0
    return decode(found, quantization), float(quantization.scale[0])


def one_output(graph: Graph) -> Graph:
    return replace(graph, outputs=graph.outputs[-1:])


def consecutive(rng: np.random.Generator, graph: Graph) -> list[list[str]]:
    """A random cut of the operators into units."""
    units: list[list[str]] = []
    for op in graph.operators:
        if not units or rng.integers(2):
            units.append([])
        units[-1].append(op.output)
    return units


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_and_splits_give_the_exported_codes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph, ranges = random_graph(rng)
    graph = one_output(graph)
    units = consecutive(rng, graph)
    net = SimulatedNetwork(graph, ranges, units)
    x = rng.uniform(-1.0, 1.3, graph.types["x"].shape).astype(np.float32)

    wanted = run(graph, {"x": x})[graph.outputs[0]]
    np.testing.assert_allclose(nhwc(net(nchw(x))), wanted, rtol=1e-4, atol=1e-4)

    for on in ([True] * len(units), list(rng.integers(2, size=len(units)) > 0)):
        placed = [output for unit, taken in zip(units, on, strict=True) if taken for output in unit]
        found = nhwc(net(nchw(x), placed))
        wanted, step = exported(graph, ranges, placed, x)
        unequal = np.abs(found - wanted) > max(step / 2, 1e-4)
        assert unequal.mean() <= 1e-3
        blended = nhwc(net.blend(nchw(x), [float(taken) for taken in on]))
        np.testing.assert_allclose(blended, found, atol=1e-5)


def test_a_shift_that_several_units_read_is_made_good_in_each() -> None:
    rng = np.random.default_rng(5)
    b = Growing(10, 10, 1)
    half = b.constant("half", np.full((1, 1, 1, 1), 0.5))
    shifted = b.add(Kind.SUB, ["x", half], "shifted")
    first = b.convolve(rng, shifted, "first", 4, 3)
    second = b.convolve(rng, shifted, "second", 4, 3)
    b.add(Kind.ADD, [first, second], "y")
    graph = b.graph()
    x = rng.integers(0, 256, (1, 10, 10, 1)).astype(np.float32) / 255
    ranges = calibrate(graph, [x], fixed={"x": PIXELS})
    net = SimulatedNetwork(graph, ranges)
    for on in ([1, 1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 0]):
        placed = [op.output for op, taken in zip(graph.operators, on, strict=True) if taken]
        wanted, step = exported(graph, ranges, placed, x)
        found = nhwc(net(nchw(x), placed))
        np.testing.assert_allclose(found, wanted, atol=max(step / 2, 1e-5))
        np.testing.assert_allclose(nhwc(net.blend(nchw(x), on)), found, atol=1e-6)


@pytest.fixture(scope="module")
def sesr() -> tuple[Graph, dict[str, tuple[float, float]], np.ndarray]:
    rng = np.random.default_rng(0)
    graph = sesr_like(rng, 12, 10)
    x = rng.integers(0, 256, (1, 12, 10, 1)).astype(np.float32) / 255
    return graph, dict(calibrate(graph, [x], fixed={"x": PIXELS})), x


UNITS = [
    ["shifted", "first"],
    ["middle0", "active0"],
    ["middle1", "active1"],
    ["middle2", "active2", "skip"],
    ["last", "input_skip", "y"],
]


def test_any_size_and_batch(sesr) -> None:
    graph, ranges, _ = sesr
    net = SimulatedNetwork(graph, ranges, UNITS)
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (3, 7, 17, 1)).astype(np.float32) / 255
    together = nhwc(net(nchw(pictures), None))
    assert together.shape == (3, 14, 34, 1)
    for index in range(3):
        wanted, _ = exported(graph, ranges, None, pictures[index : index + 1])
        np.testing.assert_array_equal(together[index : index + 1], wanted)


@pytest.mark.parametrize("unit", range(5))
@pytest.mark.parametrize("before", [0.0, 0.4, 1.0])
def test_the_gradient_of_a_share_is_the_difference_quotient(sesr, unit: int, before: float) -> None:
    """With float behind the unit the loss is smooth: central differences tell the slope."""
    graph, ranges, x = sesr
    # Coarse steps, so that both paths differ by more than float32's rounding of the loss.
    coarse = {name: (6 * low, 6 * high) for name, (low, high) in ranges.items()}
    net = SimulatedNetwork(graph, coarse, UNITS)

    def output(share: float | torch.Tensor) -> torch.Tensor:
        return net.blend(nchw(x), [before] * unit + [share] + [0.0] * (4 - unit)).double()

    fine = output(0.0)

    def loss(share: float | torch.Tensor) -> torch.Tensor:
        return ((output(share) - fine) ** 2).sum()

    share = torch.tensor(0.7, requires_grad=True)
    loss(share).backward()
    difference = (loss(0.72) - loss(0.68)).item() / 0.04
    assert share.grad is not None
    assert difference > 1e-4
    np.testing.assert_allclose(share.grad, difference, rtol=0.02)


@pytest.mark.parametrize("shares", [[0.5] * 5, [0.0, 1.0, 0.0, 1.0, 1.0], [1.0] * 5])
def test_gradients_reach_every_share(sesr, shares: list[float]) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges, UNITS)
    given = torch.tensor(shares, requires_grad=True)
    picture = nchw(x).clone().requires_grad_(True)
    (net.blend(picture, given) ** 2).sum().backward()
    assert given.grad is not None
    assert picture.grad is not None
    assert torch.isfinite(given.grad).all()
    assert (given.grad != 0).all()
    assert torch.isfinite(picture.grad).all()
    assert (picture.grad != 0).any()


def test_the_gradient_of_the_input_passes_straight_through(sesr) -> None:
    """Where nothing saturates, INT8 has nearly the float network's slope."""
    graph, ranges, x = sesr
    wide = {name: (2 * low - 0.1, 2 * high + 0.1) for name, (low, high) in ranges.items()}
    net = SimulatedNetwork(graph, wide, UNITS)
    slopes = []
    for placed in ((), None):
        picture = nchw(x).clone().requires_grad_(True)
        net(picture, placed).sum().backward()
        assert picture.grad is not None
        slopes.append(picture.grad.flatten())
    assert torch.nn.functional.cosine_similarity(*slopes, dim=0) > 0.98
    np.testing.assert_allclose(slopes[1].norm(), slopes[0].norm(), rtol=0.05)


def test_no_operator_gives_a_gradient_that_is_not_a_number() -> None:
    for seed in range(30):
        rng = np.random.default_rng(1000 + seed)
        graph, ranges = random_graph(rng, depth=8)
        net = SimulatedNetwork(one_output(graph), ranges).requires_grad_(True)
        x = torch.zeros(*np.array(graph.types["x"].shape)[[0, 3, 1, 2]], requires_grad=True)
        shares = torch.full((len(net.units),), 0.5, requires_grad=True)
        net.blend(x, shares).sum().backward()
        for held in (x, shares, *net.parameters()):
            assert held.grad is None or torch.isfinite(held.grad).all()


def test_training_moves_the_codes_and_the_export_follows(sesr) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges, UNITS).requires_grad_(True)
    target = net(nchw(x)).detach()
    with torch.no_grad():
        net.weight("last.bias").add_(0.05)
        net.weight("first.weights").mul_(0.9)
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = ((net(nchw(x), None) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert not np.array_equal(
        net.graph().constants["last.weights"], graph.constants["last.weights"]
    )
    wanted, _ = exported(net.graph(), ranges, None, x)
    np.testing.assert_array_equal(nhwc(net(nchw(x), None)), wanted)


def test_frozen_weights_are_quantised_once(sesr, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges, UNITS)
    shares = torch.full((5,), 0.6)
    before = net.blend(nchw(x), shares), net(nchw(x), None)

    def refuse(*_: object) -> Graph:
        raise AssertionError("the codes were made again")

    monkeypatch.setattr(simulation, "quantize_with", refuse)
    assert torch.equal(before[0], net.blend(nchw(x), shares + 0.0))
    assert torch.equal(before[1], net(nchw(x), None))
    with torch.no_grad():
        net.weight("first.bias").add_(0.1)
    with pytest.raises(AssertionError, match="made again"):
        net(nchw(x), None)


def test_a_copy_has_weights_of_its_own(sesr) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges, UNITS)
    before = net(nchw(x), None)
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.weight("last.bias").add_(0.3)
    assert torch.equal(net(nchw(x), None), before)
    assert not torch.equal(other(nchw(x)), net(nchw(x)))
    assert not torch.equal(other(nchw(x), None), before)


def test_a_root_of_zero_passes_no_gradient() -> None:
    b = Growing(4, 4, 2)
    b.add(Kind.SQRT, ["x"], "y")
    net = SimulatedNetwork(b.graph(), {"x": (0.0, 1.0), "y": (0.0, 1.0)})
    for placed in ((), None):
        x = torch.tensor([0.0, 0.25]).reshape(1, 2, 1, 1).requires_grad_(True)
        y = net(x, placed)
        y.sum().backward()
        assert x.grad is not None
        np.testing.assert_allclose(y.detach().flatten(), [0.0, 0.5], atol=0.004)
        np.testing.assert_allclose(x.grad.flatten(), [0.0, 1.0], atol=0.01)


def test_what_does_not_fit_is_refused(sesr) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges, UNITS)
    with pytest.raises(UsageError, match="expected 5 shares"):
        net.blend(nchw(x), [0.5] * 4)
    with pytest.raises(UsageError, match=r"unit 2 is 1\.5"):
        net.blend(nchw(x), [0.5, 0.5, 1.5, 0.5, 0.5])
    with pytest.raises(GraphError, match="'nothing'"):
        net(nchw(x), ["nothing"])
    with pytest.raises(GraphError, match="in no unit"):
        SimulatedNetwork(graph, ranges, UNITS[:-1])
    with pytest.raises(GraphError, match="in two units"):
        SimulatedNetwork(graph, ranges, [*UNITS, ["y"]])
    with pytest.raises(GraphError, match="of a later unit"):
        SimulatedNetwork(graph, ranges, UNITS[::-1])
    with pytest.raises(GraphError, match="no constant is called 'x'"):
        net.weight("x")
    with pytest.raises(GraphError, match="no range"):
        SimulatedNetwork(graph, {}, UNITS)(nchw(x), None)


def test_an_operator_without_arithmetic_is_named(sesr, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, ranges, x = sesr
    monkeypatch.delitem(simulation_integer_kinds(), Kind.PRELU)
    net = SimulatedNetwork(graph, ranges, UNITS)
    with pytest.raises(GraphError, match="active0: PRELU has no INT8 form"):
        net(nchw(x), None)
    strange = Operator(Kind.DEQUANTIZE, ("y",), "z", Activation.NONE)
    types = {**graph.types, "z": graph.types["y"]}
    longer = replace(graph, operators=(*graph.operators, strange), types=types, outputs=("z",))
    with pytest.raises(GraphError, match="z: DEQUANTIZE has no float arithmetic"):
        SimulatedNetwork(longer, ranges)(nchw(x))


def simulation_integer_kinds() -> dict[Kind, object]:
    from vernier.simulation import integers as simulation_integer

    return simulation_integer.INTEGER_OPERATORS


@pytest.mark.parametrize("seed", range(30))
def test_what_is_kept_of_earlier_splits_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph, ranges = random_graph(rng)
    graph = one_output(graph)
    net = SimulatedNetwork(graph, ranges, consecutive(rng, graph))
    units = len(net.units)
    x = nchw(rng.uniform(-1.0, 1.3, graph.types["x"].shape).astype(np.float32))
    room = int(rng.integers(0, 4)) * net.path_bytes(x)
    kept = KeptPrefixes(room, stride=int(rng.integers(1, 4)))
    kinds = ["float32", "bfloat16", "int8"]
    split = rng.integers(3, size=units)
    for _ in range(12):
        split = split.copy()
        split[rng.integers(units)] = rng.integers(3)
        shares = torch.eye(3)[split]
        plain = net.blend(x, shares, kinds)
        assert torch.equal(net.blend(x, shares, kinds, kept), plain)
        assert kept.bytes <= room
    shares = torch.full((units, 3), 1 / 3)
    assert torch.equal(net.blend(x, shares, kinds, kept), net.blend(x, shares, kinds))


def test_a_split_that_begins_like_another_computes_only_the_rest(sesr) -> None:
    graph, ranges, x = sesr
    net = SimulatedNetwork(graph, ranges)
    units = len(net.units)
    kept = KeptPrefixes(10 * net.path_bytes(nchw(x)))
    net.blend(nchw(x), [0.0] * units, (), kept)
    assert 0 < kept.bytes <= net.path_bytes(nchw(x)) + x.nbytes
    assert len(kept) == units
    path = [("float32", None)] * (units - 1)
    assert kept.longest([*path, ("int8", frozenset([units - 1]))])[0] == units - 1
    assert kept.longest([("int8", frozenset([0])), *path])[0] == 0
    one_less = [*path[:-1], ("bfloat16", None), ("float32", None)]
    assert kept.longest(one_less)[0] == units - 2


@pytest.mark.parametrize("name", ["int8 in pairs", "int8 in taps", "int8 in pairs and taps"])
def test_bounded_arithmetics_are_simulated_as_they_run(name):
    rng = np.random.default_rng(11)
    graph = sesr_like(rng, 14, 12)
    x = rng.random((1, 14, 12, 1), np.float32)
    ranges = calibrate(graph, [x])
    sums = ARITHMETICS[name]
    mixed = bounded(quantize(graph, ranges), sums)
    codes = to_codes(x, Target.of(mixed.types["x"].quantization), Kernels.XNNPACK)
    found = run_integer(mixed, {"x": np.clip(codes, -128, 127).astype(np.int8)})["y"]
    wanted = decode(found, mixed.types["y"].quantization)
    net = SimulatedNetwork(graph, ranges)
    whole = nhwc(net(nchw(x), None, sums))
    step = float(mixed.types["y"].quantization.scale[0])
    assert np.abs(whole - wanted).max() <= step * 1.001
    assert (np.abs(whole - wanted) < step / 2).mean() > 0.99
    assert np.abs(nhwc(net(nchw(x), None)) - whole).max() > 0
    shares = torch.ones(len(net.units), 1)
    assert torch.equal(net.blend(nchw(x), shares, [name]), net(nchw(x), None, sums))


def test_learnt_weights_keep_the_bound_and_get_gradients():
    rng = np.random.default_rng(11)
    graph = sesr_like(rng, 14, 12)
    x = rng.random((1, 14, 12, 1), np.float32)
    sums = ARITHMETICS["int8 in pairs and taps"]
    net = SimulatedNetwork(graph, calibrate(graph, [x]))
    frozen = net(nchw(x), None, sums)
    weights = net.weight("middle0.weights")
    weights.requires_grad_(True)
    learnt = net(nchw(x), None, sums)
    assert torch.allclose(learnt, frozen, atol=1e-6)
    learnt.square().sum().backward()
    assert float(weights.grad.abs().sum()) > 0
