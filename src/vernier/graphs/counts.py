"""Parameters and multiply-accumulates of a graph."""

from __future__ import annotations

import math
from typing import Literal

from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator

Grid = Literal["output", "input"]
"""Where a transposed convolution is counted: at every output pixel, or at every input pixel."""


def count_weights(graph: Graph) -> int:
    """Weights of the convolutions: what SR papers call parameters; no biases, no slopes.

    Zeros that a transposed convolution was padded with when captured are not counted.
    """
    return sum(_weights(graph, op) for op in graph.operators if op.kind in CONVOLUTIONS)


def count_parameters(graph: Graph) -> int:
    """Weights, biases and PReLU slopes; no other constants, such as an offset of the input."""
    biases = sum(
        graph.types[name].shape[0]
        for op in graph.operators
        if op.kind in CONVOLUTIONS
        for name in op.inputs[2:]
    )
    slopes = sum(
        graph.constants[op.inputs[1]].size for op in graph.operators if op.kind is Kind.PRELU
    )
    return count_weights(graph) + biases + slopes


def operator_macs(graph: Graph, op: Operator, transposed_on: Grid = "output") -> int:
    """Multiply-accumulates of one operator at the graph's size.

    0 for all but convolutions and matrix products.

    Args:
        graph: of concrete size.
        op: one of its operators.
        transposed_on: "output" counts a transposed convolution at its output's resolution, as
            the SESR paper counts FSRCNN's (zeros inserted between the pixels). "input" counts
            what must be multiplied, `stride**2` times less.
    """
    if op.kind is Kind.BATCH_MATMUL:
        return math.prod(graph.types[op.output].shape) * graph.types[op.inputs[0]].shape[3]
    if op.kind not in CONVOLUTIONS:
        return 0
    on_input = op.kind is Kind.TRANSPOSE_CONV and transposed_on == "input"
    _, height, width, _ = graph.types[op.inputs[0] if on_input else op.output].shape
    return height * width * _weights(graph, op)


def count_macs(graph: Graph, transposed_on: Grid = "output") -> int:
    """Multiply-accumulates of all operators, as `operator_macs`."""
    return sum(operator_macs(graph, op, transposed_on) for op in graph.operators)


def _weights(graph: Graph, op: Operator) -> int:
    """Weights of a convolution, without the rows and columns that only padding put there."""
    weights = graph.constants[op.inputs[1]]
    if op.kind is Kind.TRANSPOSE_CONV:
        while weights.shape[1] > 1 and not weights[:, -1].any():
            weights = weights[:, :-1]
        while weights.shape[2] > 1 and not weights[:, :, -1].any():
            weights = weights[:, :, :-1]
    return int(weights.size)
