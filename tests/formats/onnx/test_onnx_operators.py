"""Every ONNX operator that is read, in the forms that exporters write: as ONNX computes it."""

import numpy as np
import pytest
from graph_equality import kinds
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_writing import (
    COLUMNS,
    ROWS,
    assert_imported,
    assert_same,
    constant,
    evaluated,
    floats,
    model,
    node,
    picture,
    save,
    whole,
    with_openvino,
)

from vernier.errors import GraphError
from vernier.formats.onnx.importing import import_onnx
from vernier.graphs.shapes import scale_of


def conv(x, w="w", output="y", *more, **attributes):
    return node("Conv", x, w, *more, output=output, **attributes)


ZEROS = whole("shape", [0])


@pytest.mark.parametrize(
    ("nodes", "weights", "wanted"),
    [
        ([node("Add", "x", "c")], [floats("c", 3, 1, 1)], ["ADD"]),
        ([node("Sub", "x", "c")], [floats("c", 1, 3, 1, 1)], ["SUB"]),
        ([node("Sub", "c", "x")], [floats("c")], ["SUB"]),
        ([node("Mul", "x", "x")], [], ["MUL"]),
        ([node("Mul", "x", "c")], [floats("c", 1, 1, 1)], ["MUL"]),
        ([node("Div", "x", "c")], [constant("c", [[[2.0]], [[3.0]], [[0.5]]])], ["MUL"]),
        ([node("Neg", "x")], [], ["MUL"]),
        ([node("Relu", "x")], [], ["RELU"]),
        ([node("LeakyRelu", "x", alpha=0.3)], [], ["LEAKY_RELU"]),
        ([node("LeakyRelu", "x")], [], ["LEAKY_RELU"]),
        ([node("PRelu", "x", "c")], [floats("c", 3, 1, 1)], ["PRELU"]),
        ([node("PRelu", "x", "c")], [floats("c", 1)], ["PRELU"]),
        ([node("Sigmoid", "x")], [], ["LOGISTIC"]),
        ([node("Tanh", "x")], [], ["TANH"]),
        ([node("Pow", "x", "two", output="p"), node("Sqrt", "p")], [constant("two", 2.0)],
         ["MUL", "SQRT"]),
        ([node("Pow", "x", "two", output="p"), node("Pow", "p", "half")],
         [constant("two", [2.0]), constant("half", 0.5)], ["MUL", "SQRT"]),
        ([node("Clip", "x", "", "c")], [constant("c", 0.5)], ["SUB", "SUB"]),
        ([node("Clip", "x", "low", "high")], [constant("low", 0.0), constant("high", 0.5)],
         ["RELU", "SUB", "SUB"]),
        ([node("Clip", "x", "low", "high")], [constant("low", -0.7), constant("high", 0.5)],
         ["SUB", "ADD", "SUB", "SUB"]),
        ([node("Clip", "x", "low")], [constant("low", 0.0)], ["RELU"]),
        ([node("GlobalAveragePool", "x")], [], ["MEAN"]),
        ([node("ReduceMean", "x", axes=[2, 3])], [], ["MEAN"]),
        ([node("ReduceMean", "x", axes=[-1, -2], keepdims=1)], [], ["MEAN"]),
        ([node("Cast", "x", output="a", to=TensorProto.FLOAT), node("Identity", "a", output="b"),
          node("Dropout", "b", output="c"), node("Relu", "c")], [], ["RELU"]),
        ([node("BatchNormalization", "x", "a", "b", "c", "d", epsilon=0.01)],
         [floats("a", 3), floats("b", 3), floats("c", 3), constant("d", [0.5, 1.0, 2.0])],
         ["MUL", "ADD"]),
        ([node("Concat", "x", "x", axis=1)], [], ["CONCATENATION"]),
        ([node("Concat", "x", "x", axis=-3)], [], ["CONCATENATION"]),
        ([node("Gather", "x", "order", axis=1)], [whole("order", [2, 1, 0])], ["CONV_2D"]),
        ([node("Gather", "x", "order", axis=1)], [whole("order", [-2, -1])], ["SLICE"]),
        ([node("Slice", "x", "one", "three", "one")], [whole("one", [1]), whole("three", [3])],
         ["SLICE"]),
        ([node("Slice", "x", "start", "end", "axes")],
         [whole("start", [0, -2, 0]), whole("end", [2**63 - 1] * 3), whole("axes", [2, 1, 3])],
         ["SLICE"]),
        ([node("Pad", "x", "pads", mode="edge")], [whole("pads", [0, 0, 1, 1, 0, 0, 1, 1])],
         ["MIRROR_PAD"]),
        ([node("Pad", "x", "pads", mode="edge")], [whole("pads", [0, 0, 3, 3, 0, 0, 3, 3])],
         ["MIRROR_PAD"] * 3),
    ],
)  # fmt: skip
def test_arithmetic_and_layout(tmp_path, nodes, weights, wanted):
    graph = assert_imported(save(tmp_path, nodes, weights))
    assert kinds(graph) == wanted


