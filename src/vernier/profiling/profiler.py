"""Profiles a network: every unit on every processor, every border, every switch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations
from pathlib import Path

from vernier.conversion.registry import fastest_method
from vernier.errors import GraphError, PlacementError, ProcessorError, UsageError
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.processors.discovery import find_processor
from vernier.processors.machine import at_most_cores, clock_mhz, describe_machine
from vernier.processors.protocol import Executable
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import require_usable
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import (
    Subject,
    assemble,
    border_key,
    crossing_shapes,
    switch_key,
    unit_key,
)
from vernier.profiling.contenders import Bench, Maker
from vernier.profiling.layer_times import (
    shared_outputs,
    time_border,
    time_unit,
    whole_times,
)
from vernier.profiling.measurements import Measurement, Measurements
from vernier.profiling.paying import fastest_pair, what_pays
from vernier.profiling.profile import Profile, Settings, Shape, Time
from vernier.profiling.sandwiches import unit_graph
from vernier.profiling.switch_times import time_inside, time_switch
from vernier.progress import Progress, silent
from vernier.units.cutting import cut
from vernier.units.split import fusion
from vernier.units.unit import Unit
from vernier.version import VERSION

QUICK_ROUNDS, NORMAL_ROUNDS, PRECISE_ROUNDS = 9, 21, 61


def profile(
    subject: Subject,
    processors: Sequence[str],
    *,
    rounds: int = NORMAL_ROUNDS,
    threads: int = 0,
    unfinished: Path | None = None,
    allow_inexact: bool = False,
    only_what_pays: bool = False,
    quick: bool = False,
    progress: Progress = silent,
) -> Profile:
    """Measure all times of a network.

    Args:
        subject: what.
        processors: where, `ENGINE:DEVICE:PRECISION`; switches are measured between all pairs.
        rounds: per comparison.
        threads: of each engine; 0 for all cores.
        unfinished: a file that keeps results until all are there, to go on after an interruption.
        allow_inexact: time processors whose numbers are wrong here, too.
        only_what_pays: leave out what no split could gain from, once its units are timed; the
            profile's settings say what and why.
        quick: and of these only the fastest float32 processor and the fastest INT8 one, by the
            whole network's time.
        progress: called after each comparison.

    Raises:
        UsageError: no processor, or one twice.
        ProcessorError: a processor is not here, or its numbers are wrong here.
    """
    if not processors or len(set(processors)) != len(processors):
        raise UsageError(f"expected one or more different processors, found {list(processors)}")
    used = at_most_cores(threads)
    graph = resized(subject.graph, subject.height, subject.width)
    for name in processors:
        require_usable(find_processor(name), kinds_in(graph), allow_inexact=allow_inexact)
    units = cut(graph, subject.granularity)
    method = fastest_method()
    bench = Bench(_loader(used), activations_of(subject.graph))
    switch = partial(time_switch, bench=bench, method=method, rounds=rounds)
    inside = partial(time_inside, bench=bench, rounds=rounds)
    kept = Measurements(unfinished, f"{describe_machine()} {VERSION} {used} {rounds} {method.name}")
    left_out: Mapping[str, str] = {}
    if only_what_pays and quick:
        pair = fastest_pair(whole_times(graph, processors, bench))
        processors, left_out = pair.kept or processors, pair.left_out
    if only_what_pays:
        _run(_unit_tasks(graph, units, processors, bench, rounds), kept, progress)
        choice = what_pays(_unit_times(graph, units, processors, kept))
        processors, left_out = choice.kept, {**left_out, **choice.left_out}
    measure(graph, units, processors, bench, switch, rounds, kept, progress, inside)
    settings = Settings(rounds, used, _affinity(), method.name, clock_mhz(), dict(left_out))
    made = assemble(
        subject,
        graph,
        units,
        processors,
        lambda unit, name: kept.known(unit_key(graph, unit, name)),
        kept.known,
        settings,
    )
    kept.finish()
    return made


def _unit_times(
    graph: Graph, units: Sequence[Unit], processors: Sequence[str], kept: Measurements
) -> dict[str, list[float | None]]:
    found = {
        name: [kept.known(unit_key(graph, unit, name)).time for unit in units]
        for name in processors
    }
    return {name: [t.ms if t else None for t in times] for name, times in found.items()}


def _loader(threads: int) -> Callable[[str, bytes], Executable]:
    return lambda name, model: find_processor(name).load(model, threads=threads)


Task = Callable[[], Measurement]
TimeSwitch = Callable[[Shape, str, str, str], tuple[Time, Time]]
"""Conversion and hand-over of a tensor's shape and name, from a source to a target."""
TimeInside = Callable[[Shape, str, str, str], Time]
"""The same of a change inside a file."""


