"""Written files, run by two engines that we did not write, against our arithmetic in NumPy."""

import collections
import tempfile
from pathlib import Path

import numpy as np
import openvino
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_graphs import FORMS, form, picture, random_graph, sesr, sketch

from vernier.errors import GraphError
from vernier.formats.tflite.versions import operator_version
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import (
    Activation,
    Graph,
    Kind,
    Quantization,
    TensorType,
)
from vernier.graphs.operators.table import has_integer_form
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.quantization.quantize import quantize

ENGINES = {
    "xnnpack": OpResolverType.BUILTIN,
    "built-in kernels": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference kernels": OpResolverType.BUILTIN_REF,
}


def litert(graph, inputs, kernels="xnnpack"):
    interpreter = Interpreter(
        model_content=write(graph), num_threads=1, experimental_op_resolver_type=ENGINES[kernels]
    )
    runner = interpreter.get_signature_runner("serving_default")
    assert set(runner.get_input_details()) == set(graph.inputs)
    return runner(**inputs)


def openvino_cpu(graph, inputs):
    core = openvino.Core()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"  # it knows the format by its name only
        path.write_bytes(write(graph))
        model = core.read_model(path)
        exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        compiled = core.compile_model(model, "CPU", exact)
        found = compiled(inputs)
        return {name: found[compiled.output(name)] for name in graph.outputs}


def assert_agree(found, wanted):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name].shape == value.shape
        tolerance = 1e-5 * max(1.0, float(np.abs(value).max()))
        np.testing.assert_allclose(found[name], value, atol=tolerance, rtol=0, err_msg=name)


def parse(model: bytes):
    return schema.ModelT.InitFromPackedBuf(model, 0)


@pytest.mark.parametrize("kernels", ENGINES)
@pytest.mark.parametrize("name", FORMS)
def test_litert_computes_what_we_mean(name, kernels):
    graph = form(name)
    assert_agree(litert(graph, picture(graph), kernels), run(graph, picture(graph)))


@pytest.mark.parametrize("name", FORMS)
def test_openvino_computes_what_we_mean(name):
    graph = form(name)
    assert_agree(openvino_cpu(graph, picture(graph)), run(graph, picture(graph)))


