"""Graphs to time a unit with: between dummy layers, and the dummy layers alone.

A dummy is a 1x1 convolution that gives its input back. It stands where the unit's neighbours
would, so that the unit meets tensors in the engine's own layout, and the fixed cost of entering
and leaving an engine, and of its layouts, falls on dummies (FYE-SR, section 3: "virtual layers").

    sandwich:   x -> dummy -> unit -> dummy -> y
    chain:      x -> dummy -> dummy -> ... -> y          for a tensor of x's or y's shape

With entry and exit cost e(x), e(y) and a dummy's time d(x), d(y) the sandwich takes
e(x) + d(x) + unit + d(y) + e(y), and a chain of n dummies 2 e + n d; half of a chain of two on
either side is what remains when the unit is taken out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from vernier.graphs.graph import Array, Graph, Kind, Operator, TensorType
from vernier.quantization.ranges import Range
from vernier.units.segments import subgraph
from vernier.units.unit import Unit


def unit_graph(graph: Graph, unit: Unit) -> Graph:
    """A unit as a graph of its own."""
    inside = set(unit.operators)
    return subgraph(graph, [op for op in graph.operators if op.output in inside])


def sandwich(
    graph: Graph, unit: Unit, outside: Collection[str] = (), tapped: Collection[str] = ()
) -> Graph:
    """A unit between dummies.

    Args:
        graph: float32, whole.
        unit: of it.
        outside: inputs of the unit that come straight from outside, as a skip does that another
            segment computed; all others come through a dummy.
        tapped: outputs of the unit that leave as they are beside going through a dummy, as one
            does that its own segment and another both read.
    """
    alone = unit_graph(graph, unit)
    operators: list[Operator] = []
    constants: dict[str, Array] = dict(alone.constants)
    types: dict[str, TensorType] = dict(alone.types)
    renamed: dict[str, str] = {}
    for name in alone.inputs:
        if name not in outside:
            renamed[name] = _dummy(name, name, operators, constants, types)
    operators += [
        Operator(
            op.kind,
            tuple(renamed.get(name, name) for name in op.inputs),
            op.output,
            op.activation,
            op.attributes,
        )
        for op in alone.operators
    ]
    outputs = (
        *(_dummy(name, name, operators, constants, types) for name in alone.outputs),
        *tapped,
    )
    made = Graph(
        f"{unit.name} between dummies",
        alone.inputs,
        outputs,
        tuple(operators),
        constants,
        types,
    )
    made.check()
    return made


def chain(shape: Sequence[int], length: int, name: str = "x") -> Graph:
    """Dummies alone.

    Args:
        shape: of the tensor, `(1, H, W, C)`.
        length: how many dummies.
        name: of the tensor; those after it are named after it.
    """
    operators: list[Operator] = []
    constants: dict[str, Array] = {}
    types: dict[str, TensorType] = {name: TensorType(tuple(shape))}
    last = name
    for _ in range(length):
        last = _dummy(last, name, operators, constants, types)
    made = Graph(f"{length} dummies", (name,), (last,), tuple(operators), constants, types)
    made.check()
    return made


def dummy_ranges(made: Graph, known: dict[str, Range]) -> dict[str, Range]:
    """Ranges of all activations of a sandwich or chain: a dummy has that of what it copies."""
    found = dict(known)
    for op in made.operators:
        if op.output not in found:
            found[op.output] = found[op.inputs[0]]
    return found


def _dummy(
    source: str,
    base: str,
    operators: list[Operator],
    constants: dict[str, Array],
    types: dict[str, TensorType],
) -> str:
    """Append a dummy that reads `source`; returns its output."""
    shape = types[source].shape
    channels = shape[3]
    output = f"{base}/dummy{len(operators)}"
    weights, bias = f"{output}/weights", f"{output}/bias"
    constants[weights] = np.eye(channels, dtype=np.float32).reshape(channels, 1, 1, channels)
    constants[bias] = np.zeros(channels, np.float32)
    types[weights] = TensorType((channels, 1, 1, channels))
    types[bias] = TensorType((channels,))
    types[output] = TensorType(shape)
    operators.append(
        Operator(
            Kind.CONV_2D,
            (source, weights, bias),
            output,
            attributes={"stride": 1, "padding": "same", "dilation": 1},
        )
    )
    return output
