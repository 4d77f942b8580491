"""Cases of one operator each: a convolution at an odd size, and each other operator behind one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Array, Attribute, Graph, Kind, Operator, TensorType
from vernier.graphs.shapes import resized

ODD = (9, 13)
PLAIN: Mapping[str, Attribute] = {"stride": 1, "padding": "same"}
Made = tuple[str, Kind, Graph, tuple[NDArray[np.float32], ...]]
"""A name, the operator that it is about, the float graph, and its inputs."""


def convolution(
    random: np.random.Generator, height: int, width: int, inputs: int, outputs: int, side: int
) -> Made:
    """A convolution of an odd size, with weights of which no two saturate in 16 bits."""
    name = f"{height}x{width}, {inputs} to {outputs} channels, {side}x{side}"
    constants = {"w": _weights(random, outputs, side, side, inputs), "b": _biases(random, outputs)}
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes=PLAIN)
    shape = (1, height, width, inputs)
    x = random.uniform(-1, 1, shape).astype(np.float32)
    return name, Kind.CONV_2D, _graph(name, (operator,), constants, shape), (x,)


def one_operator(random: np.random.Generator, kind: Kind) -> Made:
    """A 1x1 convolution, and the operator on what it computes, at an odd size where that fits."""
    height, width = (10, 14) if kind is Kind.SPACE_TO_DEPTH else ODD
    channels = 20 if kind is Kind.DEPTH_TO_SPACE else 19
    constants: dict[str, Array] = {
        "w0": _weights(random, channels, 1, 1, 5),
        "b0": _biases(random, channels),
    }
    first = Operator(Kind.CONV_2D, ("x", "w0", "b0"), "first", attributes=PLAIN)
    operands, attributes = _second(random, kind, channels, (height, width), constants)
    before: tuple[Operator, ...] = (first,)
    if kind in (Kind.SQRT, Kind.RSQRT):
        before = (first, *_positive(constants))
        operands = ("positive",)
    if kind is Kind.BATCH_MATMUL:
        # Not the same tensor twice: LiteRT's GPU delegate ends the process over that.
        constants["w1"] = _weights(random, channels, 1, 1, 5)
        second = Operator(Kind.CONV_2D, ("x", "w1", "b0"), "second", attributes=PLAIN)
        before = (first, second)
    last = Operator(kind, operands, "y", attributes=attributes)
    shape = (1, height, width, 5)
    x = random.uniform(-1, 1, shape).astype(np.float32)
    return kind.value, kind, _graph(kind.value, (*before, last), constants, shape), (x,)


def _positive(constants: dict[str, Array]) -> tuple[Operator, ...]:
    constants["half"] = np.full((1, 1, 1, 1), 0.5, np.float32)
    return (
        Operator(Kind.RELU, ("first",), "not_negative"),
        Operator(Kind.ADD, ("not_negative", "half"), "positive"),
    )


def _second(
    random: np.random.Generator,
    kind: Kind,
    channels: int,
    size: tuple[int, int],
    constants: dict[str, Array],
) -> tuple[tuple[str, ...], Mapping[str, Attribute]]:
    """What an operator reads besides "first", and its attributes."""
    if kind is Kind.DEPTHWISE_CONV_2D:
        weights = random.uniform(0.5, 1.0, (1, 3, 3, channels)) / 9
        constants |= {"w": weights.astype(np.float32), "b": _biases(random, channels)}
        return ("first", "w", "b"), {**PLAIN, "multiplier": 1}
    if kind is Kind.TRANSPOSE_CONV:
        constants |= {"w": _weights(random, 7, 4, 4, channels), "b": _biases(random, 7)}
        return ("first", "w", "b"), {"stride": 2, "padding": "same"}
    if kind is Kind.PRELU:
        constants["slopes"] = random.uniform(0, 0.5, (1, 1, channels)).astype(np.float32)
        return ("first", "slopes"), {}
    if kind in (Kind.ADD, Kind.SUB, Kind.MUL):
        constants["other"] = random.uniform(0.1, 1, (1, 1, 1, channels)).astype(np.float32)
        return ("first", "other"), {}
    if kind is Kind.CONCATENATION:
        return ("first", "x"), {}
    if kind is Kind.BATCH_MATMUL:
        return ("first", "second"), {"transposed": 1}
    return ("first",), _attributes(kind, channels, size)


def _attributes(kind: Kind, channels: int, size: tuple[int, int]) -> Mapping[str, Attribute]:
    height, width = size
    known: dict[Kind, dict[str, Attribute]] = {
        Kind.LEAKY_RELU: {"alpha": 0.2},
        Kind.DEPTH_TO_SPACE: {"block": 2},
        Kind.SPACE_TO_DEPTH: {"block": 2},
        Kind.RESIZE_NEAREST_NEIGHBOR: {"factor": 2},
        Kind.RESIZE_BILINEAR: {"factor": 2},
        Kind.RESHAPE: {"rows": width, "columns": height, "channels": channels},
        Kind.SLICE: {"begin": 3, "size": 9},
        Kind.MIRROR_PAD: {"amount": 2},
    }
    return known.get(kind, {})


def _graph(
    name: str,
    operators: tuple[Operator, ...],
    constants: Mapping[str, Array],
    shape: tuple[int, ...],
) -> Graph:
    """A float graph from "x" to the last operator's output, its shapes inferred."""
    types = {key: TensorType(value.shape) for key, value in constants.items()}
    types |= {name: TensorType(shape) for name in ("x", *(op.output for op in operators))}
    made = Graph(name, ("x",), (operators[-1].output,), operators, constants, types)
    return resized(made, shape[1], shape[2])


def _weights(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Random weights whose signs differ between adjacent input channels.

    So no pair of them saturates in 16 bits: that is for the cases of ends to find.
    """
    spread = 1.5 / np.sqrt(np.prod(shape[1:]))
    signs = np.where(np.arange(shape[-1]) % 2 == 0, 1, -1)
    flipped = random.choice([-1, 1], (*shape[:-1], 1))
    return np.asarray(np.abs(random.standard_normal(shape)) * signs * flipped * spread, np.float32)


def _biases(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    return np.asarray(random.standard_normal(count) * 0.1, np.float32)
