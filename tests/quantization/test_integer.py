"""Codes equal to the engine's, for each of its sets of kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from litert_engine import engine
from random_graphs import Growing, random_graph, sesr_like

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels, Rounding, by_fixed_point
from vernier.quantization.quantize import quantize, quantize_with
from vernier.quantization.scales import PIXELS, per_tensor


def all_tensors(graph: Graph) -> Graph:
    """The same graph with every computed tensor as an output."""
    return replace(graph, outputs=tuple(op.output for op in graph.operators))


def assert_equal_to_engine(graph: Graph, inputs: dict[str, np.ndarray], kernels: Kernels) -> None:
    mine, engines = run_integer(graph, inputs, kernels), engine(graph, inputs, kernels)
    for name in graph.outputs:
        op = graph.producer(name)
        np.testing.assert_array_equal(mine[name], engines[name], err_msg=f"{kernels} {op}")


@pytest.mark.parametrize("kernels", Kernels)
@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_graphs_give_the_engines_codes(first: int, kernels: Kernels) -> None:
    for seed in range(first, first + 20):
        rng = np.random.default_rng(seed)
        graph, ranges = random_graph(rng)
        made = all_tensors(quantize(graph, ranges))
        x = rng.integers(-128, 128, graph.types["x"].shape).astype(np.int8)
        assert_equal_to_engine(made, {"x": x}, kernels)


@pytest.mark.parametrize("kernels", Kernels)
@pytest.mark.parametrize("kind", [Kind.ADD, Kind.SUB, Kind.MUL])
def test_every_pair_of_codes(kind: Kind, kernels: Kernels) -> None:
    rng = np.random.default_rng(7)
    every = np.arange(-128, 128, dtype=np.int8)
    pairs = {
        "x": np.repeat(every, 256).reshape(1, 256, 16, 16),
        "z": np.tile(every, 256).reshape(1, 256, 16, 16),
    }
    b = Growing(256, 16, 16)
    b.input("z", b.types["x"].shape)
    b.add(kind, ["x", "z"], "y")
    graph = b.graph()
    for _ in range(4):
        scales, zeros = rng.uniform(0.003, 0.03, 3), rng.integers(-128, 128, 3)
        if kind is Kind.MUL:
            scales[2] *= 8
        given = {
            name: per_tensor(float(scale), int(zero))
            for name, scale, zero in zip(("x", "z", "y"), scales, zeros, strict=True)
        }
        assert_equal_to_engine(quantize_with(graph, given), pairs, kernels)


@pytest.mark.parametrize("kernels", Kernels)
@pytest.mark.parametrize("ratio", [1 / 1500, 1 / 300, 1 / 200, 100.0, 140.0, 300.0])
def test_factors_that_xnnpack_leaves_to_the_builtin_kernels(ratio: float, kernels: Kernels) -> None:
    rng = np.random.default_rng(10)
    x = rng.integers(-128, 128, (1, 16, 16, 4)).astype(np.int8)
    for kind in (Kind.ADD, Kind.SUB, Kind.MUL, Kind.LEAKY_RELU, Kind.QUANTIZE):
        b = Growing(16, 16, 4)
        operands = ["x"]
        if kind in (Kind.ADD, Kind.SUB, Kind.MUL):
            operands.append(b.constant("k", rng.normal(size=(1, 1, 1, 4)) * 0.1))
        b.add(kind, operands, "y", **({"alpha": 0.3} if kind is Kind.LEAKY_RELU else {}))
        given = {"x": per_tensor(0.02 * ratio, 5), "y": per_tensor(0.02, -9)}
        assert_equal_to_engine(quantize_with(b.graph(), given), {"x": x}, kernels)


@pytest.mark.parametrize("kernels", Kernels)
def test_every_code_of_one_operand(kernels: Kernels) -> None:
    rng = np.random.default_rng(8)
    every = np.repeat(np.arange(-128, 128, dtype=np.int8), 5).reshape(1, 256, 1, 5)
    for kind in (Kind.LEAKY_RELU, Kind.RELU, Kind.QUANTIZE, Kind.PRELU, Kind.SQRT):
        b = Growing(256, 1, 5)
        operands, attributes = ["x"], {}
        if kind is Kind.LEAKY_RELU:
            attributes = {"alpha": 0.2}
        if kind is Kind.PRELU:
            operands.append(b.constant("slopes", rng.uniform(-0.3, 0.9, (1, 1, 5))))
        b.add(kind, operands, "y", **attributes)
        for _ in range(8):
            scales = rng.uniform(0.003, 0.03, 2)
            zeros = (-128, -128) if kind is Kind.SQRT else rng.integers(-128, 128, 2)
            given = {
                name: per_tensor(float(scale), int(zero))
                for name, scale, zero in zip(("x", "y"), scales, zeros, strict=True)
            }
            assert_equal_to_engine(quantize_with(b.graph(), given), {"x": every}, kernels)


@pytest.mark.parametrize("kernels", Kernels)
def test_ports_between_float_and_int8(kernels: Kernels) -> None:
    """QUANTIZE at ties, at saturation and at random; DEQUANTIZE of all codes."""
    rng = np.random.default_rng(9)
    b = Growing(40, 40, 1)
    b.add(Kind.TANH, ["x"], "t")
    b.add(Kind.SPACE_TO_DEPTH, ["t"], "s", block=2)
    b.add(Kind.RELU, ["s"], "y")
    ranges = {"t": (-1.0, 1.0), "s": (-0.9, 1.0)}
    mixed = quantize(b.graph(), ranges, {"s"})
    assert [op.kind for op in mixed.operators] == [
        Kind.TANH,
        Kind.QUANTIZE,
        Kind.SPACE_TO_DEPTH,
        Kind.DEQUANTIZE,
        Kind.RELU,
    ]
    alone = replace(mixed, inputs=("t",), outputs=("s_float32",), operators=mixed.operators[1:4])
    step = mixed.types["t_int8"].quantization.scale[0]
    ties = (np.arange(-400, 400, dtype=np.float32) + np.float32(0.5)) * step
    others = rng.normal(0, 1, 800).astype(np.float32)
    t = np.concatenate([ties, others]).reshape(1, 40, 40, 1)
    assert_equal_to_engine(alone, {"t": t}, kernels)


@pytest.mark.parametrize("kernels", Kernels)
def test_a_sesr_like_network_gives_the_engines_codes(kernels: Kernels) -> None:
    rng = np.random.default_rng(3)
    graph = sesr_like(rng, 45, 38)
    ranges = dict.fromkeys(graph.activations(), (-2.0, 2.0)) | {"x": (0, 1), "y": (0, 1)}
    made = all_tensors(quantize(graph, ranges))
    x = rng.integers(-128, 128, (1, 45, 38, 1)).astype(np.int8)
    assert_equal_to_engine(made, {"x": x}, kernels)


def test_the_kernels_differ_by_one_code_at_most() -> None:
    rng = np.random.default_rng(4)
    graph = sesr_like(rng, 64, 64, middle=0)
    ranges = dict.fromkeys(graph.activations(), (-2.0, 2.0)) | {"x": PIXELS, "y": PIXELS}
    made = quantize(graph, ranges)
    # One operator apart from the shift, which is exact in all of them.
    single = replace(made, operators=made.operators[:2], outputs=("first",))
    x = rng.integers(-128, 128, (1, 64, 64, 1)).astype(np.int8)
    found = [
        run_integer(single, {"x": x}, kernels)["first"].astype(np.int32) for kernels in Kernels
    ]
    assert np.abs(found[0] - found[1]).max() == 1
    assert np.abs(found[0] - found[2]).max() == 1


def test_fixed_point_roundings_by_hand() -> None:
    """A factor of 1/2 hits every half, where the three roundings are what they are called."""
    sums = np.array([-5, -3, -1, 1, 3, 5], np.int64)
    assert by_fixed_point(sums, 0.5, Rounding.ONCE).tolist() == [-2, -1, 0, 1, 2, 3]
    # frexp(1/2) needs no shift, so the upper half alone rounds, and both round upwards there.
    assert by_fixed_point(sums, 0.5, Rounding.UP).tolist() == [-2, -1, 0, 1, 2, 3]
    quarters = sums * 2
    assert by_fixed_point(quarters, 0.25, Rounding.UP).tolist() == [-2, -1, 0, 1, 2, 3]
    assert by_fixed_point(quarters, 0.25, Rounding.AWAY).tolist() == [-3, -2, -1, 1, 2, 3]


def test_a_wrong_input_is_refused() -> None:
    graph = sesr_like(np.random.default_rng(0), 16, 16)
    ranges = dict.fromkeys(graph.activations(), (-2.0, 2.0))
    made = quantize(graph, ranges)
    with pytest.raises(GraphError, match="missing"):
        run_integer(made, {})
    with pytest.raises(GraphError, match="is int8, found float32"):
        run_integer(made, {"x": np.zeros((1, 16, 16, 1), np.float32)})
