"""What a split places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vernier.errors import GraphError
from vernier.graphs.graph import Graph
from vernier.graphs.operators.table import has_integer_form as operator_has


@dataclass(frozen=True)
class Unit:
    """The smallest piece of a network that a split may place.

    Attributes:
        name: of the layer or block, as the network's author called it.
        operators: outputs of its operators in the float graph, in order.
    """

    name: str
    operators: tuple[str, ...]


def has_integer_form(graph: Graph, unit: Unit) -> bool:
    """Whether every operator of a unit can run in INT8; otherwise it needs a float processor."""
    inside = frozenset(unit.operators)
    return all(operator_has(op) for op in graph.operators if op.output in inside)


def check_partition(graph: Graph, units: Sequence[Unit]) -> None:
    """Raise unless every operator is in one unit and the units can run one after the other.

    That is what makes each of them convex: no path leaves a unit and comes back into it, so that
    it can become a file of its own.

    Raises:
        GraphError: with the operator at fault.
    """
    place: dict[str, int] = {}
    for number, unit in enumerate(units):
        for output in unit.operators:
            if output in place:
                raise GraphError(
                    f"{graph.name}: {output!r} is in {units[place[output]].name!r} "
                    f"and in {unit.name!r}"
                )
            place[output] = number
    for op in graph.operators:
        if op.output not in place:
            raise GraphError(f"{graph.name}: {op.output!r} is in no unit")
        for name in op.inputs:
            if place.get(name, -1) > place[op.output]:
                raise GraphError(
                    f"{graph.name}: {op.output!r} of {units[place[op.output]].name!r} reads "
                    f"{name!r} of the later {units[place[name]].name!r}; the units cannot run in "
                    "this order"
                )
    unknown = sorted(set(place) - {op.output for op in graph.operators})
    if unknown:
        raise GraphError(f"{graph.name}: no operator computes {unknown[0]!r}")
