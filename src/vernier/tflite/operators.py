"""How each operator is told in `.tflite`: its code, its version, its options, its extra inputs.

One table serves the writer and the reader. Versions are the lowest that know what is asked, after
the format's own history, so that stock runtimes of any age accept a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Attribute, Graph, Kind, Operator

ACTIVATIONS = {
    Activation.NONE: schema.ActivationFunctionType.NONE,
    Activation.RELU: schema.ActivationFunctionType.RELU,
    Activation.RELU6: schema.ActivationFunctionType.RELU6,
}
SYMMETRIC = 1  # MirrorPadMode: the border sample is repeated

Extra = Callable[[Graph, Operator], NDArray[np.int32]]
Attributes = dict[str, Attribute]


@dataclass(frozen=True)
class Coding:
    """One row of the table.

    Attributes:
        versions: of the operator for float, and for integer tensors.
        options: name of the options' table in the schema, without "Options"; None for none.
        fill: writes an operator's attributes into the options' object.
        parse: reads them back.
        extra: an input that holds sizes, derived from the shapes and never kept in a graph.
        extra_at: its place among the inputs.
        order: places of our inputs in the file, where they are not in order.
    """

    versions: tuple[int, int]
    options: str | None = None
    fill: Callable[[Any, Operator], None] | None = None
    parse: Callable[[Any], Attributes] | None = None
    extra: Extra | None = None
    extra_at: int = 1
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
    options.axis = 3


def _parse_concatenation(options: Any) -> Attributes:
    if options.axis not in (3, -1):
        raise GraphError(f"CONCATENATION is supported over channels only, not axis {options.axis}")
    return {}


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


def _output_size(graph: Graph, op: Operator) -> NDArray[np.int32]:
    return np.array(graph.types[op.output].shape, np.int32)


def _output_sides(graph: Graph, op: Operator) -> NDArray[np.int32]:
    return np.array(graph.types[op.output].shape[1:3], np.int32)


def _mean_axes(graph: Graph, op: Operator) -> NDArray[np.int32]:
    return np.array([1, 2], np.int32)


def _paddings(graph: Graph, op: Operator) -> NDArray[np.int32]:
    amount = op.whole("amount")
    return np.array([[0, 0], [amount, amount], [amount, amount], [0, 0]], np.int32)


def _begin(graph: Graph, op: Operator) -> NDArray[np.int32]:
    return np.array([0, 0, 0, op.whole("begin")], np.int32)


def _square(first: int, second: int, what: str) -> None:
    if first != second:
        raise GraphError(f"different vertical and horizontal {what} are not supported")


def _nothing(options: Any, op: Operator) -> None:
    return


_BLOCK: Mapping[str, Any] = {
    "fill": _fill_block,
    "parse": lambda options: {"block": options.blockSize},
}

CODINGS: dict[Kind, Coding] = {
    Kind.CONV_2D: Coding((1, 3), "Conv2D", _fill_convolution, _parse_convolution),
    Kind.DEPTHWISE_CONV_2D: Coding((1, 3), "DepthwiseConv2D", _fill_depthwise, _parse_depthwise),
    Kind.TRANSPOSE_CONV: Coding(
        (3, 3),
        "TransposeConv",
        _fill_transposed,
        _parse_transposed,
        extra=_output_size,
        extra_at=0,
        order=(1, 0, 2),
    ),
    Kind.ADD: Coding((1, 2), "Add", _nothing),
    Kind.SUB: Coding((1, 2), "Sub", _nothing),
    Kind.MUL: Coding((1, 2), "Mul", _nothing),
    Kind.RELU: Coding((1, 2)),
    Kind.TANH: Coding((1, 2)),
    Kind.LOGISTIC: Coding((1, 2)),
    Kind.SQRT: Coding((1, 1)),
    Kind.PRELU: Coding((1, 1)),
    Kind.LEAKY_RELU: Coding(
        (1, 2), "LeakyRelu", _fill_leaky, lambda options: {"alpha": float(options.alpha)}
    ),
    Kind.DEPTH_TO_SPACE: Coding((1, 1), "DepthToSpace", **_BLOCK),
    Kind.SPACE_TO_DEPTH: Coding((1, 2), "SpaceToDepth", **_BLOCK),
    Kind.RESIZE_NEAREST_NEIGHBOR: Coding(
        (3, 3), "ResizeNearestNeighbor", _fill_resize, _parse_resize, extra=_output_sides
    ),
    Kind.RESIZE_BILINEAR: Coding(
        (3, 3), "ResizeBilinear", _fill_resize, _parse_resize, extra=_output_sides
    ),
    Kind.CONCATENATION: Coding((1, 2), "Concatenation", _fill_concatenation, _parse_concatenation),
    Kind.SLICE: Coding((1, 2), "Slice", _nothing, extra=_begin),
    Kind.MEAN: Coding((1, 2), "Reducer", _fill_mean, _parse_mean, extra=_mean_axes),
    Kind.MIRROR_PAD: Coding((1, 2), "MirrorPad", _fill_mirror, _parse_mirror, extra=_paddings),
    Kind.QUANTIZE: Coding((1, 2), "Quantize", _nothing),
    Kind.DEQUANTIZE: Coding((2, 2), "Dequantize", _nothing),
}
