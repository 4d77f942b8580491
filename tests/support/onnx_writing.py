"""Small ONNX files, and what ONNX's own evaluator computes of them."""

import numpy as np
import openvino
from graph_equality import litert
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from vernier.formats.onnx.importing import import_onnx
from vernier.graphs.reference import run

ROWS, COLUMNS = 12, 16
OPEN = (1, 3, "rows", "columns")


def node(kind, *inputs, output="y", **attributes):
    return helper.make_node(kind, list(inputs), [output], name=f"a_{kind}", **attributes)


def constant(name, values, kind=TensorProto.FLOAT):
    array = np.asarray(values, helper.tensor_dtype_to_np_dtype(kind))
    return numpy_helper.from_array(array, name)


def whole(name, values):
    return constant(name, values, TensorProto.INT64)


def floats(name, *shape, seed=1):
    values = np.random.default_rng(seed).standard_normal(shape) * 0.3
    return constant(name, values)


def model(nodes, weights=(), shape=OPEN, opset=17, inputs=("x",), outputs=("y",)):
    """A model from the picture "x" to "y", of no declared size."""
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        list(weights),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def save(folder, *arguments, **options):
    path = folder / "network.onnx"
    path.write_bytes(model(*arguments, **options).SerializeToString())
    return path


def picture(channels, rows=ROWS, columns=COLUMNS):
    """NHWC, with values below zero as well."""
    return np.random.default_rng(0).standard_normal((1, rows, columns, channels), np.float32)


def evaluated(path, x):
    """ONNX's own arithmetic, NHWC to NHWC."""
    evaluator = ReferenceEvaluator(str(path))
    feeds = {evaluator.input_names[0]: np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
    return np.asarray(evaluator.run(None, feeds)[0]).transpose(0, 2, 3, 1)


def with_openvino(path, x):
    """OpenVINO's reading of the file, in float32, NHWC to NHWC."""
    core = openvino.Core()
    network = core.read_model(path)
    network.reshape([1, x.shape[3], *x.shape[1:3]])
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))[0].transpose(0, 2, 3, 1)


def assert_same(graph, x, wanted, tolerance=1e-5):
    """In NumPy and in LiteRT."""
    limit = tolerance * max(1.0, float(np.abs(wanted).max()))
    rows, columns = x.shape[1:3]
    found = run(graph, {"input": x})["output"]
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= limit
    if graph.types["input"].shape[1:3] == (rows, columns):
        assert np.abs(litert(graph, x) - wanted).max() <= limit


def assert_imported(path, rows=ROWS, columns=COLUMNS, tolerance=1e-5, judge=evaluated):
    """Import for one size, compare at that and at another with ONNX's evaluator."""
    graph = import_onnx(path, "test", rows, columns)
    graph.check()
    assert (graph.inputs, graph.outputs) == (("input",), ("output",))
    channels = graph.types["input"].shape[3]
    for size in ((rows, columns), (2 * rows, columns // 2)):
        x = picture(channels, *size)
        assert_same(graph, x, judge(path, x), tolerance)
    return graph
