"""ATen operators, NCHW, as operators of our graph, NHWC: one small function for each family."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Attribute, Kind
from vernier.networks.assembly import Assembly

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Activation:
    """A value of the traced program that is a tensor of our graph, by its name there."""

    name: str


@dataclass(frozen=True)
class SpatialSum:
    """A sum over rows, columns or both that only makes sense as part of a mean."""

    source: Activation
    axes: frozenset[int]


Value = Any
"""An `Activation`, a `SpatialSum`, a constant `torch.Tensor`, a number, or a list of those."""


class UnsupportedError(GraphError):
    """Raised by a lowering; `capture` adds the operator and its place."""


@dataclass(frozen=True)
class Call:
    """One call of an ATen operator.

    Attributes:
        build: the graph under construction.
        name: for its output.
        args: by position, defaults filled in.
    """

    build: Assembly
    name: str
    args: Sequence[Value]

    def x(self, place: int = 0) -> str:
        """The graph's name of an argument that must be a computed picture."""
        value = self.args[place]
        if not isinstance(value, Activation):
            raise UnsupportedError("expected a computed tensor, found a constant or a partial sum")
        return value.name

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """The NHWC shape of such an argument."""
        return self.build.types[self.x(place)].shape

    def array(self, place: int) -> Float32:
        """An argument that must be constant."""
        value = self.args[place]
        if not isinstance(value, torch.Tensor):
            raise UnsupportedError("its weights are computed from the picture")
        return np.asarray(value.detach().to(torch.float32).numpy())

    def emit(self, kind: Kind, *inputs: str, suffix: str = "", **attributes: Attribute) -> str:
        """Append an operator; gives its output's name."""
        return self.build.add(kind, inputs, self.name + suffix, attributes)

    def operand(self, value: Value, suffix: str) -> str:
        """An operand of arithmetic: an activation, or a constant turned to NHWC."""
        if isinstance(value, Activation):
            return value.name
        if isinstance(value, SpatialSum):
            raise UnsupportedError("a sum over the picture depends on its size unless it is a mean")
        array = np.asarray(torch.as_tensor(value, dtype=torch.float32).detach().numpy())
        if array.ndim > 4:
            raise UnsupportedError(f"a constant with {array.ndim} axes")
        array = array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(0, 2, 3, 1)
        if array.shape[:3] != (1, 1, 1):
            raise UnsupportedError("a constant of the picture's size, which fits no other size")
        return self.build.constant(f"{self.name}/{suffix}", array)


def _pair(value: Sequence[int] | int) -> tuple[int, int]:
    values = [value] if isinstance(value, int) else list(value)
    return (values[0], values[-1])


def _one(value: Sequence[int] | int, what: str) -> int:
    vertical, horizontal = _pair(value)
    if vertical != horizontal:
        raise UnsupportedError(
            f"different vertical and horizontal {what}: {vertical}, {horizontal}"
        )
    return vertical


def _bias(call: Call, channels: int, place: int = 2) -> Float32:
    return np.zeros(channels, np.float32) if call.args[place] is None else call.array(place)


def _same_or_valid(
    weights: Float32, padding: Sequence[int] | int | str, stride: int, dilation: int
) -> tuple[str, Float32]:
    """`.tflite`'s padding, and the kernel with zeros where that needs them.

    A strided "same" convolution there pads `(K - stride) // 2` before a whole number of strides,
    and 2 * pad + stride zeros-extended taps make that PyTorch's symmetric `pad`.
    """
    if isinstance(padding, str):
        return padding, weights
    pads, sizes = _pair(padding), weights.shape[2:]
    if pads == (0, 0):
        # One pixel needs no padding in either scheme; "same" then keeps sizes that stride divides.
        return "valid", weights
    if stride == 1:
        if all(2 * p == dilation * (k - 1) for p, k in zip(pads, sizes, strict=True)):
            return "same", weights
    elif stride == 2 and dilation == 1:
        wanted = [2 * p + stride for p in pads]
        if all(k - stride <= 2 * p < k for p, k in zip(pads, sizes, strict=True)):
            zeros = [(0, w - k) for w, k in zip(wanted, sizes, strict=True)]
            return "same", np.pad(weights, [(0, 0), (0, 0), *zeros])
    raise UnsupportedError(
        f"padding {pads} with a {sizes[0]}x{sizes[1]} kernel, stride {stride}, dilation {dilation} "
        'is neither "same" nor "valid"'
    )


