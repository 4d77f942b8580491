"""How far a network looks: the halo that makes a tile's result exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator


@dataclass(frozen=True)
class _Reach:
    """Of one tensor: pixels per pixel of the input, and how far its pixels look, in the input's."""

    ratio: Fraction
    radius: Fraction


def halo(graph: Graph) -> int:
    """The receptive-field radius of a graph's outputs, in pixels of its first input.

    A tile that carries so many pixels more than it answers for, on each side that is not the
    picture's own border, gives exactly what the whole picture would.

    Raises:
        GraphError: an operator looks at the whole picture, or the graph's parts do not line up.
    """
    first_height = graph.types[graph.inputs[0]].shape[1]
    reaches = {
        name: _Reach(Fraction(graph.types[name].shape[1], first_height), Fraction(0))
        for name in graph.inputs
    }
    for op in graph.operators:
        read = [reaches[name] for name in op.inputs if name in reaches]
        if len({reach.ratio for reach in read}) != 1:
            raise GraphError(f"{op.output}: joins tensors of different resolutions")
        widest = max(read, key=lambda reach: reach.radius)
        reaches[op.output] = _Reach(
            widest.ratio * _enlargement(op),
            widest.radius + Fraction(_radius(graph, op)) / widest.ratio,
        )
    return max(math.ceil(reaches[name].radius) for name in graph.outputs)


def _enlargement(op: Operator) -> Fraction:
    """Output pixels per input pixel, along one side."""
    match op.kind:
        case Kind.TRANSPOSE_CONV:
            return Fraction(op.whole("stride"))
        case Kind.CONV_2D | Kind.DEPTHWISE_CONV_2D:
            return Fraction(1, op.whole("stride", 1))
        case Kind.DEPTH_TO_SPACE:
            return Fraction(op.whole("block"))
        case Kind.SPACE_TO_DEPTH:
            return Fraction(1, op.whole("block"))
        case Kind.RESIZE_NEAREST_NEIGHBOR | Kind.RESIZE_BILINEAR:
            return Fraction(op.whole("factor"))
        case _:
            return Fraction(1)


def _radius(graph: Graph, op: Operator) -> int:
    """How many pixels of its own input an operator looks to each side."""
    match op.kind:
        case Kind.CONV_2D | Kind.DEPTHWISE_CONV_2D:
            sides = graph.types[op.inputs[1]].shape[1:3]
            return max(sides) // 2 * op.whole("dilation", 1)
        case Kind.TRANSPOSE_CONV:
            sides = graph.types[op.inputs[1]].shape[1:3]
            return max(_transposed_radius(side, op.whole("stride")) for side in sides)
        case Kind.RESIZE_BILINEAR:
            return 1
        case Kind.MEAN:
            raise GraphError(
                f"{graph.name}: {op.output} averages over the whole picture, so tiles cannot give "
                "exactly the same result; run it on whole pictures"
            )
        case _:
            return 0


def _transposed_radius(side: int, stride: int) -> int:
    """An output pixel `stride * q + t` gathers from input pixels around q."""
    before = max(side - stride, 0) // 2
    return max(
        max((t + before) // stride, -math.ceil((t + before - side + 1) / stride))
        for t in range(stride)
    )
