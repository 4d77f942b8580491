"""Operators that treat every sample by itself, or every pixel's channels together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Kind, Operator
from vernier.graphs.operators.descriptor import (
    Descriptor,
    Float32,
    IntegerForm,
    Shape,
    broadcast,
)


def _sum_or_product(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    return broadcast(op, x, others[0])


def _shape_of_prelu(op: Operator, x: Shape, others: Sequence[Shape]) -> Shape:
    if broadcast(op, x, others[0]) != x:
        raise GraphError(f"{op.output}: slopes {others[0]} do not fit a tensor {x}")
    return x


def _leaky_relu(op: Operator, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    x = inputs[0]
    return np.where(x >= 0, x, x * np.float32(op.attributes["alpha"]))


def _logistic(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x = inputs[0]
    # Two forms, so that neither exponential overflows.
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + small), small / (1 + small)), np.float32)


# NumPy has no error function; Python's, value by value, is slow and right.
_erf = np.frompyfunc(math.erf, 1, 1)


def _gelu(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    x = inputs[0].astype(np.float64)
    phi = 0.5 * (1.0 + np.asarray(_erf(x / math.sqrt(2.0)), np.float64))
    return np.asarray(x * phi, np.float32)


def _softmax(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    powers = np.exp(inputs[0] - inputs[0].max(axis=3, keepdims=True))
    return np.asarray(powers / powers.sum(axis=3, keepdims=True), np.float32)


_TWO = range(2, 3)

DESCRIPTORS: Mapping[Kind, Descriptor] = {
    **{
        kind: Descriptor(
            compute, _sum_or_product, inputs=_TWO, broadcasts=True, joins_by_place=True
        )
        for kind, compute in (
            (Kind.ADD, lambda op, x: x[0] + x[1]),
            (Kind.SUB, lambda op, x: x[0] - x[1]),
            (Kind.MUL, lambda op, x: x[0] * x[1]),
        )
    },
    Kind.RELU: Descriptor(lambda op, x: np.maximum(x[0], np.float32(0)), keeps_proportions=True),
    Kind.PRELU: Descriptor(
        lambda op, x: np.where(x[0] >= 0, x[0], x[0] * x[1]),
        _shape_of_prelu,
        inputs=_TWO,
        keeps_proportions=True,
    ),
    Kind.LEAKY_RELU: Descriptor(_leaky_relu, keeps_proportions=True),
    Kind.TANH: Descriptor(lambda op, x: np.tanh(x[0]), output_codes=(1.0 / 128.0, 0)),
    Kind.LOGISTIC: Descriptor(_logistic, output_codes=(1.0 / 256.0, -128)),
    Kind.SQRT: Descriptor(lambda op, x: np.sqrt(x[0])),
    # A Transformer's own: they run in float, while its convolutions may run in INT8.
    Kind.RSQRT: Descriptor(lambda op, x: np.float32(1) / np.sqrt(x[0]), integer=IntegerForm.NONE),
    Kind.GELU: Descriptor(_gelu, integer=IntegerForm.NONE),
    Kind.SOFTMAX: Descriptor(_softmax, integer=IntegerForm.NONE),
    # Between float and integer, by scales that only a quantised graph has.
    Kind.QUANTIZE: Descriptor(None),
    Kind.DEQUANTIZE: Descriptor(None),
}
