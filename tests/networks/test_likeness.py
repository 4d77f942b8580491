"""Samples up to 255 are told from samples up to 1 by what becomes of a test picture."""

import numpy as np
import pytest
from onnx_writing import constant, model, node

from vernier.errors import GraphError
from vernier.formats.onnx.importing import import_onnx
from vernier.graphs.reference import run
from vernier.networks.brought import bring
from vernier.networks.likeness import CODES, UNIT, likeness_db, picture_of, value_range


def saved(folder, black, white, offset=0.0):
    """Each pixel twice, and a little of what is beside it, of samples from `black` to `white`.

    Inside, the network works on samples up to 1, as trained ones do.
    """
    kernel = np.zeros((12, 3, 3, 3), np.float32)
    for colour in range(3):
        kernel[4 * colour : 4 * colour + 4, colour, 1, 1] = 0.9
        kernel[4 * colour : 4 * colour + 4, colour, 1, 0] = 0.1
    span = white - black
    nodes = [
        node("Sub", "x", "black", output="a"),
        node("Div", "a", "span", output="b"),
        node("Conv", "b", "kernel", "bias", output="c", pads=[1] * 4),
        # Blacker than black is black: samples up to 1, taken for ones up to 255, are all black.
        node("Clip", "c", "dark", "bright", output="d"),
        node("DepthToSpace", "d", output="e", blocksize=2, mode="CRD"),
        node("Mul", "e", "span", output="f"),
        node("Add", "f", "black", output="y"),
    ]
    weights = [
        constant("kernel", kernel), constant("bias", np.full(12, offset)),
        constant("black", [black]), constant("span", [span]),
        constant("dark", 0.02), constant("bright", 0.98),
    ]  # fmt: skip
    path = folder / "net.onnx"
    path.write_bytes(model(nodes, weights).SerializeToString())
    return path


@pytest.mark.parametrize("values", [UNIT, CODES])
def test_the_range_is_found_and_the_result_the_same(tmp_path, values):
    path = saved(tmp_path, values.black, values.white)
    raw = import_onnx(path, "net")
    assert value_range(raw) == values
    found = bring(path)
    assert found.scale == 2
    assert bool(found.notes) == (values != UNIT)
    picture = picture_of(20, 28, 3)
    span = values.white - values.black
    wanted = run(raw, {"input": picture * span + values.black})["output"]
    got = run(found.graph, {"input": picture})["output"]
    np.testing.assert_allclose(got, (wanted - values.black) / span, atol=1e-5)
    assert likeness_db(found.graph)[0] > 20


def test_what_makes_no_picture_of_any_is_refused(tmp_path):
    nodes = [node("Mul", "x", "factor", output="y")]
    path = tmp_path / "net.onnx"
    path.write_bytes(model(nodes, [constant("factor", [1e4])]).SerializeToString())
    with pytest.raises(GraphError, match="makes no picture of a test picture"):
        bring(path)
