"""Parameters and multiply-accumulates of a graph."""

from __future__ import annotations

from vernier.graphs.graph import CONVOLUTIONS, Graph, Operator
from vernier.graphs.operators.convolutions import kernel_size
from vernier.graphs.operators.descriptor import Grid
from vernier.graphs.operators.table import DESCRIPTORS


def count_weights(graph: Graph) -> int:
    """Weights of the convolutions: what SR papers call parameters; no biases, no slopes.

    Zeros that a transposed convolution was padded with when captured are not counted.
    """
    return sum(kernel_size(graph, op) for op in graph.operators if op.kind in CONVOLUTIONS)


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
    return DESCRIPTORS[op.kind].macs(graph, op, transposed_on)


def count_macs(graph: Graph, transposed_on: Grid = "output") -> int:
    """Multiply-accumulates of all operators, as `operator_macs`."""
    return sum(operator_macs(graph, op, transposed_on) for op in graph.operators)
