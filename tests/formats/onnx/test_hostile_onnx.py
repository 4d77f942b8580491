"""ONNX files made to hurt: one line, and fast."""

import time

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_writing import constant, floats, model, node

from vernier.errors import GraphError, NetworkError
from vernier.formats.onnx.importing import import_onnx


def refused(folder, made, words, error=GraphError):
    path = folder / "net.onnx"
    path.write_bytes(made.SerializeToString())
    started = time.process_time()
    with pytest.raises(error, match=words) as caught:
        import_onnx(path, "net")
    assert time.process_time() - started < 5
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def conv(**attributes):
    return model([node("Conv", "x", "w", **attributes)], [floats("w", 12, 3, 3, 3)])


def test_a_kind_that_does_not_exist(tmp_path):
    made = conv()
    made.graph.input[0].type.tensor_type.elem_type = 99
    refused(tmp_path, made, "is of no known type, expected floating point")


@pytest.mark.parametrize("place", ["a\0b", "x" * 5000])
def test_places_that_are_none(tmp_path, place):
    made = conv()
    tensor = made.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    refused(tmp_path, made, "no file's name", NetworkError)


@pytest.mark.parametrize("name", ["strides", "dilations"])
def test_steps_of_a_million(tmp_path, name):
    refused(tmp_path, conv(**{name: [10**6, 10**6]}), rf"{name} .*up to 64")
    refused(tmp_path, conv(pads=[10**6] * 4), "pads")


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.bool_])
def test_weights_that_are_no_reals(tmp_path, kind):
    made = conv()
    whole = constant("w", np.ones((12, 3, 3, 3)), helper.np_dtype_to_tensor_dtype(np.dtype(kind)))
    made.graph.initializer[0].CopyFrom(whole)
    refused(tmp_path, made, "expected floating point")


@pytest.mark.parametrize("side", [-5, 1 << 40])
def test_sides_that_no_picture_has(tmp_path, side):
    made = conv()
    made.graph.input[0].type.tensor_type.shape.dim[2].dim_value = side
    refused(tmp_path, made, "expected sizes from 1 to")


def test_functions_that_double(tmp_path):
    made = conv()
    del made.graph.node[:]
    made.graph.node.append(helper.make_node("f0", ["x"], ["y"], domain="own"))
    for n in range(40):
        calls = [
            helper.make_node(f"f{n + 1}", ["a"], ["b"], domain="own"),
            helper.make_node(f"f{n + 1}", ["b"], ["c"], domain="own"),
        ]
        made.functions.append(
            helper.make_function("own", f"f{n}", ["a"], ["c"], calls, [helper.make_opsetid("", 17)])
        )
    last = [helper.make_node("Relu", ["a"], ["c"])]
    made.functions.append(
        helper.make_function("own", "f40", ["a"], ["c"], last, [helper.make_opsetid("", 17)])
    )
    refused(tmp_path, made, "expand to more than")


def test_a_layer_that_the_result_does_not_need(tmp_path):
    nodes = [node("Conv", "x", "w"), node("Conv", "y", "v", output="z")]
    made = model(nodes, [floats("w", 12, 3, 3, 3), floats("v", 3, 12, 3, 3)])
    refused(tmp_path, made, r"does not depend on the layer .*'v'")


def test_a_shape_of_the_exported_size(tmp_path):
    """Axes that are called dynamic, and a pixel shuffle that is not."""
    whole = TensorProto.INT64
    nodes = [
        node("Conv", "x", "w", output="c", pads=[1] * 4),
        node("Reshape", "c", "six", output="d"),
        node("Transpose", "d", output="e", perm=[0, 1, 4, 2, 5, 3]),
        node("Reshape", "e", "four", output="y"),
    ]
    weights = [
        floats("w", 12, 3, 3, 3), constant("six", [-1, 3, 2, 2, 64, 80], whole),
        constant("four", [-1, 3, 128, 160], whole),
    ]  # fmt: skip
    refused(tmp_path, model(nodes, weights), "exported for pictures of 80x64 only")
