"""Runs an INT8 graph in integer arithmetic that gives the same codes as LiteRT.

This is what "INT8" means in Vernier: the simulation that a split is learnt against, the exported
file and the engine are all held to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import (
    CONVOLUTIONS,
    Activation,
    Array,
    Graph,
    Kind,
    Operator,
    Quantization,
)
from vernier.graphs.reference import evaluate
from vernier.quantization.arithmetic import elementwise
from vernier.quantization.arithmetic.convolution import convolve
from vernier.quantization.arithmetic.elementwise import Coded, Target
from vernier.quantization.arithmetic.rounding import Codes, Kernels
from vernier.quantization.constraints import MOVES_CODES
from vernier.quantization.scales import HIGHEST, LOWEST

Observe = Callable[[str, Array], None]


def run_integer(
    graph: Graph,
    inputs: Mapping[str, Array],
    kernels: Kernels = Kernels.XNNPACK,
    observe: Observe | None = None,
) -> dict[str, Array]:
    """Compute the outputs of an INT8 graph, or of one that mixes INT8 and float.

    Args:
        graph: as `quantize` makes it.
        inputs: each `(1, H, W, C)`, of the dtype that the graph says; H and W may differ from it.
        kernels: which of LiteRT's kernels to be equal to; float operators are computed by
            `graphs.reference`.
        observe: called with each computed tensor's name and content, in order.

    Returns:
        The outputs by name.

    Raises:
        GraphError: an input is missing or of another dtype, or an operator has no INT8 form.
    """
    held: dict[str, Array] = dict(graph.constants)
    for name in graph.inputs:
        if name not in inputs:
            raise GraphError(f"{graph.name}: the input {name!r} is missing")
        found, wanted = inputs[name].dtype, graph.types[name].dtype
        if str(found) != wanted:
            raise GraphError(f"{graph.name}: the input {name!r} is {wanted}, found {found}")
        held[name] = inputs[name]
    for op in graph.operators:
        held[op.output] = _compute(graph, op, held, kernels)
        if observe is not None:
            observe(op.output, held[op.output])
    return {name: held[name] for name in graph.outputs}


def _compute(graph: Graph, op: Operator, held: Mapping[str, Array], kernels: Kernels) -> Array:
    target = graph.types[op.output].quantization
    if op.kind is Kind.DEQUANTIZE:
        return elementwise.dequantize(_coded(graph, held, op.inputs[0]), kernels)
    if target is None:
        return evaluate(op, [held[name] for name in op.inputs])
    out = Target.of(target)
    if op.kind is Kind.QUANTIZE and graph.types[op.inputs[0]].dtype == "float32":
        reals = np.asarray(held[op.inputs[0]], np.float32)
        codes = elementwise.quantize(reals, out, kernels)
    elif op.kind in CONVOLUTIONS:
        x, weights, bias = op.inputs
        codes = convolve(
            op,
            _coded(graph, held, x),
            _codes(held, weights),
            np.asarray(held[bias], np.int32),
            _quantization(graph, weights),
            out,
            kernels,
        )
    else:
        operands = [_coded(graph, held, name) for name in op.inputs]
        codes = _compute_elementwise(op, operands, out, kernels)
    lowest, highest = bounds(op.activation, out)
    return np.clip(codes, lowest, highest).astype(np.int8)


def _compute_elementwise(
    op: Operator, operands: list[Coded], out: Target, kernels: Kernels
) -> Codes:
    if op.kind in MOVES_CODES and op.kind is not Kind.RESIZE_BILINEAR:
        return elementwise.moved(op, operands)
    if op.kind not in ELEMENTWISE:
        raise GraphError(f"{op.output}: {op.kind} has no INT8 form")
    return ELEMENTWISE[op.kind](op, operands, out, kernels)


ELEMENTWISE: Mapping[Kind, Callable[[Operator, list[Coded], Target, Kernels], Codes]] = {
    Kind.ADD: lambda op, x, out, by: elementwise.add(x[0], x[1], out, by),
    Kind.SUB: lambda op, x, out, by: elementwise.add(x[0], x[1], out, by, sign=-1),
    Kind.MUL: lambda op, x, out, by: elementwise.multiply(x[0], x[1], out, by),
    Kind.RELU: lambda op, x, out, by: elementwise.relu(x[0], out),
    Kind.PRELU: lambda op, x, out, by: elementwise.prelu(x[0], x[1], out),
    Kind.LEAKY_RELU: lambda op, x, out, by: elementwise.leaky_relu(
        x[0], float(op.attributes["alpha"]), out, by
    ),
    Kind.QUANTIZE: lambda op, x, out, by: elementwise.rescale(x[0], out, by),
    Kind.LOGISTIC: lambda op, x, out, by: elementwise.table(op.kind, x[0], out),
    Kind.TANH: lambda op, x, out, by: elementwise.table(op.kind, x[0], out),
    Kind.SQRT: lambda op, x, out, by: elementwise.table(op.kind, x[0], out),
    Kind.MEAN: lambda op, x, out, by: elementwise.mean(x[0], out, by),
    Kind.RESIZE_BILINEAR: lambda op, x, out, by: elementwise.resize_bilinear(
        x[0], op.whole("factor"), by
    ),
}
"""Convolutions, conversions between float and INT8, and what moves codes stand apart."""


def bounds(activation: Activation, out: Target) -> tuple[int, int]:
    """The lowest and highest code that an output may have after its fused activation."""
    if activation is Activation.NONE:
        return LOWEST, HIGHEST
    lowest = max(LOWEST, out.zero_point)
    if activation is Activation.RELU:
        return lowest, HIGHEST
    return lowest, min(HIGHEST, out.zero_point + int(np.rint(np.float32(6.0) / out.scale)))


def _coded(graph: Graph, held: Mapping[str, Array], name: str) -> Coded:
    quantization = _quantization(graph, name)
    target = Target.of(quantization)
    return Coded(_codes(held, name), target.scale, target.zero_point)


def _codes(held: Mapping[str, Array], name: str) -> NDArray[np.int8]:
    codes = held[name]
    if codes.dtype != np.int8:
        raise GraphError(f"expected {name!r} in int8, found {codes.dtype}")
    return np.asarray(codes, np.int8)


def _quantization(graph: Graph, name: str) -> Quantization:
    found = graph.types[name].quantization
    if found is None:
        raise GraphError(f"{graph.name}: {name!r} is read as INT8 but has no quantisation")
    return found
