"""Operators of our graph, NHWC, as ONNX's, NCHW: one node each wherever ONNX has such an operator.

The table is `EMITTERS`. Two have no single node: a MIRROR_PAD of more than one pixel, as ONNX's
"reflect" leaves the border pixel out and "edge" repeats only that one; and operators that name the
order of samples in memory, RESHAPE and BATCH_MATMUL, between transposes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vernier.formats.onnx.nodes import AXES, TO_NCHW, TO_NHWC, Nodes
from vernier.graphs.graph import CHANNELS, Graph, Kind, Operator, is_channel_mean
from vernier.graphs.operators.convolutions import reaches

NEWEST_AXES_AS_ATTRIBUTE = 17  # of ReduceMean
FIRST_GELU = 20
END = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Emission:
    """One operator to be written.

    Attributes:
        nodes: where.
        graph: that it is of.
        op: the operator.
        inputs: ONNX names of its inputs, in float; constants are NCHW already.
        output: ONNX name of its result.
    """

    nodes: Nodes
    graph: Graph
    op: Operator
    inputs: tuple[str, ...]
    output: str

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """NHWC, of an input."""
        return self.graph.types[self.op.inputs[place]].shape

    def add(self, kind: str, *more: str, suffix: str = "", **attributes: Any) -> None:
        """The one node that the operator becomes, of its inputs and constants beside them."""
        self.nodes.add(kind, (*self.inputs, *more), self.output, suffix, **attributes)


Emitter = Callable[[Emission], None]


def _convolution(call: Emission) -> None:
    op, weights = call.op, call.shape(1)
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    depthwise = op.kind is Kind.DEPTHWISE_CONV_2D
    groups = call.shape()[CHANNELS] // (1 if depthwise else weights[3])
    padding: dict[str, Any] = {"pads": [0, 0, 0, 0]}
    if op.attributes.get("padding", "same") == "same":
        totals = [reach - 1 for reach in reaches(op, weights)]
        before = [total // 2 for total in totals]
        padding = {"pads": [*before, *(t - b for t, b in zip(totals, before, strict=True))]}
        if stride > 1:
            # How many pixels are missing at the end depends on the picture's size.
            padding = {"auto_pad": "SAME_UPPER"}
    call.add(
        "Conv",
        kernel_shape=list(weights[1:3]),
        strides=[stride, stride],
        dilations=[dilation, dilation],
        group=groups,
        **padding,
    )


def _transposed(call: Emission) -> None:
    stride, kernel = call.op.whole("stride"), call.shape(1)[1:3]
    surplus = [max(taps - stride, 0) for taps in kernel]
    before = [total // 2 for total in surplus]
    call.add(
        "ConvTranspose",
        kernel_shape=list(kernel),
        strides=[stride, stride],
        pads=[*before, *(t - b for t, b in zip(surplus, before, strict=True))],
        output_padding=[max(stride - taps, 0) for taps in kernel],
    )


def _plain(kind: str, suffix: str) -> Emitter:
    return lambda call: call.add(kind, suffix=suffix)


def _rsqrt(call: Emission) -> None:
    root = call.nodes.between("Sqrt", call.inputs, f"{call.output}/root", "root")
    call.nodes.add("Reciprocal", (root,), call.output, "reciprocal")


def _gelu(call: Emission) -> None:
    if call.nodes.opset >= FIRST_GELU:
        return call.add("Gelu", suffix="gelu")
    nodes, x = call.nodes, call.inputs[0]

    def number(name: str, value: float) -> str:
        return nodes.constant(f"{call.output}/{name}", np.array(value, np.float32))

    scaled = nodes.between(
        "Mul", (x, number("root_half", 0.5**0.5)), f"{call.output}/scaled", "scaled"
    )
    error = nodes.between("Erf", (scaled,), f"{call.output}/erf", "erf")
    shifted = nodes.between("Add", (error, number("one", 1)), f"{call.output}/shifted", "shifted")
    product = nodes.between("Mul", (x, shifted), f"{call.output}/product", "product")
    nodes.add("Mul", (product, number("half", 0.5)), call.output, "gelu")
    return None


def _mean(call: Emission) -> None:
    axes = [1] if is_channel_mean(call.op) else [2, 3]
    if call.nodes.opset <= NEWEST_AXES_AS_ATTRIBUTE:
        return call.add("ReduceMean", suffix="mean", axes=axes, keepdims=1)
    given = call.nodes.wholes(f"{call.output}/axes", axes)
    return call.add("ReduceMean", given, suffix="mean", keepdims=1)


def _shuffle(kind: str, suffix: str, **attributes: str) -> Emitter:
    return lambda call: call.add(
        kind, suffix=suffix, blocksize=call.op.whole("block"), **attributes
    )


def _resize(mode: str, coordinates: str) -> Emitter:
    def emit(call: Emission) -> None:
        factor = float(call.op.whole("factor"))
        scales = np.array([1, 1, factor, factor], np.float32)
        call.add(
            "Resize",
            "",
            call.nodes.constant(f"{call.output}/scales", scales),
            suffix="resize",
            mode=mode,
            coordinate_transformation_mode=coordinates,
            nearest_mode="floor" if mode == "nearest" else None,
        )

    return emit


def _concatenation(call: Emission) -> None:
    call.add("Concat", suffix="concat", axis=AXES[call.op.axis])


def _slice(call: Emission) -> None:
    begin = call.op.whole("begin")
    ends = (
        ("starts", begin),
        ("ends", begin + call.op.whole("size")),
        ("axes", AXES[call.op.axis]),
    )
    call.add(
        "Slice",
        *(call.nodes.wholes(f"{call.output}/{name}", [value]) for name, value in ends),
        suffix="slice",
    )


def _mirror_pad(call: Emission) -> None:
    amount, nodes = call.op.whole("amount"), call.nodes
    if amount <= 1:
        pads = nodes.wholes(f"{call.output}/pads", [0, 0, amount, amount] * 2)
        return call.add("Pad", pads, suffix="pad", mode="edge")
    x = call.inputs[0]
    for axis, side in ((2, "rows"), (3, "columns")):
        before = _reversed(call, x, axis, amount - 1, -END, f"{side}_before")
        after = _reversed(call, x, axis, -1, -amount - 1, f"{side}_after")
        name = call.output if axis == 3 else nodes.fresh(f"{call.output}/{side}")
        x = nodes.add("Concat", (before, x, after), name, f"pad_{side}", axis=axis)
    return None


def _reversed(call: Emission, x: str, axis: int, start: int, end: int, name: str) -> str:
    """Some rows or columns, the last first."""
    nodes, output = call.nodes, f"{call.output}/{name}"
    bounds = (("starts", start), ("ends", end), ("axes", axis), ("steps", -1))
    given = [nodes.wholes(f"{output}/{what}", [value]) for what, value in bounds]
    return nodes.between("Slice", (x, *given), output, name)


def _transposed_to(call: Emission, x: str, order: Sequence[int], name: str) -> str:
    return call.nodes.between("Transpose", (x,), f"{call.output}/{name}", name, perm=list(order))


def _reshape(call: Emission) -> None:
    nodes, op = call.nodes, call.op
    x = _transposed_to(call, call.inputs[0], TO_NHWC, "nhwc")
    sides = [1, *(op.whole(side) for side in ("rows", "columns", "channels"))]
    shape = nodes.wholes(f"{call.output}/shape", sides)
    laid_out = nodes.between("Reshape", (x, shape), f"{call.output}/reshaped", "reshape")
    nodes.add("Transpose", (laid_out,), call.output, "nchw", perm=list(TO_NCHW))


def _batch_matmul(call: Emission) -> None:
    # NCHW holds (1, N, T, D) as (1, D, N, T).
    a = _transposed_to(call, call.inputs[0], TO_NHWC, "a")
    order = (0, 2, 1, 3) if call.op.whole("transposed") else TO_NHWC
    b = _transposed_to(call, call.inputs[1], order, "b")
    product = call.nodes.between("MatMul", (a, b), f"{call.output}/product", "matmul")
    call.nodes.add("Transpose", (product,), call.output, "nchw", perm=list(TO_NCHW))


EMITTERS: Mapping[Kind, Emitter] = {
    Kind.CONV_2D: _convolution,
    Kind.DEPTHWISE_CONV_2D: _convolution,
    Kind.TRANSPOSE_CONV: _transposed,
    Kind.ADD: _plain("Add", "add"),
    Kind.SUB: _plain("Sub", "sub"),
    Kind.MUL: _plain("Mul", "mul"),
    Kind.RELU: _plain("Relu", "relu"),
    Kind.TANH: _plain("Tanh", "tanh"),
    Kind.LOGISTIC: _plain("Sigmoid", "sigmoid"),
    Kind.SQRT: _plain("Sqrt", "sqrt"),
    Kind.RSQRT: _rsqrt,
    Kind.GELU: _gelu,
    Kind.SOFTMAX: lambda call: call.add("Softmax", suffix="softmax", axis=1),
    Kind.PRELU: _plain("PRelu", "prelu"),
    Kind.LEAKY_RELU: lambda call: call.add(
        "LeakyRelu", suffix="leaky_relu", alpha=float(call.op.attributes["alpha"])
    ),
    # The channels of `.tflite`'s shuffle are in the order (row, column, channel): ONNX's DCR.
    Kind.DEPTH_TO_SPACE: _shuffle("DepthToSpace", "depth_to_space", mode="DCR"),
    Kind.SPACE_TO_DEPTH: _shuffle("SpaceToDepth", "space_to_depth"),
    Kind.RESIZE_NEAREST_NEIGHBOR: _resize("nearest", "asymmetric"),
    Kind.RESIZE_BILINEAR: _resize("linear", "half_pixel"),
    Kind.RESHAPE: _reshape,
    Kind.BATCH_MATMUL: _batch_matmul,
    Kind.CONCATENATION: _concatenation,
    Kind.SLICE: _slice,
    Kind.MEAN: _mean,
    Kind.MIRROR_PAD: _mirror_pad,
}
"""All but QUANTIZE and DEQUANTIZE, which `writing` makes of the tensors' scales."""
