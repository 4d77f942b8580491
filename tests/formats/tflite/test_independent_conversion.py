"""Our files against those of a converter that we did not write.

`fixtures/make_independent_conversion.py` recorded what `litert-torch` made of two PyTorch networks
and what LiteRT computed from that. Here the same networks are written as our graphs by hand.
"""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from sample_graphs import Sketch

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Activation, Kind
from vernier.graphs.reference import run

FIXTURE = Path(__file__).parent.parent.parent / "fixtures" / "independent_conversion.npz"


@pytest.fixture(scope="module")
def recorded():
    with np.load(FIXTURE) as archive:
        return dict(archive)


class Rebuilt(Sketch):
    """A sketch whose constants are the recorded PyTorch parameters."""

    def __init__(self, recorded, name):
        self.prefix = f"{name}/parameters/"
        self.recorded = recorded
        x = recorded[f"{name}/input"]
        super().__init__(np.random.default_rng(0), x=x.shape[1:])

    def parameter(self, key, arrange=None):
        value = self.recorded[self.prefix + key]
        self.constants[key] = np.ascontiguousarray(arrange(value) if arrange else value)
        return key

    def layer(self, x, name, activation=Activation.NONE, **attributes):
        """A Conv2d: PyTorch keeps weights as (O, I, kh, kw)."""
        weights = self.parameter(f"{name}.weight", lambda w: w.transpose(0, 2, 3, 1))
        bias = self.parameter(f"{name}.bias")
        return self.add(Kind.CONV_2D, x, weights, bias, activation=activation, **attributes)


def sesr_m3(recorded):
    s = Rebuilt(recorded, "sesr_m3_x2")
    s.constants["half"] = np.full((1, 1, 1, 1), 0.5, np.float32)
    y = first = s.layer(s.add(Kind.SUB, "x", "half"), "first")
    for i in range(3):
        slopes = s.parameter(f"activations.{i}.weight", lambda w: w.reshape(1, 1, -1))
        y = s.add(Kind.PRELU, s.layer(y, f"middle.{i}"), slopes)
    y = s.layer(s.add(Kind.ADD, y, first), "last")
    s.add(Kind.DEPTH_TO_SPACE, s.add(Kind.ADD, y, "x"), block=2)
    return s.graph()


def mixed(recorded):
    s = Rebuilt(recorded, "mixed")
    features = s.add(Kind.LEAKY_RELU, s.layer("x", "first"), alpha=0.2)
    a = s.layer(features, "grouped", Activation.RELU)
    kernel = s.parameter("depthwise.weight", lambda w: w.transpose(1, 2, 3, 0))
    b = s.add(
        Kind.DEPTHWISE_CONV_2D,
        features,
        kernel,
        s.parameter("depthwise.bias"),
        activation=Activation.RELU6,
    )
    c = s.add(Kind.MUL, s.add(Kind.LOGISTIC, s.layer(a, "dilated", dilation=2)), b)
    gated = s.add(Kind.MUL, c, s.add(Kind.MEAN, c))
    # PyTorch shuffles channels (c, r, r), the file's operator (r, r, c).
    order = np.arange(12).reshape(3, 4).T.ravel()
    weights = s.parameter("shuffled.weight", lambda w: w.transpose(0, 2, 3, 1)[order])
    bias = s.parameter("shuffled.bias", lambda w: w[order])
    joined = s.add(Kind.CONCATENATION, a, gated)
    sharp = s.add(Kind.DEPTH_TO_SPACE, s.add(Kind.CONV_2D, joined, weights, bias), block=2)
    # A ConvTranspose2d keeps (I, O, kh, kw); 4x4, stride 2, padding 1 is "same".
    weights = s.parameter("transposed.weight", lambda w: w.transpose(1, 2, 3, 0))
    upscaled = s.add(Kind.TRANSPOSE_CONV, c, weights, s.parameter("transposed.bias"), stride=2)
    smooth = s.add(Kind.RESIZE_BILINEAR, "x", factor=2)
    s.add(Kind.ADD, s.add(Kind.ADD, sharp, upscaled), smooth)
    return s.graph()


@pytest.mark.parametrize(("name", "rebuild"), [("sesr_m3_x2", sesr_m3), ("mixed", mixed)])
def test_our_file_computes_what_the_other_converters_file_computes(recorded, name, rebuild):
    graph = rebuild(recorded)
    x, wanted = recorded[f"{name}/input"], recorded[f"{name}/output"]
    interpreter = Interpreter(model_content=write(graph), num_threads=1)
    (found,) = interpreter.get_signature_runner()(x=x).values()
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max(), rtol=0)
    (ours,) = run(graph, {"x": x}).values()
    np.testing.assert_allclose(ours, wanted, atol=1e-5 * np.abs(wanted).max(), rtol=0)


def test_ours_has_one_operator_where_the_other_has_chains(recorded):
    """What the writer exists for: the other file spells PReLU and the shuffle out."""
    theirs = list(recorded["sesr_m3_x2/operators"])
    assert len(theirs) == 27
    assert not {"PRELU", "DEPTH_TO_SPACE"} & set(theirs)
    assert len(sesr_m3(recorded).operators) == 12
