"""The colours of an INT8 picture, against the float colours around the same network."""

import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.graphs.shapes import resized
from vernier.images.bicubic import imresize
from vernier.metrics.psnr import psnr
from vernier.processors.discovery import find_processor, present_processors
from vernier.runtime.integer_picture_graph import integer_picture_graph
from vernier.runtime.picture_graph import picture_graph

INTEGER = [p.id for p in present_processors() if str(p.id).endswith("cpu:int8")]
CASES = [("sesr-m5", 2), ("sesr-m5-hw", 2), ("sesr-m5", 4)]


def network(name, scale, height, width):
    bundle = open_bundle(shipped_bundles(name, scale)["int8"])
    return resized(bundle.segments[0].graph, height, width)


def colourful(height, width):
    """Smooth, saturated colours with an edge through them."""
    rng = np.random.default_rng(3)
    picture = imresize(rng.random((7, 9, 3)), height, width)
    picture[:, width // 2 :] = 1 - picture[:, width // 2 :]
    return np.clip(picture * 255, 0, 255).astype(np.uint8)


def through_integers(graph, picture, processor):
    executable = find_processor(processor).load(write(graph), threads=1)
    codes = (picture[None] ^ 128).view(np.int8)
    result = executable(codes)[0][0].view(np.uint8) ^ 128
    executable.close()
    return result


@pytest.mark.parametrize("processor", INTEGER, ids=str)
@pytest.mark.parametrize(("name", "scale"), CASES)
def test_colours_are_near_those_of_float(name, scale, processor):
    graph, picture = network(name, scale, 50, 60), colourful(50, 60)
    found = through_integers(integer_picture_graph(graph, scale), picture, processor)
    executable = find_processor(processor).load(
        write(picture_graph(graph, scale, 3, codes=True)), threads=1, allow_fallback=True
    )
    wanted = executable(picture[None])[0][0]
    assert psnr(found, wanted, peak=255) > 46
    # No tint: the mean of each colour is right to half a grey level.
    assert np.abs(found.astype(float).mean((0, 1)) - wanted.astype(float).mean((0, 1))).max() < 0.5


@pytest.mark.parametrize("processor", INTEGER, ids=str)
def test_grey_stays_exactly_grey(processor):
    graph = integer_picture_graph(network("sesr-m5", 2, 40, 40), 2)
    grey = np.repeat(colourful(40, 40)[:, :, :1], 3, axis=2)
    result = through_integers(graph, grey, processor)
    assert (result == result[:, :, :1]).all()


@pytest.mark.parametrize(("name", "scale"), CASES)
def test_nothing_is_float_and_nothing_is_converted_in_vain(name, scale):
    graph = integer_picture_graph(network(name, scale, 24, 24), scale)
    assert {graph.types[tensor].dtype for tensor in graph.activations()} == {"int8"}
    assert Kind.QUANTIZE not in {op.kind for op in graph.operators}
