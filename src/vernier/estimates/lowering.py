"""Shuffles as convolutions, which NPUs run where the shuffles themselves fall to the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Array, Graph, Kind, Operator, Quantization, TensorType


def shuffles_as_convolutions(graph: Graph) -> Graph:
    """The same graph with each DEPTH_TO_SPACE as one TRANSPOSE_CONV per prime factor of its block.

    A kernel as large as its stride never overlaps, so each output pixel is one input value times
    one weight: 1 for its own channel, 0 for the others. That is exact in float. In INT8 it is as
    well: the weights are codes 0 and 1 of scale 1, input and output share one scale, hence every
    sum is rescaled by exactly 1.

    Args:
        graph: float, INT8, or mixed; a shuffle's input and output are of one type, as
            `quantization.quantize` makes them.

    Raises:
        GraphError: a shuffle's input and output have different scales.
    """
    operators: list[Operator] = []
    constants = dict(graph.constants)
    types = dict(graph.types)
    for op in graph.operators:
        if op.kind is not Kind.DEPTH_TO_SPACE:
            operators.append(op)
            continue
        source, *_ = op.inputs
        _check_scale(graph, op)
        factors = list(_prime_factors(op.whole("block")))
        channels = types[op.output].shape[3]
        for place, factor in enumerate(factors):
            rest = op.whole("block") // int(np.prod(factors[: place + 1]))
            last = place == len(factors) - 1
            output = op.output if last else f"{op.output}/by_{factor}_{place}"
            weights = one_hot_kernel(factor, rest, channels)
            made = _constants(output, types[source], weights)
            constants |= {name: value for name, (value, _) in made.items()}
            types |= {name: kind for name, (_, kind) in made.items()}
            _, height, width, _ = types[source].shape
            if not last:
                shape = (1, height * factor, width * factor, weights.shape[0])
                types[output] = replace(types[source], shape=shape)
            operators.append(
                Operator(
                    Kind.TRANSPOSE_CONV, (source, *made), output, attributes={"stride": factor}
                )
            )
            source = output
    lowered = replace(graph, operators=tuple(operators), constants=constants, types=types)
    lowered.check()
    return lowered


def packings_as_convolutions(graph: Graph) -> Graph:
    """The same graph with each SPACE_TO_DEPTH as one CONV_2D of stride and kernel `block`.

    Exact for the reason that `shuffles_as_convolutions` gives, which also says what is asked of
    the graph and what is raised.
    """
    operators: list[Operator] = []
    constants = dict(graph.constants)
    types = dict(graph.types)
    for op in graph.operators:
        if op.kind is not Kind.SPACE_TO_DEPTH:
            operators.append(op)
            continue
        _check_scale(graph, op)
        (source,) = op.inputs
        block, channels = op.whole("block"), types[source].shape[3]
        # A packing undoes a shuffle, so its kernel is the shuffle's with in and out exchanged.
        weights = one_hot_kernel(block, 1, channels).transpose(3, 1, 2, 0)
        made = _constants(op.output, types[source], np.ascontiguousarray(weights))
        constants |= {name: value for name, (value, _) in made.items()}
        types |= {name: kind for name, (_, kind) in made.items()}
        attributes: dict[str, int | float | str] = {
            "stride": block,
            "padding": "valid",
            "dilation": 1,
        }
        operators.append(Operator(Kind.CONV_2D, (source, *made), op.output, attributes=attributes))
    lowered = replace(graph, operators=tuple(operators), constants=constants, types=types)
    lowered.check()
    return lowered


def relu_form(graph: Graph) -> Graph:
    """The graph with a RELU for each PRELU: another network, of the same size and shapes.

    It is what a network costs in the hardware-efficient form that SESR's authors give theirs.
    """
    return replace(
        graph,
        operators=tuple(
            replace(op, kind=Kind.RELU, inputs=op.inputs[:1]) if op.kind is Kind.PRELU else op
            for op in graph.operators
        ),
    )


def one_hot_kernel(factor: int, rest: int, channels: int) -> NDArray[np.float32]:
    """Weights `(rest**2 * channels, factor, factor, (factor * rest)**2 * channels)`, 0 and 1.

    They take channels ordered (row, column, channel) of a block of `factor * rest` pixels apart
    into pixels `rest` of the block's rows and columns wide, each again ordered so. One such step
    for every prime factor of the block, from the coarsest place to the finest, is the shuffle.
    """
    block = factor * rest
    kernel = np.zeros((rest, rest, channels, factor, factor, block, block, channels), np.float32)
    for row in range(block):
        for column in range(block):
            coarse_row, fine_row = divmod(row, rest)
            coarse_column, fine_column = divmod(column, rest)
            for channel in range(channels):
                kernel[
                    fine_row,
                    fine_column,
                    channel,
                    coarse_row,
                    coarse_column,
                    row,
                    column,
                    channel,
                ] = 1
    return kernel.reshape(rest**2 * channels, factor, factor, block**2 * channels)


def _constants(
    output: str, source: TensorType, weights: NDArray[np.float32]
) -> dict[str, tuple[Array, TensorType]]:
    """Weights and a bias of zeros, in the format of the tensor that they are multiplied with."""
    bias = np.zeros(weights.shape[0], np.float32)
    names = f"{output}/weights", f"{output}/bias"
    if source.quantization is None:
        floats = (weights, bias)
        return {
            name: (value, TensorType(value.shape))
            for name, value in zip(names, floats, strict=True)
        }
    zeros = np.zeros(weights.shape[0], np.int32)
    ones = np.ones(weights.shape[0], np.float32)
    integers: tuple[Array, Array] = (weights.astype(np.int8), bias.astype(np.int32))
    scales = (ones, ones * source.quantization.scale)
    return {
        name: (
            value,
            TensorType(value.shape, str(value.dtype), Quantization(scale, zeros, axis=0)),
        )
        for name, value, scale in zip(names, integers, scales, strict=True)
    }


def _check_scale(graph: Graph, op: Operator) -> None:
    before, after = (graph.types[name].quantization for name in (op.inputs[0], op.output))
    if before is None and after is None:
        return
    if (
        before is None
        or after is None
        or not np.array_equal(before.scale, after.scale)
        or not np.array_equal(before.zero_point, after.zero_point)
    ):
        raise GraphError(
            f"{op.output}: expected one scale before and after {op.kind}, found two; requantise "
            "in the operator before it"
        )


def _prime_factors(number: int) -> Iterator[int]:
    divisor = 2
    while number > 1:
        while number % divisor == 0:
            yield divisor
            number //= divisor
        divisor += 1
