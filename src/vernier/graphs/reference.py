"""Runs a float graph in NumPy: what engines are held against, and what calibrates.

What each operator computes stands with its family, in `graphs.operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Graph, Operator
from vernier.graphs.operators.table import DESCRIPTORS
from vernier.graphs.shapes import resized

Float32 = NDArray[np.float32]
Observer = Callable[[str, NDArray[Any]], None]


def run(
    graph: Graph, inputs: Mapping[str, Float32], observe: Observer | None = None
) -> dict[str, Float32]:
    """Compute a float graph's outputs.

    Args:
        graph: float32 throughout; its shapes need not be those of the inputs.
        inputs: by name, shape `(1, H, W, C)`, float32.
        observe: called with the name and value of each input and each computed tensor, in order.

    Returns:
        The outputs by name.

    Raises:
        GraphError: an input is missing or does not fit, or the graph is not float throughout.
    """
    integers = [name for name, kind in graph.types.items() if kind.dtype != "float32"]
    if integers:
        raise GraphError(
            f"{graph.name}: {integers[0]!r} is {graph.types[integers[0]].dtype}; "
            "only graphs that are float32 throughout have float arithmetic"
        )
    missing = [name for name in graph.inputs if name not in inputs]
    if missing:
        raise GraphError(f"{graph.name}: the input {missing[0]!r} is not given")
    first = inputs[graph.inputs[0]]
    graph = resized(graph, first.shape[1], first.shape[2])
    tensors: dict[str, Float32] = {}
    for name in graph.inputs:
        value = np.asarray(inputs[name], np.float32)
        if value.shape != graph.types[name].shape:
            raise GraphError(
                f"{name}: expected shape {graph.types[name].shape}, found {value.shape}"
            )
        tensors[name] = value
        if observe is not None:
            observe(name, value)
    last_use = {name: index for index, op in enumerate(graph.operators) for name in op.inputs}
    for index, op in enumerate(graph.operators):
        operands = [
            graph.constants[name] if name in graph.constants else tensors[name]
            for name in op.inputs
        ]
        tensors[op.output] = evaluate(op, operands)
        if observe is not None:
            observe(op.output, tensors[op.output])
        for name in set(op.inputs) & tensors.keys():
            if last_use[name] <= index and name not in graph.outputs:
                del tensors[name]
    return {name: tensors[name] for name in graph.outputs}


def evaluate(op: Operator, inputs: list[NDArray[Any]]) -> Float32:
    """One operator on float tensors; layout operators take any dtype.

    Args:
        op: what to compute.
        inputs: activations `(1, H, W, C)` and constants, in the operator's order.

    Raises:
        GraphError: the operator converts between float and integer, which needs scales.
    """
    compute = DESCRIPTORS[op.kind].compute
    if compute is None:
        raise GraphError(f"{op.output}: {op.kind} has no float arithmetic")
    result = compute(op, inputs)
    if op.activation is Activation.RELU:
        result = np.maximum(result, np.float32(0))
    elif op.activation is Activation.RELU6:
        result = np.clip(result, np.float32(0), np.float32(6))
    return result
