"""A placed graph as segments: maximal runs on one processor, and the tensors that cross.

Works on any graph whose operators have processors, also on one with colour around the network. Only
the QUANTIZE and DEQUANTIZE operators at the borders may be without: those are the *conversions*,
which belong to no engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator


@dataclass(frozen=True)
class Run:
    """Operators that one processor computes without a break.

    Attributes:
        processor: its name.
        graph: the operators as a graph of their own; its inputs and outputs are what crosses, by
            liveness.
    """

    processor: str
    graph: Graph


@dataclass(frozen=True)
class Segmentation:
    """A graph in pieces.

    Attributes:
        runs: in an order in which they can run.
        conversions: QUANTIZE and DEQUANTIZE operators between runs, at the graph's beginning, or
            at its end; each converts one tensor once, whoever reads it.
    """

    runs: tuple[Run, ...]
    conversions: tuple[Operator, ...]


def segment(graph: Graph, processors: Mapping[str, str]) -> Segmentation:
    """Cut a graph where its processor changes, into as few runs as a greedy order finds.

    Operators that do not depend on each other may change places, so that a branch does not break a
    run in two. With two processors the greedy order is the best for its first processor, and both
    are tried.

    Args:
        graph: whose operators are placed.
        processors: by the operator's output; those that are not in it are conversions.

    Raises:
        GraphError: an operator has no processor and is no conversion.
    """
    for op in graph.operators:
        if op.output not in processors and op.kind not in (Kind.QUANTIZE, Kind.DEQUANTIZE):
            raise GraphError(f"{graph.name}: {op.kind} {op.output!r} has no processor")
    names = list(
        dict.fromkeys(processors[op.output] for op in graph.operators if op.output in processors)
    )
    orders = [_greedy(graph, processors, first) for first in names]
    best = min(orders, key=len)
    runs = tuple(Run(name, subgraph(graph, operators)) for name, operators in best)
    conversions = tuple(op for op in graph.operators if op.output not in processors)
    return Segmentation(runs, conversions)


def _greedy(
    graph: Graph, processors: Mapping[str, str], first: str
) -> list[tuple[str, list[Operator]]]:
    """Runs that each go on as long as their processor has something to do."""
    known = {*graph.inputs, *graph.constants}
    waiting = list(graph.operators)
    runs: list[tuple[str, list[Operator]]] = []
    current = first
    while waiting:
        taken: list[Operator] = []
        # What the run computes can be converted once it has ended, and not before.
        within: set[str] = set()
        left: list[Operator] = []
        for op in waiting:
            placed = processors.get(op.output)
            if placed is None and known.issuperset(op.inputs):
                known.add(op.output)
            elif placed == current and (known | within).issuperset(op.inputs):
                within.add(op.output)
                taken.append(op)
            else:
                left.append(op)
        if taken:
            runs.append((current, taken))
            known |= within
        elif len(left) == len(waiting):
            # Nothing is ready here: go where something is.
            ready = [op for op in waiting if known.issuperset(op.inputs)]
            if not ready:
                raise GraphError(f"{graph.name}: {waiting[0].output!r} can never be computed")
            current = processors[ready[0].output]
        waiting = left
        if taken and waiting:
            current = _next(waiting, known, processors, current)
    return runs


def _next(
    waiting: Sequence[Operator], known: set[str], processors: Mapping[str, str], current: str
) -> str:
    """The processor of the first operator that can run, once what can be converted is."""
    ready = set(known)
    for op in waiting:
        if ready.issuperset(op.inputs):
            if op.output in processors:
                return processors[op.output]
            ready.add(op.output)
    return current


def subgraph(graph: Graph, operators: Sequence[Operator]) -> Graph:
    """Some operators of a graph as a graph of their own.

    Its inputs are what they read and others compute, the largest pictures first, since sizes are
    stated relative to the first; its outputs are what others read, or the graph gives out.

    Args:
        graph: whole.
        operators: of it, in an order in which they can run.
    """
    inside = {op.output for op in operators}
    read = dict.fromkeys(name for op in operators for name in op.inputs)
    constants = {name: graph.constants[name] for name in read if name in graph.constants}
    inputs = [name for name in read if name not in inside and name not in constants]
    inputs.sort(key=lambda name: -prod(graph.types[name].shape[1:3]))
    read_outside = {
        name for op in graph.operators if op.output not in inside for name in op.inputs
    } | set(graph.outputs)
    outputs = [op.output for op in operators if op.output in read_outside]
    names = {*inputs, *inside, *constants}
    part = Graph(
        name=f"{graph.name}: {outputs[0] if outputs else 'nothing'}",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        operators=tuple(operators),
        constants=constants,
        types={name: kind for name, kind in graph.types.items() if name in names},
    )
    part.check()
    return part
