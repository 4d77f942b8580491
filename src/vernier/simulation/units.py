"""What the simulation asks of a graph: readers, units, and what a unit's scales depend on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vernier.errors import GraphError
from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator
from vernier.quantization.constraints import MOVES_CODES, PRESCRIBED, shift_of


class IndexedGraph(Graph):
    """A graph that finds the readers of a tensor without looking through all operators."""

    def __deepcopy__(self, memo: object) -> IndexedGraph:
        """Itself: a graph is a value."""
        return self

    @cached_property
    def _readers(self) -> Mapping[str, tuple[Operator, ...]]:
        readers: dict[str, list[Operator]] = {}
        for op in self.operators:
            for name in dict.fromkeys(op.inputs):
                readers.setdefault(name, []).append(op)
        return {name: tuple(found) for name, found in readers.items()}

    def consumers(self, tensor: str) -> tuple[Operator, ...]:
        """The operators that read a tensor."""
        return self._readers.get(tensor, ())


@dataclass(frozen=True)
class Crossing:
    """What a unit gives to others, and what nothing needs once it is done."""

    exits: tuple[str, ...]
    last_reads: tuple[str, ...]


def crossings(graph: Graph, units: Sequence[tuple[str, ...]]) -> tuple[Crossing, ...]:
    """What crosses the border of each unit, where the units run one after the other."""
    place = {output: index for index, unit in enumerate(units) for output in unit}
    last: dict[str, int] = {}
    for op in graph.operators:
        for name in op.inputs:
            if name not in graph.constants:
                last[name] = max(last.get(name, 0), place[op.output])
    last |= dict.fromkeys(graph.outputs, len(units))
    made = []
    for index, unit in enumerate(units):
        exits = tuple(name for name in unit if last.get(name, -1) > index)
        crossed = (name for name, reader in last.items() if reader == index)
        made.append(Crossing(exits, tuple(n for n in crossed if place.get(n, -1) < index)))
    return tuple(made)


def in_order(graph: Graph, units: Sequence[Collection[str]]) -> tuple[tuple[str, ...], ...]:
    """The units with their operators in the graph's order.

    Raises:
        GraphError: they are no partition, or cannot run one after the other.
    """
    place: dict[str, int] = {}
    for index, unit in enumerate(units):
        for output in unit:
            if output in place:
                raise GraphError(f"{graph.name}: {output!r} is in two units")
            place[output] = index
    unknown = sorted(set(place) - {op.output for op in graph.operators})
    if unknown:
        raise GraphError(f"{graph.name}: no operator computes {unknown[0]!r}")
    for op in graph.operators:
        if op.output not in place:
            raise GraphError(f"{graph.name}: {op.output!r} is in no unit")
        for name in op.inputs:
            if place.get(name, -1) > place[op.output]:
                raise GraphError(
                    f"{graph.name}: {op.output!r} reads {name!r} of a later unit; the units "
                    "cannot run in this order"
                )
    ordered: list[list[str]] = [[] for _ in units]
    for op in graph.operators:
        ordered[place[op.output]].append(op.output)
    return tuple(tuple(unit) for unit in ordered)


def without_weights(graph: Graph, unwanted: Collection[str]) -> Graph:
    """A graph with one tap in place of some convolutions' kernels, whose codes nobody needs."""
    wanted = {name for op in graph.operators if op.output not in unwanted for name in op.inputs}
    constants = dict(graph.constants)
    for op in graph.operators:
        if op.output in unwanted and op.kind in CONVOLUTIONS and op.inputs[1] not in wanted:
            depth = slice(None) if op.kind is Kind.DEPTHWISE_CONV_2D else slice(1)
            constants[op.inputs[1]] = constants[op.inputs[1]][:, :1, :1, depth]
    types = {
        name: replace(kind, shape=constants[name].shape) if name in constants else kind
        for name, kind in graph.types.items()
    }
    return replace(graph, constants=constants, types=types)


def neighbours(graph: Graph, units: Sequence[tuple[str, ...]]) -> tuple[frozenset[int], ...]:
    """For each unit, the units whose place may change the scales that it reads or writes.

    `choose_quantizations` hands a scale on along operators that move codes, rectify or shift, or
    whose scale is prescribed, and nowhere else; whether a shift keeps its scale depends on all that
    read it. So tensors are grouped along these operators, and a unit depends on the groups that it
    touches.
    """
    place = {output: index for index, unit in enumerate(units) for output in unit}
    parent = {name: name for name in graph.activations()}

    def group(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    linking: list[tuple[Operator, set[int]]] = []
    for op in graph.operators:
        shift = shift_of(graph, op) is not None
        if shift or op.kind in MOVES_CODES or op.kind is Kind.RELU or op.kind in PRESCRIBED:
            readers = graph.consumers(op.output) if shift else ()
            linking.append((op, {place[reader.output] for reader in (op, *readers)}))
            for name in op.inputs:
                if name in parent and op.kind not in PRESCRIBED:
                    parent[group(name)] = group(op.output)
    members: dict[str, set[int]] = {}
    for op, owners in linking:
        members.setdefault(group(op.output), set()).update(owners)
    touched: list[set[int]] = [set() for _ in units]
    for op in graph.operators:
        for name in (*op.inputs, op.output):
            if name in parent:
                touched[place[op.output]] |= members.get(group(name), set())
    return tuple(frozenset(found) for found in touched)
