"""A transposed convolution as a plain one: the same sums."""

import numpy as np
import pytest
import random_graphs
from sample_graphs import sketch

from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.graphs.transposed_convolutions import plain_convolutions
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize


@pytest.mark.parametrize(
    ("kernel", "stride"), [(9, 2), (10, 2), (3, 3), (2, 3), (1, 2), (4, 1), (7, 4)]
)
def test_in_float(kernel, stride):
    s = sketch(seed=kernel)
    s.transposed("x", 5, kernel, stride)
    graph = s.graph()
    x = {"x": np.random.default_rng(0).standard_normal((1, 10, 12, 4), np.float32)}
    plain = plain_convolutions(graph)
    assert [op.kind for op in plain.operators] == [Kind.CONV_2D, Kind.DEPTH_TO_SPACE]
    (name,) = graph.outputs
    assert np.abs(run(plain, x)[name] - run(graph, x)[name]).max() < 1e-5


def test_in_int8_to_the_code():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        b = random_graphs.Growing(8, 10, 5)
        random_graphs._transposed(b, rng, ["x"], "x", "y")
        made = quantize(b.graph(), {"x": (-1.0, 1.0), "y": (-2.0, 2.0)})
        x = {"x": rng.integers(-128, 128, (1, 8, 10, 5)).astype(np.int8)}
        plain = plain_convolutions(made)
        plain.check()
        assert np.array_equal(run_integer(plain, x)["y"], run_integer(made, x)["y"])


def test_only_what_is_in_int8():
    s = sketch()
    s.transposed("x", 5, 4, 2)
    graph = s.graph()
    assert plain_convolutions(graph, only_integer=True).operators == graph.operators
