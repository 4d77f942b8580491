"""ncnn's layers, CHW, as operators of our graph, NHWC.

What ONNX has as well is lowered by ONNX's lowerings, put in ONNX's words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vernier.formats.ncnn.param import Layer, Parameters
from vernier.formats.ncnn.resampling import ratio_of, resample
from vernier.formats.ncnn.weights import Float32
from vernier.formats.onnx import convolutions, layout, operators
from vernier.formats.onnx.call import Call, Lowered, Value
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.graphs.resampling import cubic_taps, linear_taps

# Of ONNX's operators: what the words in `Call`s mean.
OPSET = 18
SAME_UPPER, SAME_LOWER = -233, -234
THE_REST = -233
LARGEST_CROP = 64


@dataclass(frozen=True)
class Work:
    """A layer to lower.

    Attributes:
        build: the graph under construction.
        layer: its line.
        inputs: what it reads.
        weights: its arrays.
    """

    build: GraphBuilder
    layer: Layer
    inputs: tuple[Value, ...]
    weights: tuple[Float32, ...]

    @property
    def given(self) -> Parameters:
        """The layer's parameters."""
        return self.layer.parameters

    def call(self, *inputs: Value | None, suffix: str = "", **attributes: Any) -> Call:
        """The layer as an ONNX node of these inputs."""
        name = f"{self.layer.name.strip('/')}{suffix}"
        return Call(self.build, name, inputs, attributes, len(self.layer.outputs), OPSET)

    def own(self, **attributes: Any) -> Call:
        """The layer as an ONNX node of its own inputs."""
        return self.call(*self.inputs, **attributes)


def _convolution(work: Work) -> Lowered:
    given = work.given
    _refuse(given, {8: "INT8 weights", 18: "padding with another value than zero"})
    _refuse(given, {19: "weights that are computed"})
    kernel, bias = work.weights
    depthwise = work.layer.kind == "ConvolutionDepthWise"
    attributes = _sides(given) | {"group": given.whole(7, 1) if depthwise else 1}
    if depthwise:
        # The file counts weights of all groups; ours stand by output.
        kernel = kernel.reshape(len(kernel), -1, *kernel.shape[2:])
    plain = convolutions.conv(work.call(work.inputs[0], kernel, bias, **attributes))
    return _activated(work, plain)


def _sides(given: Parameters) -> dict[str, Any]:
    """Strides, dilations and pads of a convolution, in ONNX's words."""
    dilation, stride, left = given.whole(2, 1), given.whole(3, 1), given.whole(4)
    right, top = given.whole(15, left), given.whole(14, left)
    bottom = given.whole(16, top)
    attributes: dict[str, Any] = {
        "strides": (given.whole(13, stride), stride),
        "dilations": (given.whole(12, dilation), dilation),
    }
    if left in (SAME_UPPER, SAME_LOWER):
        return attributes | {"auto_pad": "SAME_UPPER" if left == SAME_UPPER else "SAME_LOWER"}
    return attributes | {"pads": (top, left, bottom, right)}


def _deconvolution(work: Work) -> Lowered:
    given = work.given
    _refuse(given, {20: "a fixed size of its output", 21: "a fixed size of its output"})
    _refuse(given, {28: "weights that are computed"})
    kernel, bias = work.weights
    attributes = _sides(given) | {"output_padding": (given.whole(19), given.whole(18))}
    made = convolutions.conv_transpose(
        work.call(work.inputs[0], kernel.transpose(1, 0, 2, 3), bias, **attributes)
    )
    return _activated(work, made)


def _activated(work: Work, x: str) -> Lowered:
    """What a layer applies to its own result."""
    kind, values = work.given.whole(9), [float(value) for value in work.given.several(10)]
    source = Activation(x)
    match kind, values:
        case 0, _:
            return source
        case 1, _:
            return work.call(source, suffix="/relu").emit(Kind.RELU, x)
        case 2, [slope]:
            return operators.LOWERINGS["LeakyRelu"](work.call(source, suffix="/relu", alpha=slope))
        case 3, [low, high]:
            clip = work.call(source, suffix="/clip", min=low, max=high)
            return operators.LOWERINGS["Clip"](clip)
        case 4, _:
            return work.call(source, suffix="/sigmoid").emit(Kind.LOGISTIC, x)
        case _:
            raise UnsupportedError(f"its own activation {kind} with {values}")


def _prelu(work: Work) -> Lowered:
    slopes = work.weights[0].reshape(-1, 1, 1)
    return operators.LOWERINGS["PRelu"](work.call(work.inputs[0], slopes))


def _relu(work: Work) -> Lowered:
    slope = work.given.real(0)
    if not slope:
        return operators.LOWERINGS["Relu"](work.own())
    return operators.LOWERINGS["LeakyRelu"](work.own(alpha=slope))


