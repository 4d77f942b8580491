"""`vernier export --format onnx`, run by ONNX Runtime."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.graphs.reference import run
from vernier.networks import shipped
from vernier.units.cutting import Granularity, cut
from vernier.units.split import format_split

RANGES = Path(shipped.__file__).parent / "weights/sesr-m3-x2/ranges-int8.json"


@pytest.fixture(scope="module")
def graph():
    return open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph


@pytest.fixture
def split(graph, tmp_path):
    units = cut(graph)
    where = ["litert:cpu:float32", *["litert:cpu:int8"] * (len(units) - 2), "litert:cpu:float32"]
    path = tmp_path / "split.json"
    path.write_bytes(format_split(tuple(where), units, Granularity.LAYER))
    return path


def computed(path, feeds):
    running = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [port.name for port in running.get_outputs()]
    given = {port.name: feeds[port.name] for port in running.get_inputs()}
    return dict(zip(names, running.run(names, given), strict=True))


def picture():
    return np.random.default_rng(0).random((1, 1, 24, 30), np.float32)


def test_a_float_file_computes_what_the_network_does(vernier, graph, tmp_path):
    path = tmp_path / "m3.onnx"
    assert vernier("export", "sesr-m3", "--format", "onnx", "-o", path, "--opset", 18)[0] == 0
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [one.version for one in model.opset_import] == [18]
    found = computed(path, {"input": picture()})["output"]
    wanted = run(graph, {"input": picture().transpose(0, 2, 3, 1)})["output"]
    assert np.abs(found.transpose(0, 2, 3, 1) - wanted).max() < 1e-5


def test_segments_give_what_the_mixed_file_gives(vernier, split, tmp_path):
    options = ("export", "sesr-m3", "--format", "onnx", "--split", split, "--ranges", RANGES)
    assert vernier(*options, "-o", tmp_path / "one.onnx")[0] == 0
    assert vernier(*options, "-o", tmp_path / "several")[0] == 0
    chain = json.loads((tmp_path / "several" / "chain.json").read_bytes())
    assert [link["processor"] for link in chain["files"]] == [
        "litert:cpu:float32", "litert:cpu:int8", "litert:cpu:float32"
    ]  # fmt: skip
    tensors = {chain["input"]: picture()}
    for link in chain["files"]:
        tensors |= computed(tmp_path / "several" / link["file"], tensors)
    whole = computed(tmp_path / "one.onnx", {"input": picture()})["output"]
    # Float convolutions of two sessions may differ in the last bits, which may move a code.
    assert np.abs(tensors[chain["output"]] - whole).max() < 0.02
    assert vernier(*options, "-o", tmp_path / "one.onnx")[0] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "onnx", "--opset", 12), "expected an ONNX opset from 13 to 24, found 12"),
        (("--format", "onnx", "--precision", "int8"), "INT8 needs --photos"),
        (("--format", "onnx", "--form", "fused"), "--form is about bundles of .tflite"),
        (("--opset", 17), "--opset is about ONNX"),
        (("--codes", "u8s8"), "--codes is about ONNX"),
    ],
)
def test_what_does_not_fit_is_one_line(vernier, options, message, tmp_path):
    code, _, err = vernier("export", "sesr-m3", "-o", tmp_path / "x.onnx", *options)
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
