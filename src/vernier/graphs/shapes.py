"""The shapes of a graph's tensors, for any size of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vernier.errors import GraphError
from vernier.graphs.graph import CHANNELS, Graph, Kind, Operator, TensorType
from vernier.graphs.operators.descriptor import Shape
from vernier.graphs.operators.table import DESCRIPTORS


def resized(graph: Graph, height: int, width: int) -> Graph:
    """The same graph for a first input of `height` x `width` pixels.

    Further inputs keep their ratio to the first, as those of a segment do that skips cross; an
    input of one pixel beside a larger first one stays as it is (a mean over the picture).

    Args:
        graph: any graph; the shapes of its computed tensors are not looked at.
        height: of the first input, in pixels, at least 1.
        width: likewise.

    Raises:
        GraphError: an operator cannot work at this size, an input's size would not be whole, or
            the graph `fits_one_size` and this is another.
    """
    if height < 1 or width < 1:
        raise GraphError(f"{graph.name}: expected at least 1x1 pixels, found {width}x{height}")
    first = graph.types[graph.inputs[0]].shape
    if first[1:3] != (height, width) and fits_one_size(graph):
        raise GraphError(
            f"{graph.name} is of one picture size, {first[2]}x{first[1]}, "
            f"found {width}x{height}; capture it again for another"
        )
    types = dict(graph.types)
    for name in graph.inputs:
        own = types[name].shape
        if own[1:3] == (1, 1) != first[1:3]:
            continue
        rows, rows_left = divmod(own[1] * height, first[1])
        columns, columns_left = divmod(own[2] * width, first[2])
        if rows_left or columns_left:
            raise GraphError(
                f"{graph.name}: the input {name!r} would not have a whole size at {width}x{height}"
            )
        types[name] = replace(types[name], shape=(1, rows, columns, own[3]))
    for op in graph.operators:
        types[op.output] = replace(types[op.output], shape=output_shape(op, types))
    return replace(graph, types=types)


def fits_one_size(graph: Graph) -> bool:
    """Whether a graph means something at its own picture size only.

    A RESHAPE names rows and columns as numbers, a SLICE of rows or columns does, and a constant may
    have as many as the picture. At another size some would raise, and others silently compute
    something else.
    """
    return any(
        op.kind is Kind.RESHAPE
        or (op.kind is Kind.SLICE and op.axis != CHANNELS)
        or (
            DESCRIPTORS[op.kind].joins_by_place
            and any(_has_places(graph, name) for name in op.inputs)
        )
        for op in graph.operators
    )


def own_size(graph: Graph) -> tuple[int, int]:
    """Rows and columns of a graph's first input, in pixels."""
    shape = graph.types[graph.inputs[0]].shape
    return shape[1], shape[2]


def scale_of(graph: Graph) -> int:
    """By how much a network enlarges: its output's size over its input's.

    Raises:
        GraphError: that is not one whole number for both axes.
    """
    rows, columns = own_size(graph)
    _, out_rows, out_columns, _ = graph.types[graph.outputs[0]].shape
    scale = out_rows // rows
    if scale < 1 or (out_rows, out_columns) != (scale * rows, scale * columns):
        raise GraphError(
            f"{graph.name}: makes {out_columns}x{out_rows} pixels of {columns}x{rows}, expected "
            "a whole factor, the same for both axes"
        )
    return scale


def _has_places(graph: Graph, name: str) -> bool:
    """Whether a tensor is a constant of several rows or columns."""
    return name in graph.constants and any(side > 1 for side in graph.types[name].shape[-3:-1])


def output_shape(op: Operator, types: Mapping[str, TensorType]) -> Shape:
    """The shape `(1, H, W, C)` of what an operator computes from inputs of known shapes.

    Raises:
        GraphError: the inputs or attributes do not fit the operator.
    """
    descriptor = DESCRIPTORS[op.kind]
    if len(op.inputs) not in descriptor.inputs:
        raise GraphError(f"{op.output}: {op.kind} cannot have {len(op.inputs)} inputs")
    x, *others = (types[name].shape for name in op.inputs)
    if not descriptor.broadcasts and (len(x) != 4 or x[0] != 1 or min(x) < 1):
        raise GraphError(f"{op.output}: {op.kind} needs a tensor (1, H, W, C), found {x}")
    return descriptor.shape(op, x, others)
