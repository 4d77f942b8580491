"""Operators that mix samples of several places: interpolation, means, matrix products."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import CHANNELS, Graph, Kind, Operator, is_channel_mean
from vernier.graphs.operators.descriptor import (
    Descriptor,
    Enlarging,
    Float32,
    Grid,
    IntegerForm,
    Interval,
    Shape,
    with_side,
)
from vernier.graphs.operators.layout import enlarged


def _bilinear(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x, factor = inputs[0], op.whole("factor")
    for axis in (1, 2):
        size = x.shape[axis]
        centre = (np.arange(size * factor) + 0.5) / factor - 0.5
        low = np.floor(centre).astype(np.intp)
        share = (centre - low).astype(np.float32)
        share = share.reshape((-1, 1, 1) if axis == 1 else (-1, 1))
        below = x.take(np.clip(low, 0, size - 1), axis=axis)
        above = x.take(np.clip(low + 1, 0, size - 1), axis=axis)
        x = below + (above - below) * share
    return x.astype(np.float32)


@dataclass(frozen=True)
class _Between(Enlarging):
    """Output pixel j samples at (j + 1/2) / factor - 1/2, between two pixels."""

    def read(self, graph: Graph, op: Operator, axis: int, output: Interval) -> Interval:
        factor, (first, last) = self.factor(op), output
        return (2 * first + 1 - factor) // (2 * factor), -((factor - 2 * last - 1) // (2 * factor))


def _averaged(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    if not is_channel_mean(op):
        return (1, 1, 1, x[3])
    if op.axis != CHANNELS:
        raise GraphError(f"{op.output}: a MEAN is over pixels or channels, not {op.axis}")
    return with_side(x, CHANNELS, 1)


def _mean(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    # Summed in float64: NumPy sums rows one after the other, and a picture has many.
    axes = op.axis if is_channel_mean(op) else (1, 2)
    means = inputs[0].mean(axis=axes, keepdims=True, dtype=np.float64)
    return np.asarray(means, np.float32)


def _multiplied(op: Operator, a: Shape, others: Sequence[Shape]) -> Shape:
    b, transposed = others[0], op.whole("transposed")
    if len(b) != 4 or b[:2] != a[:2] or transposed not in (0, 1):
        raise GraphError(f"{op.output}: cannot multiply {a} by {b}, transposed {transposed}")
    inner, columns = (b[3], b[2]) if transposed else (b[2], b[3])
    if a[3] != inner:
        raise GraphError(f"{op.output}: rows of {a[3]} cannot be multiplied by {b}")
    return (*a[:3], columns)


def _batch_matmul(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    a, b = inputs
    return np.asarray(a @ (b.swapaxes(2, 3) if op.whole("transposed") else b), np.float32)


def _matmul_macs(graph: Graph, op: Operator, grid: Grid) -> int:
    return math.prod(graph.types[op.output].shape) * graph.types[op.inputs[0]].shape[3]


DESCRIPTORS: Mapping[Kind, Descriptor] = {
    Kind.RESIZE_BILINEAR: Descriptor(
        _bilinear,
        enlarged,
        footprint=_Between(lambda op: op.whole("factor")),
        integer=IntegerForm.SAME_SCALE,
    ),
    Kind.MEAN: Descriptor(
        _mean,
        _averaged,
        everywhere=lambda op: None if is_channel_mean(op) else "is a mean over the whole picture",
    ),
    Kind.BATCH_MATMUL: Descriptor(
        _batch_matmul,
        _multiplied,
        inputs=range(2, 3),
        joins_by_place=True,
        macs=_matmul_macs,
        everywhere=lambda op: "multiplies pixels by pixels",
        integer=IntegerForm.NONE,
    ),
}
