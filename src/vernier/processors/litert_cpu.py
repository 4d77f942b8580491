"""LiteRT on the CPU, through its Interpreter: XNNPACK's kernels, and LiteRT's own for the rest."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, ProcessorError
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.processor_id import ProcessorId
from vernier.processors.contents import (
    FileOperator,
    ModelContents,
    check_precision,
    read_contents,
)
from vernier.processors.engine_messages import engine_messages
from vernier.processors.machine import at_most_cores, cpu_name
from vernier.processors.protocol import (
    Availability,
    Executable,
    OperatorPlacement,
    Placement,
    Port,
    copy_through,
)

PACKAGE = "ai-edge-litert"
XNNPACK = "XNNPACK"
BUILTIN = "LiteRT's own kernel"


@dataclass(frozen=True)
class LitertCpu:
    """`litert:cpu:float32` or `litert:cpu:int8`."""

    id: ProcessorId

    def availability(self) -> Availability:
        """Present wherever LiteRT can be imported."""
        try:
            from ai_edge_litert import interpreter  # noqa: F401

            version = importlib.metadata.version(PACKAGE)
        except (ImportError, OSError) as error:
            return Availability(self.id, False, f"{PACKAGE} cannot be imported: {error}")
        return Availability(self.id, True, f"{cpu_name()}, LiteRT {version} with XNNPACK")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`. Nothing falls back here: LiteRT computes what the file says.

        INT8 PRELUs, which XNNPACK has not, are loaded as operators that it has and that give the
        same codes (`quantization.prelu_as_convolutions`).
        """
        available = self.availability()
        if not available.present:
            raise ProcessorError(f"{self.id} is not here: {available.detail}")
        contents = read_contents(model)
        check_precision(contents, self.id)
        if any(op.kind == Kind.PRELU and op.precision == "int8" for op in contents.operators):
            model = _for_xnnpack(model)
            contents = read_contents(model)
        return _LitertCpuExecutable(self.id, model, contents, at_most_cores(threads))


def _for_xnnpack(model: bytes) -> bytes:
    """A file of the same codes without INT8 PRELUs; the file itself where that cannot be had."""
    from vernier.quantization.prelu_as_convolutions import without_prelu  # of INT8 files alone

    try:
        graph = read(model)
    except GraphError:
        return model
    made = without_prelu(graph)
    return model if made is graph else write(made)


class _Memory:
    """Hands an engine's memory to NumPy and keeps the engine alive as long as the array."""

    def __init__(self, view: NDArray[Any], owner: Any) -> None:
        self.__array_interface__ = dict(view.__array_interface__)
        self._owner = owner


class _LitertCpuExecutable:
    """An Interpreter with fixed shapes.

    The Interpreter refuses to run while a NumPy view from its `tensor()` lives, since it might
    move the memory under it. Here nothing is resized after `allocate_tensors`, so the memory of
    inputs and outputs stays where it is; arrays that point to it (through `_Memory`, which the
    Interpreter does not count) are made once and stay valid.
    """

    def __init__(
        self, processor: ProcessorId, model: bytes, contents: ModelContents, threads: int
    ) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._processor = processor
        self.inputs: tuple[Port, ...] = contents.inputs
        self.outputs: tuple[Port, ...] = contents.outputs
        with engine_messages():
            try:
                self._interpreter: Any = Interpreter(model_content=model, num_threads=threads)
                self._interpreter.allocate_tensors()
                # Private, and the only account that the Interpreter gives of its delegates.
                nodes = self._interpreter._get_ops_details()
            except (RuntimeError, ValueError) as error:
                raise ProcessorError(f"{processor}: LiteRT refuses the model: {error}") from error
        self._inputs = [self._memory(tensor) for tensor in contents.input_tensors]
        self._outputs = [self._memory(tensor) for tensor in contents.output_tensors]
        self.placement: Placement = cpu_placement(processor, contents, nodes)

    def _memory(self, tensor: int) -> NDArray[Any]:
        return np.asarray(_Memory(self._interpreter.tensor(tensor)(), self._interpreter))

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The Interpreter's own memory."""
        return self._inputs[index]

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The Interpreter's own memory."""
        return self._outputs[index]

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """See `Executable.read_from`: LiteRT's memory is its own."""
        return False

    def run(self) -> None:
        """See `Executable.run`."""
        if self._interpreter is None:
            raise ProcessorError(f"{self._processor}: run after close; load the model again")
        try:
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise ProcessorError(f"{self._processor}: LiteRT failed to run: {error}") from error

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """See `Executable.__call__`."""
        return copy_through(self, inputs)

    def close(self) -> None:
        """Free the Interpreter, once the last array of its memory is gone."""
        self._inputs, self._outputs = [], []
        self._interpreter = None


def cpu_placement(
    processor: ProcessorId, contents: ModelContents, nodes: list[dict[str, Any]]
) -> Placement:
    """Which operators XNNPACK took, from the Interpreter's nodes after delegation.

    LiteRT never computes an operator in another dtype than the file's, so there are no mismatches;
    operators that XNNPACK leaves run on LiteRT's own kernels, on one thread and much slower, which
    the note says.

    Args:
        processor: what was asked.
        contents: of the file, whose operators are the first nodes.
        nodes: `Interpreter._get_ops_details()`: the file's operators and, behind them, one
            `DELEGATE` for each group of them that XNNPACK replaced.
    """
    taken = _delegated(contents.operators, [n for n in nodes if n["op_name"] == "DELEGATE"])
    operators = tuple(
        OperatorPlacement(
            op.output, op.kind, "cpu", op.precision, XNNPACK if number in taken else BUILTIN
        )
        for number, op in enumerate(contents.operators)
    )
    left = [op.kind for op in operators if op.implementation == BUILTIN]
    note = ""
    if left:
        kinds = ", ".join(f"{left.count(kind)} {kind}" for kind in dict.fromkeys(left))
        note = f"XNNPACK leaves {kinds} to LiteRT's own kernels, which are slower and no less exact"
    return Placement(processor, operators, note=note)


def _delegated(
    operators: tuple[FileOperator, ...], delegates: list[dict[str, Any]]
) -> frozenset[int]:
    """The operators inside delegates: all that lie between a delegate's outputs and inputs."""
    producers = {tensor: number for number, op in enumerate(operators) for tensor in op.outputs}
    taken: set[int] = set()
    for delegate in delegates:
        given = {int(tensor) for tensor in delegate["inputs"]}
        wanted = [int(tensor) for tensor in delegate["outputs"]]
        while wanted:
            number = producers.get(wanted.pop())
            if number is None or number in taken:
                continue
            taken.add(number)
            wanted += [tensor for tensor in operators[number].inputs if tensor not in given]
    return frozenset(taken)
