"""A graph as a `.tflite` file, one builtin operator for each of ours.

Written against LiteRT's own schema. The same graph gives the same bytes.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.formats.tflite import schema_py_generated as schema
from vernier.formats.tflite.operators import ACTIVATIONS, CODINGS
from vernier.formats.tflite.versions import operator_version
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.shapes import output_shape

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
SIGNATURE = "serving_default"
ALIGNMENT = 16
"""Of constants, in bytes from the start of the file: the schema demands it, engines map them."""
TYPE_CODES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int32": schema.TensorType.INT32,
}


def write(graph: Graph, *, halved: bool = False) -> bytes:
    """The file's content.

    Each operator becomes one builtin operator with its activation fused. The signature's ports
    are named as the graph's inputs and outputs; the description is the graph's name.

    Args:
        graph: float, integer or mixed; checked first.
        halved: write those float32 constants in float16 that lose nothing by it, each with the
            DEQUANTIZE that engines take for "compute with this in float32" and fold when they
            load; `reader.read` gives the same graph.

    Raises:
        GraphError: the graph is malformed, its shapes do not follow from its inputs', or an
            integer tensor has no scale.
    """
    _check(graph)
    return _Writer(graph, halved).finish()


def _check(graph: Graph) -> None:
    graph.check()
    for op in graph.operators:
        found, inferred = graph.types[op.output].shape, output_shape(op, graph.types)
        if found != inferred:
            raise GraphError(f"{op.output}: its type says {found}, {op.kind} gives {inferred}")
    for name, kind in graph.types.items():
        if kind.dtype not in TYPE_CODES:
            raise GraphError(f"{name}: {kind.dtype} cannot be written")
        if kind.dtype == "int8" and kind.quantization is None:
            raise GraphError(f"{name}: an int8 tensor needs a scale and a zero point")
    fixed = [name for name in graph.outputs if name in graph.constants]
    if fixed:
        raise GraphError(f"{graph.name}: the output {fixed[0]!r} is a constant")


class _Aligned(schema.BufferT):  # type: ignore[misc]
    """A buffer whose data is aligned as the schema demands, which generated code forgets."""

    def Pack(self, builder: Any) -> int:  # noqa: N802
        payload = bytes(self.data)
        builder.StartVector(1, len(payload), ALIGNMENT)
        builder.head -= len(payload)
        builder.Bytes[builder.head : builder.head + len(payload)] = payload
        data = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, data)
        return int(schema.BufferEnd(builder))


class _Writer:
    def __init__(self, graph: Graph, halved: bool) -> None:
        self._graph = graph
        self._halved = halved
        self._model = schema.ModelT()
        self._model.version = SCHEMA_VERSION
        self._model.description = graph.name
        # By the format's rule buffer 0 is empty; tensors that are computed point to it.
        self._model.buffers = [schema.BufferT()]
        self._model.operatorCodes = []
        self._subgraph = schema.SubGraphT()
        self._subgraph.name = "main"
        self._subgraph.tensors = []
        self._subgraph.operators = []
        self._index: dict[str, int] = {}
        self._codes: dict[tuple[Kind, int], int] = {}

    def finish(self) -> bytes:
        graph = self._graph
        for name in graph.activations():
            self._tensor(name, graph.types[name], None)
        for op in graph.operators:
            self._operator(op)
        self._subgraph.inputs = [self._index[name] for name in graph.inputs]
        self._subgraph.outputs = [self._index[name] for name in graph.outputs]
        self._model.subgraphs = [self._subgraph]
        self._model.signatureDefs = [self._signature()]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), file_identifier=FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _tensor(self, name: str, kind: TensorType, data: NDArray[Any] | None) -> int:
        tensor = schema.TensorT()
        tensor.name = name
        tensor.shape = list(kind.shape)
        float16 = data is not None and data.dtype == np.float16
        tensor.type = schema.TensorType.FLOAT16 if float16 else TYPE_CODES[kind.dtype]
        tensor.buffer = 0
        tensor.hasRank = True
        if kind.quantization is not None:
            tensor.quantization = _quantization(kind.quantization)
        if data is not None:
            buffer = _Aligned()
            buffer.data = np.ascontiguousarray(data).tobytes()
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        self._index[name] = len(self._subgraph.tensors)
        self._subgraph.tensors.append(tensor)
        return self._index[name]

    def _input(self, name: str) -> int:
        """The index of a tensor; constants are written when first read."""
        if name in self._index:
            return self._index[name]
        kind, data = self._graph.types[name], self._graph.constants[name]
        half = _exactly_halved(data) if self._halved else None
        if half is None:
            return self._tensor(name, kind, data)
        stored = self._tensor(self._free(f"{name}/float16"), kind, half)
        return self._widened(stored, self._tensor(name, kind, None))

    def _widened(self, stored: int, place: int) -> int:
        """A constant in float32, of one in float16."""
        written = schema.OperatorT()
        written.inputs, written.outputs = [stored], [place]
        # Version 3 is the first that takes float16.
        written.opcodeIndex = self._code_of(Kind.DEQUANTIZE, 3)
        written.builtinOptions = schema.DequantizeOptionsT()
        written.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
        self._subgraph.operators.append(written)
        return place

    def _free(self, name: str) -> str:
        """The name, or the first like it that no tensor has."""
        while name in self._index or name in self._graph.types:
            name += "_"
        return name

    def _operator(self, op: Operator) -> None:
        coding = CODINGS[op.kind]
        written = schema.OperatorT()
        inputs = [self._input(name) for name in op.inputs]
        if coding.order is not None:
            inputs = [inputs[place] for place in coding.order if place < len(inputs)]
        if coding.sizes is not None:
            values = coding.sizes.derive(self._graph, op)
            for place, (name, value) in enumerate(
                zip(coding.sizes.names, values, strict=True), coding.sizes.at
            ):
                kind = TensorType(value.shape, "int32")
                inputs.insert(place, self._tensor(self._free(f"{op.output}/{name}"), kind, value))
        written.inputs = inputs
        written.outputs = [self._index[op.output]]
        written.opcodeIndex = self._code(op)
        if coding.options is not None and coding.fill is not None:
            options = getattr(schema, f"{coding.options}OptionsT")()
            coding.fill(options, op)
            if hasattr(options, "fusedActivationFunction"):
                options.fusedActivationFunction = ACTIVATIONS[op.activation]
            written.builtinOptions = options
            written.builtinOptionsType = getattr(schema.BuiltinOptions, f"{coding.options}Options")
        self._subgraph.operators.append(written)

    def _code(self, op: Operator) -> int:
        return self._code_of(op.kind, operator_version(self._graph, op))

    def _code_of(self, kind: Kind, version: int) -> int:
        key = (kind, version)
        if key not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = getattr(schema.BuiltinOperator, kind.value)
            # Readers older than the wide field look here.
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version = version
            self._codes[key] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[key]

    def _signature(self) -> Any:
        signature = schema.SignatureDefT()
        signature.signatureKey = SIGNATURE
        signature.subgraphIndex = 0
        signature.inputs = [self._named(name) for name in self._graph.inputs]
        signature.outputs = [self._named(name) for name in self._graph.outputs]
        return signature

    def _named(self, name: str) -> Any:
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, self._index[name]
        return entry


def _exactly_halved(data: NDArray[Any]) -> NDArray[np.float16] | None:
    """A float32 constant in float16; None if that loses something."""
    if data.dtype != np.float32:
        return None
    with np.errstate(over="ignore"):
        half = data.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), data) else None


def _quantization(quantization: Quantization) -> Any:
    written = schema.QuantizationParametersT()
    written.scale = quantization.scale.astype(np.float32)
    written.zeroPoint = quantization.zero_point.astype(np.int64)
    written.quantizedDimension = quantization.axis or 0
    return written
