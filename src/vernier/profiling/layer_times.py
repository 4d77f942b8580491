"""Times of units by dummy-layer subtraction, and the borders of segments."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from vernier.graphs.graph import Graph, Kind
from vernier.profiling.contenders import Maker
from vernier.profiling.profile import Shape, Time
from vernier.profiling.sampling import sample
from vernier.profiling.sandwiches import chain, sandwich, unit_graph
from vernier.units.unit import Unit


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
    ends = ",".join(places[name] for name in alone.outputs)
    return f"[{sizes}] {'; '.join(words)} [{ends}]"


def time_unit(
    graph: Graph, unit: Unit, processor: str, bench: Maker, rounds: int
) -> tuple[Time, dict[str, Time]]:
    """A unit's time on a processor, and its times with each further input from outside.

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
    shapes = {name: graph.types[name].shape for name in (*alone.inputs, *alone.outputs)}
    with ExitStack() as stack:
        contenders = {}

        def add(name: str, made: Graph) -> None:
            executable = bench.executable(made, processor)
            stack.callback(executable.close)
            contenders[name] = executable.run

        add("inside", sandwich(graph, unit))
        for name in further:
            add(f"outside {name}", sandwich(graph, unit, (name,)))
        for shape, name in {shape: name for name, shape in shapes.items()}.items():
            add(f"chain {shape}", chain(shape, 2, name))
        samples = sample(contenders, rounds)

    def without_dummies(contender: str, outside: Iterable[str]) -> Time:
        weights = {contender: 1.0}
        for name, shape in shapes.items():
            if name not in outside:
                key = f"chain {shape}"
                weights[key] = weights.get(key, 0.0) - 0.5
        return Time.of(samples.combine(weights))

    times = {name: without_dummies(f"outside {name}", (name,)) for name in further}
    return without_dummies("inside", ()), times


def time_border(shape: Shape, tensor: str, processor: str, bench: Maker, rounds: int) -> Time:
    """Half of what a segment costs beside its units, with a tensor of this shape at both ends.

    A chain of n dummies takes 2 e + n d, so e is (3 T2 - 2 T3) / 2.
    """
    with ExitStack() as stack:
        contenders = {}
        for length in (2, 3):
            executable = bench.executable(chain(shape, length, tensor), processor)
            stack.callback(executable.close)
            contenders[str(length)] = executable.run
        samples = sample(contenders, rounds)
    return Time.of(samples.combine({"2": 1.5, "3": -1.0}))


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
