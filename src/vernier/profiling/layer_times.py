"""Times of units by dummy-layer subtraction, and the borders of segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from vernier.errors import GraphError, PlacementError, ProcessorError
from vernier.graphs.graph import Graph, Kind
from vernier.profiling.contenders import Maker
from vernier.profiling.profile import Shape, Time
from vernier.profiling.sampling import Samples, sample, sample_loads
from vernier.profiling.sandwiches import chain, sandwich, unit_graph
from vernier.units.unit import Unit

WHOLE_ROUNDS = 9


def unit_kind(graph: Graph, unit: Unit) -> str:
    """What decides a unit's time: operators, shapes and how they hang together.

    Units of one kind are measured once. The values of weights are not looked at: no engine here
    skips zeros.
    """
    alone = unit_graph(graph, unit)
    places = {name: f"in{number}" for number, name in enumerate(alone.inputs)}
    words = []
    for number, op in enumerate(alone.operators):
        read = ",".join(
            places.get(name) or "x".join(map(str, alone.types[name].shape)) for name in op.inputs
        )
        shape = "x".join(map(str, alone.types[op.output].shape[1:]))
        extras = "".join(f" {key}={value}" for key, value in sorted(op.attributes.items()))
        fused = "" if op.activation == "NONE" else f"+{op.activation}"
        places[op.output] = f"#{number}"
        words.append(f"{op.kind}{fused}({read}){extras} -> {shape}")
    sizes = " ".join("x".join(map(str, alone.types[name].shape[1:])) for name in alone.inputs)
    shared = shared_outputs(graph, unit)
    ends = ",".join(places[name] + "*" * (name in shared) for name in alone.outputs)
    return f"[{sizes}] {'; '.join(words)} [{ends}]"


def shared_outputs(graph: Graph, unit: Unit) -> list[str]:
    """A unit's outputs that a split may make both read inside its segment and leave it."""
    inside = set(unit.operators)
    readers = Counter(
        name for op in graph.operators if op.output not in inside for name in set(op.inputs)
    )
    readers.update(graph.outputs)
    return [name for name in unit_graph(graph, unit).outputs if readers[name] > 1]


@dataclass(frozen=True)
class UnitMeasured:
    """A unit's times on a processor.

    Attributes:
        inside: between dummies.
        outside: by further input, with that one straight from outside.
        tapped: by shared output, with that one leaving as well.
    """

    inside: Time
    outside: dict[str, Time]
    tapped: dict[str, Time]


def time_unit(graph: Graph, unit: Unit, processor: str, bench: Maker, rounds: int) -> UnitMeasured:
    """A unit's times on a processor.

    Args:
        graph: float32, at the size to profile.
        unit: of it.
        processor: its name.
        bench: makes what is timed.
        rounds: that count.

    Raises:
        ProcessorError: the processor refuses the unit.
        PlacementError: it would run otherwise than asked.
    """
    alone = unit_graph(graph, unit)
    main = main_input(graph, unit)
    further = [name for name in alone.inputs if name != main]
    shared = shared_outputs(graph, unit)
    shapes = {name: graph.types[name].shape for name in (*alone.inputs, *alone.outputs)}
    graphs = {"inside": sandwich(graph, unit)}
    for name in further:
        graphs[f"outside {name}"] = sandwich(graph, unit, (name,))
    for name in shared:
        graphs[f"tapped {name}"] = sandwich(graph, unit, tapped=(name,))
    for shape, name in {shape: name for name, shape in shapes.items()}.items():
        graphs[f"chain {shape}"] = chain(shape, 2, name)
    samples = _sampled(graphs, processor, bench, rounds)

    def without_dummies(contender: str, outside: Iterable[str]) -> Time:
        weights = {contender: 1.0}
        for name, shape in shapes.items():
            if name not in outside:
                key = f"chain {shape}"
                weights[key] = weights.get(key, 0.0) - 0.5
        return Time.of(samples.combine(weights))

    return UnitMeasured(
        without_dummies("inside", ()),
        {name: without_dummies(f"outside {name}", (name,)) for name in further},
        {name: without_dummies(f"tapped {name}", ()) for name in shared},
    )


def whole_times(graph: Graph, processors: Iterable[str], bench: Maker) -> dict[str, float]:
    """Median ms of a whole network by processor, in turns; without those that refuse it.

    Args:
        graph: float32, at the size to profile.
        processors: their names.
        bench: makes what is timed.
    """
    with ExitStack() as stack:
        contenders = {}
        for name in processors:
            with suppress(GraphError, PlacementError, ProcessorError):
                executable = bench.executable(graph, name)
                stack.callback(executable.close)
                contenders[name] = executable.run
        if not contenders:
            return {}
        samples = sample(contenders, WHOLE_ROUNDS)
    return {name: samples.combine({name: 1.0}).median_ms for name in contenders}


def time_border(shape: Shape, tensor: str, processor: str, bench: Maker, rounds: int) -> Time:
    """Half of what a segment costs beside its units, with a tensor of this shape at both ends.

    A chain of n dummies takes 2 e + n d, so e is (3 T2 - 2 T3) / 2.
    """
    graphs = {str(length): chain(shape, length, tensor) for length in (2, 3)}
    samples = _sampled(graphs, processor, bench, rounds)
    return Time.of(samples.combine({"2": 1.5, "3": -1.0}))


def _sampled(graphs: Mapping[str, Graph], processor: str, bench: Maker, rounds: int) -> Samples:
    def load(stack: ExitStack) -> dict[str, Callable[[], object]]:
        contenders = {}
        for name, graph in graphs.items():
            executable = bench.executable(graph, processor)
            stack.callback(executable.close)
            contenders[name] = executable.run
        return contenders

    return sample_loads(load, rounds)


def main_input(graph: Graph, unit: Unit) -> str:
    """The input that the unit's first convolution reads; the first one where it has none."""
    alone = unit_graph(graph, unit)
    for op in alone.operators:
        if op.kind in (Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.TRANSPOSE_CONV):
            name = op.inputs[0]
            while name not in alone.inputs:
                producer = alone.producer(name)
                if producer is None:
                    return alone.inputs[0]
                name = producer.inputs[0]
            return name
    return alone.inputs[0]
