"""A unit, or several, divided between processors: by output channels, or by rows.

By channels, each processor convolves the whole input with its own output channels' weights, and
what follows the convolution channel by channel stays with it (muLayer, CoDL). By rows, each gets
its rows of the input with the halo that exact results need (CoDL). Either way parts write disjoint
views of the same tensors, and together they are what one processor would have computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.receptive_field import alignment, halo
from vernier.graphs.shapes import fits_one_size, own_size, resized
from vernier.units.segments import subgraph

BY_ITSELF = frozenset(
    {Kind.ADD, Kind.SUB, Kind.MUL, Kind.RELU, Kind.PRELU, Kind.LEAKY_RELU, Kind.TANH,
     Kind.LOGISTIC, Kind.SQRT, Kind.RSQRT, Kind.GELU, Kind.QUANTIZE, Kind.DEQUANTIZE}
)  # fmt: skip
"""Kinds that treat every channel by itself."""

Range = tuple[int, int]
"""First index, and the one after the last."""


@dataclass(frozen=True)
class View:
    """What a port of a part has of a whole tensor.

    Attributes:
        tensor: the whole one's name.
        rows: of it; None for all.
        channels: of it; None for all.
        skip_rows: rows of the port before those that count.
    """

    tensor: str
    rows: Range | None = None
    channels: Range | None = None
    skip_rows: int = 0

    def of(self, whole: NDArray[Any]) -> NDArray[Any]:
        """The view of the whole tensor `(1, H, W, C)`."""
        first, end = self.rows or (0, whole.shape[1])
        low, high = self.channels or (0, whole.shape[3])
        return whole[:, first:end, :, low:high]

    def counted(self, port: NDArray[Any]) -> NDArray[Any]:
        """Of the port's own memory, what counts."""
        if self.rows is None:
            return port
        return port[:, self.skip_rows : self.skip_rows + self.rows[1] - self.rows[0]]


@dataclass(frozen=True)
class Part:
    """What one processor computes of a stage.

    Attributes:
        graph: at the size that it runs at.
        reads: of each of the graph's inputs, in order.
        writes: of each of its outputs.
    """

    graph: Graph
    reads: tuple[View, ...]
    writes: tuple[View, ...]


def whole_part(graph: Graph) -> Part:
    """A graph that nothing divides."""
    return Part(graph, tuple(map(View, graph.inputs)), tuple(map(View, graph.outputs)))


def by_rows(graph: Graph, rows: Range) -> Part | None:
    """What computes some rows of a graph's outputs, exactly.

    Args:
        graph: of one or more units, at its size.
        rows: counted in those of its first input.

    Returns:
        None where the graph cannot be cut so: it looks at the whole picture.
    """
    height, width = own_size(graph)
    try:
        if fits_one_size(graph) or alignment(graph) != 1:
            return None
        radius = halo(graph)
        first, end = max(0, rows[0] - radius), min(height, rows[1] + radius)
        part = resized(graph, end - first, width)
    except GraphError:
        return None
    reads, writes = [], []
    for name in graph.inputs:
        ratio, left = divmod(graph.types[name].shape[1], height)
        if left or not ratio:
            return None
        reads.append(View(name, (first * ratio, end * ratio)))
    for name in graph.outputs:
        ratio = graph.types[name].shape[1] // height
        counted = (rows[0] * ratio, rows[1] * ratio)
        writes.append(View(name, counted, skip_rows=(rows[0] - first) * ratio))
    return Part(part, tuple(reads), tuple(writes))


@dataclass(frozen=True)
class Head:
    """The part of a unit that can be divided by channels, and what is left of it.

    Attributes:
        graph: of the convolution and what follows it channel by channel.
        channels: of the convolution's output.
        tail: the other operators of the unit, in order.
    """

    graph: Graph
    channels: int
    tail: tuple[Operator, ...]


def head_of(graph: Graph, operators: Sequence[Operator]) -> Head | None:
    """The divisible head of a unit; None if it has none."""
    taken: list[Operator] = []
    cut: set[str] = set()
    channels = 0
    for op in operators:
        inner = [name in cut for name in op.inputs]
        if not cut:
            if op.kind is Kind.CONV_2D and not _grouped(graph, op):
                cut.add(op.output)
                channels = graph.types[op.output].shape[3]
            elif op.kind not in BY_ITSELF:
                return None
        elif (
            op.kind in BY_ITSELF
            and any(inner)
            and graph.types[op.output].shape[3] == channels
            and not any(name in {o.output for o in taken} - cut for name in op.inputs)
        ):
            cut.add(op.output)
        else:
            break
        taken.append(op)
    if channels < 2:
        return None
    head = subgraph(graph, taken)
    if not set(head.outputs) <= cut:
        return None
    return Head(head, channels, tuple(operators[len(taken) :]))


