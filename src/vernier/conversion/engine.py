"""Conversion by an engine's own QUANTIZE and DEQUANTIZE: a file of one operator.

Its buffers are the engine's, so that the tensor is copied in and out. Where both segments run in
one engine, the operator belongs into the segment itself, which saves the copies; this method is
for other pairs, and is what the others are held to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.conversion.arithmetic import Bound
from vernier.conversion.protocol import Conversion, Direction, Task, check
from vernier.errors import ProcessorError, VernierError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.quantization.scales import per_tensor


class Loaded(Protocol):
    """A model that can run: what is needed of `processors.protocol.Executable`."""

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The engine's memory of an input."""
        ...

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The engine's memory of an output."""
        ...

    def run(self) -> None:
        """Compute."""
        ...

    def close(self) -> None:
        """Free the memory."""
        ...


Load = Callable[[bytes], Loaded]
"""Makes a `.tflite` file's content ready to run: `Processor.load` with its options bound."""


class Engine:
    """One operator in an engine.

    Args:
        load: makes the operator's file ready to run.
    """

    name = "engine"

    def __init__(self, load: Load) -> None:
        self._load = load

    def availability(self) -> tuple[bool, str]:
        """Whether the engine takes a small QUANTIZE."""
        shape, coding = (1, 1, 1, 1), per_tensor(1.0, 0)
        try:
            self._load(one_operator(shape, None, coding)).close()
        except VernierError as error:
            return False, str(error)
        return True, "QUANTIZE and DEQUANTIZE in the engine"

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        """See `Method.prepare`."""
        task = check(source, source_quantization, target, target_quantization)
        if task.direction is Direction.COPY:
            return Bound(lambda: np.copyto(task.target, task.source))
        model = one_operator(source.shape, source_quantization, target_quantization)
        return _EngineConversion(task, self._load(model))


class _EngineConversion:
    copies = True

    def __init__(self, task: Task, loaded: Loaded) -> None:
        self._task = task
        self._loaded: Loaded | None = loaded
        self._input = loaded.input_buffer(0).reshape(-1)

    def run(self) -> None:
        if self._loaded is None:
            raise ProcessorError("a conversion was run after it was closed; prepare it again")
        np.copyto(self._input, self._task.source)
        self._loaded.run()
        np.copyto(self._task.target, self._loaded.output_buffer(0).reshape(-1))

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()
        self._loaded = None


def one_operator(
    shape: tuple[int, ...], source: Quantization | None, target: Quantization | None
) -> bytes:
    """A `.tflite` file with one QUANTIZE or DEQUANTIZE from `source` to `target`.

    Args:
        shape: of the tensor.
        source: per tensor; None for float32.
        target: per tensor; None for float32, then `source` must not be.
    """
    kind = Kind.DEQUANTIZE if target is None else Kind.QUANTIZE
    types = {
        name: TensorType(shape, "float32" if coding is None else "int8", coding)
        for name, coding in (("x", source), ("y", target))
    }
    return write(Graph("conversion", ("x",), ("y",), (Operator(kind, ("x",), "y"),), {}, types))
