"""A `.tflite` file as a graph: the inverse of the writer, for what a graph can say.

A file may come from anywhere, so nothing in it is believed. Only the fields that a graph needs are
visited, through the generated accessors, which cannot read outside the file; and the total that is
visited is limited, because a few bytes can claim to hold the same table a million times.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.formats.tflite import schema_py_generated as schema
from vernier.formats.tflite.operators import ACTIVATIONS, CODINGS, Sizes
from vernier.formats.tflite.writer import FILE_IDENTIFIER, TYPE_CODES
from vernier.graphs.graph import (
    FUSES_ACTIVATION,
    Activation,
    Array,
    Attribute,
    Graph,
    Kind,
    Operator,
    Quantization,
    TensorType,
)
from vernier.graphs.shapes import output_shape

_DTYPES = {code: dtype for dtype, code in TYPE_CODES.items()}
_ACTIVATIONS = {code: activation for activation, code in ACTIVATIONS.items()}
_KINDS = {getattr(schema.BuiltinOperator, kind.value): kind for kind in Kind}
_NAMES = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
MOST_AXES = 8


def read(model: bytes) -> Graph:
    """The graph in a file.

    Raises:
        GraphError: not a `.tflite` file, truncated or damaged, or it holds something that a graph
            cannot say; the message names the first such operator.
    """
    if len(model) < 8 or model[4:8] != FILE_IDENTIFIER:
        raise GraphError("not a .tflite file: the identifier TFL3 is missing")
    try:
        graph = _Reader(model).graph()
        graph.check()
    except GraphError:
        raise
    except Exception as error:
        # Damaged offsets end anywhere in the generated accessors; the file is at fault.
        raise GraphError(f"damaged .tflite file ({type(error).__name__}: {error})") from error
    return graph


class _Reader:
    def __init__(self, model: bytes) -> None:
        self._model = schema.Model.GetRootAs(model, 0)
        if self._model.SubgraphsLength() != 1:
            raise GraphError(
                f"expected a .tflite file of one subgraph, found {self._model.SubgraphsLength()}"
            )
        self._subgraph = self._model.Subgraphs(0)
        # An honest file is visited about once; shared tables are possible, so leave some room.
        self._left = 8 * len(model) + (1 << 16)
        self._names = [
            self._text(self._subgraph.Tensors(place).Name())
            for place in range(self._visit(self._subgraph.TensorsLength()))
        ]
        if len(set(self._names)) != len(self._names):
            raise GraphError("two tensors of the .tflite file share a name")
        self._constants: dict[str, Array] = {}
        self._types: dict[str, TensorType] = {}

    def graph(self) -> Graph:
        inputs = tuple(
            self._activation(place) for place in self._vector(self._subgraph.InputsAsNumpy())
        )
        if not inputs:
            raise GraphError("the .tflite file has no inputs")
        written = [
            self._subgraph.Operators(place)
            for place in range(self._visit(self._subgraph.OperatorsLength()))
        ]
        operators = tuple(self._operator(one) for one in written if not self._widens(one))
        outputs = tuple(
            self._name(place) for place in self._vector(self._subgraph.OutputsAsNumpy())
        )
        return Graph(
            name=self._text(self._model.Description()),
            inputs=inputs,
            outputs=outputs,
            operators=operators,
            constants=self._constants,
            types=self._types,
        )

    def _visit(self, amount: int) -> int:
        self._left -= amount
        if self._left < 0:
            raise GraphError("damaged .tflite file: its parts claim more than the file holds")
        return amount

    def _text(self, text: bytes | None) -> str:
        self._visit(len(text or b""))
        return (text or b"").decode("utf-8")

    def _vector(self, found: Any) -> list[Any]:
        """A vector as a list; accessors give 0 for one that is missing."""
        if isinstance(found, int):
            return []
        self._visit(found.nbytes)
        values: list[Any] = found.tolist()
        return values

    def _name(self, place: int) -> str:
        """A tensor's name; a negative place must not count from the end, as Python's would."""
        if not 0 <= place < len(self._names):
            raise GraphError(f"damaged .tflite file: it has no tensor {place}")
        return self._names[place]

    def _activation(self, place: int) -> str:
        name = self._name(place)
        kind = self._type(place)
        if len(kind.shape) != 4 or kind.shape[0] != 1 or min(kind.shape) < 1:
            raise GraphError(f"{name}: expected a tensor (1, H, W, C), found {kind.shape}")
        self._types[name] = kind
        return name

    def _widens(self, written: Any) -> bool:
        """Take a constant in float16, which DEQUANTIZE turns into float32; False for all else."""
        if self._builtin(int(written.OpcodeIndex())) != schema.BuiltinOperator.DEQUANTIZE:
            return False
        places, outputs = (
            self._vector(found) for found in (written.InputsAsNumpy(), written.OutputsAsNumpy())
        )
        if len(places) != 1 or len(outputs) != 1:
            return False
        self._name(places[0])
        if self._subgraph.Tensors(places[0]).Type() != schema.TensorType.FLOAT16:
            return False
        name, kind = self._name(outputs[0]), self._type(outputs[0])
        data = self._data(places[0], np.dtype(np.float16))
        if data is None or kind.dtype != "float32" or kind.shape != data.shape:
            raise GraphError(f"{name}: only constants may be in float16")
        if name in self._types:
            raise GraphError(f"{name} is computed twice")
        self._visit(4 * data.size)
        self._constants[name], self._types[name] = data.astype(np.float32), kind
        return True

    def _type(self, place: int) -> TensorType:
        name, tensor = self._name(place), self._subgraph.Tensors(place)
        if tensor.Type() not in _DTYPES:
            raise GraphError(f"{name}: unsupported tensor type {tensor.Type()}")
        if tensor.ShapeLength() > MOST_AXES:
            raise GraphError(f"{name}: a tensor of {tensor.ShapeLength()} axes")
        if tensor.Sparsity() is not None or tensor.IsVariable():
            raise GraphError(f"{name}: sparse and variable tensors are not supported")
        shape = tuple(self._vector(tensor.ShapeAsNumpy()))
        return TensorType(shape, _DTYPES[tensor.Type()], self._quantization(tensor))

    def _quantization(self, tensor: Any) -> Quantization | None:
        written = tensor.Quantization()
        if written is None:
            return None
        scale = np.array(self._vector(written.ScaleAsNumpy()), np.float32)
        if scale.size == 0:
            return None
        zero_point = np.array(self._vector(written.ZeroPointAsNumpy()), np.int32)
        if zero_point.size == 1:
            zero_point = np.repeat(zero_point, scale.size)
        if zero_point.size != scale.size:
            raise GraphError(f"{scale.size} scales, but {zero_point.size} zero points")
        axis = int(written.QuantizedDimension()) if scale.size > 1 else None
        return Quantization(scale, zero_point, axis)

    def _data(self, place: int, dtype: np.dtype[Any] | None = None) -> NDArray[Any] | None:
        """A constant's values, copied; None for what is no constant."""
        name, number = self._name(place), int(self._subgraph.Tensors(place).Buffer())
        if number >= self._model.BuffersLength():
            raise GraphError(f"{name}: the .tflite file has no buffer {number}")
        data = self._model.Buffers(number).DataAsNumpy()
        if isinstance(data, int) or data.size == 0:
            return None
        self._visit(data.nbytes)
        if dtype is None:
            kind = self._type(place)
            shape, dtype = kind.shape, np.dtype(kind.dtype)
        else:
            shape = tuple(self._vector(self._subgraph.Tensors(place).ShapeAsNumpy()))
        flat: NDArray[Any] = data.copy().view(dtype)
        if flat.size != math.prod(shape):
            raise GraphError(f"{name}: its data does not fill its shape {shape}")
        return flat.reshape(shape)

    def _input(self, place: int) -> str:
        name = self._name(place)
        if name not in self._types:
            data = self._data(place)
            if data is None:
                raise GraphError(f"{name} is read before it is computed")
            self._constants[name] = data
            self._types[name] = self._type(place)
        return name

    def _operator(self, written: Any) -> Operator:
        kind = self._kind(int(written.OpcodeIndex()))
        coding = CODINGS[kind]
        options = _options(kind, written)
        attributes: dict[str, Attribute] = {}
        if coding.parse is not None:
            attributes |= coding.parse(options)
        places = self._vector(written.InputsAsNumpy())
        values: list[NDArray[np.int32]] = []
        if coding.sizes is not None:
            values = [self._sizes(kind, places, coding.sizes) for _ in coding.sizes.names]
        names = [self._input(place) for place in places if place != -1]
        if coding.order is not None:
            order = [place for place in coding.order if place < len(names)]
            names = [names[order.index(place)] for place in range(len(names))]
        if coding.sizes is not None:
            shape = self._types[names[0]].shape
            if coding.sizes.canonical is not None:
                values = coding.sizes.canonical(values, shape)
            if coding.sizes.recover is not None:
                attributes |= coding.sizes.recover(values, shape)
        fused = getattr(options, "fusedActivationFunction", 0)
        if fused not in _ACTIVATIONS or (fused and kind not in FUSES_ACTIVATION):
            raise GraphError(f"the fused activation {fused} of {kind} is not supported")
        outputs = self._vector(written.OutputsAsNumpy())
        if len(outputs) != 1:
            raise GraphError(f"{kind} has {len(outputs)} outputs, expected one")
        output = self._activation(outputs[0])
        activation = _ACTIVATIONS.get(fused, Activation.NONE)
        op = Operator(kind, tuple(names), output, activation, attributes)
        self._agrees(op, values)
        return op

    def _builtin(self, number: int) -> int:
        if number >= self._model.OperatorCodesLength():
            raise GraphError(f"damaged .tflite file: it has no operator code {number}")
        code = self._model.OperatorCodes(number)
        # The first field is older and narrower; writers fill one or both.
        return max(int(code.BuiltinCode()), int(code.DeprecatedBuiltinCode()))

    def _kind(self, number: int) -> Kind:
        builtin = self._builtin(number)
        if builtin not in _KINDS:
            custom = self._text(self._model.OperatorCodes(number).CustomCode())
            name = f"{_NAMES.get(builtin, builtin)} {custom}".strip()
            raise GraphError(f"the operator {name} is not supported")
        return _KINDS[builtin]

    def _sizes(self, kind: Kind, places: list[int], sizes: Sizes) -> NDArray[np.int32]:
        """Take the next input of whole numbers from among the inputs."""
        if len(places) <= sizes.at:
            raise GraphError(f"{kind} lacks its input of sizes")
        values = self._data(places.pop(sizes.at))
        if values is None or values.dtype != np.int32:
            raise GraphError(f"{kind} is supported with constant int32 sizes only")
        return values

    def _agrees(self, op: Operator, values: list[NDArray[np.int32]]) -> None:
        """Check that shape and sizes are what our own reading of the operator gives."""
        found, inferred = self._types[op.output].shape, output_shape(op, self._types)
        if found != inferred:
            raise GraphError(f"{op.output}: the file says {found}, {op.kind} gives {inferred}")
        sizes = CODINGS[op.kind].sizes
        if sizes is None:
            return
        context = Graph("", (), (), (), {}, self._types)
        for name, value, wanted in zip(sizes.names, values, sizes.derive(context, op), strict=True):
            if not np.array_equal(value, wanted):
                raise GraphError(
                    f"{op.output}: {op.kind} with {name} {value.tolist()} is not supported, "
                    f"expected {wanted.tolist()}"
                )


def _options(kind: Kind, written: Any) -> Any:
    """An operator's options; the schema's defaults where the file leaves them out."""
    name = CODINGS[kind].options
    if name is None:
        return None
    table = getattr(schema, f"{name}OptionsT")
    found = written.BuiltinOptionsType()
    if found == schema.BuiltinOptions.NONE:
        return table()
    if found != getattr(schema.BuiltinOptions, f"{name}Options"):
        raise GraphError(f"{kind} carries the options of another operator ({found})")
    at = written.BuiltinOptions()
    return table() if at is None else table.InitFromBuf(at.Bytes, at.Pos)