def measure(
    graph: Graph,
    units: Sequence[Unit],
    processors: Sequence[str],
    bench: Maker,
    switch: TimeSwitch,
    rounds: int,
    kept: Measurements,
    progress: Progress = silent,
    inside: TimeInside | None = None,
) -> None:
    """Measure what is not yet known, and keep it.

    Args:
        graph: float32, of the profiled size.
        units: of it.
        processors: their names.
        bench: makes what is timed.
        switch: see `TimeSwitch`.
        rounds: per comparison.
        kept: what is known.
        progress: called after each comparison.
        inside: see `TimeInside`; without it no split is predicted as one file.
    """
    _run(_tasks(graph, units, processors, bench, switch, rounds, inside), kept, progress)


def _run(tasks: Mapping[str, Task], kept: Measurements, progress: Progress) -> None:
    for number, (name, task) in enumerate(tasks.items(), 1):
        if kept.get(name) is None:
            kept.put(name, task())
        progress(number, len(tasks), name.split(" ", 2)[0])


def _tasks(
    graph: Graph,
    units: Sequence[Unit],
    processors: Sequence[str],
    bench: Maker,
    switch: TimeSwitch,
    rounds: int,
    inside: TimeInside | None,
) -> dict[str, Task]:
    """What is to be measured, by the name under which it is kept: each kind of thing once."""
    tasks = _unit_tasks(graph, units, processors, bench, rounds)
    for shape, tensor in crossing_shapes(graph, units).items():
        for processor in processors:
            tasks[border_key(shape, processor)] = partial(
                _border_task, shape, tensor, processor, bench, rounds
            )
        for source, target in permutations(processors, 2):
            fusing = inside if len(fusion((source, target))) == 2 else None
            tasks[switch_key(shape, source, target)] = partial(
                _switch_task, shape, tensor, source, target, switch, fusing
            )
    return tasks


def _unit_tasks(
    graph: Graph, units: Sequence[Unit], processors: Sequence[str], bench: Maker, rounds: int
) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    for unit in units:
        for processor in processors:
            key = unit_key(graph, unit, processor)
            tasks.setdefault(key, partial(_unit_task, graph, unit, processor, bench, rounds))
    return tasks


def _unit_task(graph: Graph, unit: Unit, processor: str, bench: Maker, rounds: int) -> Measurement:
    try:
        found = time_unit(graph, unit, processor, bench, rounds)
    except (GraphError, PlacementError) as error:
        return Measurement(refused=str(error))
    # Further inputs are kept by their place: units of one kind name them differently.
    # By place: units of one kind share them under other names.
    further = [name for name in unit_graph(graph, unit).inputs if name in found.outside]
    return Measurement(
        found.inside,
        {str(place): found.outside[name] for place, name in enumerate(further)},
        {str(place): found.tapped[n] for place, n in enumerate(shared_outputs(graph, unit))},
    )


def _border_task(
    shape: Shape, tensor: str, processor: str, bench: Maker, rounds: int
) -> Measurement:
    return Measurement(time_border(shape, tensor, processor, bench, rounds))


def _switch_task(
    shape: Shape,
    tensor: str,
    source: str,
    target: str,
    switch: TimeSwitch,
    inside: TimeInside | None,
) -> Measurement:
    conversion, hand_over = switch(shape, tensor, source, target)
    others = {"hand-over": hand_over}
    # An engine that takes no file of both precisions has segments only.
    with suppress(GraphError, PlacementError, ProcessorError):
        if inside is not None:
            others["inside"] = inside(shape, tensor, source, target)
    return Measurement(conversion, others)


def _affinity() -> tuple[int, ...]:
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