def by_channels(head: Graph, channels: Range) -> Part:
    """What computes some output channels of a head.

    Args:
        head: of `head_of`.
        channels: of the convolution's output.
    """
    first, end = channels
    whole = next(op for op in head.operators if op.kind is Kind.CONV_2D)
    count = head.types[whole.output].shape[3]
    constants: dict[str, Any] = dict(head.constants)
    types: dict[str, TensorType] = dict(head.types)
    views = {name: View(name) for name in head.inputs}
    operators: list[Operator] = []
    cut: set[str] = set()
    for op in head.operators:
        inputs = list(op.inputs)
        if op is whole:
            for name in op.inputs[1:]:
                constants[name], types[name] = _cut_constant(head, name, 0, first, end)
        elif cut:
            for at, name in enumerate(op.inputs):
                if name in cut or head.types[name].shape[-1:] != (count,):
                    continue
                if name in head.constants:
                    axis = len(head.types[name].shape) - 1
                    constants[name], types[name] = _cut_constant(head, name, axis, first, end)
                else:
                    # Another reader may want the whole tensor, so this one has a name of its own.
                    inputs[at] = f"{name}#{first}"
                    views[inputs[at]] = View(name, channels=channels)
                    types[inputs[at]] = _with_channels(head.types[name], end - first)
        if op is whole or cut:
            cut.add(op.output)
            types[op.output] = _with_channels(head.types[op.output], end - first)
        operators.append(replace(op, inputs=tuple(inputs)))
    read = {name for op in operators for name in op.inputs}
    entries = tuple(name for name in views if name in read)
    known = {*entries, *(op.output for op in operators), *(read & constants.keys())}
    part = Graph(
        f"{head.name}, channels {first} to {end}",
        entries,
        head.outputs,
        tuple(operators),
        {name: value for name, value in constants.items() if name in read},
        {name: kind for name, kind in types.items() if name in known},
    )
    part.check()
    return Part(
        part,
        tuple(views[name] for name in entries),
        tuple(View(name, channels=channels) for name in head.outputs),
    )


def with_codes(part: Part, codes: Mapping[str, TensorType]) -> Part:
    """A float part that reads and writes 8-bit codes, as muLayer's storage between layers.

    Args:
        part: in float32.
        codes: type of each whole tensor that it reads or writes, as the INT8 network has it.
    """
    graph = part.graph
    types, inputs, outputs = dict(graph.types), [], []
    before, after = [], []
    for name, view in zip(graph.inputs, part.reads, strict=True):
        coded = f"{name}/codes"
        types[coded] = replace(codes[view.tensor], shape=graph.types[name].shape)
        before.append(Operator(Kind.DEQUANTIZE, (coded,), name))
        inputs.append(coded)
    for name, view in zip(graph.outputs, part.writes, strict=True):
        coded = f"{name}/codes"
        types[coded] = replace(codes[view.tensor], shape=graph.types[name].shape)
        after.append(Operator(Kind.QUANTIZE, (name,), coded))
        outputs.append(coded)
    made = replace(
        graph,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        operators=(*before, *graph.operators, *after),
        types=types,
    )
    made.check()
    return replace(part, graph=made)


def _grouped(graph: Graph, op: Operator) -> bool:
    return graph.types[op.inputs[1]].shape[3] != graph.types[op.inputs[0]].shape[3]


def _with_channels(kind: TensorType, channels: int) -> TensorType:
    return replace(kind, shape=(*kind.shape[:3], channels))


def _cut_constant(
    graph: Graph, name: str, axis: int, first: int, end: int
) -> tuple[NDArray[Any], TensorType]:
    index = (*(slice(None),) * axis, slice(first, end))
    value = np.ascontiguousarray(graph.constants[name][index])
    kind = replace(graph.types[name], shape=value.shape)
    codes = kind.quantization
    if codes is not None and len(codes.scale) > 1:
        part = Quantization(codes.scale[first:end], codes.zero_point[first:end], codes.axis)
        kind = replace(kind, quantization=part)
    return value, kind
