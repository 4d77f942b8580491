"""A split in other tools' hands: each that can be had here is run on the files that are for it."""

import json
import logging

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.other_tools import TOOLS, SplitNetwork
from vernier.formats.onnx.importing import import_with_ranges
from vernier.formats.tflite.reader import read
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.processors.contents import read_contents
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import cut

HEIGHT, WIDTH = 96, 128
LEAST_DB = 35


def picture(seed):
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = np.sin(rows / (3 + seed)) * np.cos(columns / (5 + seed)) + 0.3 * np.sin(rows * columns)
    return np.clip(0.5 + 0.4 * waves, 0, 1).astype(np.float32)[None, ..., None]


@pytest.fixture(scope="module")
def network():
    graph = open_bundle(shipped_bundles("sesr-m5-hw", 2)["float32"]).graph
    graph = resized(graph, HEIGHT, WIDTH)
    units = cut(graph)
    inside = range(2, len(units) - 1)
    places = [f"litert:cpu:{'int8' if n in inside else 'float32'}" for n in range(len(units))]
    ranges = calibrate_picture_network(graph, [picture(seed) for seed in range(3)], "min-max")
    return SplitNetwork(graph, units, tuple(places), ranges)


@pytest.fixture(scope="module")
def wanted(network):
    """What the split computes of one more picture, in our arithmetic."""
    mixed = network.mixed
    return run_integer(mixed, {mixed.inputs[0]: picture(4)})[mixed.outputs[0]]


def integer_units(network):
    floats = {unit.name for unit in network.float_units}
    return {unit.name for unit in network.units} - floats


def psnr(a, b):
    return 10 * np.log10(1 / np.mean((np.asarray(a) - b) ** 2))


def made(network, tool, folder):
    for name, content in TOOLS[tool].make(network).items():
        (folder / name).write_bytes(content)
    return folder


def nchw(x):
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def test_onnxruntime_runs_it_with_the_units_where_they_are(network, wanted, tmp_path):
    folder = made(network, "onnxruntime", tmp_path)
    settings = json.loads((folder / "session.json").read_text())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    for key, value in settings["session_config"].items():
        options.add_session_config_entry(key, value)
    running = onnxruntime.InferenceSession(
        folder / "network.onnx", options, providers=["CPUExecutionProvider"],
        disabled_optimizers=settings["disabled_optimizers"],
    )  # fmt: skip
    found = running.run(None, {"input": nchw(picture(4))})[0].transpose(0, 2, 3, 1)
    assert psnr(found, wanted) > 60
    nodes = onnx.load(tmp_path / "optimised.onnx").graph.node
    integers = {n.name.split("_token_")[0] for n in nodes if n.op_type == "QLinearConv"}
    assert integers == integer_units(network)
    parts = running.get_provider_graph_assignment_info()
    assert {part.ep_name for part in parts} == {"CPUExecutionProvider"}


@pytest.mark.filterwarnings("ignore:.*preserve_all_tensors")
def test_ai_edge_quantizer_leaves_the_float_units_in_float(network, wanted, tmp_path):
    quantizer = pytest.importorskip("ai_edge_quantizer.quantizer")
    folder = made(network, "ai-edge-quantizer", tmp_path)
    logging.disable(logging.WARNING)
    work = quantizer.Quantizer(folder / "float.tflite", folder / "recipe.json")
    photos = {"serving_default": [{"input": picture(seed)} for seed in range(3)]}
    result = work.quantize(work.calibrate(photos), enable_progress_report=False)
    logging.disable(logging.NOTSET)
    model = bytes(result.quantized_model)
    convolutions = [op for op in read_contents(model).operators if op.is_convolution]
    by_unit = dict(zip([u.name for u in network.units], convolutions, strict=True))
    assert {u for u, op in by_unit.items() if op.precision == "int8"} == integer_units(network)
    graph = read(model)
    found = run_integer(graph, {graph.inputs[0]: picture(4)})[graph.outputs[0]]
    assert psnr(found, wanted) > LEAST_DB


