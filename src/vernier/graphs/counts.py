"""Parameters and multiply-accumulates of a graph."""

from __future__ import annotations

import math

from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator


def count_weights(graph: Graph) -> int:
    """Weights of the convolutions: what SR papers call parameters; no biases, no slopes.

    Zeros that a transposed convolution was padded with when captured are not counted.
    """
    total = 0
    for op in graph.operators:
        if op.kind in CONVOLUTIONS:
            total += _real_kernel(graph, op) * _channels(graph, op)
    return total


def count_parameters(graph: Graph) -> int:
    """All constants: weights, biases, slopes."""
    return sum(math.prod(constant.shape) for constant in graph.constants.values())


def operator_macs(graph: Graph, op: Operator) -> int:
    """Multiply-accumulates of one operator at the graph's size; 0 for all but convolutions.

    A transposed convolution is counted at its output's resolution, as the SESR paper counts
    FSRCNN's (zeros inserted between the pixels); its true work is `stride**2` times less.
    """
    if op.kind not in CONVOLUTIONS:
        return 0
    _, height, width, _ = graph.types[op.output].shape
    return height * width * _real_kernel(graph, op) * _channels(graph, op)


def count_macs(graph: Graph) -> int:
    """Multiply-accumulates of all operators, as `operator_macs`."""
    return sum(operator_macs(graph, op) for op in graph.operators)


def _channels(graph: Graph, op: Operator) -> int:
    """Input channels that each output channel sees, times output channels."""
    shape = graph.types[op.inputs[1]].shape
    return shape[3] if op.kind is Kind.DEPTHWISE_CONV_2D else shape[0] * shape[3]


def _real_kernel(graph: Graph, op: Operator) -> int:
    """Taps of the kernel, without the rows and columns that only padding put there."""
    weights = graph.constants[op.inputs[1]]
    height, width = weights.shape[1:3]
    if op.kind is not Kind.TRANSPOSE_CONV:
        return int(height * width)
    while height > 1 and not weights[:, height - 1].any():
        height -= 1
    while width > 1 and not weights[:, :, width - 1].any():
        width -= 1
    return int(height * width)