def _conv2d(call: Call) -> str:
    """`conv2d(x, weight, bias, stride, padding, dilation, groups)`."""
    weights = call.array(1)
    stride, dilation = _one(call.args[3], "strides"), _one(call.args[5], "dilations")
    groups: int = call.args[6]
    padding, weights = _same_or_valid(weights, call.args[4], stride, dilation)
    bias = call.build.constant(f"{call.name}/bias", _bias(call, len(weights)))
    attributes: dict[str, Any] = {"padding": padding, "stride": stride, "dilation": dilation}
    channels = call.shape()[3]
    if groups == channels and groups > 1:
        # (O, 1, kh, kw) to (1, kh, kw, O): both count outputs of one input next to each other.
        name = call.build.constant(f"{call.name}/weights", weights[:, 0].transpose(1, 2, 0)[None])
        attributes["multiplier"] = len(weights) // groups
        return call.emit(Kind.DEPTHWISE_CONV_2D, call.x(), name, bias, **attributes)
    name = call.build.constant(f"{call.name}/weights", weights.transpose(0, 2, 3, 1))
    return call.emit(Kind.CONV_2D, call.x(), name, bias, **attributes)


def _convolution(call: Call) -> str:
    """`convolution(x, weight, bias, stride, padding, dilation, transposed, output_padding, g)`."""
    x, weight, bias, stride, padding, dilation, transposed, output_padding, groups = call.args
    if transposed:
        args = (x, weight, bias, stride, padding, output_padding, groups, dilation)
        return _conv_transpose2d(Call(call.build, call.name, args))
    return _conv2d(
        Call(call.build, call.name, (x, weight, bias, stride, padding, dilation, groups))
    )


def _conv_transpose2d(call: Call) -> str:
    """`conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)`.

    PyTorch adds `x[i] * w[k]` to `out[i * stride + k - padding]`; `.tflite` with "same" padding to
    `out[i * stride + k - (K - stride) // 2]`. They agree for K = 2 * padding + stride taps. Where
    out = stride * in, PyTorch's kernel has `output_padding` fewer: add zeros after its last tap.
    """
    weights = call.array(1)
    stride, dilation = _one(call.args[3], "strides"), _one(call.args[7], "dilations")
    groups: int = call.args[6]
    if dilation != 1:
        raise UnsupportedError("dilation")
    zeros = []
    for kernel, pad, extra in zip(
        weights.shape[2:], _pair(call.args[4]), _pair(call.args[5]), strict=True
    ):
        if kernel + extra != 2 * pad + stride:
            raise UnsupportedError(
                f"kernel {kernel}, padding {pad}, output padding {extra}: the output is not "
                f"{stride} times the input"
            )
        zeros.append((0, extra))
    weights = np.pad(weights, [(0, 0), (0, 0), *zeros])
    if groups > 1:
        weights = _block_diagonal(weights, groups)
    out_channels = weights.shape[1]
    return call.emit(
        Kind.TRANSPOSE_CONV,
        call.x(),
        call.build.constant(f"{call.name}/weights", weights.transpose(1, 2, 3, 0)),
        call.build.constant(f"{call.name}/bias", _bias(call, out_channels)),
        stride=stride,
    )


def _block_diagonal(weights: Float32, groups: int) -> Float32:
    """Grouped transposed weights (I, O/groups, kh, kw) as dense ones (I, O, kh, kw)."""
    inputs, per_group, height, width = weights.shape
    dense = np.zeros((inputs, per_group * groups, height, width), np.float32)
    step = inputs // groups
    for group in range(groups):
        rows, columns = group * step, group * per_group
        dense[rows : rows + step, columns : columns + per_group] = weights[rows : rows + step]
    return dense


def _batch_norm(call: Call) -> list[str]:
    """Without training: a scale and an offset per channel."""
    mean, variance = call.array(3), call.array(4)
    epsilon = float(call.args[-1])
    scale = 1.0 / np.sqrt(variance.astype(np.float64) + epsilon)
    if call.args[1] is not None:
        scale = scale * call.array(1)
    offset = -mean * scale
    if call.args[2] is not None:
        offset = offset + call.array(2)
    build = call.build
    scaled = call.emit(
        Kind.MUL, call.x(), build.constant(f"{call.name}/scale", scale[None, None, None]),
        suffix="/scaled",
    )  # fmt: skip
    constant = build.constant(f"{call.name}/offset", offset[None, None, None])
    return [call.emit(Kind.ADD, scaled, constant)]


def _arithmetic(kind: Kind) -> Callable[[Call], str]:
    def lower(call: Call) -> str:
        first, second = call.args[0], call.args[1]
        alpha = call.args[2] if len(call.args) > 2 else 1
        left, right = call.operand(first, "first"), call.operand(second, "second")
        if alpha != 1:
            factor = call.build.constant(f"{call.name}/alpha", np.full((1, 1, 1, 1), alpha))
            right = call.emit(Kind.MUL, right, factor, suffix="/scaled")
        return call.emit(kind, left, right)

    return lower


