"""A tiny network whose result is known without any engine, to try a processor with.

It has the operators of SESR: convolutions, PRELU, a residual ADD and DEPTH_TO_SPACE. The weights
are random and fixed; the expected result comes from `graphs.reference`, for int8 with the result
of every operator rounded to its codes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import (
    CONVOLUTIONS,
    Array,
    Graph,
    Kind,
    Operator,
    Quantization,
    TensorType,
)
from vernier.graphs.reference import evaluate, run
from vernier.graphs.shapes import resized

_HEIGHT, _WIDTH, _CHANNELS, _SEED = 12, 14, 8, 7
# Of the largest expected value; a few times what rounding each operator's result gives.
TOLERANCES = {"float32": 1e-5, "float16": 5e-3, "bfloat16": 4e-2}
# Engines round their multipliers differently; after five operators that may add up to two.
TOLERANCE_CODES = 2


@dataclass(frozen=True)
class SelfTest:
    """A model with its input and what must come out.

    Attributes:
        graph: one input, one output.
        given: the input, float32 or int8.
        expected: the output, of the same dtype.
    """

    graph: Graph
    given: NDArray[Any]
    expected: NDArray[Any]

    def error(self, result: NDArray[Any]) -> float:
        """Largest difference: in codes for int8, else as a share of the largest expected value."""
        difference = np.abs(np.asarray(result, np.float64) - self.expected).max()
        if self.expected.dtype == np.int8:
            return float(difference)
        return float(difference / np.abs(self.expected).max())


@functools.cache
def self_test(precision: str) -> SelfTest:
    """The test for a model precision.

    Args:
        precision: "float32" or "int8", as `ProcessorId.model_precision` says.
    """
    random = np.random.default_rng(_SEED)
    graph = _float_graph(random)
    given = random.random(graph.types["x"].shape, np.float32)
    if precision == "float32":
        return SelfTest(graph, given, run(graph, {"x": given})["out"])
    integer = _integer_graph(graph, given)
    codes = _encode(given, _quantization(integer, "x"))
    return SelfTest(integer, codes, _run_in_codes(integer, codes))


def _float_graph(random: np.random.Generator) -> Graph:
    width = _CHANNELS
    constants: dict[str, Array] = {}
    operators: list[Operator] = []

    def convolution(x: str, name: str, kernel: int, inputs: int, outputs: int) -> str:
        shape = (outputs, kernel, kernel, inputs)
        spread = 1.5 / np.sqrt(kernel * kernel * inputs)
        constants[f"{name}/weights"] = (random.standard_normal(shape) * spread).astype(np.float32)
        constants[f"{name}/bias"] = (random.standard_normal(outputs) * 0.1).astype(np.float32)
        operands = (x, f"{name}/weights", f"{name}/bias")
        attributes: dict[str, int | float | str] = {"stride": 1, "padding": "same"}
        operators.append(Operator(Kind.CONV_2D, operands, name, attributes=attributes))
        return name

    first = convolution("x", "first", 5, 1, width)
    middle = convolution(first, "middle", 3, width, width)
    constants["slopes"] = (random.random((1, 1, width)) * 0.5).astype(np.float32)
    operators.append(Operator(Kind.PRELU, (middle, "slopes"), "active"))
    operators.append(Operator(Kind.ADD, ("active", first), "sum"))
    last = convolution("sum", "last", 3, width, 4)
    operators.append(Operator(Kind.DEPTH_TO_SPACE, (last,), "out", attributes={"block": 2}))
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types["x"] = TensorType((1, _HEIGHT, _WIDTH, 1))
    types |= {op.output: TensorType((1, _HEIGHT, _WIDTH, 1)) for op in operators}
    graph = Graph("self-test", ("x",), ("out",), tuple(operators), constants, types)
    return resized(graph, _HEIGHT, _WIDTH)


def _integer_graph(graph: Graph, given: NDArray[np.float32]) -> Graph:
    """The graph in int8, each scale from what the float graph computes on the given input."""
    values: dict[str, NDArray[Any]] = {}
    run(graph, {"x": given}, values.__setitem__)
    types = {
        name: TensorType(graph.types[name].shape, "int8", _asymmetric(values[name]))
        for name in graph.activations()
    }
    # DEPTH_TO_SPACE moves codes, so both its sides have one scale.
    types["out"] = TensorType(graph.types["out"].shape, "int8", types["last"].quantization)
    constants: dict[str, Array] = {}
    for op in graph.operators:
        if op.kind in CONVOLUTIONS:
            x, weights, bias = op.inputs
            per_channel = _symmetric(graph.constants[weights], axes=(1, 2, 3))
            per_product = Quantization(
                _scale(types[x]) * per_channel.scale, per_channel.zero_point, 0
            )
            constants[weights] = _encode(graph.constants[weights], per_channel)
            constants[bias] = np.rint(graph.constants[bias] / per_product.scale).astype(np.int32)
            types[weights] = TensorType(constants[weights].shape, "int8", per_channel)
            types[bias] = TensorType(constants[bias].shape, "int32", per_product)
    slopes = _symmetric(graph.constants["slopes"], axes=(0, 1, 2))
    constants["slopes"] = _encode(graph.constants["slopes"], slopes)
    types["slopes"] = TensorType(constants["slopes"].shape, "int8", slopes)
    return Graph("self-test", graph.inputs, graph.outputs, graph.operators, constants, types)


def _run_in_codes(graph: Graph, codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """Each operator in real numbers, its result rounded to codes."""
    held: dict[str, NDArray[Any]] = {**_constants(graph), "x": _decode(graph, "x", codes)}
    for op in graph.operators:
        exact = evaluate(op, [held[name] for name in op.inputs])
        held[op.output] = _decode(graph, op.output, _encode(exact, _quantization(graph, op.output)))
    return _encode(held["out"], _quantization(graph, "out"))


def _constants(graph: Graph) -> Mapping[str, NDArray[Any]]:
    return {name: _decode(graph, name, value) for name, value in graph.constants.items()}


def _quantization(graph: Graph, name: str) -> Quantization:
    found = graph.types[name].quantization
    assert found is not None
    return found


def _scale(kind: TensorType) -> NDArray[np.float32]:
    assert kind.quantization is not None
    return kind.quantization.scale


def _asymmetric(values: NDArray[Any]) -> Quantization:
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = np.array([(high - low) / 255], np.float32)
    return Quantization(scale, np.rint(-128 - low / scale).astype(np.int32))


def _symmetric(values: NDArray[Any], axes: tuple[int, ...]) -> Quantization:
    scale = (np.abs(values).max(axis=axes) / 127).astype(np.float32).reshape(-1)
    axis = 0 if scale.size > 1 else None
    return Quantization(scale, np.zeros(scale.shape, np.int32), axis)


def _spread(quantization: Quantization, rank: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scale and zero point in a shape that fits the tensor's."""
    shape = (-1,) + (1,) * (rank - 1)
    return quantization.scale.reshape(shape), quantization.zero_point.reshape(shape)


def _encode(values: NDArray[Any], quantization: Quantization) -> NDArray[np.int8]:
    scale, zero_point = _spread(quantization, values.ndim)
    codes = np.rint(values / scale) + zero_point
    return np.asarray(np.clip(codes, -128, 127), np.int8)


def _decode(graph: Graph, name: str, codes: NDArray[Any]) -> NDArray[np.float32]:
    scale, zero_point = _spread(_quantization(graph, name), codes.ndim)
    return np.asarray((codes.astype(np.int64) - zero_point) * scale, np.float32)
