"""What moves samples without computing: shuffles, resizing, joining, cutting, padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import COLUMNS, ROWS, Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.networks.capture.lowering_call import Call, check_channels_axis, nchw


def shuffle_order(channels: int, block: int) -> NDArray[np.intp]:
    """Where DEPTH_TO_SPACE's input channels (r, r, c) stand in PyTorch's (c, r, r)."""
    order = np.arange(channels * block**2).reshape(channels, block**2)
    return order.T.reshape(-1)


def pixel_shuffle(call: Call) -> str:
    """`pixel_shuffle(x, factor)`."""
    block: int = call.args[1]
    order = shuffle_order(call.shape()[3] // block**2, block)
    x = call.build.permute(call.x(), order, call.name)
    return call.emit(Kind.DEPTH_TO_SPACE, x, block=block)


def pixel_unshuffle(call: Call) -> str:
    """`pixel_unshuffle(x, factor)`."""
    block: int = call.args[1]
    order = shuffle_order(call.shape()[3], block)
    if call.shape()[3] == 1:
        return call.emit(Kind.SPACE_TO_DEPTH, call.x(), block=block)
    mixed = call.emit(Kind.SPACE_TO_DEPTH, call.x(), suffix="/mixed", block=block)
    return call.build.permute(mixed, np.argsort(order), call.name)


def resize(kind: Kind, call: Call, size: Any, factors: Any) -> str:
    """An enlargement by one whole factor, told as a size or as factors."""
    _, height, width, _ = call.shape()
    wanted = list(factors) if size is None else [size[0] / height, size[1] / width]
    factor = wanted[0]
    if factor != wanted[1] or factor != int(factor) or factor < 1:
        raise UnsupportedError(
            f"a factor of {wanted[0]} x {wanted[1]}; one whole factor is supported"
        )
    return call.emit(kind, call.x(), factor=int(factor))


def nearest(call: Call) -> str:
    """`upsample_nearest2d.vec(x, size, factors)`."""
    return resize(Kind.RESIZE_NEAREST_NEIGHBOR, call, call.args[1], call.args[2])


def bilinear(call: Call) -> str:
    """`upsample_bilinear2d.vec(x, size, align_corners, factors)`."""
    if call.args[2]:
        raise UnsupportedError("align_corners=True")
    return resize(Kind.RESIZE_BILINEAR, call, call.args[1], call.args[3])


def concatenate(call: Call) -> str:
    """`cat(tensors, dim)`."""
    if call.args[1] not in (1, -3):
        raise UnsupportedError(f"joining over axis {call.args[1]}; only channels can be joined")
    names = [call.operand(value, "constant") for value in call.args[0]]
    return call.emit(Kind.CONCATENATION, *names)


def channel_slice(call: Call) -> Activation | str:
    """`slice(x, dim, start, end, step)`."""
    axis, start, end, step = call.args[1:5]
    length = nchw(call.shape())[axis]
    begin, stop, stride = slice(start, end, step).indices(length)
    if (begin, stop, stride) == (0, length, 1):
        return Activation(call.x())
    check_channels_axis(axis)
    if stride != 1:
        raise UnsupportedError(f"a step of {stride}")
    return call.emit(Kind.SLICE, call.x(), begin=begin, size=stop - begin)


def split(call: Call) -> list[str]:
    """`split(x, size or sizes, dim)` and `split_with_sizes`."""
    check_channels_axis(call.args[2])
    channels = call.shape()[3]
    sizes = call.args[1]
    if isinstance(sizes, int):
        sizes = [min(sizes, channels - begin) for begin in range(0, channels, sizes)]
    return _pieces(call, sizes)


def chunk(call: Call) -> list[str]:
    """`chunk(x, pieces, dim)`."""
    check_channels_axis(call.args[2])
    channels = call.shape()[3]
    size = -(-channels // call.args[1])
    return _pieces(call, [min(size, channels - begin) for begin in range(0, channels, size)])


def _pieces(call: Call, sizes: Sequence[int]) -> list[str]:
    begins = np.cumsum([0, *sizes[:-1]])
    return [
        call.emit(Kind.SLICE, call.x(), suffix=f"/{n}", begin=int(begin), size=int(size))
        for n, (begin, size) in enumerate(zip(begins, sizes, strict=True))
    ]


def repeat(call: Call) -> Activation | str:
    """`repeat(x, (1, n, 1, 1))`: n copies of all channels."""
    counts = list(call.args[1])
    if len(counts) != 4 or counts[0] != 1 or counts[2:] != [1, 1]:
        raise UnsupportedError(f"repeats {counts}; only channels can be repeated")
    if counts[1] == 1:
        return Activation(call.x())
    return call.emit(Kind.CONCATENATION, *[call.x()] * counts[1])


def repeat_interleave(call: Call) -> str:
    """`repeat_interleave(x, n, 1)`: each channel n times, as a 1x1 convolution of ones."""
    count, axis = call.args[1], call.args[2]
    check_channels_axis(axis)
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


def roll(call: Call) -> Activation | str:
    """`roll(x, shifts, dims)` of rows and columns: cut in two, and joined the other way round."""
    shifts, axes = list(call.args[1]), [axis % 4 for axis in call.args[2]]
    _needs_fixed_size(call, "rolls the picture")
    if not set(axes) <= {2, 3} or len(shifts) != len(axes):
        raise UnsupportedError(f"shifts {shifts} of axes {axes}; rows and columns can be rolled")
    x = call.x()
    for shift, axis in zip(shifts, (ROWS if axis == 2 else COLUMNS for axis in axes), strict=True):
        size = call.build.types[x].shape[axis]
        tail = shift % size
        if tail:
            place = "rows" if axis == ROWS else "columns"
            pieces = [
                call.emit(
                    Kind.SLICE, x, suffix=f"/{place}/{n}", begin=begin, size=length, axis=axis
                )
                for n, (begin, length) in enumerate([(size - tail, tail), (0, size - tail)])
            ]
            x = call.emit(Kind.CONCATENATION, *pieces, suffix=f"/{place}", axis=axis)
    return Activation(x)


def windows(call: Call) -> str:
    """`windows(x, side)` of `vernier.networks.architectures.windows`."""
    _needs_fixed_size(call, "cuts the picture into windows")
    side: int = call.args[1]
    _, height, width, channels = call.shape()
    # A block of pixels becomes channels in the order (row, column, channel): a window's tokens.
    packed = call.emit(Kind.SPACE_TO_DEPTH, call.x(), suffix="/packed", block=side)
    return call.emit(
        Kind.RESHAPE,
        packed,
        rows=height * width // side**2,
        columns=side**2,
        channels=channels,
    )


def unwindows(call: Call) -> str:
    """`unwindows(x, side, rows, columns)`, its inverse."""
    side, rows, columns = call.args[1:4]
    channels = call.shape()[3] * side**2
    packed = call.emit(
        Kind.RESHAPE,
        call.x(),
        suffix="/packed",
        rows=rows // side,
        columns=columns // side,
        channels=channels,
    )
    return call.emit(Kind.DEPTH_TO_SPACE, packed, block=side)


def _needs_fixed_size(call: Call, what: str) -> None:
    if not call.build.fixed_size:
        raise UnsupportedError(
            f"it {what}, which fits one size of it only; if that is enough, set module.fixed_size"
        )


def symmetric_pad(call: Call) -> str:
    """`symmetric_pad(x, amount)` of `bicubic_upscale`."""
    return call.emit(Kind.MIRROR_PAD, call.x(), amount=call.args[1])


def pad(call: Call) -> Activation | str:
    """`pad(x, amounts, mode, value)`: a repeated border of one pixel is the one we have."""
    amounts, mode = list(call.args[1]), call.args[2]
    if not any(amounts):
        return Activation(call.x())
    if mode == "replicate" and amounts == [1, 1, 1, 1]:
        return call.emit(Kind.MIRROR_PAD, call.x(), amount=1)
    raise UnsupportedError(f"{mode} padding by {amounts}")