@given(seed=st.integers(0, 10**6), depth=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_random_graphs(seed, depth):
    graph = random_graph(seed, depth)
    wanted = run(graph, picture(graph))
    assert_agree(litert(graph, picture(graph)), wanted)
    assert_agree(openvino_cpu(graph, picture(graph)), wanted)


@pytest.mark.parametrize("engine", [litert, openvino_cpu])
def test_a_resized_graph_runs_at_its_new_size(engine):
    graph = resized(sesr(3), 31, 45)
    assert_agree(engine(graph, picture(graph)), run(graph, picture(graph)))


@pytest.mark.parametrize("name", FORMS)
def test_each_operator_becomes_one_builtin_operator(name):
    graph = form(name)
    model = parse(write(graph))
    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    found = [
        names[model.operatorCodes[op.opcodeIndex].builtinCode]
        for op in model.subgraphs[0].operators
    ]
    assert found == [op.kind.value for op in graph.operators]


def test_sesr_has_single_prelus_and_one_shuffle():
    graph = sesr(5)
    model = parse(write(graph))
    codes = [model.operatorCodes[op.opcodeIndex].builtinCode for op in model.subgraphs[0].operators]
    counts = collections.Counter(codes)
    assert counts == {
        schema.BuiltinOperator.SUB: 1,
        schema.BuiltinOperator.CONV_2D: 7,
        schema.BuiltinOperator.PRELU: 5,
        schema.BuiltinOperator.ADD: 2,
        schema.BuiltinOperator.DEPTH_TO_SPACE: 1,
    }


def test_activations_are_fused():
    s = sketch()
    s.convolve("x", 4, 3, activation=Activation.RELU6)
    (op,) = parse(write(s.graph())).subgraphs[0].operators
    assert op.builtinOptions.fusedActivationFunction == schema.ActivationFunctionType.RELU6


def test_the_same_graph_gives_the_same_bytes():
    assert write(random_graph(11, 9)) == write(random_graph(11, 9))
    assert write(sesr(3, seed=0)) != write(sesr(3, seed=1))


def test_the_file_says_what_it_is():
    s = sketch()
    s.convolve("x", 4, 3)
    model = parse(write(s.graph(name="a network")))
    assert model.description == b"a network"
    (signature,) = model.signatureDefs
    assert signature.signatureKey == b"serving_default"
    assert [entry.name for entry in signature.inputs + signature.outputs] == [b"x", b"t0"]


def test_constants_are_aligned_as_the_schema_demands():
    for seed in range(5):
        content = write(random_graph(seed, 8))
        model = schema.Model.GetRootAs(content, 0)
        for place in range(1, model.BuffersLength()):
            data = model.Buffers(place).DataAsNumpy()
            offset = (
                data.__array_interface__["data"][0]
                - np.frombuffer(content, np.uint8).__array_interface__["data"][0]
            )
            assert offset % 16 == 0


def test_names_of_derived_inputs_give_way():
    s = sketch()
    s.operators.clear()
    y = s.add(Kind.MEAN, "x")
    graph = s.graph()
    types = {"t0/axes": graph.types["x"], y: graph.types[y]}
    op = graph.operators[0]
    taken = Graph(
        "taken",
        ("t0/axes",),
        (y,),
        (type(op)(op.kind, ("t0/axes",), y),),
        {},
        types,
    )
    x = picture(graph)["x"]
    assert_agree(litert(taken, {"t0/axes": x}), run(graph, {"x": x}))


def int8_ranges(graph):
    ranges = {}
    run(
        graph,
        picture(graph),
        lambda name, x: ranges.update({name: (min(0.0, float(x.min())), float(x.max()) + 0.1)}),
    )
    return ranges


INT8_FORMS = [
    name
    for name in FORMS
    if name != "square root" and all(map(has_integer_form, form(name).operators))
]


@pytest.mark.parametrize("kernels", ENGINES)
@pytest.mark.parametrize("name", INT8_FORMS)
def test_litert_accepts_int8_and_stays_close_to_float(name, kernels):
    graph = form(name)
    integer = quantize(graph, int8_ranges(graph))
    port = integer.types["x"].quantization
    x = picture(graph)["x"]
    codes = np.clip(np.rint(x / port.scale) + port.zero_point, -128, 127).astype(np.int8)
    found = litert(integer, {"x": codes}, kernels)
    for output, wanted in run(graph, {"x": x}).items():
        out = integer.types[output].quantization
        reals = (found[output].astype(np.float32) - out.zero_point) * out.scale
        # A few steps of the output, and the steps of the input and the weights before it.
        assert np.abs(reals - wanted).max() <= 12 * out.scale[0] + 6 * port.scale[0]


def test_int8_files_carry_all_scales():
    graph = sesr(1, height=8, width=8)
    integer = quantize(graph, int8_ranges(graph))
    (subgraph,) = parse(write(integer)).subgraphs
    found = {tensor.name.decode(): tensor for tensor in subgraph.tensors}
    for name, kind in integer.types.items():
        written, wanted = found[name].quantization, kind.quantization
        np.testing.assert_array_equal(written.scale, wanted.scale)
        np.testing.assert_array_equal(written.zeroPoint, wanted.zero_point)
        assert written.quantizedDimension == (wanted.axis or 0)
    assert found[integer.operators[1].inputs[2]].type == schema.TensorType.INT32


@pytest.mark.parametrize(
    ("name", "float_version", "int8_version"),
    [
        ("conv 3x3", 1, 3),
        ("conv 3x3 in 2 groups", 6, 6),
        ("depthwise 3x3", 1, 3),
        ("depthwise 3x3 dilation 2", 2, 3),
        ("transposed 4x4 stride 2", 3, 3),
        ("add of itself", 1, 2),
        ("bilinear by 2", 3, 3),
        ("prelu", 1, 1),
        ("tanh", 1, 2),
        ("mean", 1, 2),
    ],
)
def test_versions_are_the_lowest_that_do(name, float_version, int8_version):
    graph = form(name)
    assert operator_version(graph, graph.operators[-1]) == float_version
    integer = quantize(graph, int8_ranges(graph))
    assert operator_version(integer, integer.operators[-1]) == int8_version


def test_graphs_that_cannot_be_written():
    graph = form("conv 3x3 stride 2")
    with pytest.raises(GraphError, match="its type says"):
        write(graph.with_types({"t0": TensorType((1, 10, 12, 6))}))
    with pytest.raises(GraphError, match="needs a scale"):
        write(graph.with_types({"x": TensorType((1, 10, 12, 4), "int8")}))
    with pytest.raises(GraphError, match="float64 cannot be written"):
        write(graph.with_types({"x": TensorType((1, 10, 12, 4), "float64")}))
    scale = Quantization(np.ones(1, np.float32), np.zeros(1, np.int32))
    assert write(
        form("relu").with_types({n: TensorType((1, 10, 12, 4), "int8", scale) for n in ("x", "t0")})
    )
