"""Against the tables of the SESR paper: 720p output for MACs, and its 1080p rows."""

import pytest
from sample_graphs import form, fsrcnn, sesr

from vernier.graphs.counts import count_macs, count_weights, operator_macs
from vernier.graphs.shapes import resized

# m, f, and for x2 and x4: parameters, and MACs in millions for an output of 1280x720.
PUBLISHED = [
    (3, 16, (8_912, 2053), (13_712, 790)),
    (5, 16, (13_520, 3115), (18_320, 1055)),
    (7, 16, (18_128, 4177), (22_928, 1321)),
    (11, 16, (27_344, 6300), (32_144, 1852)),
    (11, 32, (105_376, 24279), (114_976, 6623)),
]


@pytest.mark.parametrize(("m", "f", "x2", "x4"), PUBLISHED)
def test_sesr(m, f, x2, x4):
    for scale, (parameters, macs) in {2: x2, 4: x4}.items():
        graph = resized(sesr(m, f, scale), 720 // scale, 1280 // scale)
        assert count_weights(graph) == parameters
        assert count_macs(graph) // 10**6 == pytest.approx(macs, abs=1)


@pytest.mark.parametrize(
    ("scale", "output", "input_"), [(2, 6.007e9, 2.87e9), (4, 4.637e9, 0.72e9)]
)
def test_fsrcnn_on_both_grids(scale, output, input_):
    graph = fsrcnn(scale, 720 // scale, 1280 // scale)
    assert count_weights(graph) == 12_464
    assert count_macs(graph) == pytest.approx(output, rel=5e-4)
    assert count_macs(graph, "input") == pytest.approx(input_, rel=5e-3)


def test_fsrcnn_at_1080p():
    assert count_macs(fsrcnn(2, 1080, 1920)) == pytest.approx(54.06e9, rel=5e-4)


def test_groups_and_depths_count_what_they_multiply():
    grouped, depthwise = form("conv 3x3 in 2 groups"), form("depthwise 5x5 multiplier 2 stride 2")
    assert operator_macs(grouped, grouped.operators[0]) == 10 * 12 * 9 * 2 * 6
    assert operator_macs(depthwise, depthwise.operators[0]) == 5 * 6 * 25 * 8
    assert count_macs(form("tanh")) == 0
    # 30 windows of 4 pixels and 4 channels: each pixel by each of its window.
    product = form("product of rows")
    assert operator_macs(product, product.operators[-1]) == 30 * 4 * 4 * 4


def test_zeros_that_pad_a_transposed_kernel_are_no_parameters():
    graph = form("transposed 4x4 stride 2")
    weights = graph.constants["c0"]
    assert count_weights(graph) == weights.size
    weights[:, -1] = weights[:, :, -1] = 0
    assert count_weights(graph) == 5 * 3 * 3 * 4
