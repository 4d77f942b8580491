"""The colour around a network, against the same computed plainly in NumPy."""

import numpy as np
import pytest

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.images.bicubic import bicubic_phases, imresize
from vernier.images.colour import luma, rgb_to_ycbcr, ycbcr_to_rgb
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.runtime.loading import wrapped_network
from vernier.runtime.picture_graph import picture_graph


def network(scale, channels=1, shuffled=True):
    """A random convolution to packed pixels, laid out by DEPTH_TO_SPACE or by a deconvolution."""
    rng = np.random.default_rng(scale)
    if shuffled:
        weights = rng.normal(size=(scale**2 * channels, 3, 3, channels)) * 0.3
        operators = (
            Operator(Kind.CONV_2D, ("x", "w", "b"), "packed", attributes={"padding": "same"}),
            Operator(Kind.DEPTH_TO_SPACE, ("packed",), "y", attributes={"block": scale}),
        )
    else:
        weights = rng.normal(size=(channels, 4, 4, channels)) * 0.3
        operators = (
            Operator(Kind.TRANSPOSE_CONV, ("x", "w", "b"), "y", attributes={"stride": scale}),
        )
    constants = {
        "w": weights.astype(np.float32),
        "b": rng.normal(size=weights.shape[0]).astype(np.float32) * 0.1,
    }
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types |= {name: TensorType((1, 8, 8, channels)) for name in ("x", "packed", "y")}
    graph = Graph("random", ("x",), ("y",), operators, constants, types)
    return resized(graph, 11, 14)


def plainly(graph, rgb, scale):
    """Luma through the network, chroma by bicubic, back to RGB."""
    planes = rgb_to_ycbcr(rgb)
    large = np.asarray(imresize(planes, rgb.shape[0] * scale, rgb.shape[1] * scale))
    large[:, :, 0] = run(graph, {"x": planes[None, :, :, :1]})["y"][0, :, :, 0]
    return ycbcr_to_rgb(large)


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).random((11, 14, 3)).astype(np.float32)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_colour_through_a_luma_network(scale, rgb):
    graph = network(scale)
    wrapped = picture_graph(graph, scale, 3, codes=False)
    result = run(wrapped, {"picture": rgb[None]})["result"][0]
    np.testing.assert_allclose(result, plainly(graph, rgb, scale), atol=2e-5)


def test_a_network_without_a_shuffle_at_its_end(rgb):
    graph = network(2, shuffled=False)
    result = run(picture_graph(graph, 2, 3, codes=False), {"picture": rgb[None]})["result"][0]
    np.testing.assert_allclose(result, plainly(graph, rgb, 2), atol=2e-5)


def test_grey_gives_what_the_same_picture_in_rgb_would(rgb):
    graph, grey = network(2), rgb[:, :, :1]
    alone = run(picture_graph(graph, 2, 1, codes=False), {"picture": grey[None]})["result"][0]
    as_rgb = np.repeat(grey, 3, axis=2)
    coloured = run(picture_graph(graph, 2, 3, codes=False), {"picture": as_rgb[None]})["result"][0]
    np.testing.assert_allclose(coloured, np.repeat(alone, 3, axis=2), atol=2e-5)


def test_an_rgb_network_sees_the_picture_as_it_is(rgb):
    graph = network(2, channels=3)
    result = run(picture_graph(graph, 2, 3, codes=False), {"picture": rgb[None]})["result"]
    np.testing.assert_allclose(result, run(graph, {"x": rgb[None]})["y"], atol=2e-5)


def test_luma_survives_exactly(rgb):
    """Turning back to RGB and taking luma again gives the network's own luma."""
    graph = network(2)
    result = run(picture_graph(graph, 2, 3, codes=False), {"picture": rgb[None]})["result"][0]
    wanted = run(graph, {"x": luma(rgb)[None, :, :, None]})["y"][0, :, :, 0]
    np.testing.assert_allclose(luma(result.astype(np.float32)), wanted, atol=2e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_phases_are_bicubic(scale):
    kernels = bicubic_phases(scale)
    assert kernels.shape == (1, 5, 5, scale**2)
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1.0)
    plane = np.random.default_rng(1).random((9, 9))
    wanted = imresize(plane, 9 * scale, 9 * scale)[4 * scale : 5 * scale, 4 * scale : 5 * scale]
    found = np.einsum("yx,yxp->p", plane[2:7, 2:7], kernels[0])
    np.testing.assert_allclose(found.reshape(scale, scale), wanted, atol=1e-12)


def test_what_is_no_picture_network_is_refused():
    graph = network(2)
    with pytest.raises(GraphError, match="1 or 3 channels"):
        picture_graph(graph, 2, 4, codes=False)


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_may_call_its_own_ends_so(channels, integer, rgb):
    """Names that people's ONNX files have."""
    plain = network(2, channels, shuffled=False)
    names = {"x": "picture", "y": "result"}
    operators = tuple(
        Operator(
            op.kind, tuple(names.get(n, n) for n in op.inputs), names[op.output],
            attributes=op.attributes,
        )
        for op in plain.operators
    )  # fmt: skip
    types = {names.get(name, name): kind for name, kind in plain.types.items()}
    same = Graph("same", ("picture",), ("result",), operators, plain.constants, types)
    if integer:
        ranges = {"x": (0.0, 1.0), "y": (-2.0, 2.0)}
        plain = quantize(plain, Ranges(ranges))
        same = quantize(same, Ranges({names[name]: span for name, span in ranges.items()}))
    codes = integer and channels == 1
    given = np.rint(rgb * 255 - 128).astype(np.int8) if codes else rgb
    results = []
    for one in (plain, same):
        graph = wrapped_network(one, 2, 3, codes=codes)
        results.append(run_integer(graph, {graph.inputs[0]: given[None]})[graph.outputs[0]])
    np.testing.assert_array_equal(*results)
