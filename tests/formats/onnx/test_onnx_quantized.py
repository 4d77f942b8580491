"""Files that ONNX Runtime's static quantiser made, and our own, read as float with their ranges."""

import logging

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import GraphError
from vernier.export.networks import own_ranges
from vernier.export.onnx_files import export_onnx, onnx_bytes
from vernier.formats.onnx.codes import Codes
from vernier.formats.onnx.importing import import_onnx, import_with_ranges
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.networks.source import find_source
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.scales import asymmetric, encode
from vernier.units.cutting import cut

HEIGHT, WIDTH = 24, 32


def picture(seed):
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = np.sin(rows / (3 + seed)) * np.cos(columns / (4 + seed))
    return (0.5 + 0.45 * waves).astype(np.float32)[None, None]


class Photos(CalibrationDataReader):
    def __init__(self):
        self.left = [{"input": picture(seed)} for seed in range(4)]

    def get_next(self):
        return self.left.pop() if self.left else None


@pytest.fixture(scope="module")
def network():
    return resized(open_bundle(shipped_bundles("sesr-m5-hw", 2)["float32"]).graph, HEIGHT, WIDTH)


FORMS = [
    (form, activations, per_channel)
    for form in QuantFormat
    for activations in (QuantType.QUInt8, QuantType.QInt8)
    for per_channel in (False, True)
]


@pytest.fixture(
    scope="module",
    params=FORMS,
    ids=lambda p: f"{p[0].name} {p[1].name} {'many' if p[2] else 'one'}",
)
def made_elsewhere(request, network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quantised")
    (folder / "float.onnx").write_bytes(onnx_bytes(network, cut(network), "float.onnx"))
    form, activations, per_channel = request.param
    logging.disable(logging.WARNING)
    quantize_static(
        folder / "float.onnx", folder / "quantised.onnx", Photos(), quant_format=form,
        activation_type=activations, weight_type=QuantType.QInt8, per_channel=per_channel,
    )  # fmt: skip
    logging.disable(logging.NOTSET)
    return folder / "quantised.onnx"


def psnr(a, b):
    return 10 * np.log10(1 / np.mean((np.clip(a, 0, 1) - np.clip(b, 0, 1)) ** 2))


def onnx_runtime(path):
    running = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return running.run(None, {"input": picture(2)})[0].transpose(0, 2, 3, 1)


def test_a_network_that_was_quantised_elsewhere_is_read_with_its_ranges(made_elsewhere, network):
    graph, ranges = import_with_ranges(made_elsewhere, "elsewhere", HEIGHT, WIDTH)
    assert [op.kind for op in graph.operators] == [op.kind for op in network.operators]
    assert [unit.name for unit in cut(graph)] == [unit.name for unit in cut(network)]
    theirs = onnx_runtime(made_elsewhere)
    x = picture(2).transpose(0, 2, 3, 1)
    assert psnr(run(graph, {"input": x})["output"], theirs) > 30
    # The scales are those of the file, to the last bit that an interval of two floats keeps.
    scales = {
        float(numpy_helper.to_array(t).reshape(-1)[0])
        for t in onnx.load(made_elsewhere).graph.initializer
        if "scale" in t.name and t.data_type == TensorProto.FLOAT and np.prod(t.dims) <= 1
    }
    assert len(ranges) >= 8
    for low, high in ranges.values():
        found = float(asymmetric(low, high).scale[0])
        assert min(abs(found / scale - 1) for scale in scales) < 1e-6


def test_what_was_quantised_elsewhere_is_quantised_alike_here(made_elsewhere):
    source = find_source(str(made_elsewhere))
    assert any("quantised already" in note for note in source.notes)
    graph = resized(source.graph, HEIGHT, WIDTH)
    integer = quantize(graph, own_ranges(source))
    x = picture(2).transpose(0, 2, 3, 1)
    given = integer.types["input"].quantization
    found = run_integer(integer, {"input": encode(x, given)})["output"].astype(np.float64)
    out = integer.types["output"].quantization
    reals = (found - int(out.zero_point[0])) * float(out.scale[0])
    # Theirs keeps what it cannot quantise in float; weights per tensor become per channel here.
    assert psnr(reals, onnx_runtime(made_elsewhere)) > 38


@pytest.mark.parametrize("codes", Codes)
def test_our_own_int8_comes_back_to_the_code(codes, tmp_path):
    integer = resized(open_bundle(shipped_bundles("sesr-m5-hw", 2)["int8"]).graph, HEIGHT, WIDTH)
    path = tmp_path / "ours.onnx"
    path.write_bytes(onnx_bytes(integer, (), "ours.onnx", codes=codes, size=(HEIGHT, WIDTH)))
    graph, ranges = import_with_ranges(path, "ours", HEIGHT, WIDTH)
    assert set(ranges) == set(graph.activations())
    again = quantize(graph, ranges)
    x = np.random.default_rng(0).integers(-128, 128, (1, HEIGHT, WIDTH, 1)).astype(np.int8)
    found = run_integer(again, {"input": x})["output"].astype(int)
    wanted = run_integer(integer, {integer.inputs[0]: x})[integer.outputs[0]].astype(int)
    assert np.abs(found - wanted).max() <= 1
    assert np.mean(found != wanted) < 0.01


def test_int8_without_photos_of_a_quantised_file(made_elsewhere):
    made = export_onnx(str(made_elsewhere), precision="int8")
    (content,) = made.files.values()
    kinds = {node.op_type for node in onnx.ModelProto.FromString(content).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= kinds


def wrong(tmp_path, *nodes, constants):
    graph = helper.make_graph(
        list(nodes),
        "wrong",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, "h", "w"))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    path = tmp_path / "wrong.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (np.array([0.1, 0.2, 0.3], np.float32), "3 scales, expected one"),
        (np.float32(-1), "a scale of -1.0, expected one above 0"),
        (np.float32(np.inf), "expected one above 0"),
    ],
)
def test_what_no_quantiser_writes_is_one_line(tmp_path, scale, message):
    path = wrong(
        tmp_path,
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="encode"),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
        constants={"s": np.asarray(scale), "z": np.zeros(np.shape(scale), np.uint8)},
    )
    with pytest.raises(GraphError, match=message) as told:
        import_onnx(path, "wrong")
    assert "node 'encode'" in str(told.value)
    assert len(str(told.value).splitlines()) == 1
