import numpy as np
import pytest
from sample_graphs import FORMS, Sketch, form, random_graph, sesr

from vernier.errors import GraphError
from vernier.graphs.graph import Kind, Operator, TensorType
from vernier.graphs.operators.convolutions import same_padding
from vernier.graphs.reference import run
from vernier.graphs.shapes import fits_one_size, output_shape, resized


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("size", [(10, 12), (6, 8), (4, 20)])
def test_inferred_shapes_are_those_of_what_is_computed(name, size):
    graph = form(name)
    if fits_one_size(graph):
        size = graph.types["x"].shape[1:3]
    graph = resized(graph, *size)
    x = np.ones((1, *size, 4), np.float32)
    shapes = {}
    run(graph, {"x": x}, observe=lambda tensor, value: shapes.update({tensor: value.shape}))
    assert shapes == {tensor: graph.types[tensor].shape for tensor in graph.activations()}


def test_resizing_there_and_back_is_the_same_graph():
    graph = random_graph(3, 8)
    _, height, width, _ = graph.types["x"].shape
    back = resized(resized(graph, 3 * height, 2 * width), height, width)
    assert back.types == graph.types


def test_further_inputs_keep_their_ratio_and_single_pixels_stay():
    s = Sketch(np.random.default_rng(0), x=(8, 10, 4), fine=(16, 20, 1), gate=(1, 1, 4))
    gated = s.add(Kind.MUL, "x", "gate")
    s.add(Kind.ADD, s.add(Kind.DEPTH_TO_SPACE, gated, block=2), "fine")
    graph = resized(s.graph(), 5, 7)
    assert graph.types["fine"].shape == (1, 10, 14, 1)
    assert graph.types["gate"].shape == (1, 1, 1, 4)
    assert graph.types[graph.outputs[0]].shape == (1, 10, 14, 1)


def test_an_input_that_cannot_keep_its_ratio_is_refused():
    s = Sketch(np.random.default_rng(0), x=(8, 8, 1), coarse=(4, 4, 4))
    s.add(Kind.ADD, "x", s.add(Kind.DEPTH_TO_SPACE, "coarse", block=2))
    graph = s.graph()
    assert resized(graph, 6, 10).types["coarse"].shape == (1, 3, 5, 4)
    with pytest.raises(GraphError, match="'coarse' would not have a whole size at 10x5"):
        resized(graph, 5, 10)


def test_sizes_that_cannot_be():
    with pytest.raises(GraphError, match="at least 1x1"):
        resized(sesr(1), 0, 5)
    with pytest.raises(GraphError, match="smaller than the kernel"):
        resized(form("conv 3x3 stride 3 valid relu6"), 2, 9)
    with pytest.raises(GraphError, match="multiple of 2 rows"):
        resized(form("space to depth"), 5, 4)
    with pytest.raises(GraphError, match="cannot mirror 2 pixels of 4x1"):
        resized(form("mirror"), 1, 4)


@pytest.mark.parametrize(
    "name", ["windows", "slice of rows", "slice of columns", "product with a constant"]
)
def test_what_names_places_in_the_picture_is_of_one_size(name):
    graph = form(name)
    assert fits_one_size(graph)
    assert resized(graph, 10, 12).types == graph.types
    # The same number of pixels would pass a RESHAPE and come out wrong.
    for size in [(12, 10), (20, 24)]:
        with pytest.raises(GraphError, match="of one picture size, 12x10"):
            resized(graph, *size)
    assert not fits_one_size(form("slice"))
    assert not fits_one_size(form("mean of channels"))


@pytest.mark.parametrize(
    ("kind", "others", "attributes", "message"),
    [
        (Kind.CONV_2D, [(5, 3, 3, 3)], {}, "do not fit 4 input channels"),
        (Kind.CONV_2D, [(5, 3, 3, 2)], {}, "do not fit 4 input channels"),
        (Kind.CONV_2D, [(5, 3, 3, 4), (4,)], {}, "5 output channels, but a bias"),
        (Kind.CONV_2D, [(5, 3, 4)], {}, "4 axes"),
        (Kind.CONV_2D, [(5, 3, 3, 4)], {"stride": 0}, "at least 1"),
        (Kind.CONV_2D, [(5, 3, 3, 4)], {"padding": "full"}, '"same" or "valid"'),
        (Kind.CONV_2D, [], {}, "cannot have 1 inputs"),
        (Kind.TRANSPOSE_CONV, [(5, 3, 3, 4)], {}, "needs a whole 'stride'"),
        (Kind.DEPTHWISE_CONV_2D, [(1, 3, 3, 5)], {}, "do not fit"),
        (Kind.ADD, [(1, 1, 1, 3)], {}, "ADD of shapes"),
        (Kind.ADD, [(2, 1, 1, 4)], {}, "is no"),
        (Kind.PRELU, [(1, 1, 3)], {}, "PRELU of shapes"),
        (Kind.DEPTH_TO_SPACE, [], {"block": 3}, "multiple of 9 channels"),
        (Kind.SLICE, [], {"begin": 3, "size": 2}, "channels 3 to 5 of 4"),
        (Kind.SLICE, [], {"begin": 3, "size": 4, "axis": 1}, "rows 3 to 7 of 6"),
        (Kind.SLICE, [], {"begin": 3, "size": 4, "axis": 0}, "an axis is 1, 2 or 3, found 0"),
        (Kind.CONCATENATION, [(1, 2, 2, 1)], {}, "cannot join"),
        (Kind.CONCATENATION, [(1, 6, 2, 4)], {"axis": 1}, "cannot join"),
        (Kind.MEAN, [], {"axis": 2}, "over pixels or channels, not 2"),
        (Kind.RESHAPE, [], {"rows": 6, "columns": 6, "channels": 3}, "not as many samples"),
        (Kind.RESHAPE, [], {"rows": 6, "columns": 6}, "needs a whole 'channels'"),
        (Kind.BATCH_MATMUL, [(1, 6, 6, 4)], {"transposed": 0}, "rows of 4 cannot"),
        (Kind.BATCH_MATMUL, [(1, 3, 6, 4)], {"transposed": 1}, "cannot multiply"),
        (Kind.BATCH_MATMUL, [(1, 6, 6, 4)], {"transposed": 2}, "transposed 2"),
        (Kind.BATCH_MATMUL, [(1, 6, 6, 4)], {}, "needs a whole 'transposed'"),
    ],
)  # fmt: skip
def test_operators_that_do_not_fit(kind, others, attributes, message):
    names = [f"c{i}" for i in range(len(others))]
    constants = {n: np.zeros(shape, np.float32) for n, shape in zip(names, others, strict=True)}
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types["x"] = TensorType((1, 6, 6, 4))
    op = Operator(kind, ("x", *names), "y", attributes=attributes)
    with pytest.raises(GraphError, match=message):
        output_shape(op, types)


def test_same_padding_splits_as_the_format_says():
    # The examples of TensorFlow's documentation of padding: 13 pixels, kernel 6, stride 5.
    assert same_padding(13, 6, 5) == (1, 2)
    assert same_padding(5, 3, 1) == (1, 1)
    assert same_padding(4, 2, 2) == (0, 0)


def test_every_kind_has_a_form():
    wanted = set(Kind) - {Kind.QUANTIZE, Kind.DEQUANTIZE}
    assert {op.kind for name in FORMS for op in form(name).operators} == wanted
