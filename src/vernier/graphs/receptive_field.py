"""How far a network looks: the halo that makes a tile's result exact.

Worked out backwards in whole pixel indices, not by adding up radii: an output pixel's needs are
traced through every operator to the input. So an even kernel, a stride or a shuffle costs what it
really reaches on each side, and no pixel more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind
from vernier.graphs.operators.descriptor import Interval, Side
from vernier.graphs.operators.table import DESCRIPTORS
from vernier.graphs.shapes import fits_one_size, own_size


def halo(graph: Graph) -> int:
    """The receptive-field radius of a graph's outputs, in pixels of its first input.

    A tile that carries so many pixels more than it answers for, on each side that is not the
    picture's own border, gives exactly what the whole picture would; where `alignment` is not 1,
    tiles must keep to it as well.

    Raises:
        GraphError: an operator looks at the whole picture; or the outputs are not a multiple of
            the input in size, so that a tile's result has no place in the picture's.
    """
    return max(_halo_along(graph, axis) for axis in (0, 1))


def alignment(graph: Graph) -> int:
    """What the sizes of picture and tiles, and the places of tiles, must be multiples of.

    It is 1 unless the graph works at a lower resolution than its input. Then a tile that starts
    between two pixels of the lower resolution would sample others than the whole picture does.

    Raises:
        GraphError: as `halo`.
    """
    return math.lcm(*(side.ratio.denominator for side in _sides(graph, 0).values()))


def size_multiple(graph: Graph) -> int:
    """What the sides of a picture must be multiples of; 1 for most networks.

    As `alignment`, but also of a graph that cannot be tiled.
    """
    ratios: dict[str, Fraction] = {name: Fraction(1) for name in graph.inputs}
    for op in graph.operators:
        ratio = max((ratios[name] for name in op.inputs if name in ratios), default=None)
        if ratio is None or op.kind is Kind.RESHAPE:
            continue
        footprint = DESCRIPTORS[op.kind].footprint
        ratios[op.output] = footprint.side(graph, op, 0, Side(ratio, 0)).ratio
    return math.lcm(*(ratio.denominator for ratio in ratios.values()))


def trial_size(graph: Graph, height: int, width: int) -> tuple[int, int]:
    """The size to try a graph with: its only one, or the one asked for, up to what it takes."""
    if fits_one_size(graph):
        return own_size(graph)
    multiple = size_multiple(graph)
    return -(-height // multiple) * multiple, -(-width // multiple) * multiple


def _halo_along(graph: Graph, axis: int) -> int:
    sides = _sides(graph, axis)
    period = math.lcm(*(side.ratio.denominator for side in sides.values()))
    widest = 0
    for pixel in range(period):
        for name, (first, last) in _needs(graph, axis, sides, pixel).items():
            ratio = sides[name].ratio
            widest = max(
                widest,
                math.ceil(pixel - first / ratio),
                math.ceil((last + 1) / ratio - (pixel + 1)),
            )
    return widest


def _sides(graph: Graph, axis: int) -> dict[str, Side]:
    """The sides of all tensors that have pixels; those of a single pixel for all are left out."""
    size = graph.types[graph.inputs[0]].shape[1 + axis]
    sides = {
        name: Side(Fraction(graph.types[name].shape[1 + axis], size), 0)
        for name in graph.inputs
        if graph.types[name].shape[1:3] != (1, 1) or name == graph.inputs[0]
    }
    for op in graph.operators:
        read = {sides[name] for name in op.inputs if name in sides}
        if not read:
            continue
        descriptor = DESCRIPTORS[op.kind]
        everywhere = descriptor.everywhere(op)
        if everywhere is not None:
            raise GraphError(
                f"{graph.name}: {op.output!r} {everywhere}, so the network "
                "cannot be tiled exactly; run it on whole pictures"
            )
        if len(read) != 1:
            raise GraphError(f"{graph.name}: {op.output!r} joins tensors of different sizes")
        sides[op.output] = descriptor.footprint.side(graph, op, axis, read.pop())
    for name in graph.outputs:
        if name not in sides or sides[name].surplus:
            raise GraphError(
                f"{graph.name}: the output {name!r} is not the input's size times a constant, so "
                'the network cannot be tiled exactly; use "same" padding'
            )
    return sides


def _needs(graph: Graph, axis: int, sides: Mapping[str, Side], pixel: int) -> dict[str, Interval]:
    """What the outputs that stand over one pixel of the first input need of every input."""
    needs: dict[str, Interval] = {}

    def need(name: str, interval: Interval) -> None:
        if name in sides:
            first, last = needs.get(name, interval)
            needs[name] = (min(first, interval[0]), max(last, interval[1]))

    for name in graph.outputs:
        ratio = sides[name].ratio
        need(name, (math.floor(ratio * pixel), math.ceil(ratio * (pixel + 1)) - 1))
    for op in reversed(graph.operators):
        if op.output in needs:
            interval = DESCRIPTORS[op.kind].footprint.read(graph, op, axis, needs[op.output])
            for name in op.inputs:
                need(name, interval)
    return {name: needs[name] for name in graph.inputs if name in needs}
