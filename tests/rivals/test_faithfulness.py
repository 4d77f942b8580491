"""Rivals are what their papers say: divided work gives what one processor would have given."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from sample_graphs import fsrcnn, random_graph, sesr

from vernier.errors import GraphError
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.graphs.shapes import own_size
from vernier.images.dead_leaves import dead_leaves
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate
from vernier.quantization.scales import decode, encode
from vernier.rivals.decision import StageChoice
from vernier.rivals.dividing import by_rows
from vernier.rivals.layers import CHANNELS, ROWS, Layers
from vernier.rivals.patches import Grid, PatchRunner, halo_of, total_variation
from vernier.rivals.stages import Pair, StagedRunner
from vernier.units.cutting import cut

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
HEIGHT, WIDTH = 24, 20


@pytest.fixture(scope="module")
def low():
    return dead_leaves(HEIGHT, WIDTH, channels=1, seed=1).astype(np.float32)


def explicit(graph):
    """With the padding said that convolutions have by default."""
    operators = tuple(
        replace(op, attributes={"padding": "same", **op.attributes})
        if op.kind is Kind.CONV_2D
        else op
        for op in graph.operators
    )
    return replace(graph, operators=operators)


@pytest.fixture(scope="module")
def network():
    return explicit(sesr(3))


@pytest.fixture(scope="module")
def integer(network, low):
    return quantize(network, calibrate(network, [low[None]]))


def staged(layers, choices, low):
    runner = StagedRunner(layers.stored, [s for one in choices for s in layers.stages(one)])
    try:
        runner.fill(low)
        runner.run()
        return runner.result()
    finally:
        runner.close()


def each_unit(layers, axis, share):
    return [
        StageChoice(first=number, last=number, axis=axis, share=share)
        for number in range(len(layers.units))
    ]


def reference(graph, low):
    """By NumPy, which is no engine."""
    return run(graph, {graph.inputs[0]: low[None]})[graph.outputs[0]][0]


def integer_reference(graph, low):
    """By the integer arithmetic that INT8 files mean."""
    entry, end = graph.types[graph.inputs[0]], graph.types[graph.outputs[0]]
    codes = run_integer(graph, {graph.inputs[0]: encode(low[None], entry.quantization)})
    return decode(codes[graph.outputs[0]][0], end.quantization)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_mulayers_merge_is_one_processors_result_where_both_are_float(network, low, share):
    layers = Layers(network, cut(network), FLOAT, FLOAT)
    made = staged(layers, each_unit(layers, CHANNELS, share), low)
    np.testing.assert_allclose(made, reference(network, low), rtol=1e-5, atol=1e-5)


def test_mulayer_all_in_int8_is_int8_only(network, integer, low):
    layers = Layers(network, cut(network), FLOAT, INT8, integer)
    made = staged(layers, each_unit(layers, "", 1.0), low)
    np.testing.assert_array_equal(made, integer_reference(integer, low))


def test_mulayers_halves_meet_in_codes(network, integer, low):
    """Float and INT8 halves differ by their arithmetic alone: by a few steps of the codes."""
    layers = Layers(network, cut(network), FLOAT, INT8, integer)
    made = staged(layers, each_unit(layers, CHANNELS, 0.5), low)
    step = float(integer.types[integer.outputs[0]].quantization.scale[0])
    exact, coarse = reference(network, low), integer_reference(integer, low)
    assert np.abs(made - coarse).max() < 6 * step
    assert np.abs(made - exact).mean() < np.abs(coarse - exact).mean()
    # And every number is a code.
    codes = made / step
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-3)


@pytest.mark.parametrize("axis", [ROWS, CHANNELS])
def test_codls_float_split_is_float(network, low, axis):
    layers = Layers(network, cut(network), FLOAT, FLOAT)
    made = staged(layers, each_unit(layers, axis, 0.375), low)
    np.testing.assert_allclose(made, reference(network, low), rtol=1e-5, atol=1e-5)


def test_codls_chains_are_float(network, low):
    layers = Layers(network, cut(network), FLOAT, FLOAT)
    last = len(layers.units) - 1
    for choices in (
        [StageChoice(first=0, last=last, axis=ROWS, share=0.5)],
        [
            StageChoice(first=0, last=1, axis=ROWS, share=0.625),
            StageChoice(first=2, last=2),
            StageChoice(first=3, last=last, axis=ROWS, share=0.25),
        ],
    ):
        np.testing.assert_allclose(
            staged(layers, choices, low), reference(network, low), rtol=1e-5, atol=1e-5
        )


def test_rows_of_a_transposed_convolution_are_exact(low):
    network = fsrcnn(2, HEIGHT, WIDTH)
    layers = Layers(network, cut(network), FLOAT, FLOAT)
    made = staged(layers, each_unit(layers, ROWS, 0.5), low)
    np.testing.assert_allclose(made, reference(network, low), rtol=1e-5, atol=1e-5)
    with pytest.raises(GraphError, match="by channels"):
        layers.stages(StageChoice(first=len(layers.units) - 1, last=0, axis=CHANNELS, share=0.5))


@pytest.mark.parametrize("seed", range(12))
def test_rows_of_any_graph_are_exact_or_refused(seed):
    """With skips, joins, dilation and padding; by NumPy alone."""
    graph = random_graph(seed, 7, strided=False)
    rows, _ = own_size(graph)
    picture = np.random.default_rng(seed).normal(size=graph.types["x"].shape).astype(np.float32)
    whole = run(graph, {"x": picture})
    for border in (rows // 3, rows // 2):
        for part in (by_rows(graph, (0, border)), by_rows(graph, (border, rows))):
            if part is None:
                continue
            made = run(part.graph, {"x": part.reads[0].of(picture)})
            for name, view in zip(part.graph.outputs, part.writes, strict=True):
                np.testing.assert_allclose(
                    view.counted(made[name]), view.of(whole[name]), rtol=1e-5, atol=1e-5
                )


def patched(network, integer, low, share, rows=2, columns=2):
    grid = Grid.of(HEIGHT, WIDTH, rows, columns, halo_of(network))
    runner = PatchRunner((FLOAT, network), (INT8, integer), grid, share, 2)
    try:
        runner.fill(low)
        runner.run()
        return runner.result().copy(), runner.int8_share
    finally:
        runner.close()


def test_mobisr_with_no_patch_for_float_is_int8_only(network, integer, low):
    made, share = patched(network, integer, low, share=0.0)
    assert share == 1.0
    np.testing.assert_array_equal(made, integer_reference(integer, low))


def test_mobisr_with_all_patches_for_float_is_float(network, integer, low):
    made, share = patched(network, integer, low, share=1.0)
    assert share == 0.0
    np.testing.assert_allclose(made, reference(network, low), rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="module")
def one_layer(low):
    """A network that looks so little around that patches are many."""
    network = explicit(sesr(0, f=4))
    return network, quantize(network, calibrate(network, [low[None]]))


def test_mobisrs_hard_patches_are_floats_and_the_others_int8s(one_layer, low):
    network, integer = one_layer
    low = low.copy()
    low[:, WIDTH // 2 :] = 0.5  # nothing varies there
    made, share = patched(network, integer, low, 0.5, rows=1, columns=2)
    assert share == 0.5
    exact, coarse = reference(network, low), integer_reference(integer, low)
    np.testing.assert_allclose(made[:, :WIDTH], exact[:, :WIDTH], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(made[:, WIDTH:], coarse[:, WIDTH:])


def test_total_variation_is_of_neighbours():
    stripes = np.tile([[0.0, 1.0]], (4, 3))[:, :, None].astype(np.float32)
    assert total_variation(stripes) == pytest.approx(1.0)
    assert total_variation(stripes.swapaxes(0, 1)) == pytest.approx(1.0)
    assert total_variation(np.full((4, 6, 1), 0.3, np.float32)) == 0.0


def test_two_jobs_run_at_once_and_errors_are_heard():
    pair, barrier = Pair(), threading.Barrier(2, timeout=10)
    try:
        pair.both(barrier.wait, barrier.wait)  # would time out one after the other
        with pytest.raises(ZeroDivisionError):
            pair.both(lambda: None, lambda: 1 / 0)
        pair.both(barrier.wait, barrier.wait)
    finally:
        pair.close()
