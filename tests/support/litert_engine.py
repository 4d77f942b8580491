"""A graph's outputs as LiteRT computes them, with a chosen set of kernels."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.quantization.arithmetic.rounding import Kernels

RESOLVERS = {
    Kernels.XNNPACK: OpResolverType.AUTO,
    Kernels.BUILTIN: OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    Kernels.REFERENCE: OpResolverType.BUILTIN_REF,
}


def engine(
    graph: Graph, inputs: dict[str, np.ndarray], kernels: Kernels = Kernels.XNNPACK
) -> dict[str, np.ndarray]:
    interpreter = Interpreter(
        model_content=write(graph),
        num_threads=1,
        experimental_op_resolver_type=RESOLVERS[kernels],
    )
    interpreter.allocate_tensors()
    for name, port in zip(graph.inputs, interpreter.get_input_details(), strict=True):
        interpreter.set_tensor(port["index"], inputs[name])
    interpreter.invoke()
    ports = interpreter.get_output_details()
    return {
        name: interpreter.get_tensor(port["index"])
        for name, port in zip(graph.outputs, ports, strict=True)
    }
