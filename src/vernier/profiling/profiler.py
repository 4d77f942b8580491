"""Profiles a network: every unit on every processor, every border, every switch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from pathlib import Path

from vernier.conversion.protocol import Method
from vernier.conversion.registry import fastest_method
from vernier.errors import GraphError, PlacementError, ProcessorError, UsageError
from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import Graph, Kind
from vernier.graphs.shapes import resized
from vernier.processors.discovery import find_processor
from vernier.processors.machine import clock_mhz, describe_machine, usable_cores
from vernier.processors.protocol import Executable
from vernier.profiling.activations import activations_of
from vernier.profiling.contenders import Bench
from vernier.profiling.layer_times import main_input, time_border, time_unit, unit_kind
from vernier.profiling.measurements import Measurement, Measurements
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
from vernier.profiling.switch_times import time_switch
from vernier.progress import Progress, silent
from vernier.units.cutting import Granularity, cut
from vernier.units.unit import Unit
from vernier.version import VERSION

QUICK_ROUNDS, NORMAL_ROUNDS, PRECISE_ROUNDS = 9, 21, 61


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


def profile(
    subject: Subject,
    processors: Sequence[str],
    *,
    rounds: int = NORMAL_ROUNDS,
    threads: int = 0,
    unfinished: Path | None = None,
    progress: Progress = silent,
) -> Profile:
    """Measure all times of a network.

    Args:
        subject: what.
        processors: where, `ENGINE:DEVICE:PRECISION`; switches are measured between all pairs.
        rounds: per comparison.
        threads: of each engine; 0 for all cores.
        unfinished: a file that keeps results until all are there, to go on after an interruption.
        progress: told after each comparison.

    Raises:
        UsageError: no processor, or one twice.
        ProcessorError: a processor is not here.
    """
    if not processors or len(set(processors)) != len(processors):
        raise UsageError(f"expected one or more different processors, found {list(processors)}")
    used = threads or usable_cores()
    for name in processors:
        found = find_processor(name).availability()
        if not found.present:
            raise ProcessorError(f"{name} is not here: {found.detail}")
    graph = resized(subject.graph, subject.height, subject.width)
    units = cut(graph, subject.granularity)
    method = fastest_method()
    bench = Bench(_loader(used), activations_of(subject.graph))
    kept = Measurements(unfinished, f"{describe_machine()} {VERSION} {used} {rounds} {method.name}")
    tasks = _tasks(graph, units, processors, bench, method, rounds)
    for number, (name, measure) in enumerate(tasks.items(), 1):
        if kept.get(name) is None:
            kept.put(name, measure())
        progress(number, len(tasks), name.split(" ", 2)[0])
    made = _assembled(subject, graph, units, processors, kept, rounds, used, method)
    kept.finish()
    return made


def _loader(threads: int) -> Callable[[str, bytes], Executable]:
    return lambda name, model: find_processor(name).load(model, threads=threads)


Task = Callable[[], Measurement]


def _tasks(
    graph: Graph,
    units: Sequence[Unit],
    processors: Sequence[str],
    bench: Bench,
    method: Method,
    rounds: int,
) -> dict[str, Task]:
    """What is to be measured, by the name under which it is kept: each kind of thing once."""
    tasks: dict[str, Task] = {}
    for unit in units:
        for processor in processors:
            key = _unit_key(graph, unit, processor)
            tasks.setdefault(key, partial(_unit_task, graph, unit, processor, bench, rounds))
    for shape, tensor in _crossing_shapes(graph, units).items():
        for processor in processors:
            tasks[_border_key(shape, processor)] = partial(
                _border_task, shape, tensor, processor, bench, rounds
            )
        for source, target in permutations(processors, 2):
            tasks[_switch_key(shape, source, target)] = partial(
                _switch_task, shape, tensor, source, target, bench, method, rounds
            )
    return tasks


def _unit_task(graph: Graph, unit: Unit, processor: str, bench: Bench, rounds: int) -> Measurement:
    try:
        inside, outside = time_unit(graph, unit, processor, bench, rounds)
    except (GraphError, PlacementError) as error:
        return Measurement(refused=str(error))
    # Further inputs are kept by their place: units of one kind name them differently.
    further = [name for name in unit_graph(graph, unit).inputs if name in outside]
    return Measurement(inside, {str(place): outside[n] for place, n in enumerate(further)})


def _border_task(
    shape: Shape, tensor: str, processor: str, bench: Bench, rounds: int
) -> Measurement:
    return Measurement(time_border(shape, tensor, processor, bench, rounds))


def _switch_task(
    shape: Shape,
    tensor: str,
    source: str,
    target: str,
    bench: Bench,
    method: Method,
    rounds: int,
) -> Measurement:
    conversion, hand_over = time_switch(shape, tensor, source, target, bench, method, rounds)
    return Measurement(conversion, {"hand-over": hand_over})


def _unit_key(graph: Graph, unit: Unit, processor: str) -> str:
    # LiteRT's own INT8 PRELU branches on each sample's sign: its time is the content's.
    kinds = {op.kind for op in graph.operators if op.output in unit.operators}
    own = f" of {unit.name}" if Kind.PRELU in kinds and processor.endswith(":int8") else ""
    return f"unit {processor} {unit_kind(graph, unit)}{own}"


def _border_key(shape: Shape, processor: str) -> str:
    return f"border {processor} {shape}"


def _switch_key(shape: Shape, source: str, target: str) -> str:
    return f"switch {source}>{target} {shape}"


def _crossing_shapes(graph: Graph, units: Sequence[Unit]) -> dict[Shape, str]:
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


def _assembled(
    subject: Subject,
    graph: Graph,
    units: Sequence[Unit],
    processors: Sequence[str],
    kept: Measurements,
    rounds: int,
    threads: int,
    method: Method,
) -> Profile:
    def known(key: str) -> Measurement:
        found = kept.get(key)
        assert found is not None
        return found

    place = {output: number for number, unit in enumerate(units) for output in unit.operators}
    shapes = _crossing_shapes(graph, units)
    borders = [
        Border(processor, shape, time)
        for shape in shapes
        for processor in processors
        if (time := known(_border_key(shape, processor)).time) is not None
    ]
    switches = [
        Switch(source, target, shape, found.time, found.outside["hand-over"])
        for shape in shapes
        for source, target in permutations(processors, 2)
        if (found := known(_switch_key(shape, source, target))).time is not None
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
        machine=describe_machine(),
        settings=Settings(rounds, threads, _affinity(), method.name, clock_mhz()),
        units=tuple(
            _unit_times(
                graph, unit, place, {p: known(_unit_key(graph, unit, p)) for p in processors}
            )
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
        refused={p: m.refused for p, m in found.items() if m.refused},
    )


def _affinity() -> tuple[int, ...]:
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
