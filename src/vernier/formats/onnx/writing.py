"""A graph as an ONNX model: float, or INT8 as QDQ with every scale and zero point ours.

NCHW, as ONNX's operators are. An INT8 tensor stays a tensor of codes, under its own name, between
a QuantizeLinear that makes it and a DequantizeLinear for what reads it; the operator between them
is ONNX's own, in float, which engines fuse with its neighbours into an integer kernel
(`QLinearConv`). Weights are int8 per output channel and symmetric, activations int8 per tensor
with a zero point, biases int32 in units of both scales' product.

An activation that an operator fuses comes between it and the QuantizeLinear where saturation does
the same (its lowest code is the zero point's), and behind a pair of its own elsewhere: engines
fuse neither a Relu nor a Clip that saturation does not cover.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, MissingExtraError, UsageError
from vernier.formats.onnx.codes import Codes
from vernier.formats.onnx.emitting import EMITTERS, Emission
from vernier.formats.onnx.nodes import TO_NCHW, TO_NHWC, Nodes
from vernier.formats.onnx.open_sizes import open_sizes
from vernier.graphs.graph import (
    CONVOLUTIONS,
    Activation,
    Graph,
    Kind,
    Operator,
    Quantization,
    TensorType,
)
from vernier.graphs.shapes import fits_one_size, output_shape
from vernier.version import VERSION

OLDEST_OPSET, NEWEST_OPSET = 13, 24
DEFAULT_OPSET = 17
"""Read by every engine of the last years; per-channel QDQ needs 13, a Gelu of its own 20."""
LOWEST, HIGHEST, SHIFT = -128, 127, 128
# Protobuf's own limit, less what nodes and names take.
MOST_BYTES = (1 << 31) - (1 << 24)


@dataclass(frozen=True)
class Arrangement:
    """How a graph becomes a model.

    Attributes:
        opset: of ONNX's own operators, 13 to 24.
        channels_last: inputs and outputs are NHWC, as our graph's, behind a Transpose each.
        any_size: height and width of the inputs are left open where the network allows it.
        layers: of each operator, by its output, what its nodes are called after; an operator
            that is not in it is called after its weights, or itself.
        codes: how INT8 tensors are written. A code c of ours is c + 128 in uint8, its zero point
            too, so that a picture's samples are their own codes.
    """

    opset: int = DEFAULT_OPSET
    channels_last: bool = False
    any_size: bool = True
    layers: Mapping[str, str] | None = None
    codes: Codes = Codes.S8S8


def onnx_model(graph: Graph, how: Arrangement | None = None) -> Any:
    """An `onnx.ModelProto` that computes what the graph does.

    Args:
        graph: float, integer or mixed, with the input and output names that the model shall have.
        how: see `Arrangement`.

    Raises:
        MissingExtraError: the package `onnx` is not installed.
        UsageError: the opset is too old or too new.
        GraphError: the graph is malformed.
    """
    how = how or Arrangement()
    if importlib.util.find_spec("onnx") is None:
        raise MissingExtraError("onnx", "onnx", "writing ONNX")
    if not OLDEST_OPSET <= how.opset <= NEWEST_OPSET:
        raise UsageError(
            f"expected an ONNX opset from {OLDEST_OPSET} to {NEWEST_OPSET}, found {how.opset}: "
            "older ones have no scales per channel, newer ones are not known yet"
        )
    graph.check()
    for op in graph.operators:
        found, inferred = graph.types[op.output].shape, output_shape(op, graph.types)
        if found != inferred:
            raise GraphError(f"{op.output}: its type says {found}, {op.kind} gives {inferred}")
    return _Writer(graph, how).model()


class _Writer:
    def __init__(self, graph: Graph, how: Arrangement) -> None:
        self._graph = graph
        self._how = how
        self._nodes = Nodes(how.opset)
        # Names that the graph gives are kept; those of ports are the caller's.
        self._nodes.taken.update(graph.activations())
        self._floats: dict[str, str] = {}
        self._constants: dict[tuple[str, str], str] = {}
        self._inner: dict[str, str] = {}
        self._open = how.any_size and not fits_one_size(graph)

    def model(self) -> Any:
        from onnx import helper

        graph, how = self._graph, self._how
        sizes = open_sizes(graph) if self._open else {}
        for name in graph.inputs:
            self._enter(name)
        for op in graph.operators:
            self._nodes.label = self._label(op)
            self._operator(op)
        inputs = [self._port(name, sizes) for name in graph.inputs]
        outputs = [self._leave(name, sizes) for name in graph.outputs]
        inside = [
            self._value(self._inner.get(name, name), graph.types[name], sizes.get(name))
            for name in graph.activations()
            if how.channels_last or name not in (*graph.inputs, *graph.outputs)
        ]
        made = helper.make_graph(
            self._nodes.nodes,
            graph.name or "network",
            inputs,
            outputs,
            list(self._nodes.constants.values()),
            value_info=inside,
        )
        opsets = [helper.make_opsetid("", how.opset)]
        return helper.make_model(
            made,
            opset_imports=opsets,
            ir_version=helper.find_min_ir_version_for(opsets),
            producer_name="vernier",
            producer_version=VERSION,
        )

    # Ports.

    def _enter(self, name: str) -> None:
        if self._how.channels_last:
            self._nodes.label = name
            inner = self._nodes.fresh(f"{name}/nchw")
            self._inner[name] = self._nodes.add(
                "Transpose", (name,), inner, "nchw", perm=list(TO_NCHW)
            )

    def _leave(self, name: str, sizes: Mapping[str, Sequence[Any]]) -> Any:
        if self._how.channels_last:
            self._nodes.label = name
            # What the operators know by the port's name gets one of its own.
            inner = self._inner[name]
            self._nodes.add("Transpose", (inner,), name, "nhwc", perm=list(TO_NHWC))
        return self._port(name, sizes)

    def _port(self, name: str, sizes: Mapping[str, Sequence[Any]]) -> Any:
        kind = self._graph.types[name]
        return self._value(name, kind, sizes.get(name), self._how.channels_last)

    def _value(
        self,
        name: str,
        kind: TensorType,
        sides: Sequence[Any] | None,
        channels_last: bool = False,
    ) -> Any:
        from onnx import helper

        batch, rows, columns, channels = kind.shape
        if sides is not None:
            rows, columns = sides
        shape = (
            [batch, rows, columns, channels] if channels_last else [batch, channels, rows, columns]
        )
        return helper.make_tensor_value_info(name, _element(self._dtype(kind)), shape)

    def _tensor(self, name: str) -> str:
        """The ONNX name, NCHW, of an activation of the graph."""
        return self._inner.get(name, name)

    def _declare(self, name: str) -> str:
        """The ONNX name of an activation that is about to be computed."""
        if self._how.channels_last and name in self._graph.outputs:
            self._inner[name] = self._nodes.fresh(f"{name}/nchw")
        return self._tensor(name)

    def _label(self, op: Operator) -> str:
        if self._how.layers is not None and op.output in self._how.layers:
            return self._how.layers[op.output]
        return op.inputs[1].rsplit("/", 1)[0] if op.kind in CONVOLUTIONS else op.output

    # Operators.

    def _operator(self, op: Operator) -> None:
        output = self._declare(op.output)
        if op.kind is Kind.DEQUANTIZE:
            self._dequantized(op.inputs[0], output)
        elif op.kind is Kind.QUANTIZE:
            self._quantized(self._in_float(op.inputs[0]), op.output, output)
        elif self._graph.types[op.output].quantization is None:
            self._in_floats(op, output)
        else:
            self._in_codes(op, output)

    def _in_floats(self, op: Operator, output: str) -> None:
        inputs = self._operands(op)
        if op.activation is Activation.NONE:
            self._emit(op, inputs, output)
            return
        before = self._nodes.fresh(f"{op.output}/before")
        self._emit(op, inputs, before)
        self._activate(op, before, output)

    def _in_codes(self, op: Operator, output: str) -> None:
        # Reads codes through DequantizeLinear, computes in float, and QuantizeLinear rounds.
        result = self._nodes.fresh(f"{op.output}/real")
        self._emit(op, self._operands(op), result)
        if op.activation is not Activation.NONE:
            if not _saturates_alike(op, self._graph.types[op.output]):
                codes = self._nodes.fresh(f"{op.output}/before")
                self._quantized(result, op.output, codes)
                real = self._nodes.fresh(f"{op.output}/before_real")
                self._dequantize(codes, op.output, real)
                result = real
            result = self._activate(op, result, self._nodes.fresh(f"{op.output}/active"))
        self._quantized(result, op.output, output)

    def _emit(self, op: Operator, inputs: tuple[str, ...], output: str) -> None:
        if op.kind not in EMITTERS:
            raise GraphError(f"{op.output}: {op.kind} cannot be written to ONNX")
        EMITTERS[op.kind](Emission(self._nodes, self._graph, op, inputs, output))

    def _activate(self, op: Operator, x: str, output: str) -> str:
        if op.activation is Activation.RELU:
            return self._nodes.add("Relu", (x,), output, "relu")
        ends = [
            self._nodes.constant(f"{op.output}/{name}", np.array(value, np.float32))
            for name, value in (("lowest", 0), ("highest", 6))
        ]
        return self._nodes.add("Clip", (x, *ends), output, "clip")

    # Tensors in float, and as codes.

    def _operands(self, op: Operator) -> tuple[str, ...]:
        return tuple(
            self._constant(op, name) if name in self._graph.constants else self._in_float(name)
            for name in op.inputs
        )

    def _in_float(self, name: str) -> str:
        """An activation in float: itself, or its DequantizeLinear, which readers share."""
        if self._graph.types[name].quantization is None:
            return self._tensor(name)
        if name not in self._floats:
            self._dequantized(name, self._nodes.fresh(f"{name}/dequantized"))
        return self._floats[name]

    def _dequantized(self, name: str, output: str) -> None:
        self._dequantize(self._tensor(name), name, output)
        self._floats.setdefault(name, output)

    def _dequantize(self, codes: str, of: str, output: str) -> None:
        inputs = (codes, *self._scales(of))
        self._nodes.add("DequantizeLinear", inputs, output, "dequantize")

    def _quantized(self, real: str, name: str, output: str) -> None:
        inputs = (real, *self._scales(name))
        self._nodes.add("QuantizeLinear", inputs, output, "quantize")

    def _scales(self, name: str) -> tuple[str, str]:
        """Scale and zero point of an activation, as constants."""
        kind = self._graph.types[name]
        found = _quantization(self._graph, name)
        key = (name, "scale")
        if key not in self._constants:
            scale, zero = found.scale.reshape(()), found.zero_point.reshape(())
            if self._is_shifted(name):
                zero = zero + SHIFT
            zero = zero.astype(self._dtype(kind))
            self._constants[key] = self._nodes.constant(f"{name}/scale", scale)
            self._constants[(name, "zero")] = self._nodes.constant(f"{name}/zero_point", zero)
        return self._constants[key], self._constants[(name, "zero")]

    def _is_shifted(self, name: str) -> bool:
        """Whether an activation's codes are written as larger by 128 than they are."""
        return self._how.codes.activations == "uint8" and self._graph.types[name].dtype == "int8"

    def _dtype(self, kind: TensorType) -> str:
        """Of an activation in the model."""
        return self._how.codes.activations if kind.dtype == "int8" else kind.dtype

    def _constant(self, op: Operator, name: str) -> str:
        """A constant, NCHW, in float, or behind the DequantizeLinear of its codes."""
        values = self._graph.constants[name]
        found = self._graph.types[name].quantization
        laid_out, axis = _laid_out(op, name, values, found)
        codes = self._how.codes
        unsigned = codes.weights if op.kind in CONVOLUTIONS else codes.activations
        shift = SHIFT if laid_out.dtype == np.int8 and unsigned == "uint8" else 0
        if shift:
            laid_out = (laid_out.astype(np.int16) + shift).astype(np.uint8)
        # A constant that operators of several kinds read is laid out for each.
        key = (name, f"{laid_out.shape}")
        if key in self._constants:
            return self._constants[key]
        held = self._nodes.constant(name, laid_out)
        if found is not None:
            scale = self._nodes.constant(f"{name}/scale", _shaped(found.scale, axis))
            zero = (_shaped(found.zero_point, axis) + shift).astype(laid_out.dtype)
            zeros = self._nodes.constant(f"{name}/zero_point", zero)
            held = self._nodes.between(
                "DequantizeLinear",
                (held, scale, zeros),
                f"{name}/dequantized",
                name.rsplit("/", 1)[-1],
                axis=axis,
            )
        self._constants[key] = held
        return held


