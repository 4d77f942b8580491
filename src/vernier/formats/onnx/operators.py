"""ONNX operators, NCHW, as operators of our graph, NHWC: the table, arithmetic and means."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from vernier.formats.onnx import convolutions, layout
from vernier.formats.onnx.call import Call, Lowered, SpatialSum, per_channel
from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError

FLOATS = {1, 10, 11, 16}  # TensorProto.FLOAT, FLOAT16, DOUBLE, BFLOAT16


def _arithmetic(kind: Kind) -> Callable[[Call], Lowered]:
    return lambda call: call.emit(kind, call.operand(0, "first"), call.operand(1, "second"))


def _div(call: Call) -> str:
    dividend, divisor = call.given(0), call.given(1)
    if not isinstance(divisor, np.ndarray):
        raise UnsupportedError("division by a computed tensor")
    if isinstance(dividend, SpatialSum):
        _, rows, columns, _ = call.build.types[dividend.source].shape
        if dividend.axes == {2, 3} and divisor.size == 1 and divisor.item() == rows * columns:
            return call.emit(Kind.MEAN, dividend.source)
        raise UnsupportedError("a sum over the picture that is not divided by its number of pixels")
    if not np.all(divisor):
        raise UnsupportedError("division by zero")
    inverse = per_channel(1.0 / divisor.astype(np.float64))
    return call.emit(Kind.MUL, call.x(), call.build.constant(f"{call.name}/second", inverse))


def _neg(call: Call) -> str:
    minus = call.build.constant(f"{call.name}/minus", np.full((1, 1, 1, 1), -1.0))
    return call.emit(Kind.MUL, call.x(), minus)


def _pow(call: Call) -> str:
    exponent = np.asarray(call.constant(1))
    if exponent.size == 1 and exponent.item() == 2:
        return call.emit(Kind.MUL, call.x(), call.x())
    if exponent.size == 1 and exponent.item() == 0.5:
        return call.emit(Kind.SQRT, call.x())
    raise UnsupportedError(f"exponent {exponent.tolist()}")


def _unary(kind: Kind) -> Callable[[Call], Lowered]:
    return lambda call: call.emit(kind, call.x())


def _prelu(call: Call) -> str:
    slopes = np.broadcast_to(per_channel(call.array(1)), (1, 1, 1, call.shape()[3]))
    return call.emit(Kind.PRELU, call.x(), call.build.constant(f"{call.name}/slopes", slopes[0]))


def _leaky_relu(call: Call) -> str:
    return call.emit(Kind.LEAKY_RELU, call.x(), alpha=call.number("alpha", 0.01))


def _clip(call: Call) -> Lowered:
    """Between two bounds: `high - relu(high - (low + relu(x - low)))`, less what is not needed."""
    low, high = _bound(call, "min", 1, -math.inf), _bound(call, "max", 2, math.inf)
    if low >= high:
        raise UnsupportedError(f"bounds {low:g} and {high:g}")
    x = call.x()

    def number(value: float, suffix: str) -> str:
        return call.build.constant(f"{call.name}/{suffix}", np.full((1, 1, 1, 1), value))

    if low != -math.inf:
        if low:
            x = call.emit(Kind.SUB, x, number(low, "low"), suffix="/above")
        x = call.emit(Kind.RELU, x, suffix="/positive")
        if low:
            x = call.emit(Kind.ADD, x, number(low, "low"), suffix="/raised")
    if high != math.inf:
        ceiling = number(high, "high")
        x = call.emit(Kind.SUB, ceiling, x, suffix="/below")
        x = call.emit(Kind.RELU, x, suffix="/room")
        x = call.emit(Kind.SUB, ceiling, x, suffix="/bounded")
    return Activation(x)


def _bound(call: Call, attribute: str, place: int, default: float) -> float:
    value = call.constant(place)
    number = call.number(attribute, default) if value is None else float(value.reshape(-1)[0])
    # Exporters write "no bound" as the largest float32.
    return number if abs(number) < 3e38 else default


def _spatial(call: Call) -> frozenset[int]:
    axes = frozenset(axis % 4 for axis in call.wholes("axes", 1, ()) or ())
    if not axes or not axes <= {2, 3} or not call.whole("keepdims", 1):
        raise UnsupportedError("only rows and columns, kept as axes of one, can be averaged")
    return axes


def _mean(call: Call) -> str:
    if _spatial(call) != {2, 3}:
        raise UnsupportedError("a mean over rows or columns alone")
    return call.emit(Kind.MEAN, call.x())


def _sum(call: Call) -> SpatialSum:
    value, axes = call.given(0), _spatial(call)
    if isinstance(value, SpatialSum):
        return SpatialSum(value.source, value.axes | axes)
    return SpatialSum(call.x(), axes)


def _pass(call: Call) -> Lowered:
    value = call.given(0)
    if value is None:
        raise UnsupportedError("its input is missing")
    return value


def _dropout(call: Call) -> Lowered:
    training = call.constant(2)
    if training is not None and training.any():
        raise UnsupportedError("training_mode")
    return _pass(call)


def _cast(call: Call) -> Lowered:
    if call.whole("to", 0) not in FLOATS:
        raise UnsupportedError("the picture to integers")
    return _pass(call)


LOWERINGS: dict[str, Callable[[Call], Lowered]] = {
    "Add": _arithmetic(Kind.ADD),
    "BatchNormalization": convolutions.batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": layout.concatenate,
    "Conv": convolutions.conv,
    "ConvTranspose": convolutions.conv_transpose,
    "DepthToSpace": layout.depth_to_space,
    "Div": _div,
    "Dropout": _dropout,
    "Flatten": layout.flatten,
    "Gather": layout.gather,
    "GlobalAveragePool": _unary(Kind.MEAN),
    "Identity": _pass,
    "LeakyRelu": _leaky_relu,
    "Mul": _arithmetic(Kind.MUL),
    "Neg": _neg,
    "PRelu": _prelu,
    "Pad": layout.pad,
    "Pow": _pow,
    "ReduceMean": _mean,
    "ReduceSum": _sum,
    "Relu": _unary(Kind.RELU),
    "Reshape": layout.reshape,
    "Resize": layout.resize,
    "Sigmoid": _unary(Kind.LOGISTIC),
    "Slice": layout.channel_slice,
    "SpaceToDepth": layout.space_to_depth,
    "Split": layout.split,
    "Sqrt": _unary(Kind.SQRT),
    "Squeeze": layout.squeeze,
    "Sub": _arithmetic(Kind.SUB),
    "Tanh": _unary(Kind.TANH),
    "Transpose": layout.transpose,
    "Unsqueeze": layout.unsqueeze,
    "Upsample": layout.upsample,
}
