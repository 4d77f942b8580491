import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Activation, Graph, Kind, Operator, TensorType
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.networks.source import find_source
from vernier.processors.discovery import present_processors
from vernier.quantization.arithmetic.graph import run_integer as run_integers
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges

RNG = np.random.default_rng(3)


def network(outputs, kernel, block, readers=1, activation=Activation.NONE, size=(6, 8)):
    """A convolution with few outputs, a shuffle, and perhaps another reader."""
    constants = {
        "w": RNG.normal(size=(outputs, kernel, kernel, 5)).astype(np.float32) * 0.1,
        "b": RNG.normal(size=outputs).astype(np.float32) * 0.1,
    }
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types["x"] = TensorType((1, *size, 5))
    types["y"] = TensorType((1, *size, outputs))
    attributes = {"stride": 1, "padding": "same", "dilation": 1}
    operators = [Operator(Kind.CONV_2D, ("x", "w", "b"), "y", activation, attributes)]
    ends = ["y"]
    if block > 1:
        shape = (1, size[0] * block, size[1] * block, outputs // block**2)
        types["s"] = TensorType(shape)
        operators.append(Operator(Kind.DEPTH_TO_SPACE, ("y",), "s", attributes={"block": block}))
        ends = ["s"]
    if readers > 1:
        types["r"] = types["y"]
        operators.append(Operator(Kind.RELU, ("y",), "r"))
        ends.append("r")
    return Graph("few", ("x",), tuple(ends), tuple(operators), constants, types)


@pytest.mark.parametrize(
    ("outputs", "kernel", "block", "readers"),
    [(4, 5, 2, 1), (3, 3, 1, 1), (1, 5, 1, 1), (4, 3, 2, 2), (4, 5, 1, 1), (8, 5, 2, 1)],
)
@pytest.mark.parametrize("activation", [Activation.NONE, Activation.RELU])
def test_the_same_sums(outputs, kernel, block, readers, activation):
    graph = network(outputs, kernel, block, readers, activation)
    packed = packed_convolutions(graph)
    assert [op.kind for op in packed.operators] != [op.kind for op in graph.operators] or any(
        op.attributes.get("stride") == 2 for op in packed.operators
    )
    x = {"x": RNG.random((1, 6, 8, 5), np.float32)}
    before, after = run(graph, x), run(packed, x)
    for name in graph.outputs:
        np.testing.assert_allclose(after[name], before[name], atol=1e-6)
    ranges = Ranges(dict.fromkeys(graph.activations(), (-1.0, 1.0)))
    plain = quantize(graph, ranges)
    codes = {"x": RNG.integers(-128, 128, (1, 6, 8, 5)).astype(np.int8)}
    before, after = run_integers(plain, codes), run_integers(packed_convolutions(plain), codes)
    for name in graph.outputs:
        np.testing.assert_array_equal(after[name], before[name])


def test_one_shuffle_is_shared():
    packed = packed_convolutions(network(4, 5, 2))
    assert [op.kind for op in packed.operators] == [Kind.CONV_2D, Kind.DEPTH_TO_SPACE]
    assert packed.operators[1].whole("block") == 4


@pytest.mark.parametrize(
    "graph",
    [
        network(4, 5, 2, size=(6, 7)),  # odd
        network(16, 3, 4),  # no lane is idle
        network(12, 3, 2),  # 48 lanes and larger kernels are more than 4 times 16
    ],
)
def test_what_does_not_pay_is_left_alone(graph):
    assert packed_convolutions(graph) == graph


@pytest.mark.parametrize("name", ["sesr-m5", "sesr-m5-hw"])
@pytest.mark.parametrize("processor", present_processors(), ids=lambda p: str(p.id))
def test_engines_give_the_same_picture(name, processor):
    bundle = open_bundle(shipped_bundles(name, 2)[processor.id.model_precision])
    graph = resized(bundle.graph, 24, 32)
    outputs = []
    for one in (graph, packed_convolutions(graph)):
        executable = processor.load(write(one), threads=1)
        buffer = executable.input_buffer(0)
        picture = np.random.default_rng(0).integers(0, 256, buffer.shape)
        buffer[...] = picture - 128 if buffer.dtype == np.int8 else picture / 255
        executable.run()
        outputs.append(executable.output_buffer(0).astype(np.float32).copy())
        executable.close()
    if processor.id.model_precision == "int8":
        np.testing.assert_array_equal(outputs[1], outputs[0])
    else:
        exact = processor.id.precision == "float32"
        np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-5 if exact else 0.02)


@pytest.mark.parametrize(("name", "scale"), [("edsr-baseline", 2), ("enet", 4), ("carn-m", 2)])
def test_last_layers_of_three_colours_are_packed(name, scale):
    graph = resized(find_source(name, scale).graph, 8, 8)
    packed = packed_convolutions(graph)
    assert any(op.attributes.get("stride") == 2 for op in packed.operators)
    x = {graph.inputs[0]: RNG.random((1, 8, 8, 3), np.float32)}
    out = graph.outputs[0]
    np.testing.assert_allclose(run(packed, x)[out], run(graph, x)[out], atol=2e-5)
