"""What an operator family must say of itself; `operators.table` has all of them.

A new operator is a name in `graphs.graph.Kind` and one descriptor in the file of its family. What
other rooms know of it stands in a table of theirs: its row in `.tflite`
(`formats.tflite.operators`), its arithmetic in PyTorch (`simulation.floats`), and, where it has an
INT8 form of its own, in codes (`quantization.arithmetic.graph`, `simulation.integers`).
`tests/graphs/test_operator_tables.py` finds a kind that one of them lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Operator

Shape = tuple[int, ...]
Float32 = NDArray[np.float32]
Interval = tuple[int, int]
"""First and last index, both included."""
Grid = Literal["output", "input"]
"""Where a transposed convolution is counted: at every output pixel, or at every input pixel."""

Kernel = Callable[[Operator, list[NDArray[Any]]], NDArray[Any]]
ShapeRule = Callable[[Operator, Shape, Sequence[Shape]], Shape]


class IntegerForm(Enum):
    """How an operator runs in INT8."""

    NONE = auto()
    """Not at all: its unit runs in float."""
    OWN = auto()
    """In an arithmetic of its own, see `quantization.arithmetic`."""
    SAME_SCALE = auto()
    """On codes of one quantisation, which inputs and output share."""


@dataclass(frozen=True)
class Side:
    """One side of a tensor: `ratio * n + surplus` pixels where the first input has n."""

    ratio: Fraction
    surplus: int


class Footprint(Protocol):
    """How far an operator looks, along one axis (0 rows, 1 columns)."""

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        """The side of its output, for that of its input."""
        ...

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        """The indices of its input that it reads for a range of its output's."""
        ...


@dataclass(frozen=True)
class Enlarging:
    """A footprint of one input pixel for `factor` output pixels; by default one for one."""

    factor: Callable[[Operator], int] = lambda op: 1

    def side(self, graph: Graph, op: Operator, axis: int, side: Side) -> Side:
        """As `Footprint.side`."""
        factor = self.factor(op)
        return Side(side.ratio * factor, side.surplus * factor)

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        """As `Footprint.read`."""
        factor = self.factor(op)
        return output[0] // factor, output[1] // factor


def _same_shape(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    return x


def _at_fixed_distance(op: Operator) -> str | None:
    return None


def _no_products(graph: Graph, op: Operator, grid: Grid) -> int:
    return 0


@dataclass(frozen=True)
class Descriptor:
    """One operator family member.

    Attributes:
        compute: its float arithmetic in NumPy, which is what it means; None where it needs scales.
        shape: of its output, from the shapes of its inputs.
        inputs: how many it may have.
        broadcasts: its first input need not be `(1, H, W, C)`.
        joins_by_place: its second input meets the first pixel by pixel, so that a constant with
            rows and columns fixes the size of the picture.
        macs: multiply-accumulates at the graph's size.
        footprint: how far it looks, where that is a fixed distance.
        everywhere: what makes it look further; None where it does not.
        integer: how it runs in INT8.
        output_codes: scale and zero point of its INT8 output, where that is prescribed.
        keeps_proportions: f(a x) = a f(x) for every a > 0.
    """

    compute: Kernel | None
    shape: ShapeRule = _same_shape
    inputs: range = range(1, 2)
    broadcasts: bool = False
    joins_by_place: bool = False
    macs: Callable[[Graph, Operator, Grid], int] = _no_products
    footprint: Footprint = Enlarging()
    everywhere: Callable[[Operator], str | None] = _at_fixed_distance
    integer: IntegerForm = IntegerForm.OWN
    output_codes: tuple[float, int] | None = None
    keeps_proportions: bool = False


# What shape rules of several families ask for.


def positive(op: Operator, attribute: str, default: int | None = None) -> int:
    """A whole attribute of at least 1.

    Raises:
        GraphError: it is missing, not whole, or less.
    """
    value = op.whole(attribute, default)
    if value < 1:
        raise GraphError(f"{op.output}: {attribute!r} must be at least 1, found {value}")
    return value


def broadcast(op: Operator, first: Shape, second: Shape) -> Shape:
    """The shape of two tensors brought together as NumPy does.

    Raises:
        GraphError: they do not fit, or the result is no `(1, H, W, C)`.
    """
    try:
        shape = np.broadcast_shapes(first, second)
    except ValueError as error:
        raise GraphError(f"{op.output}: {op.kind} of shapes {first} and {second}") from error
    if len(shape) != 4 or shape[0] != 1:
        raise GraphError(f"{op.output}: {op.kind} of {first} and {second} is no (1, H, W, C)")
    return shape


def along(axis: int, first: int, end: int) -> tuple[slice, ...]:
    """An index that cuts `(1, H, W, C)` from `first` to `end`, exclusive, along one axis."""
    return (*(slice(None),) * axis, slice(first, end))


def with_side(x: Shape, axis: int, size: int) -> Shape:
    """A shape with another size along one axis."""
    return (*x[:axis], size, *x[axis + 1 :])
