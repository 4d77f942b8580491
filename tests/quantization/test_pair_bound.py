"""The bound on pairs of weights, held to 16-bit arithmetic and to what bounded graphs compute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litert_engine import engine
from random_graphs import sesr_like

from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.shapes import resized
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.pair_bound import (
    ARITHMETICS,
    BOUND,
    EXACT,
    PairSums,
    arithmetic_of,
    bounded,
    largest_sums,
)
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate

CHANNELS = PairSums(channels=True)
TAPS = PairSums(taps=True)
BOTH = PairSums(channels=True, taps=True)


def convolution(weights, kind=Kind.CONV_2D, inputs=None, bias=0, stride=1, scale_out=64.0):
    """One INT8 convolution of 8x8 pixels; all codes of the input can occur."""
    depthwise = kind is Kind.DEPTHWISE_CONV_2D
    outputs = weights.shape[3] if depthwise else weights.shape[0]
    channels = inputs or weights.shape[3]
    per_channel = Quantization(
        np.linspace(0.5, 2, outputs).astype(np.float32), np.zeros(outputs, np.int32), 0
    )
    side = 8 * stride if kind is Kind.TRANSPOSE_CONV else 8
    types = {
        "x": TensorType((1, 8, 8, channels), "int8", codes(1.0)),
        "w": TensorType(weights.shape, "int8", replace(per_channel, axis=3 * depthwise)),
        "b": TensorType((outputs,), "int32", per_channel),
        "y": TensorType((1, side, side, outputs), "int8", codes(scale_out)),
    }
    attributes = {"stride": stride, "padding": "same"} | ({"multiplier": 1} if depthwise else {})
    op = Operator(kind, ("x", "w", "b"), "y", attributes=attributes)
    constants = {"w": weights, "b": np.full(outputs, bias, np.int32)}
    return Graph("one", ("x",), ("y",), (op,), constants, types)


def codes(scale):
    return Quantization(np.array([scale], np.float32), np.array([-128], np.int32))


def saturating_sum(samples, weights):
    """A 1x1 convolution of one pixel as `vpmaddubsw` and `vpmaddwd` compute it: in NumPy's int16.

    Args:
        samples: uint8, of an even number of channels.
        weights: int8.
    """
    products = samples.astype(np.int32) * weights.astype(np.int32)
    pairs = np.clip(products[0::2] + products[1::2], -32768, 32767).astype(np.int16)
    return int(pairs.astype(np.int32).sum())


def test_the_closed_form_of_the_damage_and_of_the_bound():
    samples = np.full(16, 255, np.uint8)
    exact = 255 * 127 * 16
    assert saturating_sum(samples, np.full(16, 127, np.int8)) == 8 * 32767  # 0.506 of the exact sum
    assert saturating_sum(samples, np.full(16, 64, np.int8)) == 255 * 64 * 16
    made = bounded(convolution(np.full((4, 1, 1, 16), 127, np.int8)), CHANNELS)
    weights = made.constants[made.operators[0].inputs[1]]
    scale = made.types[made.operators[0].inputs[1]].quantization.scale
    assert (weights == 64).all()
    for channel, before in enumerate(np.linspace(0.5, 2, 4)):
        found = saturating_sum(samples, weights[channel, 0, 0]) * scale[channel]
        assert found == pytest.approx(exact * before, rel=1e-6)


def test_the_bound_is_as_large_as_it_can_be():
    for sign in (1, -1):
        for one in range(BOUND + 2):
            pair = np.clip(sign * np.array([one, BOUND - one]), -128, 127).astype(np.int8)
            samples = np.full(2, 255, np.uint8)
            assert saturating_sum(samples, pair) == 255 * int(pair.astype(int).sum())
    assert saturating_sum(np.full(2, 255, np.uint8), np.array([65, 64], np.int8)) < 255 * 129


KINDS = [(Kind.CONV_2D, 1), (Kind.CONV_2D, 2), (Kind.TRANSPOSE_CONV, 1)]


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 7),
    st.sampled_from(KINDS),
    st.sampled_from([CHANNELS, TAPS, BOTH]),
)
def test_every_pair_is_bounded_and_the_function_stays(seed, outputs, kernel, depth, kind, sums):
    rng = np.random.default_rng(seed)
    shape = (outputs * kind[1], kernel, kernel, depth)
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    graph = convolution(weights, kind[0], inputs=depth * kind[1], bias=1000)
    made = bounded(graph, sums)
    made.check()
    name, bias = made.operators[0].inputs[1:]
    found, scale = made.constants[name].astype(int), made.types[name].quantization.scale
    grouped = kind[1] > 1
    assert largest_sums(made.constants[name], sums, grouped).max() <= BOUND
    if sums.channels and depth > 1:
        # Said once more, plainly: pairs of adjacent channels, the last one alone where odd.
        for first in range(0, depth, 2):
            pair = found[..., first : first + 2]
            for part in (np.maximum(pair, 0), np.maximum(-pair, 0)):
                assert part.sum(axis=3).max() <= BOUND
    if sums.taps and depth == 1:
        for part in (np.maximum(found, 0), np.maximum(-found, 0)):
            assert np.sort(part.reshape(len(found), -1))[:, -2:].sum(axis=1).max() <= BOUND
    before = graph.types["w"].quantization.scale
    changed = largest_sums(weights, sums, grouped) > BOUND
    assert (found[~changed] == weights[~changed]).all()
    assert (scale[~changed] == before[~changed]).all()
    # No weight moves by a step, no sum over taps by more than half of one.
    apart = weights * before[:, None, None, None] - found * scale[:, None, None, None]
    steps = apart / scale[:, None, None, None]
    assert np.abs(steps).max() < 1 + 1e-4
    assert np.abs(steps.sum(axis=(1, 2))).max() <= 0.5 + 1e-4
    assert np.abs(made.constants[bias] * scale - 1000 * before).max() <= scale.max() / 2 + 1e-3
    assert bounded(made, sums) is made


def test_a_graph_that_is_exact_stays_the_same_object():
    strong = convolution(np.full((4, 3, 3, 4), 127, np.int8))
    weak = convolution(np.full((4, 3, 3, 4), 64, np.int8))
    opposed = convolution(np.tile(np.array([127, -127], np.int8), (4, 3, 3, 2)))
    alone = convolution(np.full((4, 3, 3, 1), 127, np.int8))
    depthwise = convolution(np.full((1, 3, 3, 4), 127, np.int8), Kind.DEPTHWISE_CONV_2D)
    assert bounded(strong, EXACT) is strong
    assert bounded(strong, TAPS) is strong
    for graph in (weak, opposed, depthwise):
        assert bounded(graph, BOTH) is graph
    assert bounded(alone, CHANNELS) is alone
    assert bounded(alone, TAPS) is not alone
    assert bounded(strong, CHANNELS) is not strong


def test_transposed_convolutions_that_run_in_float_stay():
    graph = convolution(np.full((4, 4, 4, 8), 127, np.int8), Kind.TRANSPOSE_CONV, stride=2)
    assert bounded(graph, CHANNELS) is not graph
    moved = Quantization(np.ones(1, np.float32), np.array([-21], np.int32))
    elsewhere = graph.with_types({"x": replace(graph.types["x"], quantization=moved)})
    assert bounded(elsewhere, CHANNELS) is elsewhere


def test_float_graphs_and_float_parts_of_mixed_ones_stay():
    rng = np.random.default_rng(1)
    graph = sesr_like(rng, 12, 12)
    assert bounded(graph, BOTH) is graph


def test_shared_constants_change_for_their_own_reader_only():
    first = convolution(np.full((4, 1, 1, 4), 127, np.int8))
    op = first.operators[0]
    second = replace(op, kind=Kind.CONV_2D, output="z")
    graph = replace(
        first,
        operators=(op, second),
        outputs=("y", "z"),
        types={**first.types, "z": first.types["y"]},
    )
    made = bounded(graph, CHANNELS)
    made.check()
    x = np.random.default_rng(0).integers(-128, 128, (1, 8, 8, 4)).astype(np.int8)
    found = run_integer(made, {"x": x})
    assert (found["y"] == found["z"]).all()
    assert set(made.constants) == {name for op in made.operators for name in op.inputs[1:]}


def network(seed=3, side=16):
    """A quantised SESR-like network whose weights break the bound, and a picture's codes."""
    rng = np.random.default_rng(seed)
    graph = sesr_like(rng, side, side)
    x = rng.random((1, side, side, graph.types["x"].shape[3]), np.float32)
    integer = quantize(graph, calibrate(graph, [x]))
    return integer, (x * 255 - 128).round().astype(np.int8)


@pytest.mark.parametrize("sums", [CHANNELS, BOTH])
def test_packing_before_or_after_gives_the_same_codes(sums):
    integer, x = network()
    sized = resized(integer, 16, 16)
    before = packed_convolutions(bounded(sized, sums))
    after = bounded(packed_convolutions(sized), sums)
    assert bounded(before, sums) is before
    one, other = run_integer(before, {"x": x}), run_integer(after, {"x": x})
    for name in one:
        assert (one[name] == other[name]).all()


def test_litert_computes_a_bounded_graph_to_the_code():
    integer, x = network()
    made = bounded(integer, BOTH)
    assert made is not integer
    wanted = run_integer(made, {"x": x})
    found = engine(made, {"x": x})
    for name, value in wanted.items():
        assert (found[name] == value).all()


def test_every_arithmetic_has_a_name():
    for channels in (False, True):
        for taps in (False, True):
            sums = PairSums(channels, taps)
            assert ARITHMETICS[arithmetic_of(sums)] == sums
    assert arithmetic_of(EXACT) == "int8"
