"""What a processor is, and what it must tell about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Quantization
from vernier.processor_id import ProcessorId


@dataclass(frozen=True)
class Availability:
    """Whether a processor can be used here.

    Attributes:
        processor: which.
        present: whether a model can be loaded on it.
        detail: where present, the device's own name and the engine's version; otherwise why not.
    """

    processor: ProcessorId
    present: bool
    detail: str


@dataclass(frozen=True)
class OperatorPlacement:
    """Where one operator of the running model was placed, as the engine itself reports it.

    Attributes:
        name: the engine's name of the node.
        kind: its kind, in the engine's words.
        device: "cpu", "gpu", "npu".
        precision: one of `PRECISIONS`, or another dtype's name where the engine says so.
        implementation: the kernel or delegate that computes it.
    """

    name: str
    kind: str
    device: str
    precision: str
    implementation: str


@dataclass(frozen=True)
class Placement:
    """What was asked and what runs.

    Attributes:
        requested: the processor.
        operators: what the engine reports; empty where `opaque`.
        opaque: the engine gives no account of its operators; `note` says what is known instead.
        mismatches: sentences, one for each thing that runs otherwise than was asked.
        note: anything else worth saying.
    """

    requested: ProcessorId
    operators: tuple[OperatorPlacement, ...]
    opaque: bool = False
    mismatches: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Port:
    """An input or output of a loaded model: NHWC `shape`, `dtype`, and scale where an integer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None


class Executable(Protocol):
    """A model that is loaded on a processor and can run. Not to be shared between threads.

    `inputs` and `outputs` describe the ports in the order of the `.tflite` file's.
    """

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The inputs, in the order of the file."""
        ...

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The outputs, in the order of the file."""
        ...

    @property
    def placement(self) -> Placement:
        """What was asked and what runs."""
        ...

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The engine's own memory of an input, writable, valid until `close`; no copy is made."""
        ...

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The engine's own memory of an output, valid until the next `run` or `close`."""
        ...

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """Let an input lie in memory of somebody else's, so that nothing has to be copied.

        Args:
            index: of the input.
            memory: C-contiguous, of the port's shape and dtype; it must outlive the executable.

        Returns:
            Whether the engine can; `input_buffer` is that memory then. Otherwise nothing changed.
        """
        ...

    def run(self) -> None:
        """Compute the outputs from what is in the input buffers.

        Raises:
            ProcessorError: the engine failed.
        """
        ...

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Copy the inputs in, run, and copy the outputs out."""
        ...

    def close(self) -> None:
        """Free the engine's memory."""
        ...


class Processor(Protocol):
    """Something that computes: one engine on one device at one precision."""

    @property
    def id(self) -> ProcessorId:
        """Its name."""
        ...

    def availability(self) -> Availability:
        """Whether it is here. Cheap, loads no model, never raises."""
        ...

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """Make a `.tflite` file's content ready to run.

        Args:
            model: the file's bytes, with the shapes that it shall run at.
            threads: of the CPU; 0 for all cores.
            allow_fallback: accept operators that the engine places elsewhere or computes in
                another precision; they are then listed in `Executable.placement.mismatches`.

        Raises:
            ProcessorError: the processor is not here, or refuses the model.
            PlacementError: something would run otherwise than asked, and that is not allowed.
        """
        ...


def copy_through(executable: Executable, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The common body of `Executable.__call__`."""
    for index, array in enumerate(inputs):
        np.copyto(executable.input_buffer(index), array, casting="no")
    executable.run()
    return [executable.output_buffer(i).copy() for i in range(len(executable.outputs))]