def test_nncf_leaves_the_float_units_in_float(network, wanted, tmp_path):
    nncf = pytest.importorskip("nncf")
    folder = made(network, "nncf", tmp_path)
    model = onnx.load(folder / "float.onnx")
    logging.disable(logging.WARNING)
    made_of = nncf.quantize(
        model,
        nncf.Dataset([{"input": nchw(picture(seed))} for seed in range(3)]),
        ignored_scope=nncf.IgnoredScope(**json.loads((folder / "ignored_scope.json").read_text())),
        subset_size=3,
    )
    logging.disable(logging.NOTSET)
    producers = {name: node for node in made_of.graph.node for name in node.output}
    integers = {
        node.name
        for node in made_of.graph.node
        if node.op_type == "Conv" and producers[node.input[0]].op_type == "DequantizeLinear"
    }
    assert integers == integer_units(network)
    onnx.save(made_of, tmp_path / "quantised.onnx")
    running = onnxruntime.InferenceSession(
        tmp_path / "quantised.onnx", providers=["CPUExecutionProvider"]
    )
    found = running.run(None, {"input": nchw(picture(4))})[0].transpose(0, 2, 3, 1)
    assert psnr(found, wanted) > LEAST_DB
    # And it comes back: with the ranges of what is in INT8.
    graph, ranges = import_with_ranges(tmp_path / "quantised.onnx", "again", HEIGHT, WIDTH)
    assert len(ranges) >= len(integers)
    assert psnr(run(graph, {"input": picture(4)})["output"], wanted) > LEAST_DB


def test_openvino_takes_the_affinities(network, wanted, tmp_path):
    folder = made(network, "openvino", tmp_path)
    settings = json.loads((folder / "affinities.json").read_text())
    core = openvino.Core()
    model = core.read_model(folder / "network.onnx")
    model.reshape([1, 1, HEIGHT, WIDTH])
    operators = {op.get_friendly_name(): op for op in model.get_ops()}
    computing = {name for name in settings["affinity"] if name in operators}
    assert {unit.name for unit in network.units} <= computing
    for name, op in operators.items():
        op.get_rt_info()["affinity"] = settings["affinity"].get(name, settings["default"])
    compiled = core.compile_model(model, settings["device"], {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(nchw(picture(4)))[0].transpose(0, 2, 3, 1)
    assert psnr(found, wanted) > 50
    assert settings["device"] == "HETERO:CPU"


def test_lists_for_tools_that_are_not_here_name_what_is_in_the_file(network):
    rknn = TOOLS["rknn"].make(network)
    lines = rknn["hybrid.quantization.cfg"].decode().splitlines()
    listed = {line.split(":")[0].strip() for line in lines if line.endswith(": float16")}
    model = onnx.ModelProto.FromString(rknn["float.onnx"])
    tensors = {name for node in model.graph.node for name in node.output}
    assert listed <= tensors
    assert listed == set(network.float_tensors)
    assert lines[0].startswith("# Untested")
    qnn = TOOLS["qnn"].make(network)
    encodings = json.loads(qnn["quantization_overrides.json"])
    weights = {
        tensor.name for tensor in onnx.ModelProto.FromString(qnn["float.onnx"]).graph.initializer
    }
    assert set(encodings["param_encodings"]) <= weights
    assert set(encodings["activation_encodings"]) <= tensors | {"input"}
    assert len(encodings["param_encodings"]) == len(integer_units(network))
    assert not TOOLS["qnn"].tested
    for name, (one,) in encodings["activation_encodings"].items():
        assert one["min"] == pytest.approx(one["scale"] * one["offset"], abs=1e-6), name


def test_the_split_is_what_it_should_be(network):
    kinds = [op.kind for op in network.mixed.operators]
    # Once into INT8, and once for the skip from the first layer.
    assert kinds.count(Kind.QUANTIZE) == 2
    assert kinds.count(Kind.DEQUANTIZE) == 1
    assert len(integer_units(network)) == 4
