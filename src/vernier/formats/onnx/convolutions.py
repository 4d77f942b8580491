"""ONNX's convolutions, with their paddings, as those of our graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.onnx.call import Call, Padded, check_floating
from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import UnsupportedError

Float32 = NDArray[np.float32]
Pads = tuple[int, int, int, int]
# Of strides, dilations and pads: more is no enlargement of pictures.
LARGEST_STEP = 64


def conv(call: Call) -> str:
    """`Conv(x, weights, bias)`: weights (O, I/groups, kh, kw)."""
    value = call.given(0)
    x = value.source if isinstance(value, Padded) else call.x()
    added = value.pads if isinstance(value, Padded) else (0, 0, 0, 0)
    weights = _weights(call)
    stride, dilation = _one(call, "strides"), _one(call, "dilations")
    padding, weights = _padded(call, x, weights, added, stride, dilation)
    groups = call.whole("group", 1)
    channels = call.build.channels(x)
    if groups < 1 or channels != groups * weights.shape[1]:
        raise UnsupportedError(
            f"weights of shape {weights.shape} in {groups} groups, for {channels} channels"
        )
    bias = call.build.constant(f"{call.name}/bias", _bias(call, len(weights)))
    attributes: dict[str, Any] = {"padding": padding, "stride": stride, "dilation": dilation}
    if groups == channels and groups > 1:
        # (O, 1, kh, kw) to (1, kh, kw, O): both count outputs of one input next to each other.
        name = call.build.constant(f"{call.name}/weights", weights[:, 0].transpose(1, 2, 0)[None])
        attributes["multiplier"] = len(weights) // groups
        return call.emit(Kind.DEPTHWISE_CONV_2D, x, name, bias, **attributes)
    name = call.build.constant(f"{call.name}/weights", weights.transpose(0, 2, 3, 1))
    return call.emit(Kind.CONV_2D, x, name, bias, **attributes)


def conv_transpose(call: Call) -> str:
    """`ConvTranspose(x, weights, bias)`: weights (I, O/groups, kh, kw).

    ONNX adds `x[i] * w[k]` to `out[i * stride + k - pad]`, `.tflite` with "same" padding to
    `out[i * stride + k - (K - stride) // 2]`; zeros around the kernel make one the other wherever
    the output is `stride` times the input.
    """
    weights = _weights(call)
    stride = _one(call, "strides")
    if _one(call, "dilations") != 1:
        raise UnsupportedError("dilation")
    if call.wholes("output_shape") is not None:
        raise UnsupportedError("output_shape, which fits one picture size alone")
    extra = call.wholes("output_padding", default=(0, 0)) or (0, 0)
    kernel = weights.shape[2:]
    pads = _transposed_pads(call, kernel, stride, extra)
    zeros = []
    for axis, taps in enumerate(kernel):
        before, after = pads[axis], pads[axis + 2]
        # `output_padding` gives outputs after the last tap: as good as taps of zero there.
        fitted = None
        if taps + extra[axis] == before + after + stride:
            fitted = _zero_taps(taps, stride, 1, before)
        if fitted is None:
            raise UnsupportedError(
                f"kernel {taps}, pads {before} and {after}, output padding {extra[axis]}: the "
                f"output is not {stride} times the input"
            )
        zeros.append(fitted)
    weights = np.pad(weights, [(0, 0), (0, 0), *zeros])
    groups = call.whole("group", 1)
    channels = call.shape()[3]
    if groups < 1 or len(weights) != channels or channels % groups:
        raise UnsupportedError(
            f"weights of shape {weights.shape} in {groups} groups, for {channels} channels"
        )
    dense = _block_diagonal(weights, groups)
    return call.emit(
        Kind.TRANSPOSE_CONV,
        call.x(),
        call.build.constant(f"{call.name}/weights", dense.transpose(1, 2, 3, 0)),
        call.build.constant(f"{call.name}/bias", _bias(call, dense.shape[1])),
        stride=stride,
    )


def _weights(call: Call) -> Float32:
    weights = call.array(1)
    if weights.ndim != 4 or not weights.size:
        raise UnsupportedError(
            f"weights of shape {weights.shape}; only pictures can be convolved, with 4 axes"
        )
    kernel = call.wholes("kernel_shape", default=weights.shape[2:])
    if kernel != weights.shape[2:]:
        raise UnsupportedError(f"kernel_shape {kernel}, but weights of shape {weights.shape}")
    return weights


def _bias(call: Call, channels: int) -> Float32:
    bias = call.constant(2)
    if bias is None:
        return np.zeros(channels, np.float32)
    check_floating(bias, "its bias")
    if bias.shape != (channels,):
        raise UnsupportedError(f"a bias of shape {bias.shape} for {channels} channels")
    return np.asarray(bias, np.float32)


def _one(call: Call, attribute: str) -> int:
    """The number that rows and columns must share."""
    values = call.wholes(attribute, default=(1, 1)) or (1, 1)
    if len(values) != 2 or values[0] != values[1] or not 1 <= values[0] <= LARGEST_STEP:
        raise UnsupportedError(
            f"{attribute} {values}, expected one number for both axes, up to {LARGEST_STEP}"
        )
    return values[0]


def _pads(call: Call) -> Pads:
    pads = call.wholes("pads", default=(0, 0, 0, 0)) or (0, 0, 0, 0)
    if len(pads) != 4 or min(pads) < 0 or max(pads) > LARGEST_STEP:
        raise UnsupportedError(f"pads {pads}, expected four numbers of pixels")
    return (pads[0], pads[1], pads[2], pads[3])


def _padded(
    call: Call, x: str, weights: Float32, added: Pads, stride: int, dilation: int
) -> tuple[str, Float32]:
    """`.tflite`'s padding, and the kernel with the zeros that it needs for that."""
    auto = call.text("auto_pad", "NOTSET")
    kernel = weights.shape[2:]
    if auto == "SAME_UPPER" and not any(added):
        return "same", weights
    if auto in ("NOTSET", "VALID"):
        own = _pads(call) if auto == "NOTSET" else (0, 0, 0, 0)
        pads = tuple(one + other for one, other in zip(own, added, strict=True))
    elif auto == "SAME_LOWER" and stride == 1:
        reaches = [(taps - 1) * dilation for taps in kernel]
        pads = (*((r + 1) // 2 + p for r, p in zip(reaches, added[:2], strict=True)),
                *(r // 2 + p for r, p in zip(reaches, added[2:], strict=True)))  # fmt: skip
    else:
        raise UnsupportedError(f"auto_pad {auto} with stride {stride}")
    if not any(pads):
        return "valid", weights
    zeros = []
    for axis, taps in enumerate(kernel):
        before, after = pads[axis], pads[axis + 2]
        reach = (taps - 1) * dilation + 1
        fitted = None
        if reach - stride <= before + after < reach:
            fitted = _zero_taps(taps, stride, dilation, before)
        if fitted is None:
            raise UnsupportedError(
                f"pads {pads} with a {kernel[0]}x{kernel[1]} kernel, stride {stride}, dilation "
                f'{dilation} are neither "same" nor "valid"'
            )
        zeros.append(fitted)
    _, rows, columns, _ = call.build.types[x].shape
    if rows % stride or columns % stride:
        raise UnsupportedError(
            f"stride {stride} on {columns}x{rows} pixels; import it for a multiple of the stride"
        )
    return "same", np.pad(weights, [(0, 0), (0, 0), *zeros])


def _zero_taps(taps: int, stride: int, dilation: int, before: int) -> tuple[int, int] | None:
    """The fewest zeros before and after a kernel with which "same" pads `before` pixels.

    `.tflite` pads `(reach - stride) // 2` before a picture whose size the stride divides.
    """
    for zeros in range(taps + 2 * (before + stride)):
        reach = (taps + zeros - 1) * dilation + 1
        for first in range(zeros + 1):
            if reach >= stride and (reach - stride) // 2 == before + first * dilation:
                return first, zeros - first
    return None


def _transposed_pads(
    call: Call, kernel: tuple[int, ...], stride: int, extra: tuple[int, ...]
) -> Pads:
    auto = call.text("auto_pad", "NOTSET")
    if len(extra) != 2:
        raise UnsupportedError(f"output_padding {extra}, expected two numbers")
    if auto == "NOTSET":
        return _pads(call)
    if auto == "VALID":
        return (0, 0, 0, 0)
    # Either "same" makes the output `stride` times the input; the odd pixel goes after or before.
    totals = [max(0, taps + more - stride) for taps, more in zip(kernel, extra, strict=True)]
    small, large = [total // 2 for total in totals], [-(-total // 2) for total in totals]
    if auto == "SAME_UPPER":
        return (small[0], small[1], large[0], large[1])
    if auto == "SAME_LOWER":
        return (large[0], large[1], small[0], small[1])
    raise UnsupportedError(f"auto_pad {auto}")


def _block_diagonal(weights: Float32, groups: int) -> Float32:
    """Grouped transposed weights (I, O/groups, kh, kw) as dense ones (I, O, kh, kw)."""
    inputs, per_group, height, width = weights.shape
    dense = np.zeros((groups, inputs // groups, groups, per_group, height, width), np.float32)
    for group, own in enumerate(np.split(weights, groups)):
        dense[group, :, group] = own
    return dense.reshape(inputs, groups * per_group, height, width)


def batch_norm(call: Call) -> str:
    """`BatchNormalization(x, scale, offset, mean, variance)`: a factor and an offset a channel."""
    if call.whole("training_mode", 0):
        raise UnsupportedError("training_mode")
    scale, offset, mean, variance = (call.array(k).astype(np.float64) for k in range(1, 5))
    factor = scale / np.sqrt(variance + call.number("epsilon", 1e-5))
    shift = offset - mean * factor
    build = call.build
    scaled = call.emit(
        Kind.MUL, call.x(), build.constant(f"{call.name}/scale", factor[None, None, None]),
        suffix="/scaled",
    )  # fmt: skip
    return call.emit(
        Kind.ADD, scaled, build.constant(f"{call.name}/offset", shift[None, None, None])
    )
