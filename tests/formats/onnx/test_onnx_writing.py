"""Graphs as ONNX, held against our reference arithmetic by ONNX Runtime and ONNX's own checker."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import random_graphs
from graph_equality import litert
from sample_graphs import FORMS, form, picture

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError
from vernier.export.onnx_files import onnx_bytes
from vernier.formats.onnx import writing
from vernier.formats.onnx.codes import Codes
from vernier.formats.onnx.emitting import EMITTERS
from vernier.formats.onnx.importing import import_onnx
from vernier.formats.onnx.writing import Arrangement, onnx_model, serialized
from vernier.graphs.graph import CONVOLUTIONS, Kind
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.scales import encode
from vernier.units.cutting import cut
from vernier.units.segments import subgraph

# What ONNX's definition gives code by code: products are summed in integers and brought to codes
# by one factor, halves to even. LiteRT rounds a root downwards, has a factor of 8 bits for
# LEAKY_RELU and for a change of scale, 11 bits for interpolation, and 31 for PReLU.
ONE_CODE = {Kind.SQRT, Kind.LEAKY_RELU, Kind.RESIZE_BILINEAR, Kind.PRELU, Kind.QUANTIZE, Kind.MEAN}


def session(model, exact=True):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    if not exact:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def with_onnxruntime(model, inputs, channels_last=False, exact=True):
    """NHWC to NHWC; int8 goes in and comes out as the model has it."""
    to, back = ((0, 1, 2, 3),) * 2 if channels_last else ((0, 3, 1, 2), (0, 2, 3, 1))
    running = session(model, exact)
    feeds = {}
    for port in running.get_inputs():
        value = inputs[port.name]
        if port.type == "tensor(uint8)" and value.dtype == np.int8:
            value = (value.astype(np.int16) + 128).astype(np.uint8)
        feeds[port.name] = np.ascontiguousarray(value.transpose(to))
    names = [port.name for port in running.get_outputs()]
    found = dict(zip(names, running.run(names, feeds), strict=True))
    return {name: value.transpose(back) for name, value in found.items()}


def checked(model):
    """Strictly checked, with every tensor's type and channels inferred."""
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(
        model, check_type=True, strict_mode=True, data_prop=True
    )
    known = {
        value.name: value.type.tensor_type
        for value in (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
    }
    for node in model.graph.node:
        for name in node.output:
            assert known[name].elem_type
            assert known[name].HasField("shape")
    return model


def test_every_kind_is_written_and_tried():
    assert set(EMITTERS) | {Kind.QUANTIZE, Kind.DEQUANTIZE} == set(Kind)
    tried = {op.kind for name in FORMS for op in form(name).operators}
    assert tried == set(EMITTERS)


@pytest.mark.parametrize("name", FORMS)
def test_a_float_operator_is_what_onnx_runtime_computes(name):
    graph = form(name)
    x = picture(graph)
    wanted = run(graph, x)
    for opset, channels_last in ((13, False), (17, True), (20, False), (24, False)):
        model = checked(onnx_model(graph, Arrangement(opset, channels_last=channels_last)))
        found = with_onnxruntime(model, x, channels_last)
        for output, value in wanted.items():
            assert np.abs(found[output] - value).max() <= 1e-5


SINGLE = {
    "depth to space": "DepthToSpace",
    "prelu": "PRelu",
    "leaky relu": "LeakyRelu",
    "nearest": "Resize",
    "bilinear by 3": "Resize",
    "transposed 9x9 stride 2": "ConvTranspose",
}


@pytest.mark.parametrize("name", SINGLE)
def test_an_operator_is_one_node(name):
    assert [node.op_type for node in onnx_model(form(name)).graph.node] == [SINGLE[name]]


def test_a_border_of_one_pixel_and_a_fused_bound_are_one_node():
    graph = form("mirror")
    (op,) = graph.operators
    narrow = replace(graph, operators=(replace(op, attributes={"amount": 1}),))
    shape = (1, 12, 14, 4)
    narrow = narrow.with_types({op.output: replace(graph.types[op.output], shape=shape)})
    assert [node.op_type for node in onnx_model(narrow).graph.node] == ["Pad"]
    relu6 = onnx_model(form("product relu6"))
    assert [node.op_type for node in relu6.graph.node] == ["Mul", "Clip"]


def quantized(graph, x):
    ranges = {}
    run(graph, x, lambda name, value: ranges.update({name: (value.min(), value.max())}))
    return quantize(graph, {name: (float(a), float(b)) for name, (a, b) in ranges.items()})


@pytest.mark.parametrize("codes", Codes)
@pytest.mark.parametrize("seed", range(8))
def test_an_integer_operator_gives_our_codes(seed, codes):
    """Each operator of random graphs alone, on codes that the one before it gave."""
    graph, ranges = random_graphs.random_graph(np.random.default_rng(seed), depth=5)
    made = quantize(graph, ranges)
    rng = np.random.default_rng(seed)
    held = {
        name: rng.integers(-128, 128, made.types[name].shape).astype(np.int8)
        for name in made.inputs
    }
    run_integer(made, dict(held), observe=held.__setitem__)
    for op in made.operators:
        part = subgraph(made, [op])
        model = checked(onnx_model(part, Arrangement(codes=codes)))
        found = with_onnxruntime(model, {name: held[name] for name in part.inputs})[op.output]
        codes_found = found.astype(int) - (128 if found.dtype == np.uint8 else 0)
        apart = np.abs(codes_found - held[op.output]).max()
        # Where a sum lies within a float's last bit of a half either code is right.
        share = np.mean(codes_found != held[op.output])
        assert apart <= (1 if op.kind in ONE_CODE or share < 0.002 else 0), op.kind


@pytest.fixture(scope="module")
def shipped():
    bundles = shipped_bundles("sesr-m5-hw", 2)
    return {kind: resized(open_bundle(bundles[kind]).graph, 20, 28) for kind in bundles}


@pytest.mark.parametrize("codes", Codes)
def test_a_whole_network_in_int8_gives_the_codes_of_litert(shipped, codes):
    graph = shipped["int8"]
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, graph.types[graph.inputs[0]].shape).astype(np.int8)
    model = checked(onnx_model(graph, Arrangement(codes=codes)))
    found = with_onnxruntime(model, {graph.inputs[0]: x})[graph.outputs[0]].astype(int)
    if codes is not Codes.S8S8:
        found -= 128
    assert np.array_equal(found, litert(graph, x).astype(int))


