"""Convolutions of PyTorch, with its paddings, as those of our graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import UnsupportedError
from vernier.networks.capture.lowering_call import Call, one, pair

Float32 = NDArray[np.float32]


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
    pads, sizes = pair(padding), weights.shape[2:]
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


def conv2d(call: Call) -> str:
    """`conv2d(x, weight, bias, stride, padding, dilation, groups)`."""
    weights = call.array(1)
    stride, dilation = one(call.args[3], "strides"), one(call.args[5], "dilations")
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


def convolution(call: Call) -> str:
    """`convolution(x, weight, bias, stride, padding, dilation, transposed, output_padding, g)`."""
    x, weight, bias, stride, padding, dilation, transposed, output_padding, groups = call.args
    if transposed:
        args = (x, weight, bias, stride, padding, output_padding, groups, dilation)
        return conv_transpose2d(Call(call.build, call.name, args))
    return conv2d(Call(call.build, call.name, (x, weight, bias, stride, padding, dilation, groups)))


def conv_transpose2d(call: Call) -> str:
    """`conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)`.

    PyTorch adds `x[i] * w[k]` to `out[i * stride + k - padding]`; `.tflite` with "same" padding to
    `out[i * stride + k - (K - stride) // 2]`. They agree for K = 2 * padding + stride taps. Where
    out = stride * in, PyTorch's kernel has `output_padding` fewer: add zeros after its last tap.
    """
    weights = call.array(1)
    stride, dilation = one(call.args[3], "strides"), one(call.args[7], "dilations")
    groups: int = call.args[6]
    if dilation != 1:
        raise UnsupportedError("dilation")
    zeros = []
    for kernel, pad, extra in zip(
        weights.shape[2:], pair(call.args[4]), pair(call.args[5]), strict=True
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


def batch_norm(call: Call) -> list[str]:
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
