"""Damaged, foreign and hostile ONNX files: one clear sentence each."""

import contextlib
import importlib.util
import re

import numpy as np
import pytest
from onnx import TensorProto, external_data_helper, helper
from onnx_writing import assert_same, evaluated, floats, model, node, picture, save, whole

from vernier.errors import GraphError, MissingExtraError, NetworkError
from vernier.formats.onnx.importing import import_onnx


def conv_model(**options):
    return model([node("Conv", "x", "w")], [floats("w", 4, 3, 3, 3)], **options)


def refused(folder, made, message, error=GraphError):
    path = folder / "network.onnx"
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    with pytest.raises(error, match=message) as caught:
        import_onnx(path, "test")
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(NetworkError, match="expected an ONNX file, found none"):
        import_onnx(tmp_path / "nowhere.onnx", "test")


def test_no_onnx_file(tmp_path):
    for content in (b"", b"\x89PNG\r\n\x1a\n" + bytes(64), b"<html>Not found</html>", b"\xff" * 99):
        refused(tmp_path, content, "ONNX file", NetworkError)


@pytest.mark.parametrize("kept", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_cut_short(tmp_path, kept):
    whole_file = conv_model().SerializeToString()
    cut = whole_file[: int(len(whole_file) * kept)]
    refused(tmp_path, cut, "ONNX|damaged", (NetworkError, GraphError))


def test_bytes_changed_anywhere_raise_nothing_else(tmp_path):
    """A file that still can be read may mean something else; what cannot must say so."""
    content = conv_model().SerializeToString()
    rng = np.random.default_rng(0)
    path = tmp_path / "network.onnx"
    for _ in range(150):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(NetworkError, GraphError):
            import_onnx(path, "test")


def test_weights_of_the_wrong_length(tmp_path):
    made = conv_model()
    made.graph.initializer[0].raw_data = b"\0" * 8
    refused(tmp_path, made, "the weights 'w' are damaged", NetworkError)


def test_sparse_weights(tmp_path):
    made = conv_model()
    made.graph.sparse_initializer.add().dims.extend([3])
    refused(tmp_path, made, "sparse weights")


def test_an_old_opset(tmp_path):
    refused(tmp_path, conv_model(opset=8), "opset 8, expected 9 or newer; convert it with")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 4, 8, 8), r"'x' is \(1, 4, 8, 8\), expected \(N, C, H, W\) with 1 or 3 channels"),
        ((1, "c", "h", "w"), r"\(1, \?, \?, \?\), expected \(N, C, H, W\) with 1 or 3"),
        ((1, 3, 8), r"'x' is \(1, 3, 8\), expected \(N, C, H, W\)"),
        ((1, "h", "w", 3), "reshaped or transposed otherwise"),
    ],
)
def test_inputs_that_are_no_picture(tmp_path, shape, message):
    refused(tmp_path, conv_model(shape=shape), message)


def test_a_batch_of_any_size_is_one(tmp_path):
    for batch in (4, "n"):
        path = tmp_path / "network.onnx"
        path.write_bytes(conv_model(shape=(batch, 3, "h", "w")).SerializeToString())
        assert import_onnx(path, "test").types["input"].shape == (1, 48, 64, 3)


def test_integer_pictures(tmp_path):
    made = conv_model()
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    refused(tmp_path, made, "'x' is uint8, expected floating point")


def test_several_inputs_and_outputs(tmp_path):
    two = [node("Add", "x", "z")]
    refused(tmp_path, model(two, inputs=("x", "z")), "one picture as input, found 'x', 'z'")
    made = model([node("Relu", "x"), node("Tanh", "x", output="z")], outputs=("y", "z"))
    refused(tmp_path, made, "expected one output, found 'y', 'z'")
    refused(tmp_path, model([node("Relu", "x")], outputs=()), "expected one output, found none")


def test_weights_among_the_inputs_as_old_files_have_them(tmp_path):
    made = conv_model()
    made.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 3, 3, 3]))
    path = tmp_path / "network.onnx"
    path.write_bytes(made.SerializeToString())
    assert import_onnx(path, "test").inputs == ("input",)


def test_half_precision_becomes_single(tmp_path):
    made = model([node("Conv", "x", "w")], [floats("w", 4, 3, 1, 1)])
    weights = made.graph.initializer[0]
    values = np.frombuffer(weights.raw_data, np.float32).astype(np.float16)
    weights.raw_data, weights.data_type = values.tobytes(), TensorProto.FLOAT16
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    path = tmp_path / "network.onnx"
    path.write_bytes(made.SerializeToString())
    graph = import_onnx(path, "test")
    (op,) = graph.operators
    found = graph.constants[op.inputs[1]]
    assert found.dtype == np.float32
    assert np.array_equal(found[:, 0, 0], values.reshape(4, 3).astype(np.float32))


# External data: beside the file, or not at all.


def with_external_data(folder, place, name="network.onnx"):
    made = conv_model()
    external_data_helper.set_external_data(made.graph.initializer[0], location=place)
    made.graph.initializer[0].ClearField("raw_data")
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path


def stored():
    return conv_model().graph.initializer[0].raw_data


@pytest.mark.parametrize("place", ["weights.bin", "parts/weights.bin"])
def test_external_data_beside_the_file(tmp_path, monkeypatch, place):
    (tmp_path / "parts").mkdir()
    (tmp_path / place).write_bytes(stored())
    path = with_external_data(tmp_path, place)
    (tmp_path / "whole").mkdir()
    inside = save(tmp_path / "whole", [node("Conv", "x", "w")], [floats("w", 4, 3, 3, 3)])
    x = picture(3)
    assert_same(import_onnx(path, "test", 12, 16), x, evaluated(inside, x))
    # Wherever the program was started.
    monkeypatch.chdir(tmp_path)
    import_onnx(path.relative_to(tmp_path), "test")


def test_external_data_missing_or_cut_short(tmp_path):
    path = with_external_data(tmp_path, "weights.bin")
    with pytest.raises(NetworkError, match=r"lie in 'weights.bin' beside the file.*missing"):
        import_onnx(path, "test")
    (tmp_path / "weights.bin").write_bytes(stored()[:-4])
    with pytest.raises(NetworkError, match="the weights 'w' are damaged"):
        import_onnx(path, "test")


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/hostname", "a/../../secret.bin", "",
                                   "..\\secret.bin", "C:\\secret.bin"])  # fmt: skip
def test_external_data_outside_the_folder(tmp_path, place):
    (tmp_path / "secret.bin").write_bytes(stored())
    folder = tmp_path / "models"
    folder.mkdir()
    path = with_external_data(folder, place)
    with pytest.raises(NetworkError, match=re.escape(f"lie in {place!r}, outside the file's")):
        import_onnx(path, "test")


def test_external_data_through_a_link_out_of_the_folder(tmp_path):
    (tmp_path / "secret.bin").write_bytes(stored())
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "weights.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(NetworkError, match="outside the file's"):
        import_onnx(with_external_data(folder, "weights.bin"), "test")


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vernier-sr\[onnx\]'"):
        import_onnx(tmp_path / "network.onnx", "test")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(NetworkError, match="cannot be read as an ONNX file"):
        import_onnx(tmp_path, "test")


def test_nothing_is_computed_that_the_output_does_not_need(tmp_path):
    """An unknown operator beside the network does not matter."""
    nodes = [node("NonMaxSuppression", "x", output="boxes"), node("Relu", "x")]
    assert len(import_onnx(save(tmp_path, nodes, [whole("n", 1)]), "test").operators) == 1
