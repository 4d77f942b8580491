"""A network's units as stages, whole or divided between two processors: muLayer's and CoDL's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from vernier.errors import GraphError
from vernier.export.splits import place
from vernier.graphs.graph import Graph, Operator
from vernier.graphs.shapes import own_size
from vernier.rivals.decision import StageChoice
from vernier.rivals.dividing import (
    Head,
    Part,
    by_channels,
    by_rows,
    head_of,
    whole_part,
    with_codes,
)
from vernier.rivals.stages import Stage
from vernier.units.segments import subgraph
from vernier.units.unit import Unit

CHANNELS, ROWS = "channels", "rows"


@dataclass(frozen=True)
class Layers:
    """The units of a network at one size, for a first and a second processor.

    Attributes:
        graph: the float network.
        units: of it.
        first: a float processor.
        second: the other, in float or in INT8.
        integer: the network in INT8 where the second processor computes that; what passes between
            units is 8-bit codes then, for both. None where both compute in float.
    """

    graph: Graph
    units: tuple[Unit, ...]
    first: str
    second: str
    integer: Graph | None = None

    @property
    def stored(self) -> Graph:
        """The network whose tensors pass between stages."""
        return self.integer or self.graph

    @cached_property
    def _stored_operators(self) -> tuple[tuple[Operator, ...], ...]:
        """Of each unit, in what is stored; a change of scale is of the unit that asks for it."""
        numbers = tuple(str(number) for number in range(len(self.units)))
        placed = place(self.stored, self.units, numbers)
        return tuple(
            tuple(op for op in self.stored.operators if placed.get(op.output) == number)
            for number in numbers
        )

    def _float_operators(self, unit: int) -> tuple[Operator, ...]:
        inside = set(self.units[unit].operators)
        return tuple(op for op in self.graph.operators if op.output in inside)

    def stages(self, choice: StageChoice) -> list[Stage]:
        """What a choice runs, one after the other.

        Raises:
            GraphError: the units cannot be divided so.
        """
        if choice.axis == ROWS:
            parts = self.row_parts(choice.first, choice.last, choice.share)
            if parts is None:
                raise GraphError(f"{self.graph.name}: these units cannot be divided by rows")
            return [Stage(parts)]
        if choice.axis == CHANNELS:
            parts = self.channel_parts(choice.first, choice.share)
            if parts is None:
                raise GraphError(f"{self.graph.name}: this unit cannot be divided by channels")
            return [Stage(parts), *self.tail(choice.first)]
        second = choice.share >= 1.0
        part = self.whole(choice.first, choice.last, second)
        return [Stage(((self.second if second else self.first, part),))]

    def whole(self, first: int, last: int, second: bool) -> Part:
        """Units on one processor alone."""
        if second or self.integer is None:
            return whole_part(
                subgraph(self.stored, self._between(self._stored_operators, first, last))
            )
        floats = [self._float_operators(unit) for unit in range(len(self.units))]
        part = whole_part(subgraph(self.graph, self._between(floats, first, last)))
        return with_codes(part, self.integer.types)

    def tail(self, unit: int) -> list[Stage]:
        """What cannot be divided of a unit that is divided by channels, on the second processor."""
        head = self._head(unit)
        if head is None or not head.tail:
            return []
        return [Stage(((self.second, whole_part(subgraph(self.stored, head.tail))),))]

    def channel_parts(self, unit: int, share: float) -> tuple[tuple[str, Part], ...] | None:
        """A unit's head divided by output channels; None where it cannot be.

        Args:
            unit: its number.
            share: of the second processor.
        """
        head = self._head(unit)
        if head is None:
            return None
        border = round(head.channels * (1 - share))
        if not 0 < border < head.channels:
            return None
        theirs = by_channels(head.graph, (border, head.channels))
        if self.integer is None:
            ours = by_channels(head.graph, (0, border))
        else:
            floats = head_of(self.graph, self._float_operators(unit))
            if floats is None or floats.channels != head.channels:
                return None
            if floats.graph.outputs != head.graph.outputs:
                return None
            ours = with_codes(by_channels(floats.graph, (0, border)), self.integer.types)
        return (self.first, ours), (self.second, theirs)

    def row_parts(self, first: int, last: int, share: float) -> tuple[tuple[str, Part], ...] | None:
        """Units divided by rows, in float on both; None where they cannot be."""
        graph = subgraph(self.graph, self._between(self._stored_operators, first, last))
        rows = own_size(graph)[0]
        border = round(rows * (1 - share))
        if self.integer is not None or not 0 < border < rows:
            return None
        ours, theirs = by_rows(graph, (0, border)), by_rows(graph, (border, rows))
        if ours is None or theirs is None:
            return None
        return (self.first, ours), (self.second, theirs)

    def _head(self, unit: int) -> Head | None:
        return head_of(self.stored, self._stored_operators[unit])

    @staticmethod
    def _between(operators: Sequence[Sequence[Operator]], first: int, last: int) -> list[Operator]:
        return [op for unit in operators[first : last + 1] for op in unit]
