import dataclasses
import time

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_graphs import FORMS, form, picture, random_graph, sesr, sketch

from vernier.errors import GraphError
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import FILE_IDENTIFIER, write
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.quantization.quantize import quantize


def assert_same(found, wanted):
    assert (found.name, found.inputs, found.outputs) == (wanted.name, wanted.inputs, wanted.outputs)
    assert len(found.operators) == len(wanted.operators)
    for one, other in zip(found.operators, wanted.operators, strict=True):
        assert (one.kind, one.inputs, one.output) == (other.kind, other.inputs, other.output)
        assert one.activation == other.activation
        for key, value in other.attributes.items():
            # The file holds reals in float32.
            exact = np.float32(value) if isinstance(value, float) else value
            assert one.attributes[key] == exact
    assert found.constants.keys() == wanted.constants.keys()
    for name, value in wanted.constants.items():
        np.testing.assert_array_equal(found.constants[name], value)
    assert found.types.keys() == wanted.types.keys()
    for name, kind in wanted.types.items():
        other = found.types[name]
        assert (other.shape, other.dtype) == (kind.shape, kind.dtype)
        assert (other.quantization is None) == (kind.quantization is None)
        if kind.quantization is not None:
            np.testing.assert_array_equal(other.quantization.scale, kind.quantization.scale)
            np.testing.assert_array_equal(
                other.quantization.zero_point, kind.quantization.zero_point
            )
            assert other.quantization.axis == kind.quantization.axis


@pytest.mark.parametrize("name", FORMS)
def test_what_is_written_is_read(name):
    assert_same(read(write(form(name))), form(name))


def halves(graph):
    """The same with its float32 constants rounded to float16's values."""
    rounded = {
        name: value.astype(np.float16).astype(np.float32) if value.dtype == np.float32 else value
        for name, value in graph.constants.items()
    }
    return dataclasses.replace(graph, constants=rounded)


@pytest.mark.parametrize("name", ["conv 3x3", "depthwise 3x3", "transposed 4x4 stride 2", "prelu"])
def test_constants_in_float16_come_back_and_engines_take_them(name):
    graph = halves(form(name))
    content = write(graph, halved=True)
    assert_same(read(content), graph)
    assert write(read(content), halved=True) == content
    interpreter = Interpreter(model_content=content)
    runner = interpreter.get_signature_runner()
    inputs = picture(graph)
    for output, found in runner(**inputs).items():
        np.testing.assert_allclose(found, run(graph, inputs)[output], atol=1e-5)


def test_constants_in_float16_take_half_the_bytes():
    graph = halves(sesr(8))
    assert len(write(graph, halved=True)) < 0.7 * len(write(graph))


def test_constants_that_float16_would_change_stay_in_float32():
    graph = sesr(8)
    name = next(name for name, value in graph.constants.items() if value.ndim == 4)
    changed = halves(graph)
    changed.constants[name].flat[0] = 1 / 3
    assert_same(read(write(changed, halved=True)), changed)
    changed.constants[name].flat[0] = 1e6
    assert_same(read(write(changed, halved=True)), changed)


def test_float16_is_for_constants_alone():
    content = write(halves(sesr(8)), halved=True)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    stored = next(t for t in model.subgraphs[0].tensors if t.type == schema.TensorType.FLOAT16)
    stored.buffer = 0
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    with pytest.raises(GraphError, match="only constants may be in float16"):
        read(bytes(builder.Output()))


@given(seed=st.integers(0, 10**6), depth=st.integers(1, 10))
@settings(max_examples=50, deadline=None)
def test_random_graphs_come_back(seed, depth):
    graph = random_graph(seed, depth)
    content = write(graph)
    assert_same(read(content), graph)
    assert write(read(content)) == content


@pytest.mark.parametrize("name", ["conv 3x3", "depthwise 3x3", "transposed 4x4 stride 2", "prelu"])
def test_int8_comes_back_with_its_scales(name):
    graph = form(name)
    ranges = dict.fromkeys(graph.activations(), (-1.5, 2.0))
    integer = quantize(graph, ranges)
    content = write(integer)
    assert_same(read(content), integer)
    assert write(read(content)) == content


def test_a_shipped_segment_can_change_its_size():
    graph = sesr(3)
    again = resized(read(write(graph)), 37, 19)
    wanted, found = (run(g, picture(again)) for g in (resized(graph, 37, 19), read(write(again))))
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value)


def repacked(graph, change):
    """The file of a graph after a change to its parsed form."""
    model = schema.ModelT.InitFromPackedBuf(write(graph), 0)
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def test_an_unknown_operator_is_named():
    def exponential(model):
        model.operatorCodes[0].builtinCode = schema.BuiltinOperator.EXP
        model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.EXP

    def custom(model):
        model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
        model.operatorCodes[0].customCode = "Sharpen"

    with pytest.raises(GraphError, match="the operator EXP is not supported"):
        read(repacked(form("tanh"), exponential))
    with pytest.raises(GraphError, match="the operator CUSTOM Sharpen is not supported"):
        read(repacked(form("tanh"), custom))


def _options(**values):
    def change(model):
        for key, value in values.items():
            setattr(model.subgraphs[0].operators[-1].builtinOptions, key, value)

    return change