def _swish(work: Work) -> str:
    call = work.own()
    return call.emit(Kind.MUL, call.x(), call.emit(Kind.LOGISTIC, call.x(), suffix="/sigmoid"))


def _clip(work: Work) -> Lowered:
    low, high = work.given.real(0, -3.4e38), work.given.real(1, 3.4e38)
    return operators.LOWERINGS["Clip"](work.own(min=low, max=high))


_BINARY = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div", 7: "Sub", 8: "Div"}
_REVERSED = (7, 8)


def _binary(work: Work) -> Lowered:
    code = work.given.whole(0)
    scalar = work.given.whole(1)
    number = np.full((1, 1, 1, 1), work.given.real(2), np.float32)
    operands: list[Value] = [*work.inputs, number] if scalar else list(work.inputs)
    if code not in _BINARY or len(operands) != 2:
        raise UnsupportedError(f"operation {code} of {len(operands)} operands")
    operands = [_per_channel(work, value) for value in operands]
    if code in _REVERSED:
        operands.reverse()
    return operators.LOWERINGS[_BINARY[code]](work.call(*operands))


def _per_channel(work: Work, value: Value) -> Value:
    """A constant `(C, 1, 1)`; a row of as many values as the other operand has channels is one."""
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.size == 1:
        return value
    others = [other for other in work.inputs if isinstance(other, Activation)]
    if not others or work.build.channels(others[0].name) != value.size:
        raise UnsupportedError(f"a constant of {value.size} values along the rows")
    return value.reshape(-1, 1, 1)


_ELTWISE = {0: "Mul", 1: "Add"}


def _eltwise(work: Work) -> Lowered:
    code = work.given.whole(0)
    factors = [float(value) for value in work.given.several(1)] or [1.0] * len(work.inputs)
    if code not in _ELTWISE or len(factors) != len(work.inputs) or len(factors) < 2:
        raise UnsupportedError(
            f"operation {code} of {len(work.inputs)} with {len(factors)} factors"
        )
    if code == 0:
        factors = [1.0] * len(factors)
    terms = [_times(work, k, factor) for k, factor in enumerate(factors)]
    total = terms[0]
    for number, term in enumerate(terms[1:], 1):
        suffix = "" if number == len(terms) - 1 else f"/{number}"
        call = work.call(total, term, suffix=suffix)
        total = Activation(str(operators.LOWERINGS[_ELTWISE[code]](call)))
    return total


def _times(work: Work, place: int, factor: float) -> Value:
    if factor == 1:
        return work.inputs[place]
    call = work.call(
        work.inputs[place], np.full((1, 1, 1, 1), factor, np.float32), suffix=f"/factor_{place}"
    )
    return Activation(str(operators.LOWERINGS["Mul"](call)))


def _interp(work: Work) -> Lowered:
    given, call = work.given, work.own()
    kind, rows, columns = given.whole(0), given.real(1, 1.0), given.real(2, 1.0)
    fixed = dict.fromkeys((3, 4), "a fixed size of its output")
    _refuse(given, {**fixed, 5: "a size that is computed", 6: "aligned corners"})
    if rows != columns or len(work.inputs) != 1:
        raise UnsupportedError(f"factors {rows:g} and {columns:g}, expected one for both axes")
    ratio = ratio_of(rows)
    x = call.x()
    match kind:
        case _ if ratio == 1:
            return Activation(x)
        case 1 if ratio.denominator == 1:
            return call.emit(Kind.RESIZE_NEAREST_NEIGHBOR, x, factor=ratio.numerator)
        case 2 if ratio.denominator == 1:
            return call.emit(Kind.RESIZE_BILINEAR, x, factor=ratio.numerator)
        case 2:
            return resample(work.build, x, ratio, linear_taps, call.name)
        case 3:
            return resample(work.build, x, ratio, cubic_taps, call.name)
        case _:
            raise UnsupportedError(f"resize type {kind} by {rows:g}")


def _pixel_shuffle(work: Work) -> Lowered:
    mode = "CRD" if work.given.whole(1) == 0 else "DCR"
    return layout.depth_to_space(work.own(blocksize=work.given.whole(0, 1), mode=mode))


def _reorg(work: Work) -> Lowered:
    """A pixel unshuffle: channels in the order (c, r, r), or with mode 1 (r, r, c)."""
    call, block = work.own(), work.given.whole(0, 1)
    _, rows, columns, channels = call.shape()
    if block < 2 or rows % block or columns % block:
        raise UnsupportedError(f"stride {block} on {columns}x{rows} pixels")
    mixed = call.emit(Kind.SPACE_TO_DEPTH, call.x(), suffix="/mixed", block=block)
    if work.given.whole(1):
        return mixed
    order = np.arange(channels * block**2).reshape(block**2, channels).T.reshape(-1)
    return work.build.permute(mixed, order, call.name)


_PAD_MODES = {0: "constant", 1: "edge", 2: "reflect"}


