"""What a `.tflite` file asks for: its ports, and the precision of each of its operators.

Read straight from the file with LiteRT's own schema, so that what an engine did can be compared
with what the file says, also for operators that a graph cannot express.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from vernier.errors import ProcessorError
from vernier.formats.tflite import schema_py_generated as schema
from vernier.graphs.graph import CONVOLUTIONS, Quantization
from vernier.processor_id import ProcessorId
from vernier.processors.protocol import Port

FILE_IDENTIFIER = b"TFL3"
HYBRID = "int8 weights on float32"

_DTYPES: dict[int, str] = {
    v: k.lower() for k, v in vars(schema.TensorType).items() if isinstance(v, int)
}
_KINDS: dict[int, str] = {
    v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)
}
_CONVOLUTIONS = frozenset(kind.value for kind in CONVOLUTIONS)
# These change a tensor's format, place or size and compute nothing with a precision of its own.
_MOVES = frozenset(
    {
        "QUANTIZE",
        "DEQUANTIZE",
        "DEPTH_TO_SPACE",
        "SPACE_TO_DEPTH",
        "CONCATENATION",
        "SLICE",
        "STRIDED_SLICE",
        "SPLIT",
        "MIRROR_PAD",
        "PAD",
        "RESHAPE",
        "TRANSPOSE",
        "RESIZE_NEAREST_NEIGHBOR",
    }
)


@dataclass(frozen=True)
class FileOperator:
    """One operator as the file has it.

    Attributes:
        kind: its name in the schema, such as `CONV_2D`.
        output: the name of its first output tensor.
        precision: dtype that it computes in: "float32", "int8", "uint8", or `HYBRID`.
        inputs: the file's indices of its input tensors, without the absent ones.
        outputs: the file's indices of its output tensors.
    """

    kind: str
    output: str
    precision: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def is_convolution(self) -> bool:
        """Whether it is a convolution: plain, depthwise or transposed."""
        return self.kind in _CONVOLUTIONS

    @property
    def is_arithmetic(self) -> bool:
        """Whether it computes with values, rather than moves them or changes their format."""
        return self.kind not in _MOVES


@dataclass(frozen=True)
class ModelContents:
    """A `.tflite` file's first subgraph.

    Attributes:
        inputs: in the file's order.
        outputs: in the file's order.
        input_tensors: the file's index of each input.
        output_tensors: the file's index of each output.
        signature_names: what the file's signature calls the tensors, where it has one.
        operators: in the file's order.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    input_tensors: tuple[int, ...]
    output_tensors: tuple[int, ...]
    signature_names: dict[int, str]
    operators: tuple[FileOperator, ...]

    @cached_property
    def convolutions(self) -> Counter[str]:
        """How many convolutions the file has, by precision."""
        return Counter(op.precision for op in self.operators if op.is_convolution)

    @property
    def float_operators(self) -> tuple[FileOperator, ...]:
        """Operators that compute in float32; empty in a full-integer file."""
        return tuple(op for op in self.operators if op.is_arithmetic and op.precision == "float32")

    @property
    def integer_operators(self) -> tuple[FileOperator, ...]:
        """Operators that compute in int8; empty in a float file."""
        return tuple(op for op in self.operators if op.is_arithmetic and op.precision == "int8")

    def signature_name(self, tensor: int, name: str) -> str:
        """What LiteRT's signature calls a tensor; its own name where there is no signature."""
        return self.signature_names.get(tensor, name)


def read_contents(model: bytes) -> ModelContents:
    """What a file asks for.

    Raises:
        ProcessorError: it is not a `.tflite` file, or is damaged.
    """
    if len(model) < 8 or model[4:8] != FILE_IDENTIFIER:
        raise ProcessorError(
            f"expected the content of a .tflite file (identifier TFL3), found {model[:8]!r}"
        )
    try:
        parsed = schema.ModelT.InitFromPackedBuf(model, 0)
        return _contents(parsed)
    except ProcessorError:
        raise
    except Exception as error:
        # Damaged offsets end anywhere in the generated parser; whichever way, the file is at fault.
        raise ProcessorError(f"damaged .tflite file ({type(error).__name__}: {error})") from error