def _rsub(call: Call) -> str:
    return _arithmetic(Kind.SUB)(
        Call(call.build, call.name, (call.args[1], call.args[0], *call.args[2:]))
    )


def _div(call: Call) -> str:
    dividend, divisor = call.args[0], call.args[1]
    if isinstance(divisor, (Activation, SpatialSum)):
        raise UnsupportedError("division by a computed tensor")
    if isinstance(dividend, SpatialSum):
        shape = call.build.types[dividend.source.name].shape
        if dividend.axes == {2, 3} and float(divisor) == shape[1] * shape[2]:
            return call.emit(Kind.MEAN, dividend.source.name)
        raise UnsupportedError("a sum over the picture that is not divided by its number of pixels")
    inverse = 1.0 / torch.as_tensor(divisor, dtype=torch.float64)
    return call.emit(Kind.MUL, call.x(), call.operand(inverse, "second"))


def _neg(call: Call) -> str:
    return call.emit(Kind.MUL, call.x(), call.operand(-1.0, "second"))


def _pow(call: Call) -> str:
    if call.args[1] == 2:
        return call.emit(Kind.MUL, call.x(), call.x())
    if call.args[1] == 0.5:
        return call.emit(Kind.SQRT, call.x())
    raise UnsupportedError(f"exponent {call.args[1]}")


def _unary(kind: Kind) -> Callable[[Call], str]:
    return lambda call: call.emit(kind, call.x())


def _prelu(call: Call) -> str:
    slopes = np.broadcast_to(call.array(1).reshape(-1), (call.shape()[3],))
    name = call.build.constant(f"{call.name}/slopes", slopes[None, None])
    return call.emit(Kind.PRELU, call.x(), name)


def _leaky_relu(call: Call) -> str:
    return call.emit(Kind.LEAKY_RELU, call.x(), alpha=float(call.args[1]))


def _silu(call: Call) -> str:
    gate = call.emit(Kind.LOGISTIC, call.x(), suffix="/gate")
    return call.emit(Kind.MUL, call.x(), gate)


def _clamp(call: Call) -> str:
    """Between 0 and a ceiling: `relu(c - relu(c - x))`."""
    low, high = call.args[1], call.args[2]
    if low != 0:
        raise UnsupportedError(f"a lower bound of {low}")
    if high is None or math.isinf(high):
        return call.emit(Kind.RELU, call.x())
    ceiling = call.operand(float(high), "ceiling")
    below = call.emit(Kind.SUB, ceiling, call.x(), suffix="/below")
    below = call.emit(Kind.RELU, below, suffix="/room")
    return call.emit(Kind.RELU, call.emit(Kind.SUB, ceiling, below, suffix="/bounded"))


def shuffle_order(channels: int, block: int) -> NDArray[np.intp]:
    """Where DEPTH_TO_SPACE's input channels (r, r, c) stand in PyTorch's (c, r, r)."""
    order = np.arange(channels * block**2).reshape(channels, block**2)
    return order.T.reshape(-1)


