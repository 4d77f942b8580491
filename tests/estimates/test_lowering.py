"""A shuffle as transposed convolutions computes the same, in float and in INT8, on every judge."""

import numpy as np
import pytest

from vernier.errors import GraphError
from vernier.estimates.lowering import one_hot_kernel, shuffles_as_convolutions
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.reference import run
from vernier.processor_id import ProcessorId
from vernier.processors.litert_cpu import LitertCpu
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels


def _shuffle(block, channels, dtype="float32", zero_point=-7):
    scale = None
    if dtype == "int8":
        scale = Quantization(np.float32([0.0173]), np.int32([zero_point]))
    types = {
        "x": TensorType((1, 3, 5, block**2 * channels), dtype, scale),
        "y": TensorType((1, 3 * block, 5 * block, channels), dtype, scale),
    }
    shuffle = Operator(Kind.DEPTH_TO_SPACE, ("x",), "y", attributes={"block": block})
    return Graph("shuffle", ("x",), ("y",), (shuffle,), {}, types)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("block", [2, 3, 4, 6, 8])
def test_exact_in_float(block, channels):
    graph = _shuffle(block, channels)
    lowered = shuffles_as_convolutions(graph)
    assert {op.kind for op in lowered.operators} == {Kind.TRANSPOSE_CONV}
    x = np.random.default_rng(0).normal(size=graph.types["x"].shape).astype(np.float32)
    np.testing.assert_array_equal(run(lowered, {"x": x})["y"], run(graph, {"x": x})["y"])


@pytest.mark.parametrize("kernels", list(Kernels))
@pytest.mark.parametrize(("block", "channels"), [(2, 1), (2, 3), (3, 1), (4, 1), (4, 3)])
def test_exact_for_every_code(block, channels, kernels):
    graph = _shuffle(block, channels, "int8")
    lowered = shuffles_as_convolutions(graph)
    size = int(np.prod(graph.types["x"].shape))
    # Every code in every channel, over the calls.
    for shift in range(0, 256, 37):
        codes = (np.arange(size) * 7 + shift) % 256 - 128
        x = codes.astype(np.int8).reshape(graph.types["x"].shape)
        wanted = run_integer(graph, {"x": x})["y"]
        np.testing.assert_array_equal(run_integer(lowered, {"x": x}, kernels)["y"], wanted)


@pytest.mark.parametrize("block", [2, 4])
def test_litert_computes_the_same_codes(block):
    graph = _shuffle(block, 1, "int8")
    x = np.random.default_rng(1).integers(-128, 128, graph.types["x"].shape, np.int8)
    found = LitertCpu(ProcessorId.parse("litert:cpu:int8")).load(
        write(shuffles_as_convolutions(graph))
    )(x)[0]
    np.testing.assert_array_equal(found, run_integer(graph, {"x": x})["y"])


def test_a_kernel_takes_each_channel_once():
    kernel = one_hot_kernel(2, 2, 3)
    assert kernel.shape == (12, 2, 2, 48)
    np.testing.assert_array_equal(kernel.sum(axis=(0, 1, 2)), 1)
    np.testing.assert_array_equal(kernel.sum(axis=3), 1)


def test_two_scales_are_refused():
    graph = _shuffle(2, 1, "int8")
    other = Quantization(np.float32([0.5]), np.int32([0]))
    types = {"y": TensorType(graph.types["y"].shape, "int8", other)}
    with pytest.raises(GraphError, match="one scale"):
        shuffles_as_convolutions(graph.with_types(types))