def _constant(name, values):
    def change(model):
        for tensor in model.subgraphs[0].tensors:
            if tensor.name.decode().endswith(name):
                model.buffers[tensor.buffer].data = np.array(values, "<i4").ravel().view(np.uint8)

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("conv 3x3", _options(strideH=2), "different vertical and horizontal strides"),
        ("conv 3x3", _options(fusedActivationFunction=4), "fused activation 4 of CONV_2D"),
        ("conv 3x3 stride 2", _options(padding=1), "the file says"),
        ("bilinear by 2", _options(alignCorners=True), "half-pixel centres only"),
        ("concatenation", _options(axis=0), "over axes 1 to 3, not 0"),
        ("concatenation", _options(axis=1), "the file says"),
        ("softmax", _options(beta=2.0), "a beta of 1 only"),
        ("gelu", _options(approximate=True), "exact form only"),
        ("product", _options(adjX=True), "second input transposed only"),
        ("windows", _constant("shape", [1, 30, 2, 8]), "the file says"),
        ("windows", _constant("shape", [2, 30, 4, 4]), "RESHAPE with shape"),
        ("slice of rows", _constant("begin", [0, 1, 1, 0]), "SLICE with begin"),
        ("mean", _options(keepDims=False), "kept dimensions only"),
        ("mean", _constant("axes", [2, 3]), r"MEAN with axes \[2, 3\] is not supported"),
        ("slice", _constant("begin", [0, 1, 0, 1]), "SLICE with begin"),
        ("mirror", _options(mode=0), "symmetric mode only"),
        ("mirror", _constant("paddings", [[0, 0], [2, 2], [2, 1], [0, 0]]), "MIRROR_PAD with"),
        ("transposed 4x4 stride 2", _options(padding=1), '"same" padding only'),
        ("transposed 4x4 stride 2", _options(strideH=3, strideW=3), "the file says"),
    ],
)  # fmt: skip
def test_forms_that_a_graph_cannot_say_are_refused(name, change, message):
    with pytest.raises(GraphError, match=message):
        read(repacked(form(name), change))


def test_other_spellings_of_the_same_are_read():
    graph = form("mean")
    assert_same(read(repacked(graph, _constant("axes", [-2, 1]))), graph)
    graph = form("windows")
    assert_same(read(repacked(graph, _constant("shape", [1, -1, 4, 4]))), graph)
    graph = form("concatenation of columns")
    assert_same(read(repacked(graph, _options(axis=-2))), graph)
    s = sketch()
    s.add(Kind.SLICE, "x", begin=1, size=3)
    whole = s.graph()
    assert_same(read(repacked(whole, _constant("size", [1, -1, 12, -1]))), whole)


def test_not_a_model():
    for content in (b"", b"TFL3", b"\x89PNG\r\n\x1a\n" * 9, bytes(100)):
        with pytest.raises(GraphError, match="the identifier TFL3 is missing"):
            read(content)


def test_every_truncation_is_refused_or_still_whole():
    content = write(sesr(1, f=4, height=6, width=6))
    wanted = read(content)
    for length in range(0, len(content) - 1, 7):
        try:
            found = read(content[:length])
        except GraphError:
            continue
        assert_same(found, wanted)  # what was cut off was padding


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_bytes_end_in_a_graph_or_a_graph_error(data):
    content = bytearray(write(sesr(1, f=4, height=6, width=6)))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 4, 127, 128, 255]))
    try:
        graph = read(bytes(content))
    except GraphError:
        return
    graph.check()


@given(st.binary(max_size=400))
def test_garbage_behind_the_identifier(garbage):
    with pytest.raises(GraphError):
        read(garbage[:4].ljust(4, b"\0") + FILE_IDENTIFIER + garbage[4:])


@pytest.mark.parametrize("vector", ["tensors", "operators", "names"])
def test_a_small_file_that_claims_to_be_huge_is_refused_at_once(vector):
    """One table, listed a hundred thousand times: 400 kB that unfold to gigabytes."""
    times, long = 100_000, "n" * 100_000
    builder = flatbuffers.Builder(1 << 20)
    name = builder.CreateString(long if vector == "names" else "n")
    inputs = builder.CreateNumpyVector(np.zeros(times, np.int32))
    schema.TensorStart(builder)
    schema.TensorAddName(builder, name)
    tensor = schema.TensorEnd(builder)
    schema.OperatorStart(builder)
    schema.OperatorAddInputs(builder, inputs)
    operator = schema.OperatorEnd(builder)

    def repeated(offset, count):
        builder.StartVector(4, count, 4)
        for _ in range(count):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    tensors = repeated(tensor, 1 if vector == "operators" else times)
    operators = repeated(operator, times if vector == "operators" else 1)
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    schema.SubGraphAddOperators(builder, operators)
    subgraphs = repeated(schema.SubGraphEnd(builder), 1)
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, subgraphs)
    builder.Finish(schema.ModelEnd(builder), file_identifier=FILE_IDENTIFIER)
    start = time.process_time()
    with pytest.raises(GraphError):
        read(bytes(builder.Output()))
    assert time.process_time() - start < 5
