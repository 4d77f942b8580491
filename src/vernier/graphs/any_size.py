"""Enlargement written so that it follows the picture's size in whatever reads the file.

`.tflite`'s RESIZE holds the size of its result as numbers. Vernier writes those anew for each
picture; a plain interpreter that resizes the input keeps the old ones without a word. Pixels
repeated as channels and laid out by DEPTH_TO_SPACE say the same without a size, as do a convolution
that computes all phases of a bilinear enlargement and the same.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from vernier.graphs.graph import Array, Graph, Kind, Operator, TensorType
from vernier.graphs.resampling import block_kernel, linear_taps, phase_weights
from vernier.graphs.shapes import fits_one_size, own_size, resized

# What holds a size that cannot be written otherwise.
FIXED = {Kind.TRANSPOSE_CONV, Kind.RESIZE_BILINEAR, Kind.RESIZE_NEAREST_NEIGHBOR}
# Beyond this the phases' convolution would cost more than the network.
MOST_BILINEAR_CHANNELS = 16


def of_any_size(graph: Graph) -> Graph:
    """The same float32 graph without RESIZE, as far as that is cheap; tensors keep their names."""
    if fits_one_size(graph) or not any(op.kind in FIXED for op in graph.operators):
        return graph
    operators: list[Operator] = []
    constants: dict[str, Array] = dict(graph.constants)
    for op in graph.operators:
        channels = graph.types[op.inputs[0]].shape[-1]
        if op.kind is Kind.RESIZE_NEAREST_NEIGHBOR:
            operators += _repeated(op)
        elif op.kind is Kind.RESIZE_BILINEAR and channels <= MOST_BILINEAR_CHANNELS:
            operators += _interpolated(op, channels, constants)
        else:
            operators.append(op)
    types = dict(graph.types)
    for name, value in constants.items():
        types[name] = TensorType(value.shape, str(value.dtype))
    for op in operators:
        types.setdefault(op.output, TensorType((1, 1, 1, 1)))
    made = replace(graph, operators=tuple(operators), constants=constants, types=types)
    return resized(made, *own_size(graph))


def keeps_a_size(graph: Graph) -> bool:
    """Whether a file of this graph holds the size of its picture, for readers but Vernier."""
    return fits_one_size(graph) or any(op.kind in FIXED for op in graph.operators)


def _repeated(op: Operator) -> list[Operator]:
    factor, many = op.whole("factor"), f"{op.output}/repeated"
    return [
        Operator(Kind.CONCATENATION, (op.inputs[0],) * factor**2, many),
        Operator(Kind.DEPTH_TO_SPACE, (many,), op.output, attributes={"block": factor}),
    ]


def _interpolated(op: Operator, channels: int, constants: dict[str, Array]) -> list[Operator]:
    factor, name = op.whole("factor"), op.output
    border, weights = phase_weights(Fraction(factor), linear_taps)
    kernel = block_kernel(weights, channels)
    constants[f"{name}/weights"] = kernel
    constants[f"{name}/bias"] = np.zeros(len(kernel), np.float32)
    padded, phases = f"{name}/bordered", f"{name}/phases"
    return [
        Operator(Kind.MIRROR_PAD, op.inputs, padded, attributes={"amount": border}),
        Operator(
            Kind.CONV_2D,
            (padded, f"{name}/weights", f"{name}/bias"),
            phases,
            attributes={"padding": "valid", "stride": 1, "dilation": 1},
        ),
        Operator(Kind.DEPTH_TO_SPACE, (phases,), name, attributes={"block": factor}),
    ]
