"""Networks through ONNX files: what the module computes, from the graph that capture gives."""

import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from graph_equality import kinds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx_writing import (
    assert_same,
    constant,
    evaluated,
    floats,
    node,
    picture,
    save,
    whole,
    with_openvino,
)
from torch import nn
from torch.nn import functional

from vernier.errors import GraphError
from vernier.formats.onnx.importing import import_onnx
from vernier.formats.tflite.writer import write
from vernier.graphs.reference import run
from vernier.graphs.shapes import scale_of
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.capture.module import capture
from vernier.networks.checkpoints import load, load_into
from vernier.networks.registry import find_network

WEIGHTS = Path(__file__).parents[4] / "shared" / "data" / "weights"


def exported(module, path, channels, opset=17, size=None):
    """A module's ONNX file; of one size, where that is given."""
    rows, columns = size or (24, 32)
    axes = None if size else {"picture": {2: "rows", 3: "columns"}}
    with warnings.catch_warnings():
        # PyTorch 2.13 calls this exporter old; the newer one needs a package more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (torch.zeros(1, channels, rows, columns),), str(path), dynamo=False,
            opset_version=opset, input_names=["picture"], dynamic_axes=axes,
        )  # fmt: skip
    return path


def computed(module, x):
    with torch.no_grad():
        return module(torch.from_numpy(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()


def built(name, scale):
    torch.manual_seed(0)
    entry = find_network(name)
    return entry.build(scale).eval(), entry.channels


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("sesr-m5", 2), ("sesr-m5-hw", 4), ("srvgg-16", 3), ("carn-m", 4), ("imdn", 3),
        ("edsr-baseline", 2), ("fsrcnn", 3), ("espcn", 2), ("lapsrn", 4),
    ],
)  # fmt: skip
def test_networks_of_the_registry(tmp_path, name, scale):
    module, channels = built(name, scale)
    graph = import_onnx(exported(module, tmp_path / "n.onnx", channels), name, 12, 16)
    assert graph.types["input"].shape == (1, 12, 16, channels)
    assert scale_of(graph) == scale
    x = picture(channels)
    assert_same(graph, x, computed(module, x))
    x = picture(channels, 9, 7)
    assert_same(graph, x, computed(module, x))
    # Nothing is left over that a captured module would not have.
    assert Counter(kinds(graph)) == Counter(kinds(capture(module, name, 12, 16, channels)))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_esrgan_made_shallow(tmp_path, scale):
    """Its pixel unshuffle at scales 1 and 2 is six nodes in the file."""
    torch.manual_seed(0)
    module = RrdbNet(scale, blocks=1).eval()
    graph = import_onnx(exported(module, tmp_path / "n.onnx", 3), "rrdbnet", 8, 12)
    x = picture(3, 8, 12)
    assert_same(graph, x, computed(module, x))
    assert scale_of(graph) == scale
    assert ("SPACE_TO_DEPTH" in kinds(graph)) == (scale < 4)


def test_against_two_other_readers_of_the_file(tmp_path):
    module, channels = built("imdn", 2)
    path = exported(module, tmp_path / "n.onnx", channels)
    graph = import_onnx(path, "imdn", 12, 16)
    x = picture(channels)
    for wanted in (evaluated(path, x), with_openvino(path, x)):
        assert_same(graph, x, wanted)


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="no ../shared/data here")
def test_published_weights_through_a_file(tmp_path):
    module, channels = built("imdn", 4)
    load_into(module, load(WEIGHTS / "imdn_x4.safetensors"), "imdn")
    graph = import_onnx(exported(module, tmp_path / "n.onnx", channels), "imdn", 12, 16)
    x = np.abs(picture(channels)).clip(0, 1)
    assert_same(graph, x, computed(module, x))


class Enlarged(nn.Module):
    """A shuffle beside an enlargement to a size that the module computes."""

    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.conv = nn.Conv2d(3, 12, 3, padding=1)

    def forward(self, x):
        y = functional.pixel_shuffle(self.conv(x), 2)
        size = (x.shape[2] * 2, x.shape[3] * 2)
        return y + functional.interpolate(x, size=size, mode=self.mode)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("opset", [9, 10, 11, 13, 17, 20])
@pytest.mark.parametrize("size", [None, (20, 28)], ids=["any size", "one size"])
def test_opsets(tmp_path, mode, opset, size):
    torch.manual_seed(0)
    module = Enlarged(mode).eval()
    path = exported(module, tmp_path / "n.onnx", 3, opset, size)
    if mode == "bilinear" and opset < 11:
        # Those versions have no half-pixel centres: the file computes something else than PyTorch.
        with pytest.raises(GraphError, match="mode linear with asymmetric coordinates"):
            import_onnx(path, "enlarged")
        return
    graph = import_onnx(path, "enlarged", 12, 16)
    x = picture(3)
    assert_same(graph, x, computed(module, x))
    assert len(graph.operators) == 4


