"""A network cut automatically: one unit per convolution, or per block in deep networks.

At *layer* granularity a unit is one convolution with what follows it up to the next: the latest
convolution that an operator depends on owns it. As convolutions are numbered in the order in which
they run, no operator depends on a later unit, so the units are convex whatever the skips.

Operators without an INT8 form (a Transformer's) would chain the convolution before them to a float
processor. So the first of them begins a unit of its own kind, *float-only*, numbered like a
convolution's; whatever depends on it follows into it up to the next convolution, and so does every
other operator without an INT8 form, until a convolution begins the next unit: the heads of an
attention are one unit, though none depends on another.

At *block* granularity neighbouring units are joined except where the network is narrow, that is,
where fewer bytes cross than on either side. Residual and dense blocks begin and end in such places,
so their insides stay together without anyone naming them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise, takewhile
from math import prod

from vernier.graphs.graph import CONVOLUTIONS, Graph, Operator
from vernier.graphs.operators.table import has_integer_form
from vernier.units.unit import Unit, check_partition


class Granularity(StrEnum):
    """How fine a network is cut."""

    LAYER = "layer"
    BLOCK = "block"


# Beyond this a search over splits is hopeless, and a profile takes long.
BLOCKS_AT_MOST = 32


def cut(
    graph: Graph, granularity: Granularity = Granularity.LAYER, at_most: int = BLOCKS_AT_MOST
) -> tuple[Unit, ...]:
    """Cut a network into units.

    Args:
        graph: float32, of any size.
        granularity: layers, or blocks.
        at_most: blocks are joined further, again where the network is widest, until there are no
            more than this; a plain chain, which is equally narrow everywhere, stays as it is.

    Returns:
        The units in an order in which they can run.

    Raises:
        GraphError: an operator stands before one that it reads.
    """
    units = _layers(graph)
    if granularity is Granularity.BLOCK:
        joined = _joined(graph, units)
        while len(joined) > at_most and len(joined) < len(units):
            units, joined = joined, _joined(graph, joined)
        units = joined
    check_partition(graph, units)
    return units


def _layers(graph: Graph) -> tuple[Unit, ...]:
    owner: dict[str, int] = {}
    heads: list[Operator] = []
    for op in graph.operators:
        before = [owner[name] for name in op.inputs if name in owner]
        if op.kind in CONVOLUTIONS:
            owner[op.output] = len(heads)
            heads.append(op)
        elif not has_integer_form(op) and (not before or has_integer_form(heads[max(before)])):
            if not heads or has_integer_form(heads[-1]):
                heads.append(op)
            # The latest unit is not before any that this operator reads, float-only or not.
            owner[op.output] = len(heads) - 1
        elif before:
            owner[op.output] = max(before)
    # What depends on no convolution, such as an offset of the input, goes with its first reader.
    for op in reversed(graph.operators):
        if op.output not in owner:
            readers = graph.consumers(op.output)
            owner[op.output] = min((owner[reader.output] for reader in readers), default=0)
    names = _distinct([_layer_name(op) for op in heads] or [graph.name])
    return tuple(
        Unit(name, tuple(op.output for op in graph.operators if owner[op.output] == number))
        for number, name in enumerate(names)
    )


def _layer_name(head: Operator) -> str:
    """What the network's author called the layer.

    A convolution's weights are named after it; any other operator is named by its place in it.
    """
    if head.kind in CONVOLUTIONS:
        return head.inputs[1].rsplit("/", 1)[0]
    return head.output.rsplit("/", 1)[0].rpartition(".")[0] or head.output


def _joined(graph: Graph, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Neighbours joined except at local minima of the bytes that cross between them."""
    widths = crossing_bytes(graph, units)
    bounds = [
        place + 1
        for place, width in enumerate(widths)
        if all(width <= widths[side] for side in (place - 1, place + 1) if 0 <= side < len(widths))
    ]
    edges = [0, *bounds, len(units)]
    groups = [units[start:stop] for start, stop in pairwise(edges)]
    names = _distinct([_block_name(group) for group in groups])
    return tuple(
        Unit(name, tuple(output for unit in group for output in unit.operators))
        for name, group in zip(names, groups, strict=True)
    )


def _block_name(group: Sequence[Unit]) -> str:
    if len(group) == 1:
        return group[0].name
    words = [unit.name.replace("..", ".").split(".") for unit in group]
    shared = [
        column[0] for column in takewhile(lambda c: len(set(c)) == 1, zip(*words, strict=False))
    ]
    return ".".join(shared) if shared else f"{group[0].name}..{group[-1].name}"


def _distinct(names: Sequence[str]) -> list[str]:
    made: list[str] = []
    for name in names:
        number, unused = 1, name
        while unused in made:
            number += 1
            unused = f"{name}#{number}"
        made.append(unused)
    return made


def crossing_bytes(graph: Graph, units: Sequence[Unit]) -> list[int]:
    """Bytes of the tensors that are alive between each unit and the next, by liveness.

    Args:
        graph: float32.
        units: a partition of its operators, in order.

    Returns:
        One number fewer than there are units, at the graph's own size. A tensor is alive from the
        unit that computes it to the last that reads it; the network's input is, until then, too.
    """
    place = {output: number for number, unit in enumerate(units) for output in unit.operators}
    last = dict.fromkeys((*graph.inputs, *place), -1)
    for op in graph.operators:
        for name in op.inputs:
            if name in last:
                last[name] = max(last[name], place[op.output])
    for name in graph.outputs:
        last[name] = len(units)
    sizes = {name: 4 * prod(graph.types[name].shape) for name in last}
    return [
        sum(sizes[name] for name in last if place.get(name, -1) <= border < last[name])
        for border in range(len(units) - 1)
    ]
