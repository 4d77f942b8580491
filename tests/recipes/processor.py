"""NumPy as a processor: slow, and right by definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, ProcessorError
from vernier.formats.tflite.reader import read
from vernier.graphs.graph import Graph, Kind, Operator
from vernier.graphs.reference import evaluate
from vernier.processor_id import ProcessorId
from vernier.processors.contents import ModelContents, check_precision, read_contents
from vernier.processors.protocol import (
    Availability,
    Executable,
    OperatorPlacement,
    Placement,
    Port,
    copy_through,
)


@dataclass(frozen=True)
class Plain:
    """`plain:cpu:float32`."""

    id: ProcessorId

    def availability(self) -> Availability:
        """Always here."""
        return Availability(self.id, True, f"NumPy {np.__version__}")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`; NumPy decides on its threads itself."""
        contents = read_contents(model)
        check_precision(contents, self.id)
        return _PlainExecutable(self.id, model, contents)


class _PlainExecutable:
    """A graph and NumPy's arrays."""

    def __init__(self, processor: ProcessorId, model: bytes, contents: ModelContents) -> None:
        self._processor, self._open = processor, True
        try:
            self._graph = read(model)
        except GraphError as error:
            raise ProcessorError(f"{processor}: {error}") from error
        self.inputs: tuple[Port, ...] = contents.inputs
        self.outputs: tuple[Port, ...] = contents.outputs
        self._given = [np.zeros(port.shape, port.dtype) for port in self.inputs]
        self._found = [np.zeros(port.shape, port.dtype) for port in self.outputs]
        self.placement = Placement(
            processor,
            tuple(
                OperatorPlacement(op.output, op.kind, "cpu", op.precision, "NumPy")
                for op in contents.operators
            ),
        )

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The array that is read."""
        return self._given[index]

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The array that is written."""
        return self._found[index]

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """See `Executable.read_from`: NumPy reads wherever it is asked to."""
        self._given[index] = memory
        return True

    def run(self) -> None:
        """See `Executable.run`."""
        if not self._open:
            raise ProcessorError(f"{self._processor}: run after close; load the model again")
        held: dict[str, NDArray[Any]] = dict(self._graph.constants)
        held |= dict(zip(self._graph.inputs, self._given, strict=True))
        for op in self._graph.operators:
            held[op.output] = _compute(self._graph, op, [held[name] for name in op.inputs])
        for name, target in zip(self._graph.outputs, self._found, strict=True):
            np.copyto(target, held[name])

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """See `Executable.__call__`."""
        return copy_through(self, inputs)

    def close(self) -> None:
        """Nothing runs after it."""
        self._open = False


def _compute(graph: Graph, op: Operator, given: list[NDArray[Any]]) -> NDArray[Any]:
    """One operator; a picture comes and goes in 8 bits, which are DEQUANTIZE and QUANTIZE."""
    if op.kind not in (Kind.DEQUANTIZE, Kind.QUANTIZE):
        return evaluate(op, given)
    codes = graph.types[op.inputs[0] if op.kind is Kind.DEQUANTIZE else op.output]
    assert codes.quantization is not None
    scale, zero = codes.quantization.scale[0], codes.quantization.zero_point[0]
    if op.kind is Kind.DEQUANTIZE:
        return (given[0].astype(np.float32) - np.float32(zero)) * np.float32(scale)
    ends = np.iinfo(codes.dtype)
    return np.clip(np.rint(given[0] / scale) + zero, ends.min, ends.max).astype(codes.dtype)