def check_precision(contents: ModelContents, processor: ProcessorId) -> None:
    """Refuse a file that asks for another precision than the processor has.

    What decides are the convolutions, or the arithmetic of a file without any:

    - a float processor takes files in which nothing is computed in int8;
    - an int8 processor takes files in which at least one convolution is int8. Float operators
      beside them are part of what such a *mixed* file asks for (colour arithmetic around an INT8
      network, a split whose two processors live in one engine), each set apart by QUANTIZE and
      DEQUANTIZE operators; the placement then compares operator by operator with the file. A file
      that must be integer throughout is checked by its `float_operators` where it is made.

    Raises:
        ProcessorError: with both precisions and what to do.
    """
    hybrid = [op for op in contents.operators if op.precision == HYBRID and op.is_arithmetic]
    if hybrid:
        raise ProcessorError(
            f"{processor}: expected weights and activations of one precision, found "
            f"{hybrid[0].kind} {hybrid[0].output!r} with {HYBRID}; quantise the activations too"
        )
    floats, integers = contents.float_operators, contents.integer_operators
    if processor.model_precision == "float32":
        if integers:
            raise ProcessorError(
                f"{processor}: expected a float32 model, found {len(integers)} int8 operators "
                f"(the first is {integers[0].kind} {integers[0].output!r}); use an int8 processor "
                f"or the network's float32 file"
            )
        return
    has_integers = contents.convolutions["int8"] if contents.convolutions else integers
    if floats and not has_integers:
        raise ProcessorError(
            f"{processor}: expected an int8 model, found {len(floats)} float32 operators (the "
            f"first is {floats[0].kind} {floats[0].output!r}) and no int8 convolution; use a "
            f"float processor or the network's int8 file"
        )


def unverified_floats(contents: ModelContents) -> str:
    """What is wrong with float operators on a device that does not say how it computes them.

    Returns:
        One sentence; "" where the file has no float operators.
    """
    floats = contents.float_operators
    if not floats:
        return ""
    return (
        f"expected only int8 operators, since this device computes others in a 16-bit format of "
        f"its own; found {len(floats)} in float32 (the first is {floats[0].kind} "
        f"{floats[0].output!r})"
    )


def _contents(model: Any) -> ModelContents:
    if not model.subgraphs:
        raise ProcessorError("damaged .tflite file (it has no subgraph)")
    subgraph = model.subgraphs[0]
    tensors = subgraph.tensors
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    operators = []
    for op in subgraph.operators:
        inputs = tuple(int(i) for i in op.inputs if i >= 0)
        outputs = tuple(int(i) for i in op.outputs)
        kind = _KINDS.get(codes[op.opcodeIndex], str(codes[op.opcodeIndex]))
        precision = _precision(kind, [tensors[i] for i in inputs], tensors[outputs[0]])
        operators.append(
            FileOperator(kind, _text(tensors[outputs[0]].name), precision, inputs, outputs)
        )
    input_tensors = tuple(int(i) for i in subgraph.inputs)
    output_tensors = tuple(int(i) for i in subgraph.outputs)
    names: dict[int, str] = {}
    for signature in (model.signatureDefs or [])[:1]:
        for entry in (*signature.inputs, *signature.outputs):
            names[int(entry.tensorIndex)] = _text(entry.name)
    return ModelContents(
        inputs=tuple(_port(tensors[i]) for i in input_tensors),
        outputs=tuple(_port(tensors[i]) for i in output_tensors),
        input_tensors=input_tensors,
        output_tensors=output_tensors,
        signature_names=names,
        operators=tuple(operators),
    )


def _precision(kind: str, inputs: list[Any], output: Any) -> str:
    """The dtype an operator computes in: its output's, as LiteRT's kernels are chosen."""
    computed = _DTYPES[output.type]
    weights = len(inputs) > 1 and _DTYPES[inputs[1].type] == "int8"
    if kind in _CONVOLUTIONS and computed == "float32" and weights:
        return HYBRID
    return computed


def _port(tensor: Any) -> Port:
    shape = tuple(int(side) for side in tensor.shape)
    return Port(_text(tensor.name), shape, _DTYPES[tensor.type], _quantization(tensor.quantization))


def _quantization(written: Any) -> Quantization | None:
    if written is None or written.scale is None or len(written.scale) == 0:
        return None
    scale = np.asarray(written.scale, np.float32)
    zero_point = np.broadcast_to(np.asarray(written.zeroPoint, np.int32), scale.shape).copy()
    return Quantization(scale, zero_point, written.quantizedDimension if len(scale) > 1 else None)


def _text(name: Any) -> str:
    return str(name, "utf-8") if isinstance(name, bytes) else str(name)
