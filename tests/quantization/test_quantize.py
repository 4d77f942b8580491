"""What the quantised graph is made of, and what is inserted where."""

from __future__ import annotations

import numpy as np
import pytest
from litert_engine import engine
from random_graphs import Growing, random_graph, sesr_like

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Graph, Kind
from vernier.graphs.reference import run
from vernier.metrics.psnr import psnr
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels
from vernier.quantization.constraints import MOVES_CODES, choose_quantizations
from vernier.quantization.quantize import quantize, quantize_with
from vernier.quantization.ranges import calibrate
from vernier.quantization.scales import PIXELS, asymmetric, decode, per_tensor, same


def kinds(graph: Graph) -> list[Kind]:
    return [op.kind for op in graph.operators]


def photo(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Smooth, with edges, in whole grey levels: `(1, H, W, 1)` float32 in [0, 1]."""
    y, x = np.mgrid[:height, :width] / 8.0
    waves = np.sin(x * rng.uniform(0.5, 2)) * np.cos(y * rng.uniform(0.5, 2))
    grey = 0.5 + 0.3 * waves + 0.2 * np.sign(np.sin(x + y))
    return (np.rint(np.clip(grey, 0, 1) * 255) / 255).astype(np.float32)[None, :, :, None]


@pytest.mark.parametrize("seed", range(30))
def test_a_whole_graph_is_integer_throughout(seed: int) -> None:
    graph, ranges = random_graph(np.random.default_rng(seed))
    made = quantize(graph, ranges)
    assert {made.types[name].dtype for name in made.activations()} == {"int8"}
    assert (made.inputs, made.outputs) == (graph.inputs, graph.outputs)
    for op in made.operators:
        if op.kind in MOVES_CODES:
            of_output = made.types[op.output].quantization
            for name in op.inputs:
                assert same(made.types[name].quantization, of_output)
        if op.kind in (Kind.CONV_2D, Kind.TRANSPOSE_CONV, Kind.DEPTHWISE_CONV_2D):
            x, weights, bias = (made.types[name] for name in op.inputs)
            assert (weights.dtype, bias.dtype) == ("int8", "int32")
            assert made.constants[op.inputs[1]].min() >= -127
            np.testing.assert_array_equal(
                bias.quantization.scale, x.quantization.scale[0] * weights.quantization.scale
            )


def test_a_clip_at_the_output_needs_no_operator() -> None:
    """The output's range goes back through the shuffle, so that the addition saturates."""
    graph = sesr_like(np.random.default_rng(0), 16, 16)
    ranges = dict.fromkeys(graph.activations(), (-3.0, 3.0)) | {"x": PIXELS, "y": PIXELS}
    made = quantize(graph, ranges)
    assert kinds(made) == kinds(graph)
    assert same(made.types["input_skip"].quantization, asymmetric(*PIXELS))


def test_a_shift_by_half_a_code_loses_nothing() -> None:
    """SESR's `x - 0.5` lies between two codes of a picture; the bias makes the rest good."""
    rng = np.random.default_rng(1)
    b = Growing(12, 12, 1)
    shifted = b.add(Kind.SUB, ["x", b.constant("half", np.full((1, 1, 1, 1), 0.5))], "shifted")
    b.convolve(rng, shifted, "y", 4, 3, padding="valid")
    # Of one sign, so that an offset of the input cannot cancel.
    np.abs(b.constants["y.weights"], out=b.constants["y.weights"])
    graph = b.graph()
    fine = per_tensor(1e-3, 0)
    given = choose_quantizations(graph, {"x": PIXELS, "shifted": (-0.5, 0.5), "y": (-1, 1)})
    made = quantize_with(graph, given)
    codes = rng.integers(-128, 128, (1, 12, 12, 1)).astype(np.int8)
    seen = {}
    run_integer(made, {"x": codes}, observe=seen.__setitem__)
    np.testing.assert_array_equal(seen["shifted"], codes)
    # With an output fine enough, what remains is the rounding of weights: no offset.
    close = quantize_with(graph, {**given, "y": fine})
    picture = ((codes.astype(np.float32) + 128) / 255).astype(np.float32)
    wanted = run(graph, {"x": picture})["y"]
    found = decode(run_integer(close, {"x": codes})["y"], fine)
    inside = np.abs(wanted) < 0.12
    assert inside.sum() > 40
    weights = graph.constants["y.weights"]
    # 9 products with inputs below 1/2 and weights that are off by half a step, and one rounding.
    bound = np.abs(weights).max() / 127 * 0.5 * 9 * 0.5 + 0.5e-3 + 1e-5
    error = (found - wanted)[inside]
    assert np.abs(error).max() < bound
    # A shift that was simply rounded would be off by half a grey level times the weights' sum.
    offset = np.abs(weights.sum(axis=(1, 2, 3))).max() * 0.5 / 255
    assert abs(error.mean()) < offset / 4


def test_a_concatenation_shares_where_it_may_and_rescales_where_it_must() -> None:
    rng = np.random.default_rng(2)
    b = Growing(8, 8, 4)
    only_here = b.convolve(rng, "x", "a", 4, 3)
    also_elsewhere = b.convolve(rng, "x", "b", 4, 3)
    b.add(Kind.CONCATENATION, [only_here, also_elsewhere], "c")
    b.add(Kind.RELU, [also_elsewhere], "d")
    ranges = {"x": (-1, 1), "a": (-1, 1), "b": (-0.5, 0.5), "c": (-1, 1), "d": (0, 0.5)}
    made = quantize(b.graph(), ranges)
    assert kinds(made) == [
        Kind.CONV_2D,
        Kind.CONV_2D,
        Kind.QUANTIZE,
        Kind.CONCATENATION,
        Kind.RELU,
    ]
    assert made.producer("c").inputs == ("a", "b_scaled")
    assert same(made.types["a"].quantization, made.types["c"].quantization)
    assert same(made.types["b"].quantization, asymmetric(-0.5, 0.5))


def test_between_two_fixed_ranges_stands_a_rescale() -> None:
    b = Growing(8, 8, 4)
    b.add(Kind.DEPTH_TO_SPACE, ["x"], "y", block=2)
    made = quantize(b.graph(), {"x": (-1.0, 1.0), "y": PIXELS})
    assert kinds(made) == [Kind.QUANTIZE, Kind.DEPTH_TO_SPACE]
    codes = np.arange(-128, 128, dtype=np.int8).reshape(1, 8, 8, 4)
    np.testing.assert_array_equal(
        run_integer(made, {"x": codes})["y"], engine(made, {"x": codes})["y"]
    )


def test_a_tensor_is_converted_once_in_each_direction() -> None:
    rng = np.random.default_rng(3)
    b = Growing(8, 8, 4)
    b.add(Kind.TANH, ["x"], "f")
    b.convolve(rng, "f", "i1", 4, 3)
    b.convolve(rng, "f", "i2", 4, 3)
    b.add(Kind.ADD, ["i1", "i2"], "s")
    b.add(Kind.MUL, ["i1", "s"], "m", Activation.NONE)
    b.add(Kind.SUB, ["i1", "m"], "y")
    graph = b.graph()
    ranges = dict.fromkeys(graph.activations(), (-2.0, 2.0))
    made = quantize(graph, ranges, {"i1", "i2", "s"})
    assert kinds(made) == [
        Kind.TANH,
        Kind.QUANTIZE,
        Kind.CONV_2D,
        Kind.CONV_2D,
        Kind.ADD,
        Kind.DEQUANTIZE,
        Kind.DEQUANTIZE,
        Kind.MUL,
        Kind.SUB,
    ]
    assert made.types["x"].dtype == made.types["y"].dtype == "float32"
    assert made.producer("m").inputs == ("i1_float32", "s_float32")
    assert made.producer("y").inputs == ("i1_float32", "m")


def test_nothing_in_integers_is_the_float_graph() -> None:
    graph = sesr_like(np.random.default_rng(4), 16, 16)
    made = quantize(graph, {}, set())
    assert made.operators == graph.operators
    x = photo(np.random.default_rng(4), 16, 16)
    np.testing.assert_array_equal(run_integer(made, {"x": x})["y"], run(graph, {"x": x})["y"])


def test_weights_that_both_formats_read_are_kept_in_both() -> None:
    rng = np.random.default_rng(5)
    b = Growing(8, 8, 4)
    b.convolve(rng, "x", "a", 4, 3)
    again = ["a", "a.weights", "a.bias"]
    b.add(Kind.CONV_2D, again, "b", stride=1, padding="same", dilation=1)
    b.add(Kind.CONV_2D, ["b", *again[1:]], "c", stride=1, padding="same", dilation=1)
    graph = b.graph()
    ranges = {"x": (-1, 1), "a": (-2, 2), "b": (-3, 3), "c": (-3, 3)}
    made = quantize(graph, ranges, {"b", "c"})
    assert made.producer("a").inputs[1:] == ("a.weights", "a.bias")
    assert made.producer("b").inputs[1] == made.producer("c").inputs[1] == "a.weights_int8"
    # Their biases are in units of different inputs' scales.
    assert made.producer("b").inputs[2] != made.producer("c").inputs[2]
    all_integer = quantize(graph, ranges)
    assert len([name for name in all_integer.constants if "weights" in name]) == 1


@pytest.mark.parametrize("seed", range(12))
def test_mixed_graphs_run_in_the_engine(seed: int) -> None:
    """Float operators differ in the last bits, which may flip a code at a QUANTIZE."""
    rng = np.random.default_rng(seed)
    graph = sesr_like(rng, 24, 20)
    pictures = [photo(rng, 24, 20) for _ in range(2)]
    ranges = calibrate(graph, pictures, "min-max", {"x": PIXELS, "y": PIXELS})
    outputs = [op.output for op in graph.operators]
    chosen = {name for name in outputs if rng.integers(2)}
    made = quantize(graph, ranges, chosen)
    x = pictures[0]
    given = x if made.types["x"].dtype == "float32" else (np.rint(x * 255) - 128).astype(np.int8)
    for kernels in (Kernels.XNNPACK, Kernels.BUILTIN):
        mine = run_integer(made, {"x": given}, kernels)["y"]
        engines = engine(made, {"x": given}, kernels)["y"]
        if mine.dtype == np.int8:
            mine, engines = (decode(y, made.types["y"].quantization) for y in (mine, engines))
        assert psnr(mine, engines) > 60.0


@pytest.mark.parametrize("method", ["min-max", "percentile", "least-squares"])
def test_the_integer_network_resembles_the_float_one(method: str) -> None:
    rng = np.random.default_rng(6)
    graph = sesr_like(rng, 48, 48)
    pictures = [photo(rng, 48, 48) for _ in range(4)]
    ranges = calibrate(graph, pictures, method, {"x": PIXELS, "y": PIXELS})
    made = quantize(graph, ranges)
    x = photo(rng, 64, 40)
    codes = (np.rint(x * 255) - 128).astype(np.int8)
    found = decode(run_integer(made, {"x": codes})["y"], made.types["y"].quantization)
    wanted = np.clip(run(graph, {"x": x})["y"], 0.0, 1.0)
    assert psnr(found, wanted) > 40.0


def test_what_cannot_be_quantised_is_refused() -> None:
    graph = sesr_like(np.random.default_rng(7), 16, 16)
    ranges = dict.fromkeys(graph.activations(), (-2.0, 2.0))
    with pytest.raises(GraphError, match="'skip' has no range"):
        quantize(graph, {name: r for name, r in ranges.items() if name != "skip"})
    with pytest.raises(GraphError, match="no operator computes 'nobody'"):
        quantize(graph, ranges, {"nobody"})
    with pytest.raises(GraphError, match="expects a float graph"):
        quantize(quantize(graph, ranges), ranges)
    b = Growing(8, 8, 4)
    b.add(Kind.LOGISTIC, ["x"], "y")
    wrong = {"x": asymmetric(-1, 1), "y": asymmetric(0, 2)}
    with pytest.raises(GraphError, match="LOGISTIC has the scale"):
        quantize_with(b.graph(), wrong)
