"""How each operator is written in `.tflite`: its options and its extra inputs.

One table serves the writer and the reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.formats.tflite import schema_py_generated as schema
from vernier.graphs.graph import (
    CHANNELS,
    COLUMNS,
    ROWS,
    Activation,
    Attribute,
    Graph,
    Kind,
    Operator,
    is_channel_mean,
)

ACTIVATIONS = {
    Activation.NONE: schema.ActivationFunctionType.NONE,
    Activation.RELU: schema.ActivationFunctionType.RELU,
    Activation.RELU6: schema.ActivationFunctionType.RELU6,
}
SYMMETRIC = 1  # MirrorPadMode: the border sample is repeated

Int32 = NDArray[np.int32]
Attributes = dict[str, Attribute]


@dataclass(frozen=True)
class Sizes:
    """Inputs that hold whole numbers: derived from the shapes, never kept in a graph.

    Attributes:
        at: place of the first among the inputs in the file.
        names: what each holds; the tensors are named `<output>/<name>`.
        derive: their values, one for each name, from the graph and the operator.
        recover: attributes from the values of a file and the shape of the operator's picture.
        canonical: brings a file's values into the form that `derive` gives, where there are
            several forms; given the shape as well.
    """

    at: int
    names: tuple[str, ...]
    derive: Callable[[Graph, Operator], tuple[Int32, ...]]
    recover: Callable[[list[Int32], tuple[int, ...]], Attributes] | None = None
    canonical: Callable[[list[Int32], tuple[int, ...]], list[Int32]] | None = None


@dataclass(frozen=True)
class Coding:
    """One row of the table.

    Attributes:
        options: name of the options' table in the schema, without "Options"; None for none.
        fill: writes an operator's attributes into the options' object.
        parse: reads them back.
        sizes: inputs besides a graph's own.
        order: places of our inputs in the file, where they are not in order.
    """

    options: str | None = None
    fill: Callable[[Any, Operator], None] | None = None
    parse: Callable[[Any], Attributes] | None = None
    sizes: Sizes | None = None
    order: tuple[int, ...] | None = None


def _fill_convolution(options: Any, op: Operator) -> None:
    same = op.attributes.get("padding", "same") == "same"
    options.padding = schema.Padding.SAME if same else schema.Padding.VALID
    options.strideH = options.strideW = op.whole("stride", 1)
    options.dilationHFactor = options.dilationWFactor = op.whole("dilation", 1)


def _parse_convolution(options: Any) -> Attributes:
    _square(options.strideH, options.strideW, "strides")
    _square(options.dilationHFactor, options.dilationWFactor, "dilations")
    same = options.padding == schema.Padding.SAME
    return {
        "padding": "same" if same else "valid",
        "stride": options.strideH,
        "dilation": options.dilationHFactor,
    }


def _fill_depthwise(options: Any, op: Operator) -> None:
    _fill_convolution(options, op)
    options.depthMultiplier = op.whole("multiplier", 1)


def _parse_depthwise(options: Any) -> Attributes:
    return {**_parse_convolution(options), "multiplier": options.depthMultiplier}


def _fill_transposed(options: Any, op: Operator) -> None:
    options.padding = schema.Padding.SAME
    options.strideH = options.strideW = op.whole("stride")


def _parse_transposed(options: Any) -> Attributes:
    _square(options.strideH, options.strideW, "strides")
    if options.padding != schema.Padding.SAME:
        raise GraphError('TRANSPOSE_CONV is supported with "same" padding only')
    return {"stride": options.strideH}


def _fill_block(options: Any, op: Operator) -> None:
    options.blockSize = op.whole("block")


def _fill_leaky(options: Any, op: Operator) -> None:
    options.alpha = float(op.attributes["alpha"])


def _fill_resize(options: Any, op: Operator) -> None:
    options.alignCorners, options.halfPixelCenters = False, True


def _parse_resize(options: Any) -> Attributes:
    if options.alignCorners or not options.halfPixelCenters:
        raise GraphError("resizing is supported with half-pixel centres only")
    return {}


def _fill_concatenation(options: Any, op: Operator) -> None:
    options.axis = op.axis


def _parse_concatenation(options: Any) -> Attributes:
    # Every tensor of a graph has 4 axes; of the first, the batch, there is one only.
    axis = options.axis % 4 if -4 <= options.axis < 4 else 0
    if axis == 0:
        raise GraphError(f"CONCATENATION is supported over axes 1 to 3, not {options.axis}")
    return _axis(axis)


def _axis(axis: int) -> Attributes:
    return {} if axis == CHANNELS else {"axis": axis}


def _fill_matmul(options: Any, op: Operator) -> None:
    options.adjX, options.adjY = False, bool(op.whole("transposed"))


def _parse_matmul(options: Any) -> Attributes:
    if options.adjX:
        raise GraphError("BATCH_MATMUL is supported with its second input transposed only")
    return {"transposed": int(options.adjY)}


def _fill_softmax(options: Any, op: Operator) -> None:
    options.beta = 1.0


def _parse_softmax(options: Any) -> Attributes:
    if options.beta != 1.0:
        raise GraphError(f"SOFTMAX is supported with a beta of 1 only, not {options.beta}")
    return {}


def _fill_gelu(options: Any, op: Operator) -> None:
    options.approximate = False


def _parse_gelu(options: Any) -> Attributes:
    if options.approximate:
        raise GraphError("GELU is supported in its exact form only, not by a tangent")
    return {}


def _recover_reshape(values: list[Int32], shape: tuple[int, ...]) -> Attributes:
    found = values[0].reshape(-1).tolist()
    if len(found) != 4:
        raise GraphError(f"RESHAPE is supported to 4 axes only, not to {found}")
    return {"rows": found[1], "columns": found[2], "channels": found[3]}


def _canonical_reshape(values: list[Int32], shape: tuple[int, ...]) -> list[Int32]:
    sizes = values[0].reshape(-1)
    # One size may be -1: "as many as there are".
    known = int(np.prod(np.where(sizes < 0, 1, sizes), dtype=np.int64))
    return [np.where(sizes < 0, math.prod(shape) // max(known, 1), sizes).astype(np.int32)]


def _fill_mean(options: Any, op: Operator) -> None:
    options.keepDims = True


def _parse_mean(options: Any) -> Attributes:
    if not options.keepDims:
        raise GraphError("MEAN is supported with kept dimensions only")
    return {}


def _fill_mirror(options: Any, op: Operator) -> None:
    options.mode = SYMMETRIC


def _parse_mirror(options: Any) -> Attributes:
    if options.mode != SYMMETRIC:
        raise GraphError("MIRROR_PAD is supported in symmetric mode only")
    return {}


def _output_shape(graph: Graph, op: Operator) -> tuple[Int32, ...]:
    return (np.array(graph.types[op.output].shape, np.int32),)


def _output_sides(graph: Graph, op: Operator) -> tuple[Int32, ...]:
    return (np.array(graph.types[op.output].shape[1:3], np.int32),)


def _recover_factor(values: list[Int32], shape: tuple[int, ...]) -> Attributes:
    # Whatever is not this one factor on both sides differs from what it derives, and is refused.
    return {"factor": int(values[0][0]) // shape[1]}


def _mean_axes(graph: Graph, op: Operator) -> tuple[Int32, ...]:
    return (np.array([CHANNELS] if is_channel_mean(op) else [ROWS, COLUMNS], np.int32),)


def _recover_mean(values: list[Int32], shape: tuple[int, ...]) -> Attributes:
    # Whatever is neither over channels nor over rows and columns differs from what it derives.
    return {"axis": CHANNELS} if values[0].tolist() == [CHANNELS] else {}


def _canonical_axes(values: list[Int32], shape: tuple[int, ...]) -> list[Int32]:
    return [np.sort(values[0] % len(shape)).astype(np.int32)]


def _paddings(graph: Graph, op: Operator) -> tuple[Int32, ...]:
    amount = op.whole("amount")
    return (np.array([[0, 0], [amount, amount], [amount, amount], [0, 0]], np.int32),)


def _recover_amount(values: list[Int32], shape: tuple[int, ...]) -> Attributes:
    return {"amount": int(values[0][1, 0])}


def _begin_and_size(graph: Graph, op: Operator) -> tuple[Int32, ...]:
    size = np.array(graph.types[op.output].shape, np.int32)
    begin = np.zeros(4, np.int32)
    begin[op.axis] = op.whole("begin")
    return begin, size


def _canonical_slice(values: list[Int32], shape: tuple[int, ...]) -> list[Int32]:
    begin, size = values
    # A size of -1 is "all that is left".
    return [begin, np.where(size == -1, np.array(shape) - begin, size).astype(np.int32)]


def _recover_slice(values: list[Int32], shape: tuple[int, ...]) -> Attributes:
    begin, size = values
    cut = [axis for axis in (ROWS, COLUMNS) if size[axis] != shape[axis]]
    # Where more than one axis is cut, what is derived differs, and the file is refused.
    axis = cut[0] if cut else CHANNELS
    return {"begin": int(begin[axis]), "size": int(size[axis]), **_axis(axis)}


def _square(first: int, second: int, what: str) -> None:
    if first != second:
        raise GraphError(f"different vertical and horizontal {what} are not supported")


def _nothing(options: Any, op: Operator) -> None:
    return


_SIDES = Sizes(1, ("sides",), _output_sides, _recover_factor)
_BLOCK: Mapping[str, Any] = {
    "fill": _fill_block,
    "parse": lambda options: {"block": options.blockSize},
}

CODINGS: dict[Kind, Coding] = {
    Kind.CONV_2D: Coding("Conv2D", _fill_convolution, _parse_convolution),
    Kind.DEPTHWISE_CONV_2D: Coding("DepthwiseConv2D", _fill_depthwise, _parse_depthwise),
    Kind.TRANSPOSE_CONV: Coding(
        "TransposeConv",
        _fill_transposed,
        _parse_transposed,
        Sizes(0, ("shape",), _output_shape),
        order=(1, 0, 2),
    ),
    Kind.ADD: Coding("Add", _nothing),
    Kind.SUB: Coding("Sub", _nothing),
    Kind.MUL: Coding("Mul", _nothing),
    Kind.RELU: Coding(),
    Kind.TANH: Coding(),
    Kind.LOGISTIC: Coding(),
    Kind.SQRT: Coding(),
    Kind.RSQRT: Coding(),
    Kind.GELU: Coding("Gelu", _fill_gelu, _parse_gelu),
    Kind.SOFTMAX: Coding("Softmax", _fill_softmax, _parse_softmax),
    Kind.PRELU: Coding(),
    Kind.LEAKY_RELU: Coding(
        "LeakyRelu", _fill_leaky, lambda options: {"alpha": float(options.alpha)}
    ),
    Kind.DEPTH_TO_SPACE: Coding("DepthToSpace", **_BLOCK),
    Kind.SPACE_TO_DEPTH: Coding("SpaceToDepth", **_BLOCK),
    Kind.RESIZE_NEAREST_NEIGHBOR: Coding(
        "ResizeNearestNeighbor", _fill_resize, _parse_resize, _SIDES
    ),
    Kind.RESIZE_BILINEAR: Coding("ResizeBilinear", _fill_resize, _parse_resize, _SIDES),
    Kind.RESHAPE: Coding(
        "Reshape",
        _nothing,
        sizes=Sizes(1, ("shape",), _output_shape, _recover_reshape, _canonical_reshape),
    ),
    Kind.BATCH_MATMUL: Coding("BatchMatMul", _fill_matmul, _parse_matmul),
    Kind.CONCATENATION: Coding("Concatenation", _fill_concatenation, _parse_concatenation),
    Kind.SLICE: Coding(
        "Slice",
        _nothing,
        sizes=Sizes(1, ("begin", "size"), _begin_and_size, _recover_slice, _canonical_slice),
    ),
    Kind.MEAN: Coding(
        "Reducer",
        _fill_mean,
        _parse_mean,
        Sizes(1, ("axes",), _mean_axes, _recover_mean, _canonical_axes),
    ),
    Kind.MIRROR_PAD: Coding(
        "MirrorPad",
        _fill_mirror,
        _parse_mirror,
        Sizes(1, ("paddings",), _paddings, _recover_amount),
    ),
    Kind.QUANTIZE: Coding("Quantize", _nothing),
    Kind.DEQUANTIZE: Coding("Dequantize", _nothing),
}
