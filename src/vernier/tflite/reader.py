"""A `.tflite` file as a graph: the inverse of the writer, for what a graph can say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from vernier.errors import GraphError
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
from vernier.tflite.operators import ACTIVATIONS, CODINGS
from vernier.tflite.writer import FILE_IDENTIFIER, TYPE_CODES

_DTYPES = {code: dtype for dtype, code in TYPE_CODES.items()}
_ACTIVATIONS = {code: activation for activation, code in ACTIVATIONS.items()}
_KINDS = {getattr(schema.BuiltinOperator, kind.value): kind for kind in Kind}
_NAMES = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}


def read(model: bytes) -> Graph:
    """The graph in a file.

    Raises:
        GraphError: not a `.tflite` file, truncated or damaged, or it holds something that a graph
            cannot say; the message names the first such operator.
    """
    if len(model) < 8 or model[4:8] != FILE_IDENTIFIER:
        raise GraphError("not a .tflite file: the identifier TFL3 is missing")
    try:
        parsed = schema.ModelT.InitFromPackedBuf(model, 0)
        graph = _Reader(parsed).graph()
        graph.check()
    except GraphError:
        raise
    except Exception as error:
        # Damaged offsets end anywhere in the generated parser; whichever way, the file is at fault.
        raise GraphError(f"damaged .tflite file ({type(error).__name__}: {error})") from error
    return graph


class _Reader:
    def __init__(self, model: Any) -> None:
        if not model.subgraphs or len(model.subgraphs) != 1:
            raise GraphError("expected a .tflite file with one subgraph")
        self._model = model
        self._subgraph = model.subgraphs[0]
        self._names = [_text(tensor.name) for tensor in self._subgraph.tensors]
        if len(set(self._names)) != len(self._names):
            raise GraphError("two tensors of the .tflite file share a name")
        self._constants: dict[str, Array] = {}
        self._types: dict[str, TensorType] = {}

    def graph(self) -> Graph:
        inputs = tuple(self._activation(index) for index in self._subgraph.inputs)
        operators = tuple(self._operator(op) for op in self._subgraph.operators)
        outputs = tuple(self._names[_place(index)] for index in self._subgraph.outputs)
        return Graph(
            name=_text(self._model.description or b""),
            inputs=inputs,
            outputs=outputs,
            operators=operators,
            constants=self._constants,
            types=self._types,
        )

    def _activation(self, index: int) -> str:
        name = self._names[_place(index)]
        self._types[name] = self._type(index)
        if len(self._types[name].shape) != 4 or self._types[name].shape[0] != 1:
            raise GraphError(
                f"{name}: expected a tensor (1, H, W, C), found {self._types[name].shape}"
            )
        return name

    def _type(self, index: int) -> TensorType:
        tensor = self._subgraph.tensors[index]
        if tensor.type not in _DTYPES:
            raise GraphError(f"{self._names[index]}: unsupported tensor type {tensor.type}")
        shape = () if tensor.shape is None else tuple(int(side) for side in tensor.shape)
        return TensorType(shape, _DTYPES[tensor.type], _quantization(tensor.quantization))

    def _data(self, index: int) -> NDArray[Any] | None:
        tensor = self._subgraph.tensors[index]
        data = self._model.buffers[_place(tensor.buffer)].data
        if data is None or len(data) == 0:
            return None
        kind = self._type(index)
        flat: NDArray[Any] = np.asarray(data, np.uint8).view(np.dtype(kind.dtype))
        if flat.size != math.prod(kind.shape):
            raise GraphError(f"{self._names[index]}: its data does not fill its shape {kind.shape}")
        return flat.reshape(kind.shape)

    def _input(self, index: int) -> str:
        name = self._names[_place(index)]
        if name not in self._types:
            data = self._data(index)
            if data is None:
                raise GraphError(f"{name} is read before it is computed")
            self._constants[name] = data
            self._types[name] = self._type(index)
        return name

    def _operator(self, written: Any) -> Operator:
        code = self._model.operatorCodes[_place(written.opcodeIndex)]
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        kind = _KINDS.get(builtin)
        if kind is None:
            raise GraphError(f"the operator {_NAMES.get(builtin, builtin)} is not supported")
        coding = CODINGS[kind]
        places = [int(index) for index in written.inputs]
        attributes: dict[str, Attribute] = {}
        if coding.parse is not None:
            attributes |= coding.parse(written.builtinOptions)
        if kind is Kind.SLICE:
            attributes |= self._slice(places)
            del places[2]
        if kind is Kind.MIRROR_PAD:
            attributes["amount"] = self._mirrored(places[1])
        if coding.extra is not None:
            sizes = self._data(_place(places.pop(coding.extra_at)))
            if kind in (Kind.RESIZE_NEAREST_NEIGHBOR, Kind.RESIZE_BILINEAR):
                attributes["factor"] = self._factor(places[0], sizes)
        names = [self._input(index) for index in places if index >= 0]
        if coding.order is not None:
            names = [names[coding.order.index(place)] for place in range(len(names))]
        fused = getattr(written.builtinOptions, "fusedActivationFunction", 0)
        if fused not in _ACTIVATIONS or (fused and kind not in FUSES_ACTIVATION):
            raise GraphError(f"the fused activation {fused} of {kind} is not supported")
        if len(written.outputs) != 1:
            raise GraphError(f"{kind} has {len(written.outputs)} outputs, expected one")
        output = self._activation(written.outputs[0])
        op = Operator(
            kind, tuple(names), output, _ACTIVATIONS.get(fused, Activation.NONE), attributes
        )
        inferred = output_shape(op, self._types)
        if inferred != self._types[output].shape:
            raise GraphError(
                f"{output}: the file says {self._types[output].shape}, {kind} gives {inferred}"
            )
        return op

    def _slice(self, places: list[int]) -> dict[str, Attribute]:
        begin, size = self._data(_place(places[1])), self._data(_place(places[2]))
        if begin is None or size is None or any(begin[:3]):
            raise GraphError("SLICE is supported with constant bounds over channels only")
        return {"begin": int(begin[3]), "size": int(size[3])}

    def _mirrored(self, place: int) -> int:
        paddings = self._data(_place(place))
        amount = -1 if paddings is None else int(paddings[1, 0])
        wanted = [[0, 0], [amount, amount], [amount, amount], [0, 0]]
        if paddings is None or paddings.tolist() != wanted:
            raise GraphError("MIRROR_PAD is supported with one amount on all four sides only")
        return amount

    def _factor(self, place: int, sizes: NDArray[Any] | None) -> int:
        height, width = self._types[self._names[_place(place)]].shape[1:3]
        if sizes is None or sizes[0] % height or sizes[0] * width != sizes[1] * height:
            raise GraphError("resizing is supported by one whole factor only")
        return int(sizes[0]) // height


def _place(index: int) -> int:
    """An index that must not count from the end, as Python's would."""
    if index < 0:
        raise GraphError("damaged .tflite file: a negative index")
    return int(index)


def _text(name: bytes | str) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else name


def _quantization(written: Any) -> Quantization | None:
    if written is None or written.scale is None or len(written.scale) == 0:
        return None
    scale = np.array(written.scale, np.float32)
    zero_point = np.array(written.zeroPoint, np.int32)
    if zero_point.size == 1 and scale.size > 1:
        zero_point = np.repeat(zero_point, scale.size)
    axis = int(written.quantizedDimension) if scale.size > 1 else None
    return Quantization(scale, zero_point, axis)