def _laid_out(
    op: Operator, name: str, values: NDArray[Any], found: Quantization | None
) -> tuple[NDArray[Any], int | None]:
    """A constant as ONNX's operator wants it, and the axis of its scales; None for one scale."""
    several = found is not None and found.scale.size > 1
    place = op.inputs.index(name)
    if op.kind in CONVOLUTIONS and place == 1:
        if op.kind is Kind.DEPTHWISE_CONV_2D:
            return values.transpose(3, 0, 1, 2), 0 if several else None
        if op.kind is Kind.TRANSPOSE_CONV:
            return values.transpose(3, 0, 1, 2), 1 if several else None
        return values.transpose(0, 3, 1, 2), 0 if several else None
    if op.kind in CONVOLUTIONS:
        return values, 0 if several else None
    if several:
        raise GraphError(f"{op.output}: the operand {name!r} has several scales, expected one")
    if op.kind is Kind.PRELU:
        return values.reshape(values.shape[-3:]).transpose(2, 0, 1), None
    return values.reshape((1,) * (4 - values.ndim) + values.shape).transpose(TO_NCHW), None


def _shaped(values: NDArray[Any], axis: int | None) -> NDArray[Any]:
    return values.reshape(()) if axis is None else values.reshape(-1)


def _saturates_alike(op: Operator, kind: TensorType) -> bool:
    """Whether rounding to codes clips as the fused activation does."""
    found = kind.quantization
    assert found is not None
    zero, scale = int(found.zero_point[0]), np.float32(found.scale[0])
    low = zero <= LOWEST
    if op.activation is Activation.RELU:
        return low
    return low and zero + int(np.rint(np.float32(6.0) / scale)) >= HIGHEST


def _quantization(graph: Graph, name: str) -> Quantization:
    found = graph.types[name].quantization
    if found is None:
        raise GraphError(f"{graph.name}: {name!r} has codes but no quantisation")
    return found


def serialized(model: Any, name: str) -> bytes:
    """The content of a file of one piece.

    Raises:
        UsageError: it would be larger than protobuf can hold.
    """
    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    if size >= MOST_BYTES:
        raise UsageError(
            f"{name}: weights of {size:,} bytes, but one ONNX file holds at most {MOST_BYTES:,}; "
            "export the network as segments, or as .tflite"
        )
    return bytes(model.SerializeToString())


def _element(dtype: str) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