def test_a_file_for_one_size_that_computes_with_it(tmp_path):
    """Its input says 12x16, one reshape says so as well, and Shape another time: they contradict
    each other at every other size, so nothing says what the network would be there."""
    nodes = [
        node("Conv", "x", "w", output="f"),
        node("Reshape", "f", "split", output="r"),
        node("Transpose", "r", output="t", perm=[0, 1, 4, 2, 5, 3]),
        node("Reshape", "t", "joined", output="s"),
        node("Shape", "x", output="shape", start=2, end=3),
        node("Cast", "shape", output="number", to=1),
        node("Mul", "s", "number"),
    ]
    weights = [
        floats("w", 12, 3, 1, 1), whole("split", [1, 3, 2, 2, 12, 16]),
        whole("joined", [1, 3, 24, 32]),
    ]  # fmt: skip
    path = save(tmp_path, nodes, weights, shape=(1, 3, 12, 16))
    with pytest.raises(GraphError, match=r"for pictures of 16x12 alone.*dynamic axes"):
        import_onnx(path, "test")
    with pytest.raises(GraphError, match=r"'Reshape'.*shape"):
        import_onnx(save(tmp_path, nodes, weights), "test")


def test_sizes_that_no_factor_joins(tmp_path):
    cut = import_onnx(save(tmp_path, [node("Conv", "x", "w")], [floats("w", 3, 3, 3, 3)]), "cut")
    with pytest.raises(GraphError, match="makes 62x46 pixels of 64x48, expected a whole factor"):
        scale_of(cut)
    half = save(tmp_path, [node("Conv", "x", "w", strides=[2, 2])], [floats("w", 3, 3, 2, 2)])
    with pytest.raises(GraphError, match="makes 32x24 pixels of 64x48"):
        scale_of(import_onnx(half, "half"))


def test_names_of_the_graph_do_not_clash_with_the_files(tmp_path):
    nodes = [
        node("Relu", "output", output="input"),
        node("Conv", "input", "output/weights"),
    ]
    nodes.insert(0, node("Conv", "x", "w", output="output"))
    nodes[0].name, nodes[1].name, nodes[2].name = "output", "input", ""
    weights = [floats("w", 4, 3, 3, 3), floats("output/weights", 3, 4, 3, 3)]
    path = save(tmp_path, nodes, weights)
    x = picture(3)
    assert_same(import_onnx(path, "test", 12, 16), x, evaluated(path, x))


def test_reading_needs_no_pytorch():
    code = "import sys, vernier.formats.onnx.importing; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


STEPS = st.sampled_from(
    ["conv", "grouped", "relu", "prelu", "leaky", "skip", "scale", "norm", "slice", "attention"]
)


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=st.lists(STEPS, min_size=1, max_size=7), shuffle=st.sampled_from(["DCR", "CRD", ""]))
def test_random_chains(tmp_path, steps, shuffle):
    """Convolutions, activations, skips and constants in any order: as ONNX's evaluator."""
    nodes, weights = [node("Conv", "x", "w", output="t0", pads=[1, 1, 1, 1])], []
    weights.append(floats("w", 8, 3, 3, 3))
    previous = channels = None
    tensor, channels = "t0", 8
    for number, step in enumerate(steps):
        own, seed = f"t{number + 1}", number + 2
        match step:
            case "conv":
                weights.append(floats(f"w{own}", 8, channels, 3, 3, seed=seed))
                nodes.append(node("Conv", tensor, f"w{own}", output=own, pads=[1, 1, 1, 1]))
                after = 8
            case "grouped":
                weights.append(floats(f"w{own}", channels, channels // 2, 1, 1, seed=seed))
                nodes.append(node("Conv", tensor, f"w{own}", output=own, group=2))
                after = channels
            case "relu":
                nodes.append(node("Relu", tensor, output=own))
                after = channels
            case "prelu":
                weights.append(floats(f"w{own}", channels, 1, 1, seed=seed))
                nodes.append(node("PRelu", tensor, f"w{own}", output=own))
                after = channels
            case "leaky":
                nodes.append(node("LeakyRelu", tensor, output=own, alpha=0.2))
                after = channels
            case "skip":
                same = previous if previous is not None and previous[1] == channels else None
                nodes.append(node("Add", tensor, same[0] if same else tensor, output=own))
                after = channels
            case "scale":
                weights.append(constant(f"w{own}", 0.3))
                nodes.append(node("Mul", tensor, f"w{own}", output=own))
                after = channels
            case "norm":
                names = [f"{own}{k}" for k in range(4)]
                weights += [floats(name, channels, seed=seed) for name in names[:3]]
                weights.append(constant(names[3], np.linspace(0.5, 2, channels)))
                nodes.append(node("BatchNormalization", tensor, *names, output=own))
                after = channels
            case "slice":
                after = max(2, channels // 2)
                weights += [whole(f"0{own}", [0]), whole(f"1{own}", [after]), whole(f"2{own}", [1])]
                nodes.append(node("Slice", tensor, f"0{own}", f"1{own}", f"2{own}", output=own))
            case "attention":
                nodes += [
                    node("GlobalAveragePool", tensor, output=f"m{own}"),
                    node("Sigmoid", f"m{own}", output=f"g{own}"),
                    node("Mul", tensor, f"g{own}", output=own),
                ]
                after = channels
        previous, tensor, channels = (tensor, channels), own, after
    weights.append(floats("last", 12, channels, 3, 3))
    nodes.append(node("Conv", tensor, "last", output="z" if shuffle else "y", pads=[1, 1, 1, 1]))
    if shuffle:
        nodes.append(node("DepthToSpace", "z", blocksize=2, mode=shuffle))
    path = save(tmp_path, nodes, weights)
    graph = import_onnx(path, "chain", 6, 8)
    write(graph)
    x = picture(3, 6, 8)
    wanted = evaluated(path, x)
    found = run(graph, {"input": x})["output"]
    assert np.abs(found - wanted).max() <= 1e-5 * max(1.0, float(np.abs(wanted).max()))