def _padding(work: Work) -> Lowered:
    given = work.given
    _refuse(given, {6: "a value of each channel", 7: "padded channels", 8: "padded channels"})
    top, bottom, left, right = (given.whole(number) for number in range(4))
    mode, value = given.whole(4), given.real(5)
    pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
    call = work.call(work.inputs[0], pads, np.full(1, value), mode=_PAD_MODES.get(mode, str(mode)))
    return layout.pad(call)


def _crop(work: Work) -> Lowered:
    """A part of rows, columns and channels, by how many are left out on either side."""
    given, call = work.given, work.own()
    if len(work.inputs) != 1 or any(given.several(number) for number in (9, 10, 11)):
        raise UnsupportedError("a part of another tensor's size, or of listed places")
    left, top, first = (given.whole(number) for number in (0, 1, 2))
    if not {given.whole(3), given.whole(4)} <= {0, THE_REST}:
        raise UnsupportedError("a fixed size of its output")
    size = given.whole(5, THE_REST)
    right, bottom, last = (given.whole(number) for number in (6, 7, 8))
    x, channels = call.x(), call.shape()[3]
    count = channels - first - last if size in (THE_REST, 0) else size
    if count < 1 or first < 0 or first + count > channels:
        raise UnsupportedError(f"channels {first} to {first + count} of {channels}")
    if count != channels:
        x = call.emit(Kind.SLICE, x, suffix="/channels", begin=first, size=count)
    return Activation(_cropped(work, x, (top, bottom, left, right), count))


def _cropped(work: Work, x: str, sides: tuple[int, int, int, int], channels: int) -> str:
    """Rows and columns cut off, at any size: a "valid" convolution that picks one pixel."""
    if not any(sides):
        return x
    if min(sides) < 0 or max(sides) > LARGEST_CROP:
        raise UnsupportedError(f"{sides} pixels cut off; expected up to {LARGEST_CROP}")
    top, bottom, left, right = sides
    kernel = np.zeros((channels, 1, top + bottom + 1, left + right + 1), np.float32)
    kernel[:, :, top, left] = 1
    return convolutions.conv(work.call(Activation(x), kernel, group=channels, pads=(0, 0, 0, 0)))


def _concat(work: Work) -> Lowered:
    if work.given.whole(0) not in (0, -3):
        raise UnsupportedError("joining rows or columns; only channels can be joined")
    return layout.concatenate(work.own(axis=1))


def _slice(work: Work) -> Lowered:
    if work.given.whole(1) not in (0, -3) or work.given.several(2):
        raise UnsupportedError("cutting rows, columns or at listed places")
    sizes, pieces = [int(size) for size in work.given.several(0)], len(work.layer.outputs)
    call = work.own()
    channels = call.shape()[3]
    if len(sizes) != pieces:
        raise UnsupportedError(f"{pieces} pieces of {sizes}")
    made: list[int] = []
    for number, size in enumerate(sizes):
        left = channels - sum(made)
        made.append(left // (pieces - number) if size == THE_REST else size)
    return layout.split(work.call(work.inputs[0], np.array(made, np.int64), axis=1))


def _pooling(work: Work) -> Lowered:
    given = work.given
    if given.whole(0) != 1 or not given.whole(4):
        raise UnsupportedError("pooling, other than the mean of the whole picture")
    for number in (1, 2, 3, 5, 6, 11, 12, 13, 14, 15):
        given.whole(number)
    return operators.LOWERINGS["GlobalAveragePool"](work.own())


def _unary(kind: Kind) -> Callable[[Work], Lowered]:
    return lambda work: work.own().emit(kind, work.own().x())


def _same(work: Work) -> Lowered:
    return work.inputs[0]


def _dropout(work: Work) -> Lowered:
    if work.given.real(0, 1.0) != 1:
        raise UnsupportedError("a factor other than 1")
    return work.inputs[0]


def _memory(work: Work) -> Lowered:
    return work.weights[0]


def _refuse(given: Parameters, meanings: dict[int, str]) -> None:
    for number, meaning in meanings.items():
        if given.whole(number) if number != 18 else given.real(number):
            raise UnsupportedError(meaning)


LOWERINGS: dict[str, Callable[[Work], Lowered]] = {
    "BinaryOp": _binary,
    "Clip": _clip,
    "Concat": _concat,
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "Crop": _crop,
    "Deconvolution": _deconvolution,
    "Dropout": _dropout,
    "Eltwise": _eltwise,
    "Interp": _interp,
    "MemoryData": _memory,
    "Noop": _same,
    "PReLU": _prelu,
    "Padding": _padding,
    "PixelShuffle": _pixel_shuffle,
    "Pooling": _pooling,
    "ReLU": _relu,
    "Reorg": _reorg,
    "Sigmoid": _unary(Kind.LOGISTIC),
    "Slice": _slice,
    "Swish": _swish,
    "TanH": _unary(Kind.TANH),
}
