"""INT8 PRELUs as convolutions: the same codes, by NumPy's account and by the engine's."""

import numpy as np
import pytest
from litert_engine import engine
from random_graphs import Growing

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind
from vernier.graphs.shapes import resized
from vernier.processors.discovery import find_processor
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.arithmetic.rounding import Kernels
from vernier.quantization.prelu_as_convolutions import without_prelu
from vernier.quantization.quantize import quantize_with
from vernier.quantization.scales import per_tensor

CHANNELS = 16
EVERY = np.repeat(np.arange(-128, 128, dtype=np.int8), CHANNELS).reshape(1, 16, 16, CHANNELS)
SLOPES = {"mixed": (-2.0, 1.6), "below one": (0.0, 1.0), "all negative": (-0.4, -0.01)}


def one_prelu(rng: np.random.Generator, low: float, high: float, shape=(1, 1, CHANNELS)) -> Graph:
    b = Growing(16, 16, CHANNELS)
    b.add(Kind.PRELU, ["x", b.constant("slopes", rng.uniform(low, high, shape))], "y")
    scale = float(rng.uniform(0.005, 0.05))
    given = {
        "x": per_tensor(scale, int(rng.integers(-60, 60))),
        "y": per_tensor(scale * float(rng.uniform(0.4, 1.0)), int(rng.integers(-128, 60))),
    }
    return quantize_with(b.graph(), given)


def kinds(graph: Graph) -> list[Kind]:
    return [op.kind for op in graph.operators]


@pytest.mark.parametrize("slopes", SLOPES)
def test_every_code_is_the_engines_own_of_prelu(slopes: str) -> None:
    """Its PRELU kernel and its convolutions are two programs; here they agree on all codes."""
    rng = np.random.default_rng(sum(map(ord, slopes)))
    replaced = 0
    for _ in range(12):
        graph = one_prelu(rng, *SLOPES[slopes])
        made = without_prelu(graph)
        wanted = engine(graph, {"x": EVERY}, Kernels.XNNPACK)["y"]
        np.testing.assert_array_equal(engine(made, {"x": EVERY}, Kernels.XNNPACK)["y"], wanted)
        np.testing.assert_array_equal(run_integer(made, {"x": EVERY})["y"], wanted)
        replaced += Kind.PRELU not in kinds(made)
    assert replaced >= 10


def test_slopes_that_are_not_negative_need_two_convolutions() -> None:
    rng = np.random.default_rng(1)
    below_one = kinds(without_prelu(one_prelu(rng, *SLOPES["below one"])))
    assert below_one == [Kind.DEPTHWISE_CONV_2D] * 2 + [Kind.SUB]
    mixed = kinds(without_prelu(one_prelu(rng, *SLOPES["mixed"])))
    assert mixed == [Kind.DEPTHWISE_CONV_2D] * 3 + [Kind.SUB]


def test_what_cannot_be_had_stays() -> None:
    """A slope for each pixel; and a graph without any is itself."""
    rng = np.random.default_rng(2)
    by_pixel = one_prelu(rng, 0.1, 0.9, (16, 16, CHANNELS))
    assert without_prelu(by_pixel) is by_pixel
    plain = without_prelu(one_prelu(rng, 0.1, 0.9))
    assert without_prelu(plain) is plain


@pytest.mark.parametrize(("name", "scale"), [("sesr-m5", 2), ("sesr-m7", 4), ("fsrcnn", 2)])
def test_shipped_networks_keep_their_codes_and_no_prelu(name: str, scale: int) -> None:
    graph = resized(open_bundle(shipped_bundles(name, scale)["int8"]).graph, 20, 28)
    made = without_prelu(graph)
    assert Kind.PRELU in kinds(graph)
    assert Kind.PRELU not in kinds(made)
    (source,), (output,) = graph.inputs, graph.outputs
    shape = graph.types[source].shape
    x = {source: np.random.default_rng(3).integers(-128, 128, shape).astype(np.int8)}
    np.testing.assert_array_equal(run_integer(made, x)[output], run_integer(graph, x)[output])
    loaded = find_processor("litert:cpu:int8").load(write(graph), threads=1)
    try:
        assert {op.implementation for op in loaded.placement.operators} == {"XNNPACK"}
        own = engine(graph, x, Kernels.XNNPACK)[output]
        np.testing.assert_array_equal(loaded(x[source])[0], own)
    finally:
        loaded.close()