def _pixel_shuffle(call: Call) -> str:
    block: int = call.args[1]
    order = shuffle_order(call.shape()[3] // block**2, block)
    x = call.build.permute(call.x(), order, call.name)
    return call.emit(Kind.DEPTH_TO_SPACE, x, block=block)


def _pixel_unshuffle(call: Call) -> str:
    block: int = call.args[1]
    order = shuffle_order(call.shape()[3], block)
    if call.shape()[3] == 1:
        return call.emit(Kind.SPACE_TO_DEPTH, call.x(), block=block)
    mixed = call.emit(Kind.SPACE_TO_DEPTH, call.x(), suffix="/mixed", block=block)
    return call.build.permute(mixed, np.argsort(order), call.name)


def _resize(kind: Kind, call: Call, size: Any, factors: Any) -> str:
    _, height, width, _ = call.shape()
    wanted = list(factors) if size is None else [size[0] / height, size[1] / width]
    factor = wanted[0]
    if factor != wanted[1] or factor != int(factor) or factor < 1:
        raise UnsupportedError(
            f"a factor of {wanted[0]} x {wanted[1]}; one whole factor is supported"
        )
    return call.emit(kind, call.x(), factor=int(factor))


def _nearest(call: Call) -> str:
    """`upsample_nearest2d.vec(x, size, factors)`."""
    return _resize(Kind.RESIZE_NEAREST_NEIGHBOR, call, call.args[1], call.args[2])


def _bilinear(call: Call) -> str:
    """`upsample_bilinear2d.vec(x, size, align_corners, factors)`."""
    if call.args[2]:
        raise UnsupportedError("align_corners=True")
    return _resize(Kind.RESIZE_BILINEAR, call, call.args[1], call.args[3])


def _cat(call: Call) -> str:
    if call.args[1] not in (1, -3):
        raise UnsupportedError(f"joining over axis {call.args[1]}; only channels can be joined")
    names = [call.operand(value, "constant") for value in call.args[0]]
    return call.emit(Kind.CONCATENATION, *names)


def _channels_axis(axis: int) -> None:
    if axis not in (1, -3):
        raise UnsupportedError(f"cutting over axis {axis}; only channels can be cut")


def _slice(call: Call) -> Activation | str:
    """`slice(x, dim, start, end, step)`."""
    axis, start, end, step = call.args[1:5]
    length = _nchw(call.shape())[axis]
    begin, stop, stride = slice(start, end, step).indices(length)
    if (begin, stop, stride) == (0, length, 1):
        return Activation(call.x())
    _channels_axis(axis)
    if stride != 1:
        raise UnsupportedError(f"a step of {stride}")
    return call.emit(Kind.SLICE, call.x(), begin=begin, size=stop - begin)


def _split(call: Call) -> list[str]:
    """`split(x, size or sizes, dim)` and `split_with_sizes`."""
    _channels_axis(call.args[2])
    channels = call.shape()[3]
    sizes = call.args[1]
    if isinstance(sizes, int):
        sizes = [min(sizes, channels - begin) for begin in range(0, channels, sizes)]
    return _pieces(call, sizes)


def _chunk(call: Call) -> list[str]:
    _channels_axis(call.args[2])
    channels = call.shape()[3]
    size = -(-channels // call.args[1])
    return _pieces(call, [min(size, channels - begin) for begin in range(0, channels, size)])


def _pieces(call: Call, sizes: Sequence[int]) -> list[str]:
    begins = np.cumsum([0, *sizes[:-1]])
    return [
        call.emit(Kind.SLICE, call.x(), suffix=f"/{n}", begin=int(begin), size=int(size))
        for n, (begin, size) in enumerate(zip(begins, sizes, strict=True))
    ]


def _repeat(call: Call) -> Activation | str:
    """`repeat(x, (1, n, 1, 1))`: n copies of all channels."""
    counts = list(call.args[1])
    if len(counts) != 4 or counts[0] != 1 or counts[2:] != [1, 1]:
        raise UnsupportedError(f"repeats {counts}; only channels can be repeated")
    if counts[1] == 1:
        return Activation(call.x())
    return call.emit(Kind.CONCATENATION, *[call.x()] * counts[1])


def _repeat_interleave(call: Call) -> str:
    """`repeat_interleave(x, n, 1)`: each channel n times, as a 1x1 convolution of ones."""
    count, axis = call.args[1], call.args[2]
    _channels_axis(axis)
    channels = call.shape()[3]
    weights = np.repeat(np.eye(channels, dtype=np.float32), count, axis=0)[:, None, None]
    return call.emit(
        Kind.CONV_2D,
        call.x(),
        call.build.constant(f"{call.name}/weights", weights),
        call.build.constant(f"{call.name}/bias", np.zeros(len(weights), np.float32)),
        padding="valid",
        stride=1,
        dilation=1,
    )


def _nchw(shape: Sequence[int]) -> tuple[int, ...]:
    return (shape[0], shape[3], shape[1], shape[2])


def _spatial(axes: Sequence[int] | None, kept: bool) -> frozenset[int]:
    found = frozenset(axis % 4 for axis in axes or ())
    if not found or not found <= {2, 3} or not kept:
        raise UnsupportedError("only rows and columns, kept as axes of one, can be averaged")
    return found


def _mean(call: Call) -> str:
    if _spatial(call.args[1], call.args[2]) != {2, 3}:
        raise UnsupportedError("a mean over rows or columns alone")
    return call.emit(Kind.MEAN, call.x())


def _sum(call: Call) -> SpatialSum:
    value = call.args[0]
    axes = _spatial(call.args[1], call.args[2])
    if isinstance(value, SpatialSum):
        return SpatialSum(value.source, value.axes | axes)
    return SpatialSum(Activation(call.x()), axes)


def _variance(call: Call) -> str:
    """`var(x, dim, correction, keepdim)` without the correction, which depends on the size."""
    if _spatial(call.args[1], call.args[3]) != {2, 3} or call.args[2] != 0:
        raise UnsupportedError("only the variance over rows and columns without a correction")
    mean = call.emit(Kind.MEAN, call.x(), suffix="/mean")
    apart = call.emit(Kind.SUB, call.x(), mean, suffix="/apart")
    square = call.emit(Kind.MUL, apart, apart, suffix="/square")
    return call.emit(Kind.MEAN, square)


def _deviation(call: Call) -> str:
    variance = _variance(Call(call.build, f"{call.name}/variance", call.args))
    return call.emit(Kind.SQRT, variance)


def _average_pool(call: Call) -> str:
    if _pair(call.args[1]) != (1, 1):
        raise UnsupportedError("pooling to more than one pixel")
    return call.emit(Kind.MEAN, call.x())


def _symmetric_pad(call: Call) -> str:
    return call.emit(Kind.MIRROR_PAD, call.x(), amount=call.args[1])


def _pad(call: Call) -> Activation | str:
    """`pad(x, amounts, mode, value)`: a repeated border of one pixel is the one we have."""
    amounts, mode = list(call.args[1]), call.args[2]
    if not any(amounts):
        return Activation(call.x())
    if mode == "replicate" and amounts == [1, 1, 1, 1]:
        return call.emit(Kind.MIRROR_PAD, call.x(), amount=1)
    raise UnsupportedError(f"{mode} padding by {amounts}")


def _pass(call: Call) -> Activation:
    return Activation(call.x())


Lowered = Activation | SpatialSum | str | list[str]

LOWERINGS: dict[str, Callable[[Call], Lowered]] = {
    "aten.conv2d.default": _conv2d,
    "aten.conv2d.padding": _conv2d,
    "aten.convolution.default": _convolution,
    "aten.conv_transpose2d.input": _conv_transpose2d,
    "aten._native_batch_norm_legit_no_training.default": _batch_norm,
    "aten.relu.default": _unary(Kind.RELU),
    "aten.tanh.default": _unary(Kind.TANH),
    "aten.sigmoid.default": _unary(Kind.LOGISTIC),
    "aten.sqrt.default": _unary(Kind.SQRT),
    "aten.prelu.default": _prelu,
    "aten.leaky_relu.default": _leaky_relu,
    "aten.silu.default": _silu,
    "aten.clamp.default": _clamp,
    "aten.clamp_min.default": lambda call: _clamp(Call(call.build, call.name, (*call.args, None))),
    "aten.hardtanh.default": _clamp,
    "aten.relu6.default": lambda call: _clamp(Call(call.build, call.name, (call.args[0], 0, 6))),
    "aten.add.Tensor": _arithmetic(Kind.ADD),
    "aten.add.Scalar": _arithmetic(Kind.ADD),
    "aten.sub.Tensor": _arithmetic(Kind.SUB),
    "aten.sub.Scalar": _arithmetic(Kind.SUB),
    "aten.rsub.Scalar": _rsub,
    "aten.rsub.Tensor": _rsub,
    "aten.mul.Tensor": _arithmetic(Kind.MUL),
    "aten.mul.Scalar": _arithmetic(Kind.MUL),
    "aten.div.Tensor": _div,
    "aten.div.Scalar": _div,
    "aten.neg.default": _neg,
    "aten.pow.Tensor_Scalar": _pow,
    "aten.pixel_shuffle.default": _pixel_shuffle,
    "aten.pixel_unshuffle.default": _pixel_unshuffle,
    "aten.upsample_nearest2d.vec": _nearest,
    "aten.upsample_nearest2d.default": lambda call: _resize(
        Kind.RESIZE_NEAREST_NEIGHBOR, call, call.args[1], None
    ),
    "aten.upsample_bilinear2d.vec": _bilinear,
    "aten.cat.default": _cat,
    "aten.slice.Tensor": _slice,
    "aten.split.Tensor": _split,
    "aten.split_with_sizes.default": _split,
    "aten.chunk.default": _chunk,
    "aten.repeat.default": _repeat,
    "aten.repeat_interleave.self_int": _repeat_interleave,
    "aten.mean.dim": _mean,
    "aten.sum.dim_IntList": _sum,
    "aten.var.correction": _variance,
    "aten.std.correction": _deviation,
    "aten.adaptive_avg_pool2d.default": _average_pool,
    "aten.pad.default": _pad,
    "vernier.symmetric_pad.default": _symmetric_pad,
    "aten.clone.default": _pass,
    "aten.contiguous.default": _pass,
    "aten.alias.default": _pass,
    "aten.detach.default": _pass,
    "aten.dropout.default": _pass,
}
