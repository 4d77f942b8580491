"""What an ONNX file computes from its constants and from shapes alone, computed now in NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.lowering_values import UnsupportedError

# What may be computed at once. No operators with a state, a subgraph or a random number.
FOLDED = frozenset({
    "Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Clip", "Concat", "Constant",
    "ConstantOfShape", "Div", "Equal", "Exp", "Expand", "Flatten", "Floor",
    "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Log", "Max",
    "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal", "ReduceMax",
    "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape", "Round", "Shape",
    "Sigmoid", "Sign", "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tanh",
    "Tile", "Transpose", "Unsqueeze", "Where",
})  # fmt: skip
# Of a tensor that a few bytes of a file can ask for: an eighth of a GiB in float32.
MOST_ELEMENTS = 1 << 25


def fold(node: Any, inputs: Sequence[NDArray[Any] | None], opset: int) -> list[NDArray[Any]]:
    """Compute a node whose inputs are all known.

    Args:
        node: an `onnx.NodeProto` of an operator in `FOLDED`.
        inputs: its inputs; None where one is left out.
        opset: the version of ONNX's operators.

    Raises:
        UnsupportedError: the node is malformed, or its result would be unreasonably large.
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    if _elements(node.op_type, inputs) > MOST_ELEMENTS:
        raise UnsupportedError("a constant too large to be meant")
    names = [name for name in node.input if name]
    feeds: Mapping[str, NDArray[Any]] = {
        name: value for name, value in zip(node.input, inputs, strict=True) if value is not None
    }
    function = helper.make_function(
        "vernier", "folded", names, list(node.output), [node], [helper.make_opsetid("", opset)]
    )
    try:
        with np.errstate(all="ignore"):
            results = ReferenceEvaluator(function).run(None, feeds, attributes={})
    except Exception as error:
        # Constants of a stranger's file: NumPy's many errors, and the evaluator's own.
        raise UnsupportedError(f"cannot be computed from its constants: {error}") from error
    return [np.asarray(value) for value in results]


def _elements(kind: str, inputs: Sequence[NDArray[Any] | None]) -> float:
    """About how many elements an operator makes that can make many of few; 0 for the others."""
    given = [value for value in inputs if value is not None]
    match kind:
        case "ConstantOfShape" if given:
            return _product(given[0])
        case "Expand" | "Tile" if len(given) > 1:
            return _product(given[1]) * given[0].size
        case "Range" if len(given) == 3 and all(value.size == 1 for value in given):
            start, limit, step = (float(value.reshape(-1)[0]) for value in given)
            return abs(limit - start) / abs(step) if step else math.inf
        case "Gather" if len(given) > 1 and given[0].ndim:
            return float(given[0].size // max(1, min(given[0].shape)) * given[1].size)
        case _:
            try:
                return float(math.prod(np.broadcast_shapes(*(value.shape for value in given))))
            except ValueError:
                return 0.0


def _product(sizes: NDArray[Any]) -> float:
    return math.prod(float(size) for size in sizes.reshape(-1))