@pytest.mark.parametrize("opset", [9, 10, 11, 13, 18, 21])
def test_what_opsets_moved_from_attributes_to_inputs(tmp_path, opset):
    """Axes, pads, bounds, splits and scales, each as that version writes it."""
    weights = [floats("w", 8, 3, 3, 3)]

    def listed(kind, output, *inputs, since, **attributes):
        if opset < since:
            return node(kind, *inputs, output=output, **attributes)
        names = []
        for name, values in attributes.items():
            names.append(f"{output}_{name}")
            array = np.asarray(values)
            kept = TensorProto.FLOAT if array.dtype.kind == "f" else TensorProto.INT64
            weights.append(constant(names[-1], array, kept))
        return node(kind, *inputs, *names, output=output)

    nodes = [
        listed("Pad", "padded", "x", since=11, pads=[0, 0, 1, 1, 0, 0, 1, 1]),
        node("Conv", "padded", "w", output="conv"),
        listed("Clip", "clipped", "conv", since=11, min=0.0, max=0.8),
        listed("Unsqueeze", "wide", "clipped", since=13, axes=[2]),
        listed("Squeeze", "narrow", "wide", since=13, axes=[2]),
        listed("ReduceMean", "mean", "narrow", since=18, axes=[2, 3]),
        node("Sub", "narrow", "mean", output="apart"),
        listed("Slice", "cut", "apart", since=10, starts=[2], ends=[8], axes=[1]),
    ]
    if opset < 13:
        nodes.append(helper.make_node("Split", ["cut"], ["p", "q"], axis=1, split=[2, 4]))
    else:
        nodes.append(helper.make_node("Split", ["cut", "sizes"], ["p", "q"], axis=1))
        weights.append(whole("sizes", [2, 4]))
    weights.append(constant("scales", [1, 1, 2, 2]))
    if opset == 9:
        nodes.append(node("Upsample", "q", "scales", mode="nearest"))
    elif opset == 10:
        nodes.append(node("Resize", "q", "scales", mode="nearest"))
    else:
        nodes.append(
            node("Resize", "q", "", "scales", mode="nearest", nearest_mode="floor",
                 coordinate_transformation_mode="asymmetric")
        )  # fmt: skip
    # ONNX's evaluator has Resize from opset 11 on.
    judge = with_openvino if opset == 10 else evaluated
    graph = assert_imported(save(tmp_path, nodes, weights, opset=opset), judge=judge)
    assert scale_of(graph) == 2
    (first, *_) = graph.operators
    assert (first.kind, first.attributes["padding"]) == ("CONV_2D", "same")


@pytest.mark.parametrize("outputs", [3, 2])
def test_a_split_into_even_parts(tmp_path, outputs):
    names = ["y", "b", "c"][:outputs]
    split = helper.make_node("Split", ["f"], names, axis=1, num_outputs=outputs)
    path = save(tmp_path, [conv("x", output="f"), split], [floats("w", 8, 3, 1, 1)], opset=18)
    graph = import_onnx(path, "test", ROWS, COLUMNS)
    # Eight channels in three: 3, 3, 2.
    assert graph.types["output"].shape[3] == {3: 3, 2: 4}[outputs]


