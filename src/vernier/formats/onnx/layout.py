"""ONNX's operators that move samples without computing: shuffles, resizing, joining, cutting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.onnx.arrangement import (
    Arrangement,
    Shuffle,
    Unshuffle,
    Untouched,
    recognised,
)
from vernier.formats.onnx.call import Arranged, Call, Padded
from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError

# Reshapes, transposes, and the shuffles that are made of them.


def depth_to_space(call: Call) -> Activation | Arranged:
    """By its definition: a reshape, a transpose and a reshape."""
    block = call.whole("blocksize", 0)
    _, rows, columns, channels = call.shape()
    if block < 1 or channels % block**2:
        raise UnsupportedError(f"blocksize {block} for {channels} channels")
    depth = channels // block**2
    match call.text("mode", "DCR"):
        case "DCR":
            split, order = (1, block, block, depth, rows, columns), (0, 3, 4, 1, 5, 2)
        case "CRD":
            split, order = (1, depth, block, block, rows, columns), (0, 1, 4, 2, 5, 3)
        case mode:
            raise UnsupportedError(f"mode {mode}")
    return _rearranged(call, split, order, (1, depth, rows * block, columns * block))


def space_to_depth(call: Call) -> Activation | Arranged:
    """By its definition, as `depth_to_space`."""
    block = call.whole("blocksize", 0)
    _, rows, columns, channels = call.shape()
    if block < 1 or rows % block or columns % block:
        raise UnsupportedError(f"blocksize {block} for {columns}x{rows} pixels")
    split = (1, channels, rows // block, block, columns // block, block)
    joined = (1, channels * block**2, rows // block, columns // block)
    return _rearranged(call, split, (0, 3, 5, 1, 2, 4), joined)


def reshape(call: Call) -> Activation | Arranged:
    """`Reshape(x, shape)`: 0 keeps a size, -1 is what is left."""
    source, before = _arranged(call)
    wanted = list(call.wholes("shape", 1) or ())
    if not call.whole("allowzero", 0):
        if any(size == 0 for size in wanted[len(before.shape) :]):
            raise UnsupportedError(f"shape {wanted} of a tensor of shape {before.shape}")
        kept = (*before.shape, *[0] * len(wanted))
        wanted = [size or own for size, own in zip(wanted, kept, strict=False)]
    elements = math.prod(before.shape)
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        wanted = [elements // rest if size == -1 and rest else size for size in wanted]
    if not wanted or min(wanted) < 1 or math.prod(wanted) != elements:
        _refuse_baked_size(call, wanted)
        raise UnsupportedError(f"shape {wanted} of a tensor of shape {before.shape}")
    return _reshaped(call, source, before, wanted)


def _refuse_baked_size(call: Call, wanted: Sequence[int]) -> None:
    """Say so where a shape holds the size of the one picture that a file was exported with."""
    _, rows, columns, _ = call.build.types[call.build.inputs[0]].shape
    here = call.build.types[_arranged(call)[0]].shape
    high, low = wanted[-2] * rows / here[1], wanted[-1] * columns / here[2]
    if len(wanted) == 6 and high == int(high) >= 1 and low == int(low) >= 1:
        raise UnsupportedError(
            f"the file was exported for pictures of {int(low)}x{int(high)} only; export it again "
            "with height and width as dynamic axes"
        )


def flatten(call: Call) -> Activation | Arranged:
    """`Flatten(x)`: two axes."""
    source, before = _arranged(call)
    axis = call.whole("axis", 1) % (len(before.shape) + 1)
    wanted = [math.prod(before.shape[:axis]), math.prod(before.shape[axis:])]
    return _reshaped(call, source, before, wanted)


def squeeze(call: Call) -> Activation | Arranged:
    """`Squeeze(x, axes)`: without axes of one."""
    source, before = _arranged(call)
    rank = len(before.shape)
    ones = tuple(k for k, size in enumerate(before.shape) if size == 1)
    axes = {axis % rank for axis in call.wholes("axes", 1, ones) or ()}
    if any(before.shape[axis] != 1 for axis in axes):
        raise UnsupportedError(f"axes {sorted(axes)} of a tensor of shape {before.shape}")
    wanted = [size for k, size in enumerate(before.shape) if k not in axes]
    return _reshaped(call, source, before, wanted)


def unsqueeze(call: Call) -> Activation | Arranged:
    """`Unsqueeze(x, axes)`: with new axes of one."""
    source, before = _arranged(call)
    new = call.wholes("axes", 1) or ()
    rank = len(before.shape) + len(new)
    axes = {axis % rank for axis in new}
    sizes = iter(before.shape)
    wanted = [1 if k in axes else next(sizes, 1) for k in range(rank)]
    return _reshaped(call, source, before, wanted)


def transpose(call: Call) -> Activation | Arranged:
    """`Transpose(x)`."""
    source, before = _arranged(call)
    backward = tuple(reversed(range(len(before.shape))))
    after = before.transposed(call.wholes("perm", default=backward) or ())
    if after is None:
        raise UnsupportedError(f"perm {call.wholes('perm')} of a tensor of shape {before.shape}")
    return _settled(call, source, after)


def arrangement_of(call: Call, tensor: str) -> Arrangement:
    """A tensor of our graph as the file sees it."""
    _, rows, columns, channels = call.build.types[tensor].shape
    return Arrangement.of(channels, rows, columns)


def _arranged(call: Call) -> tuple[str, Arrangement]:
    value = call.given(0)
    if isinstance(value, Arranged):
        return value.source, value.arrangement
    return call.x(), arrangement_of(call, call.x())


def _rearranged(
    call: Call, split: Sequence[int], order: Sequence[int], joined: Sequence[int]
) -> Activation | Arranged:
    tensor: Arrangement | None = arrangement_of(call, call.x()).reshaped(split)
    tensor = None if tensor is None else tensor.transposed(order)
    tensor = None if tensor is None else tensor.reshaped(joined)
    assert tensor is not None, "the sizes were checked"
    return _settled(call, call.x(), tensor)


def _reshaped(
    call: Call, source: str, before: Arrangement, wanted: Sequence[int]
) -> Activation | Arranged:
    after = before.reshaped(wanted)
    if after is None:
        raise UnsupportedError(
            f"from {before.shape} to {tuple(wanted)}, which no pixel shuffle does"
        )
    return _settled(call, source, after)


def _settled(call: Call, source: str, tensor: Arrangement) -> Activation | Arranged:
    """The operators that an arrangement is, or itself while it is no picture."""
    match recognised(tensor, arrangement_of(call, source)):
        case Untouched(order):
            return Activation(call.build.permute(source, order, call.name))
        case Shuffle(block, order):
            x = call.build.permute(source, order, call.name)
            return Activation(call.emit(Kind.DEPTH_TO_SPACE, x, block=block))
        case Unshuffle(block, order):
            mixed = call.emit(Kind.SPACE_TO_DEPTH, source, suffix="/mixed", block=block)
            return Activation(call.build.permute(mixed, order, call.name))
        case _:
            return Arranged(source, tensor)


# Enlargement.


def upsample(call: Call) -> str | Activation:
    """`Upsample(x, scales)`, which `Resize(x, scales)` of opset 10 only renamed: no half pixels."""
    return _enlarged(call, call.array(1), "asymmetric", "floor")


def resize(call: Call) -> str | Activation:
    """`Resize(x, roi, scales, sizes)`."""
    if call.opset < 11:
        return upsample(call)
    axes = tuple(axis % 4 for axis in call.wholes("axes", default=(0, 1, 2, 3)) or ())
    factors = np.ones(4)
    scales, sizes = call.constant(2), call.constant(3)
    if (scales is None) == (sizes is None):
        raise UnsupportedError("expected either scales or sizes")
    _, rows, columns, channels = call.shape()
    if scales is not None:
        factors[list(axes)] = scales.reshape(-1)
    elif sizes is not None:
        before = np.array([1, channels, rows, columns])[list(axes)]
        factors[list(axes)] = sizes.reshape(-1) / before
    return _enlarged(
        call,
        factors,
        call.text("coordinate_transformation_mode", "half_pixel"),
        call.text("nearest_mode", "round_prefer_floor"),
    )


HALF_PIXEL = ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")


def _enlarged(
    call: Call, factors: NDArray[Any], coordinates: str, rounding: str
) -> str | Activation:
    values = [float(factor) for factor in factors.reshape(-1)]
    if len(values) != 4 or values[:2] != [1, 1] or values[2] != values[3]:
        raise UnsupportedError(f"factors {values}, expected 1, 1 and one factor for both axes")
    factor = values[2]
    if factor != int(factor) or factor < 1:
        raise UnsupportedError(f"a factor of {factor:g}, expected a whole one")
    if factor == 1:
        return Activation(call.x())
    mode = call.text("mode", "nearest")
    if mode == "nearest" and _repeats(int(factor), coordinates, rounding):
        return call.emit(Kind.RESIZE_NEAREST_NEIGHBOR, call.x(), factor=int(factor))
    if mode == "linear" and coordinates in HALF_PIXEL:
        return call.emit(Kind.RESIZE_BILINEAR, call.x(), factor=int(factor))
    how = f", nearest_mode {rounding}" if mode == "nearest" else ""
    raise UnsupportedError(
        f"mode {mode} with {coordinates} coordinates{how}; expected nearest, each pixel repeated, "
        "or linear with half_pixel"
    )


def _repeats(factor: int, coordinates: str, rounding: str) -> bool:
    """Whether "nearest" repeats each pixel `factor` times, by the definitions of its modes."""
    place = np.arange(3 * factor)
    if coordinates in HALF_PIXEL:
        centre = (place + 0.5) / factor - 0.5
    elif coordinates == "asymmetric":
        centre = place / factor
    else:
        return False
    roundings = {
        "floor": np.floor(centre),
        "ceil": np.ceil(centre),
        "round_prefer_floor": np.ceil(centre - 0.5),
        "round_prefer_ceil": np.floor(centre + 0.5),
    }
    taken = roundings.get(rounding)
    return taken is not None and np.array_equal(np.clip(taken, 0, 2), place // factor)


# Joining, cutting and padding.


def concatenate(call: Call) -> str:
    """`Concat(...)` over channels."""
    axis = call.whole("axis", 1)
    if axis not in (1, -3):
        raise UnsupportedError(f"joining over axis {axis}; only channels can be joined")
    return call.emit(Kind.CONCATENATION, *(call.x(k) for k in range(len(call.inputs))))


def channel_slice(call: Call) -> Activation | str:
    """`Slice(x, starts, ends, axes, steps)` over channels."""
    _, rows, columns, channels = call.shape()
    shape = (1, channels, rows, columns)
    starts, ends = call.wholes("starts", 1) or (), call.wholes("ends", 2) or ()
    axes = call.wholes("axes", 3, tuple(range(len(starts)))) or ()
    steps = call.wholes("steps", 4, (1,) * len(starts)) or ()
    x = call.x()
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise UnsupportedError(f"starts {starts}, ends {ends}, axes {axes}, steps {steps}")
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        length = shape[axis % 4]
        begin, stop, stride = slice(start, end, step).indices(length)
        if (begin, stop, stride) == (0, length, 1):
            continue
        if axis % 4 != 1 or stride != 1 or stop <= begin:
            raise UnsupportedError(
                f"from {start} to {end} by {step} on axis {axis}; only channels can be cut, by 1"
            )
        x = call.emit(Kind.SLICE, x, begin=begin, size=stop - begin)
    return Activation(x)


def split(call: Call) -> list[str]:
    """`Split(x, sizes)` over channels."""
    axis = call.whole("axis", 0)
    if axis not in (1, -3):
        raise UnsupportedError(f"cutting over axis {axis}; only channels can be cut")
    channels = call.shape()[3]
    pieces = call.whole("num_outputs", call.outputs)
    even = -(-channels // max(1, pieces))
    equal = tuple(min(even, channels - begin) for begin in range(0, channels, even))
    sizes = call.wholes("split", 1, equal) or ()
    if sum(sizes) != channels or min(sizes) < 1 or len(sizes) != call.outputs:
        raise UnsupportedError(f"{call.outputs} pieces of {sizes} of {channels} channels")
    ends = np.cumsum([0, *sizes]).tolist()
    return [
        call.emit(Kind.SLICE, call.x(), suffix=f"/{n}", begin=begin, size=end - begin)
        for n, (begin, end) in enumerate(pairwise(ends))
    ]


def gather(call: Call) -> Activation | str:
    """`Gather(x, indices)` of channels: all, in another order, or neighbours."""
    indices = call.constant(1)
    channels = call.shape()[3]
    if call.whole("axis", 0) not in (1, -3) or indices is None or indices.ndim != 1:
        raise UnsupportedError("only channels can be picked, by a list of them")
    order = indices.astype(np.intp)
    order = np.where(order < 0, order + channels, order)
    if np.array_equal(np.sort(order), np.arange(channels)):
        return Activation(call.build.permute(call.x(), order, call.name))
    begin = int(order[0])
    if np.array_equal(order, np.arange(begin, begin + len(order))):
        return call.emit(Kind.SLICE, call.x(), begin=begin, size=len(order))
    raise UnsupportedError(f"channels {order.tolist()} of {channels}")


def pad(call: Call) -> Activation | Padded | str:
    """`Pad(x, pads, value, axes)`: border pixels repeated, or zeros before a convolution."""
    top, left, bottom, right = _pads(call)
    value = call.given(0)
    mode = call.text("mode", "constant")
    if mode == "constant":
        filling = call.constant(2)
        number = call.number("value", 0.0) if filling is None else float(filling.reshape(-1)[0])
        if number != 0:
            raise UnsupportedError(f"padding with {number:g}")
        if isinstance(value, Padded):
            inner = value.pads
            pads = (top + inner[0], left + inner[1], bottom + inner[2], right + inner[3])
            return Padded(value.source, pads)
        pads = (top, left, bottom, right)
        return Padded(call.x(), pads) if any(pads) else Activation(call.x())
    if mode == "edge" and top == left == bottom == right:
        # A border repeated once is our MIRROR_PAD; of more pixels, it is that many times one.
        x = call.x()
        for _ in range(top):
            x = call.emit(Kind.MIRROR_PAD, x, amount=1)
        return Activation(x)
    raise UnsupportedError(f"mode {mode} by {top}, {left}, {bottom}, {right}")


def _pads(call: Call) -> tuple[int, int, int, int]:
    given = call.wholes("pads", 1 if call.opset >= 11 else None) or (0,) * 8
    axes = [axis % 4 for axis in call.wholes("axes", 3, (0, 1, 2, 3)) or ()]
    if len(given) != 2 * len(axes):
        raise UnsupportedError(f"pads {given} for the axes {axes}")
    before, after = dict.fromkeys(range(4), 0), dict.fromkeys(range(4), 0)
    before |= dict(zip(axes, given[: len(axes)], strict=True))
    after |= dict(zip(axes, given[len(axes) :], strict=True))
    if before[0] or after[0] or before[1] or after[1] or min(given) < 0 or max(given) > 64:
        raise UnsupportedError(f"pads {given}; only rows and columns can be padded, by up to 64")
    return before[2], before[3], after[2], after[3]
