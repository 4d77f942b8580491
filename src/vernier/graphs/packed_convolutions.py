"""A convolution of few output channels, computed for 2x2 pixels at once: exact, and faster.

Engines compute 16 output channels at a time and throw away what a layer does not have: the last
layer of SESR x2, with 4, wastes three quarters. Four pixels of 4 channels are 16 channels, made by
a kernel one row and one column larger that moves by two pixels; a DEPTH_TO_SPACE lays them out.
The added taps are 0, so that every sum is the same, in INT8 to the code.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType

LANES = 16
"""Output channels that engines compute at a time (a vector register of 32-bit sums)."""
SIDE = 2


def packed_convolutions(graph: Graph, lanes: int = LANES) -> Graph:
    """The same function with such convolutions packed, where that saves multiplications.

    Args:
        graph: float32, INT8 or mixed, at the size that it will run at; only pictures of even
            height and width are packed.
        lanes: output channels that the engine computes at a time.

    Returns:
        A graph with the same inputs and outputs. A packed convolution whose only reader is a
        DEPTH_TO_SPACE shares one with it; the tensor between them is gone then.
    """
    constants: dict[str, Any] = dict(graph.constants)
    types = dict(graph.types)
    operators: list[Operator] = []
    merged: dict[str, tuple[str, tuple[str, ...]]] = {}
    for op in graph.operators:
        if op.inputs[0] in merged:
            packed, weights = merged[op.inputs[0]]
            _reorder(constants, types, weights, op.whole("block"))
            attributes: dict[str, Any] = {"block": op.whole("block") * SIDE}
            operators.append(replace(op, inputs=(packed,), attributes=attributes))
            continue
        if not pays(graph, op, lanes):
            operators.append(op)
            continue
        packed, own = f"{op.output}/packed", tuple(f"{n}/packed" for n in op.inputs[1:])
        for name, new in zip(op.inputs[1:], own, strict=True):
            value, kind = graph.constants[name], graph.types[name]
            constants[new] = _packed_kernel(value) if value.ndim == 4 else np.tile(value, SIDE**2)
            types[new] = TensorType(constants[new].shape, kind.dtype, _tiled(kind.quantization))
        _, height, width, channels = graph.types[op.output].shape
        shape = (1, height // SIDE, width // SIDE, SIDE**2 * channels)
        types[packed] = replace(graph.types[op.output], shape=shape)
        moved = {**op.attributes, "stride": SIDE}
        operators.append(replace(op, inputs=(op.inputs[0], *own), output=packed, attributes=moved))
        readers = graph.consumers(op.output)
        if (
            len(readers) == 1
            and readers[0].kind is Kind.DEPTH_TO_SPACE
            and op.output not in graph.outputs
        ):
            merged[op.output] = packed, own
            del types[op.output]
        else:
            operators.append(
                Operator(Kind.DEPTH_TO_SPACE, (packed,), op.output, attributes={"block": SIDE})
            )
    read = {name for op in operators for name in op.inputs}
    left_over = [name for name in graph.constants if name not in read]
    for name in left_over:
        del constants[name], types[name]
    made = replace(graph, operators=tuple(operators), constants=constants, types=types)
    made.check()
    return made


def pays(graph: Graph, op: Operator, lanes: int = LANES) -> bool:
    """Whether an operator is such a convolution, and packed has fewer multiplications.

    Both are counted with output channels rounded up to so many lanes.
    """
    if op.kind is not Kind.CONV_2D or op.attributes.get("padding") != "same":
        return False
    if op.whole("stride", 1) != 1 or op.whole("dilation", 1) != 1:
        return False
    outputs, rows, columns, depth = graph.constants[op.inputs[1]].shape
    _, height, width, inputs = graph.types[op.inputs[0]].shape
    if rows % 2 == 0 or columns % 2 == 0 or height % SIDE or width % SIDE or depth != inputs:
        return False

    def rounded(channels: int) -> int:
        return -(-channels // lanes) * lanes

    plain = rows * columns * rounded(outputs) * SIDE**2
    wide = (rows + 1) * (columns + 1) * rounded(outputs * SIDE**2)
    return bool(wide < plain)


def _packed_kernel(weights: NDArray[Any]) -> NDArray[Any]:
    """`(O, kh, kw, I)` to `(4 * O, kh + 1, kw + 1, I)`: each pixel of a block sees its own part."""
    outputs, rows, columns, depth = weights.shape
    made = np.zeros((SIDE, SIDE, outputs, rows + 1, columns + 1, depth), weights.dtype)
    for y in range(SIDE):
        for x in range(SIDE):
            made[y, x, :, y : y + rows, x : x + columns] = weights
    return made.reshape(SIDE**2 * outputs, rows + 1, columns + 1, depth)


def _tiled(found: Quantization | None) -> Quantization | None:
    if found is None or len(found.scale) == 1:
        return found
    count = SIDE**2
    return Quantization(np.tile(found.scale, count), np.tile(found.zero_point, count), found.axis)


def _reorder(
    constants: dict[str, Any], types: dict[str, TensorType], names: tuple[str, ...], block: int
) -> None:
    """Output channels for one shuffle by `2 * block` instead of one by 2 and one by `block`."""
    # (y, x) of the pixel in its block, (row, column) within the pixel, channel.
    outputs = constants[names[0]].shape[0]
    channels = outputs // (SIDE * block) ** 2
    places = np.arange(outputs).reshape(SIDE, SIDE, block, block, channels)
    order = places.transpose(0, 2, 1, 3, 4).reshape(-1)
    for name in names:
        constants[name] = np.ascontiguousarray(constants[name][order])
        found = types[name].quantization
        if found is not None and len(found.scale) > 1:
            sorted_ = Quantization(found.scale[order], found.zero_point[order], found.axis)
            types[name] = replace(types[name], quantization=sorted_)
