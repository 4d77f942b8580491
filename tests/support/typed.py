"""The types of a float graph's tensors, from its inputs, constants and operators."""

from __future__ import annotations

from vernier.graphs.graph import TensorType
from vernier.graphs.shapes import output_shape


def infer_types(inputs, operators, constants):
    """By name; `operators` in an order in which they can run."""
    types = dict(inputs)
    types |= {name: TensorType(value.shape, str(value.dtype)) for name, value in constants.items()}
    for op in operators:
        types[op.output] = TensorType(output_shape(op, types))
    return types
