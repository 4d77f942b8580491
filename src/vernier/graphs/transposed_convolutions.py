"""A transposed convolution as a plain one and a DEPTH_TO_SPACE: exact, in INT8 to the code.

Of stride s, every output pixel with the same place (r, c) among s x s sees the same taps of the
kernel, over neighbouring input pixels. So s*s small kernels, one for each place, make all output
pixels of an input pixel at once, as s*s times the channels, which DEPTH_TO_SPACE lays out. The
taps that a place lacks are 0, and every sum is the same. For engines that have no transposed
convolution in INT8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType


def plain_convolutions(graph: Graph, only_integer: bool = False) -> Graph:
    """The same function without transposed convolutions.

    Args:
        graph: float32, INT8 or mixed.
        only_integer: leave those in float as they are.

    Returns:
        A graph with the same inputs and outputs; the plain convolution of one that computes `y`
        is called `y/places`.
    """
    constants: dict[str, Any] = dict(graph.constants)
    types = dict(graph.types)
    operators: list[Operator] = []
    for op in graph.operators:
        kind = graph.types[op.output]
        if op.kind is not Kind.TRANSPOSE_CONV or (only_integer and kind.quantization is None):
            operators.append(op)
            continue
        stride = op.whole("stride")
        places = f"{op.output}/places"
        names = [f"{name}/places_{op.output}" for name in op.inputs[1:]]
        for name, new in zip(op.inputs[1:], names, strict=True):
            value, of = graph.constants[name], graph.types[name]
            made = _kernels(value, stride) if value.ndim == 4 else np.tile(value, stride**2)
            constants[new] = made
            types[new] = TensorType(made.shape, of.dtype, _tiled(of.quantization, stride**2))
        _, rows, columns, channels = kind.shape
        shape = (1, rows // stride, columns // stride, stride**2 * channels)
        types[places] = replace(kind, shape=shape)
        attributes: dict[str, Any] = {"stride": 1, "padding": "same", "dilation": 1}
        operators += [
            Operator(Kind.CONV_2D, (op.inputs[0], *names), places, op.activation, attributes),
            Operator(Kind.DEPTH_TO_SPACE, (places,), op.output, attributes={"block": stride}),
        ]
    read = {name for op in operators for name in op.inputs}
    kept = {name: value for name, value in constants.items() if name in read}
    gone = set(constants) - set(kept)
    types = {name: kind for name, kind in types.items() if name not in gone}
    return replace(graph, operators=tuple(operators), constants=kept, types=types)


def _kernels(weights: NDArray[Any], stride: int) -> NDArray[Any]:
    """(O, kh, kw, I) as (stride * stride * O, rows, columns, I), places in order, O the fastest."""
    outputs, height, width, inputs = weights.shape
    rows, columns = _taps(height, stride), _taps(width, stride)
    made = np.zeros((stride, stride, outputs, len(rows), len(columns), inputs), weights.dtype)
    for place in np.ndindex(stride, stride):
        for row, taps in enumerate(rows):
            for column, across in enumerate(columns):
                tap = (taps[place[0]], across[place[1]])
                if 0 <= tap[0] < height and 0 <= tap[1] < width:
                    made[place][:, row, column] = weights[:, tap[0], tap[1]]
    return made.reshape(-1, len(rows), len(columns), inputs)


def _taps(kernel: int, stride: int) -> list[list[int]]:
    """The tap of the transposed kernel, for each tap of the plain one and each place.

    `out[p] += x[i] * w[p - stride * i + before]`; with p = stride * q + place and i = q + offset
    the tap is `place + before - stride * offset`.
    """
    before = max(kernel - stride, 0) // 2
    reach = max(-(-(kernel - 1 - before) // stride), (stride - 1 + before) // stride)
    return [
        [place + before - stride * offset for place in range(stride)]
        for offset in range(-reach, reach + 1)
    ]


def _tiled(found: Quantization | None, times: int) -> Quantization | None:
    if found is None or found.axis is None:
        return found
    return replace(
        found, scale=np.tile(found.scale, times), zero_point=np.tile(found.zero_point, times)
    )
