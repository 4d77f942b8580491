import numpy as np
import pytest

from vernier.graphs.graph import CONVOLUTIONS
from vernier.graphs.reference import run
from vernier.networks.source import find_source
from vernier.quantization.equalization import channel_sizes, equalized

PICTURE = np.random.default_rng(5).random((20, 24, 3), np.float32)
LUMA = np.ascontiguousarray(PICTURE[:, :, :1])


def spread(sizes):
    return float(np.mean([np.log(s.max() / np.maximum(s, 1e-6)).mean() for s in sizes.values()]))


@pytest.mark.parametrize(
    ("name", "scale", "channels"),
    # Chains, skips over them, grouped convolutions among concatenations, transposed convolutions.
    [
        ("sesr-m5-hw", 2, 1),
        ("sesr-m11", 2, 1),
        ("edsr-baseline", 2, 3),
        ("carn-m", 2, 3),
        ("srvgg-16", 4, 3),
        ("fsrcnn", 2, 1),
        ("rrdbnet-light", 4, 3),
        ("enet", 4, 3),
    ],
)
def test_the_float_network_stays_the_same_function(name, scale, channels):
    graph = find_source(name, scale).graph
    picture = np.ascontiguousarray(PICTURE[:, :, :channels])
    sizes = channel_sizes(graph, [picture])
    equal, scaled = equalized(graph, sizes)
    x = {graph.inputs[0]: picture[None]}
    before, after = (run(g, x)[graph.outputs[0]] for g in (graph, equal))
    np.testing.assert_allclose(after, before, atol=2e-5 * max(1.0, float(np.abs(before).max())))
    assert scaled
    found = channel_sizes(equal, [picture])
    assert spread({n: found[n] for n in scaled}) < spread({n: sizes[n] for n in scaled})


def test_a_single_tensor_gets_equal_channels():
    graph = find_source("sesr-m5-hw", 2).graph
    equal, _ = equalized(graph, channel_sizes(graph, [LUMA]))
    inner = next(op.output for op in graph.operators if op.output.endswith("relu_1"))
    size = channel_sizes(equal, [LUMA])[inner]
    alive = size > size.max() / 30
    assert alive.sum() > 8
    np.testing.assert_allclose(size[alive], size.max(), rtol=1e-3)


def test_half_strength_goes_half_way():
    graph = find_source("sesr-m5-hw", 2).graph
    sizes = channel_sizes(graph, [LUMA])
    inner = next(op.output for op in graph.operators if op.output.endswith("relu_1"))
    half, _ = equalized(graph, sizes, 0.5)
    size = sizes[inner]
    alive = size > size.max() / 30
    wanted = size * np.sqrt(size.max() / np.maximum(size, 1e-9))
    found = channel_sizes(half, [LUMA])[inner]
    np.testing.assert_allclose(found[alive], wanted[alive], rtol=1e-3)


def test_only_weights_inside_change():
    graph = find_source("sesr-m5-hw", 2).graph
    sizes = channel_sizes(graph, [LUMA])
    convs = [op for op in graph.operators if op.kind in CONVOLUTIONS]
    border = graph.operators.index(convs[4])
    inside = {op.output for op in graph.operators[: border + 1]}
    equal, scaled = equalized(graph, sizes, inside=inside)
    changed = {
        name
        for name, value in graph.constants.items()
        if not np.array_equal(value, equal.constants[name])
    }
    assert scaled
    assert scaled <= inside
    assert changed
    assert changed <= {name for op in convs[:5] for name in op.inputs}


def test_no_strength_no_change():
    graph = find_source("sesr-m5-hw", 2).graph
    same, _ = equalized(graph, channel_sizes(graph, [LUMA]), 0.0)
    for name, value in graph.constants.items():
        np.testing.assert_array_equal(same.constants[name], value)
