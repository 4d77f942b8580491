"""From single measurements, each under its key, to a profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations

from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import Graph, Kind
from vernier.processor_id import is_integer
from vernier.processors.machine import Machine, describe_machine
from vernier.profiling.layer_times import main_input, shared_outputs, unit_kind
from vernier.profiling.measurements import Measurement
from vernier.profiling.profile import (
    FORMAT,
    Border,
    Crossing,
    Profile,
    Settings,
    Shape,
    Switch,
    UnitTimes,
)
from vernier.profiling.sandwiches import unit_graph
from vernier.units.cutting import Granularity
from vernier.units.unit import Unit
from vernier.version import VERSION


@dataclass(frozen=True)
class Subject:
    """What is profiled.

    Attributes:
        network: name.
        scale: whole factor.
        graph: float32, of any size.
        height: of the low-resolution input, in pixels.
        width: likewise.
        granularity: of the units.
    """

    network: str
    scale: int
    graph: Graph
    height: int
    width: int
    granularity: Granularity = Granularity.LAYER


def unit_key(graph: Graph, unit: Unit, processor: str) -> str:
    """Under which a unit's times are kept: units of one kind share them."""
    # LiteRT's own INT8 PRELU branches on each sample's sign: its time is the content's.
    kinds = {op.kind for op in graph.operators if op.output in unit.operators}
    own = f" of {unit.name}" if Kind.PRELU in kinds and is_integer(processor) else ""
    return f"unit {processor} {unit_kind(graph, unit)}{own}"


def border_key(shape: Shape, processor: str) -> str:
    """Under which a border is kept."""
    return f"border {processor} {shape}"


def switch_key(shape: Shape, source: str, target: str) -> str:
    """Under which a switch is kept."""
    return f"switch {source}>{target} {shape}"


def crossing_shapes(graph: Graph, units: Sequence[Unit]) -> dict[Shape, str]:
    """Shapes of everything that may pass between segments, or in and out, each with a tensor."""
    names = dict.fromkeys(
        name
        for unit in units
        for alone in [unit_graph(graph, unit)]
        for name in (*alone.inputs, *alone.outputs)
    )
    found: dict[Shape, str] = {}
    for name in names:
        found.setdefault(_shape(graph, name), name)
    return found


def _shape(graph: Graph, name: str) -> Shape:
    batch, height, width, channels = graph.types[name].shape
    return batch, height, width, channels


def assemble(
    subject: Subject,
    graph: Graph,
    units: Sequence[Unit],
    processors: Sequence[str],
    of_unit: Callable[[Unit, str], Measurement],
    of_other: Callable[[str], Measurement],
    settings: Settings,
    modelled: Mapping[str, str] | None = None,
    machine: Machine | None = None,
) -> Profile:
    """Everything that is known as a profile.

    Args:
        subject: what was measured.
        graph: its graph, resized.
        units: its units.
        processors: where.
        of_unit: a unit's measurement on a processor.
        of_other: a border's or a switch's, by its key.
        settings: how.
        modelled: by processor, what modelled it.
        machine: that was measured; this one if absent.
    """
    place = {output: number for number, unit in enumerate(units) for output in unit.operators}
    shapes = crossing_shapes(graph, units)
    borders = [
        Border(processor, shape, time)
        for shape in shapes
        for processor in processors
        if (time := of_other(border_key(shape, processor)).time) is not None
    ]
    switches = [
        Switch(
            source,
            target,
            shape,
            found.time,
            found.outside["hand-over"],
            found.outside.get("inside"),
        )
        for shape in shapes
        for source, target in permutations(processors, 2)
        if (found := of_other(switch_key(shape, source, target))).time is not None
    ]
    return Profile(
        format=FORMAT,
        network=subject.network,
        scale=subject.scale,
        height=subject.height,
        width=subject.width,
        granularity=subject.granularity.value,
        processors=tuple(processors),
        made_by=f"vernier {VERSION}",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine or describe_machine(),
        settings=settings,
        modelled=dict(modelled or {}),
        units=tuple(
            _unit_times(graph, unit, place, {p: of_unit(unit, p) for p in processors})
            for unit in units
        ),
        borders=tuple(borders),
        switches=tuple(switches),
    )


def _unit_times(
    graph: Graph, unit: Unit, place: Mapping[str, int], found: Mapping[str, Measurement]
) -> UnitTimes:
    alone = unit_graph(graph, unit)
    main = main_input(graph, unit)
    further = [name for name in alone.inputs if name != main]
    shared = shared_outputs(graph, unit)

    def crossing(name: str) -> Crossing:
        return Crossing(name, _shape(graph, name), place.get(name, -1))

    return UnitTimes(
        name=unit.name,
        operators=unit.operators,
        kind=unit_kind(graph, unit),
        macs=sum(operator_macs(graph, op) for op in graph.operators if op.output in unit.operators),
        reads=tuple(crossing(name) for name in (main, *further)),
        writes=tuple(crossing(name) for name in alone.outputs),
        times={p: m.time for p, m in found.items() if m.time is not None},
        outside={
            p: {name: m.outside[str(n)] for n, name in enumerate(further)}
            for p, m in found.items()
            if m.time is not None
        },
        tapped={
            p: {name: m.tapped[str(n)] for n, name in enumerate(shared)}
            for p, m in found.items()
            if m.tapped
        },
        refused={p: m.refused for p, m in found.items() if m.refused},
    )
