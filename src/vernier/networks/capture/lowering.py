"""ATen operators, NCHW, as operators of our graph, NHWC: the table, arithmetic and means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from vernier.graphs.graph import CHANNELS, Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.networks.capture import lowering_convolutions as convolutions
from vernier.networks.capture import lowering_layout as layout
from vernier.networks.capture.lowering_call import Call, SpatialSum, pair


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


def _gelu(call: Call) -> str:
    if call.args[1] != "none":
        raise UnsupportedError(f"the approximation {call.args[1]!r}; only the exact form is known")
    return call.emit(Kind.GELU, call.x())


def _softmax(call: Call) -> str:
    if call.args[1] not in (1, -3):
        raise UnsupportedError(f"a softmax over axis {call.args[1]}; only channels are supported")
    return call.emit(Kind.SOFTMAX, call.x())


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


def _spatial(axes: Sequence[int] | None, kept: bool) -> frozenset[int]:
    found = frozenset(axis % 4 for axis in axes or ())
    if not found or not found <= {2, 3} or not kept:
        raise UnsupportedError(
            "only rows and columns, or channels, kept as axes of one, can be averaged"
        )
    return found


def _mean(call: Call) -> str:
    axes, kept = call.args[1], call.args[2]
    if axes is not None and [axis % 4 for axis in axes] == [1] and kept:
        return call.emit(Kind.MEAN, call.x(), axis=CHANNELS)
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
    if pair(call.args[1]) != (1, 1):
        raise UnsupportedError("pooling to more than one pixel")
    return call.emit(Kind.MEAN, call.x())


def _pass(call: Call) -> Activation:
    return Activation(call.x())


Lowered = Activation | SpatialSum | str | list[str]

LOWERINGS: dict[str, Callable[[Call], Lowered]] = {
    "aten.conv2d.default": convolutions.conv2d,
    "aten.conv2d.padding": convolutions.conv2d,
    "aten.convolution.default": convolutions.convolution,
    "aten.conv_transpose2d.input": convolutions.conv_transpose2d,
    "aten._native_batch_norm_legit_no_training.default": convolutions.batch_norm,
    "aten.relu.default": _unary(Kind.RELU),
    "aten.tanh.default": _unary(Kind.TANH),
    "aten.sigmoid.default": _unary(Kind.LOGISTIC),
    "aten.sqrt.default": _unary(Kind.SQRT),
    "aten.rsqrt.default": _unary(Kind.RSQRT),
    "aten.gelu.default": _gelu,
    "aten.softmax.int": _softmax,
    "aten._softmax.default": _softmax,
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
    "aten.pixel_shuffle.default": layout.pixel_shuffle,
    "aten.pixel_unshuffle.default": layout.pixel_unshuffle,
    "aten.upsample_nearest2d.vec": layout.nearest,
    "aten.upsample_nearest2d.default": lambda call: layout.resize(
        Kind.RESIZE_NEAREST_NEIGHBOR, call, call.args[1], None
    ),
    "aten.upsample_bilinear2d.vec": layout.bilinear,
    "aten.cat.default": layout.concatenate,
    "aten.roll.default": layout.roll,
    "aten.slice.Tensor": layout.channel_slice,
    "aten.split.Tensor": layout.split,
    "aten.split_with_sizes.default": layout.split,
    "aten.chunk.default": layout.chunk,
    "aten.repeat.default": layout.repeat,
    "aten.repeat_interleave.self_int": layout.repeat_interleave,
    "aten.mean.dim": _mean,
    "aten.sum.dim_IntList": _sum,
    "aten.var.correction": _variance,
    "aten.std.correction": _deviation,
    "aten.adaptive_avg_pool2d.default": _average_pool,
    "aten.pad.default": layout.pad,
    "vernier.symmetric_pad.default": layout.symmetric_pad,
    "vernier.windows.default": layout.windows,
    "vernier.unwindows.default": layout.unwindows,
    "vernier.token_matmul.default": lambda call: call.emit(
        Kind.BATCH_MATMUL, call.x(0), call.x(1), transposed=int(call.args[2])
    ),
    "aten.clone.default": _pass,
    "aten.contiguous.default": _pass,
    "aten.alias.default": _pass,
    "aten.detach.default": _pass,
    "aten.dropout.default": _pass,
}