@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize(
    ("kernel", "attributes"),
    [
        ((3, 3), {"pads": [1, 1, 1, 1]}),
        ((3, 3), {}),
        ((3, 3), {"auto_pad": "VALID"}),
        ((3, 5), {"pads": [1, 2, 1, 2]}),
        ((1, 5), {"pads": [0, 2, 0, 2]}),
        ((3, 3), {"pads": [2, 2, 2, 2], "dilations": [2, 2]}),
        ((3, 3), {"auto_pad": "SAME_UPPER"}),
        ((2, 2), {"auto_pad": "SAME_UPPER"}),
        ((2, 4), {"auto_pad": "SAME_LOWER"}),
        ((2, 2), {"pads": [0, 0, 1, 1]}),
        # What .tflite pads on another side needs zeros in the kernel.
        ((2, 2), {"pads": [1, 1, 0, 0]}),
        ((4, 4), {"pads": [2, 3, 1, 0]}),
        ((3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ((3, 3), {"pads": [0, 0, 1, 1], "strides": [2, 2]}),
        ((4, 4), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ((5, 5), {"pads": [2, 2, 2, 2], "strides": [4, 4]}),
        ((3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ((2, 2), {"strides": [2, 2]}),
    ],
)
def test_convolutions(tmp_path, kernel, attributes, group):
    weights = [floats("w", 6, 3 // group, *kernel), floats("b", 6)]
    path = save(tmp_path, [conv("x", "w", "y", "b", group=group, **attributes)], weights)
    graph = assert_imported(path, 16, 16)
    assert kinds(graph) == ["CONV_2D" if group == 1 else "DEPTHWISE_CONV_2D"]


def test_a_grouped_convolution(tmp_path):
    nodes = [conv("x", "w", "f"), conv("f", "v", group=4, pads=[1, 1, 1, 1])]
    weights = [floats("w", 8, 3, 1, 1), floats("v", 12, 2, 3, 3)]
    graph = assert_imported(save(tmp_path, nodes, weights))
    assert graph.constants[graph.operators[1].inputs[1]].shape == (12, 3, 3, 2)


@pytest.mark.parametrize(
    ("kernel", "attributes"),
    [
        (2, {"strides": [2, 2]}),
        (4, {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        (3, {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
        (9, {"strides": [3, 3], "pads": [4, 4, 4, 4], "output_padding": [2, 2]}),
        (4, {"strides": [2, 2], "pads": [0, 2, 2, 0]}),
        (3, {"strides": [2, 2], "pads": [0, 1, 1, 0]}),
        (1, {"strides": [2, 2], "output_padding": [1, 1]}),
        (4, {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        (3, {"pads": [1, 1, 1, 1]}),
        (2, {"strides": [2, 2], "group": 3}),
    ],
)
def test_transposed_convolutions(tmp_path, kernel, attributes):
    weights = [floats("w", 3, 2, kernel, kernel), floats("b", 2 * attributes.get("group", 1))]
    path = save(tmp_path, [node("ConvTranspose", "x", "w", "b", **attributes)], weights)
    # ONNX's evaluator fails at groups.
    graph = assert_imported(path, judge=with_openvino if "group" in attributes else evaluated)
    assert kinds(graph) == ["TRANSPOSE_CONV"]
    assert scale_of(graph) == attributes.get("strides", [1])[0]


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
@pytest.mark.parametrize("source", ["f", "a"])
def test_depth_to_space(tmp_path, mode, source):
    """After a convolution, or after an activation; with "f", the file holds an unused node."""
    nodes = [
        conv("x", output="f"),
        node("Relu", "f", output="a"),
        node("DepthToSpace", source, mode=mode, blocksize=2),
    ]
    graph = assert_imported(save(tmp_path, nodes, [floats("w", 12, 3, 3, 3)]))  # fmt: skip
    # The order of the channels is in the weights.
    assert kinds(graph) == ["CONV_2D", "DEPTH_TO_SPACE"]


def test_space_to_depth(tmp_path):
    graph = assert_imported(save(tmp_path, [node("SpaceToDepth", "x", blocksize=2)]))
    assert kinds(graph) == ["SPACE_TO_DEPTH"]


# Shuffles as exporters wrote them before there was an operator, and as some still do.
SHUFFLES = {
    "pytorch": ([1, 3, 2, 2, "h", "w"], [0, 1, 4, 2, 5, 3], [1, 3, "2h", "2w"]),
    "kept and left": ([0, 3, 2, 2, "h", -1], [0, 1, 4, 2, 5, 3], [0, 3, "2h", -1]),
    "channels last": ([1, 2, 2, 3, "h", "w"], [0, 3, 4, 1, 5, 2], [1, 3, "2h", "2w"]),
    "unshuffle": ([1, 12, "h/2", 2, "w/2", 2], [0, 1, 3, 5, 2, 4], [1, 48, "h/2", "w/2"]),
    "mixed unshuffle": ([1, 12, "h/2", 2, "w/2", 2], [0, 5, 1, 3, 2, 4], [1, 48, "h/2", "w/2"]),
    "channel shuffle": ([1, 3, 4, "h", "w"], [0, 2, 1, 3, 4], [1, 12, "h", "w"]),
    "one channel": ([1, 3, 2, 2, "h", "w"], [0, 1, 4, 3, 5, 2], [1, 3, "2h", "2w"]),
}


def sizes(shape, rows, columns):
    known = {"h": rows, "w": columns, "2h": 2 * rows, "2w": 2 * columns, "h/2": rows // 2,
             "w/2": columns // 2}  # fmt: skip
    return [known.get(size, size) for size in shape]


@pytest.mark.parametrize("name", SHUFFLES)
def test_shuffles_written_out_for_one_size(tmp_path, name):
    split, order, joined = SHUFFLES[name]
    nodes = [
        conv("x", output="f", pads=[1, 1, 1, 1]),
        node("Reshape", "f", "split", output="r"),
        node("Transpose", "r", output="t", perm=order),
        node("Reshape", "t", "joined"),
    ]
    weights = [floats("w", 12, 3, 3, 3), whole("split", sizes(split, ROWS, COLUMNS)),
               whole("joined", sizes(joined, ROWS, COLUMNS))]  # fmt: skip
    path = save(tmp_path, nodes, weights, shape=(1, 3, ROWS, COLUMNS))
    graph = import_onnx(path, "test", ROWS, COLUMNS)
    x = picture(3)
    assert_same(graph, x, evaluated(path, x))
    assert set(kinds(graph)) <= {"CONV_2D", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH"}
    # The file is for one size; the graph is not.
    assert import_onnx(path, "test", 48, 64).types["input"].shape == (1, 48, 64, 3)


def test_a_shuffle_whose_sizes_the_file_computes(tmp_path):
    """Shape, Gather, Mul, Unsqueeze and Concat around it, as from a traced `view`."""
    nodes = [conv("x", output="f"), node("Shape", "f", output="s")]
    for axis, letter in ((2, "h"), (3, "w")):
        nodes += [
            node("Gather", "s", f"axis_{letter}", output=letter, axis=0),
            node("Mul", letter, "two", output=f"2{letter}"),
            node("Unsqueeze", letter, "zero", output=f"[{letter}]"),
            node("Unsqueeze", f"2{letter}", "zero", output=f"[2{letter}]"),
        ]
        del axis
    nodes += [
        node("Concat", "channels", "[h]", "[w]", output="split", axis=0),
        node("Reshape", "f", "split", output="r"),
        node("Transpose", "r", output="t", perm=[0, 1, 4, 2, 5, 3]),
        node("Concat", "three", "[2h]", "[2w]", output="joined", axis=0),
        node("Reshape", "t", "joined"),
    ]
    weights = [
        floats("w", 12, 3, 1, 1), whole("axis_h", 2), whole("axis_w", 3), whole("two", 2),
        whole("zero", [0]), whole("channels", [1, 3, 2, 2]), whole("three", [1, 3]),
    ]  # fmt: skip
    graph = assert_imported(save(tmp_path, nodes, weights))
    assert kinds(graph) == ["CONV_2D", "DEPTH_TO_SPACE"]


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"mode": "nearest", "nearest_mode": "floor",
          "coordinate_transformation_mode": "asymmetric"}, "RESIZE_NEAREST_NEIGHBOR"),
        ({"mode": "nearest", "nearest_mode": "round_prefer_floor",
          "coordinate_transformation_mode": "half_pixel"}, "RESIZE_NEAREST_NEIGHBOR"),
        ({"mode": "nearest", "nearest_mode": "round_prefer_ceil",
          "coordinate_transformation_mode": "pytorch_half_pixel"}, "RESIZE_NEAREST_NEIGHBOR"),
        ({"mode": "linear"}, "RESIZE_BILINEAR"),
        ({"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
         "RESIZE_BILINEAR"),
    ],
)  # fmt: skip
def test_enlargements(tmp_path, factor, attributes, kind):
    path = save(
        tmp_path,
        [node("Resize", "x", "", "scales", **attributes)],
        [constant("scales", [1, 1, factor, factor])],
    )
    graph = assert_imported(path)
    assert kinds(graph) == [kind]
    assert scale_of(graph) == factor


def test_nearest_that_is_no_repetition_is_refused(tmp_path):
    """Asymmetric coordinates rounded to the nearest take pixel 1 for the second of four."""
    scales = constant("scales", [1, 1, 4, 4])
    for rounding, coordinates in (
        ("round_prefer_floor", "asymmetric"),
        ("ceil", "half_pixel"),
        ("floor", "align_corners"),
    ):
        path = save(
            tmp_path,
            [node("Resize", "x", "", "scales", mode="nearest", nearest_mode=rounding,
                  coordinate_transformation_mode=coordinates)],
            [scales],
        )  # fmt: skip
        with pytest.raises(GraphError, match=rf"mode nearest with {coordinates} .*{rounding}"):
            import_onnx(path, "test")


def test_an_enlargement_to_a_computed_size(tmp_path):
    nodes = [
        node("Shape", "x", output="s", start=2),
        node("Mul", "s", "three", output="to"),
        node("Shape", "x", output="head", end=2),
        node("Concat", "head", "to", output="sizes", axis=0),
        node("Resize", "x", "", "", "sizes", mode="linear"),
    ]
    assert scale_of(assert_imported(save(tmp_path, nodes, [whole("three", [3])]))) == 3


def test_an_enlargement_of_the_last_axes(tmp_path):
    nodes = [node("Resize", "x", "", "scales", mode="linear", axes=[2, 3])]
    path = save(tmp_path, nodes, [constant("scales", [2, 2])], opset=19)
    assert scale_of(import_onnx(path, "test")) == 2


def test_a_mean_as_sums_over_a_number_of_pixels(tmp_path):
    """IMDN's own contrast: a sum over columns, over rows, divided by what Shape says."""
    nodes = [
        node("ReduceSum", "x", "columns", output="a"),
        node("ReduceSum", "a", "rows", output="b"),
        node("Shape", "x", output="s", start=2),
        node("ReduceProd", "s", output="n", keepdims=0),
        node("Cast", "n", output="pixels", to=TensorProto.FLOAT),
        node("Div", "b", "pixels", output="mean"),
        node("Sub", "x", "mean"),
    ]
    path = save(tmp_path, nodes, [whole("columns", [3]), whole("rows", [2])])
    assert kinds(assert_imported(path)) == ["MEAN", "SUB"]


def test_zeros_around_a_picture_go_into_the_convolution(tmp_path):
    nodes = [node("Pad", "x", "pads", output="p"), conv("p", strides=[2, 2])]
    weights = [whole("pads", [0, 0, 0, 0, 0, 0, 1, 1]), floats("w", 4, 3, 3, 3)]
    assert kinds(assert_imported(save(tmp_path, nodes, weights))) == ["CONV_2D"]


def test_weights_that_the_file_computes(tmp_path):
    """A transpose of weights, half precision, and integer weights with a scale."""
    nodes = [
        node("Transpose", "stored", output="w", perm=[3, 2, 0, 1]),
        node("Cast", "half", output="b", to=TensorProto.FLOAT),
        conv("x", "w", "f", "b", pads=[1, 1, 1, 1]),
        node("Cast", "codes", output="numbers", to=TensorProto.FLOAT),
        node("Mul", "numbers", "scale", output="v"),
        conv("f", "v"),
    ]
    weights = [
        floats("stored", 3, 3, 3, 5), constant("half", [0.1] * 5, TensorProto.FLOAT16),
        constant("codes", np.arange(10).reshape(2, 5, 1, 1) - 5, TensorProto.INT8),
        constant("scale", 0.1),
    ]  # fmt: skip
    assert_imported(save(tmp_path, nodes, weights))


def test_pictures_with_channels_last(tmp_path):
    """As converters from TensorFlow leave them: transposed at either end."""
    nodes = [
        node("Transpose", "x", output="nchw", perm=[0, 3, 1, 2]),
        conv("nchw", output="f", auto_pad="SAME_UPPER"),
        node("Transpose", "f", perm=[0, 2, 3, 1]),
    ]
    path = save(tmp_path, nodes, [floats("w", 5, 3, 3, 3)], shape=(1, "h", "w", 3))
    graph = import_onnx(path, "test", ROWS, COLUMNS)
    assert kinds(graph) == ["CONV_2D"]
    x = picture(3)
    assert_same(graph, x, ReferenceEvaluator(str(path)).run(None, {"x": x})[0])


def test_a_function_of_the_files_own(tmp_path):
    made = model([helper.make_node("Twice", ["x"], ["y"], domain="mine")])
    twice = helper.make_function(
        "mine", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    made.functions.append(twice)
    made.opset_import.append(helper.make_opsetid("mine", 1))
    path = tmp_path / "functions.onnx"
    path.write_bytes(made.SerializeToString())
    assert kinds(assert_imported(path)) == ["ADD"]


REFUSED = {
    "an unknown operator": (
        [node("Einsum", "x", equation="abcd->abcd")], [],
        r"'Einsum' \(node 'a_Einsum'\) has no counterpart in our graph; known are conv",
    ),
    "an operator of another domain": (
        [helper.make_node("Fused", ["x"], ["y"], domain="vendor", name="n")], [],
        r"'vendor::Fused' \(node 'n'\) has no counterpart",
    ),
    "a random number": (
        [node("RandomNormal", output="r", shape=[1, 3, 1, 1]), node("Add", "x", "r")], [],
        "'RandomNormal' .* has no counterpart",
    ),
    "a quantised network": (
        [node("DynamicQuantizeLinear", "x")], [],
        "'DynamicQuantizeLinear' .*computed anew for each picture; bring the float network",
    ),
    "a loop": ([node("Loop", "n", "", "x")], [whole("n", 3)], "'Loop' .* has no counterpart"),
    "padding that is neither": (
        [conv("x", pads=[2, 2, 2, 2])], [floats("w", 4, 3, 3, 3)],
        r"pads \(2, 2, 2, 2\) with a 3x3 kernel.*neither \"same\" nor \"valid\"",
    ),
    "unequal strides": (
        [conv("x", strides=[1, 2])], [floats("w", 4, 3, 3, 3)], r"strides \(1, 2\), expected one",
    ),
    "a convolution over lines": (
        [conv("x")], [floats("w", 4, 3, 3)], r"weights of shape \(4, 3, 3\); only pictures",
    ),
    "weights that do not fit": (
        [conv("x")], [floats("w", 4, 2, 3, 3)], "in 1 groups, for 3 channels",
    ),
    "computed weights": (
        [conv("x", "x")], [], "its input 1 is computed from the picture",
    ),
    "a transposed convolution that is no whole factor": (
        [node("ConvTranspose", "x", "w", strides=[2, 2])], [floats("w", 3, 2, 3, 3)],
        "kernel 3, pads 0 and 0, output padding 0: the output is not 2 times the input",
    ),
    "zeros that no convolution takes": (
        [node("Pad", "x", "pads", output="p"), node("Relu", "p")],
        [whole("pads", [0, 0, 1, 1, 0, 0, 1, 1])], "'Relu' .*padded with zeros",
    ),
    "padding with ones": (
        [node("Pad", "x", "pads", "one")],
        [whole("pads", [0, 0, 1, 1, 0, 0, 1, 1]), constant("one", 1.0)], "padding with 1",
    ),
    "reflected padding": (
        [node("Pad", "x", "pads", mode="reflect")], [whole("pads", [0, 0, 1, 1, 0, 0, 1, 1])],
        "mode reflect by 1, 1, 1, 1",
    ),
    "a cubic enlargement": (
        [node("Resize", "x", "", "s", mode="cubic")], [constant("s", [1, 1, 2, 2])], "mode cubic",
    ),
    "half a pixel": (
        [node("Resize", "x", "", "s", mode="linear")], [constant("s", [1, 1, 1.5, 1.5])],
        "a factor of 1.5, expected a whole one",
    ),
    "two factors": (
        [node("Resize", "x", "", "s", mode="linear")], [constant("s", [1, 1, 2, 3])],
        "one factor for both axes",
    ),
    "joining rows": ([node("Concat", "x", "x", axis=2)], [], "joining over axis 2"),
    "cutting rows": (
        [node("Slice", "x", "one", "nine", "two")],
        [whole("one", [1]), whole("nine", [9]), whole("two", [2])], "only channels can be cut",
    ),
    "a division by the picture": (
        [node("Div", "c", "x")], [constant("c", 1.0)], "division by a computed tensor",
    ),
    "a division by zero": ([node("Div", "x", "c")], [constant("c", 0.0)], "division by zero"),
    "an exponent": ([node("Pow", "x", "c")], [constant("c", 3.0)], "exponent 3"),
    "a mean of rows": ([node("ReduceMean", "x", axes=[2])], [], "rows or columns alone"),
    "a sum": (
        [node("ReduceSum", "x", "a", output="s"), node("Mul", "s", "x")], [whole("a", [2, 3])],
        "a sum over the picture, which depends on its size",
    ),
    "a picture of constants": (
        [node("Add", "x", "c")], [floats("c", 1, 3, 8, 8)], "fits one picture size alone",
    ),
    "a transposed picture": (
        [node("Transpose", "x", output="t", perm=[0, 1, 3, 2]), node("Relu", "t")], [],
        "reshaped or transposed otherwise than for a pixel shuffle",
    ),
    "windows": (
        [node("Reshape", "x", "s", output="r"), node("Sigmoid", "r")],
        [whole("s", [0, 3, -1])], "reshaped or transposed otherwise",
    ),
    "rows for columns": (
        [node("Reshape", "x", "s")], [whole("s", [1, 3, 30, -1])],
        r"'Reshape' .*shape \[1, 3, 30, 102\]",
    ),
    "a number from the picture's size": (
        [node("Size", "x", output="n"), node("Cast", "n", output="f", to=TensorProto.FLOAT),
         node("Mul", "x", "f")], [],
        "the network uses the picture's size as a number",
    ),
    "a tensor from nowhere": (
        [node("Add", "x", "nothing")], [], "'Add' .* reads 'nothing', which nothing before it",
    ),
    "a node without its inputs": ([node("Conv", "x")], [], "its input 1 is missing"),
    "an attribute of another kind": (
        [node("LeakyRelu", "x", alpha="steep")], [], "alpha b'steep', expected a number",
    ),
    "a huge constant": (
        [node("ConstantOfShape", "n", output="c"), node("Add", "x", "c")],
        [whole("n", [1 << 20, 1 << 20])], "too large to be meant",
    ),
    "constants that do not fit each other": (
        [node("Add", "a", "b", output="c"), node("Add", "x", "c")],
        [floats("a", 3), floats("b", 2)], "cannot be computed from its constants",
    ),
    "weights that are no numbers": (
        [node("Mul", "x", "c")], [constant("c", np.nan)], "hold NaN or infinity",
    ),
    "an output that is the input": ([node("Identity", "x")], [], "no picture made of the input"),
    "an output that is a constant": (
        [node("Relu", "x", output="z"), node("Identity", "c")], [floats("c", 1)],
        "the output 'y' is no picture",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_operator_and_its_node(tmp_path, name):
    nodes, weights, message = REFUSED[name]
    path = save(tmp_path, nodes, weights)
    with pytest.raises(GraphError, match=message) as caught:
        import_onnx(path, "test")
    assert str(path) in str(caught.value)
