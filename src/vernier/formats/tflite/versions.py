"""Which version of each operator a file must ask for.

The lowest that knows what is asked, so that old stock runtimes accept the file as well. After the
format's own rules, `GetBuiltinOperatorVersion` in TensorFlow Lite's `op_version.cc`.
"""

from __future__ import annotations

from vernier.graphs.graph import Graph, Kind, Operator

# DEPTH_TO_SPACE's rule says 2, but LiteRT 2.3's reference kernels are registered as 1 only, and
# every kernel of version 1 knows int8.
_SAME_FOR_INT8 = frozenset(
    {Kind.PRELU, Kind.LEAKY_RELU, Kind.SQRT, Kind.QUANTIZE, Kind.DEPTH_TO_SPACE}
)


def operator_version(graph: Graph, op: Operator) -> int:
    """The version of one operator of a graph, at least 1."""
    types = [graph.types[name] for name in op.inputs]
    int8 = types[0].dtype == "int8"
    match op.kind:
        case Kind.CONV_2D:
            grouped = types[1].shape[3] != types[0].shape[3]
            return 6 if grouped else 3 if int8 else 1
        case Kind.DEPTHWISE_CONV_2D:
            dilated = op.whole("dilation", 1) != 1
            return 3 if int8 else 2 if dilated else 1
        case Kind.TRANSPOSE_CONV:
            biased = len(types) > 2
            return 3 if biased else 2 if int8 else 1
        case Kind.MUL if int8:
            return 3 if _rescales_up(graph, op) else 2
        case Kind.RESIZE_BILINEAR | Kind.RESIZE_NEAREST_NEIGHBOR:
            return 3  # knows half-pixel centres
        case Kind.RELU:
            return 1 if types[0].dtype == "float32" else 2
        case _:
            return 2 if int8 and op.kind not in _SAME_FOR_INT8 else 1


def _rescales_up(graph: Graph, op: Operator) -> bool:
    """Whether a code of the product stands for less than one of the operands' product."""
    first, second, product = (
        graph.types[name].quantization for name in (op.inputs[0], op.inputs[1], op.output)
    )
    if first is None or second is None or product is None:
        return False
    return bool(first.scale[0] * second.scale[0] / product.scale[0] >= 1)