def test_nodes_are_called_after_units_and_sizes_are_open(shipped):
    graph = shipped["float32"]
    units = cut(graph)
    content = onnx_bytes(graph, units, "m5.onnx")
    model = onnx.ModelProto.FromString(content)
    names = [node.name for node in model.graph.node]
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    assert convolutions == [unit.name for unit in units]
    assert {name.split("/")[0] for name in names} == set(convolutions)
    assert len(set(names)) == len(names)
    sides = [
        dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim
    ]
    assert sides == [1, 1, "height", "width"]
    sides = [
        dim.dim_param or dim.dim_value for dim in model.graph.output[0].type.tensor_type.shape.dim
    ]
    assert sides == [1, 1, "2*height", "2*width"]
    for height, width in ((20, 28), (33, 17)):
        at_size = resized(graph, height, width)
        x = picture(at_size)
        found = with_onnxruntime(model, x)["output"]
        assert np.abs(found - run(at_size, x)["output"]).max() <= 1e-5


def test_a_split_keeps_float_units_in_float_and_integers_fused(shipped):
    graph = shipped["float32"]
    x = {"input": np.random.default_rng(0).random(graph.types["input"].shape, np.float32)}
    ranges = {}
    run(graph, x, lambda n, v: ranges.update({n: (float(v.min()), float(v.max()))}))
    units = cut(graph)
    chosen = units[2:4]
    mixed = quantize(graph, ranges, frozenset(o for unit in chosen for o in unit.operators))
    model = checked(onnx_model(mixed, Arrangement(codes=Codes.U8U8)))
    wanted = run_integer(mixed, x)["output"]
    found = with_onnxruntime(model, x)["output"]
    assert (
        np.abs(found - wanted).max()
        < 2 * mixed.types[chosen[-1].operators[-1]].quantization.scale[0]
    )
    weights = {node.input[1] for node in model.graph.node if node.op_type == "Conv"}
    integer = {name for name in weights if name.endswith("dequantized")}
    assert len(integer) == len(chosen)
    assert len(weights) == len([op for op in graph.operators if op.kind in CONVOLUTIONS])


@pytest.mark.parametrize("name", ["sesr-m5", "fsrcnn"])
def test_what_is_written_is_read_again(name, tmp_path):
    graph = resized(open_bundle(shipped_bundles(name, 2)["float32"]).graph, 16, 24)
    path = tmp_path / "network.onnx"
    path.write_bytes(onnx_bytes(graph, cut(graph), path.name))
    again = import_onnx(path, name, 16, 24)
    x = picture(graph)
    found = run(again, {"input": x[graph.inputs[0]]})["output"]
    assert np.abs(found - run(graph, x)[graph.outputs[0]]).max() <= 1e-6
    assert [unit.name for unit in cut(again)] == [unit.name for unit in cut(graph)]
    assert [op.kind for op in again.operators] == [op.kind for op in graph.operators]


def test_what_cannot_be_written_is_said_in_one_line(shipped, monkeypatch):
    graph = shipped["float32"]
    for opset in (12, 25):
        with pytest.raises(UsageError, match=f"from 13 to 24, found {opset}"):
            onnx_model(graph, Arrangement(opset))
    monkeypatch.setattr(writing, "MOST_BYTES", 1000)
    with pytest.raises(UsageError, match="big: weights of"):
        serialized(onnx_model(graph), "big")


def test_encoded_pictures_are_their_own_codes(shipped):
    """With uint8 activations the model's input is the picture's samples."""
    graph = shipped["int8"]
    pixels = np.arange(256)
    codes = encode(pixels / 255, graph.types[graph.inputs[0]].quantization)
    assert np.array_equal(codes.astype(int) + 128, pixels)
