"""Segments loaded at one picture size, with the tensors that pass between them.

Every tensor lives once, in an engine's own memory: a computed one in its segment's output buffer,
a converted one in the input buffer of the segment that reads it first. Other engines read it there
where they can, and get a copy where they cannot. All of that is settled when the chain is made;
`run` only walks down a list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.conversion.protocol import Conversion, Method
from vernier.errors import GraphError
from vernier.graphs.graph import Graph, Operator
from vernier.processors.protocol import Executable, Placement
from vernier.units.segments import Segmentation


@dataclass(frozen=True)
class Step:
    """One thing that happens in a chain.

    Attributes:
        kind: "segment", "conversion" or "copy".
        what: the segment's processor, or the tensors' names.
        run: does it.
    """

    kind: str
    what: str
    run: Callable[[], object]


class Chain:
    """Segments that pass tensors. Not to be shared between threads.

    Args:
        graph: the whole graph, at the size that it shall run at; one input, one output.
        pieces: the same in segments.
        executables: its runs, loaded, in order; closed with the chain.
        method: converts between float and INT8.
    """

    def __init__(
        self,
        graph: Graph,
        pieces: Segmentation,
        executables: Sequence[Executable],
        method: Method,
    ) -> None:
        self._graph = graph
        self._pieces = pieces
        self._executables = tuple(executables)
        self._method = method
        self._conversions: list[Conversion] = []
        self._homes: dict[str, NDArray[Any]] = {}
        self.steps: tuple[Step, ...] = tuple(self._plan())

    @property
    def placements(self) -> tuple[Placement, ...]:
        """What was asked and what runs, per segment."""
        return tuple(executable.placement for executable in self._executables)

    @property
    def conversion_method(self) -> str | None:
        """What converts between the segments; None where nothing is converted."""
        return self._method.name if self._conversions else None

    def input_buffer(self) -> NDArray[Any]:
        """The memory of the picture, NHWC, to be filled before `run`."""
        return self._homes[self._graph.inputs[0]]

    def run(self) -> NDArray[Any]:
        """Compute the result: memory of the chain's, valid until the next run."""
        for step in self.steps:
            step.run()
        return self._homes[self._graph.outputs[0]]

    def run_timed(self) -> list[float]:
        """Compute the result; the time of each step in ms, in the order of `steps`."""
        times_ms = []
        for step in self.steps:
            started = time.perf_counter()
            step.run()
            times_ms.append((time.perf_counter() - started) * 1e3)
        return times_ms

    def close(self) -> None:
        """Free the engines' memory."""
        for conversion in self._conversions:
            conversion.close()
        self.steps = ()
        self._conversions, self._homes = [], {}
        for executable in self._executables:
            executable.close()

    def _plan(self) -> list[Step]:
        steps: list[Step] = []
        for name in self._graph.inputs:
            self._arrive(name, None, steps)
        for run, executable in zip(self._pieces.runs, self._executables, strict=True):
            steps.append(Step("segment", run.processor, executable.run))
            for index, name in enumerate(run.graph.outputs):
                self._arrive(name, executable.output_buffer(index), steps)
        return steps

    def _arrive(self, name: str, home: NDArray[Any] | None, steps: list[Step]) -> None:
        """A tensor is there: hand it to all that read it.

        Args:
            name: of the tensor.
            home: its memory; None to let it live with its first reader.
            steps: to append to.
        """
        readers = self._readers(name)
        if home is None:
            home = self._settle(name, readers)
        self._homes[name] = home
        self._hand_over(name, home, readers, steps)
        for op in self._pieces.conversions:
            if op.inputs[0] == name:
                self._convert(op, steps)

    def _convert(self, op: Operator, steps: list[Step]) -> None:
        source = op.inputs[0]
        readers = self._readers(op.output)
        target = self._settle(op.output, readers)
        conversion = self._method.prepare(
            self._homes[source],
            self._graph.types[source].quantization,
            target,
            self._graph.types[op.output].quantization,
        )
        self._conversions.append(conversion)
        steps.append(Step("conversion", f"{source} -> {op.output}", conversion.run))
        self._homes[op.output] = target
        self._hand_over(op.output, target, readers, steps)

    def _readers(self, name: str) -> list[_Reader]:
        return [
            _Reader(executable, run.graph.inputs.index(name))
            for run, executable in zip(self._pieces.runs, self._executables, strict=True)
            if name in run.graph.inputs
        ]

    def _settle(self, name: str, readers: list[_Reader]) -> NDArray[Any]:
        """Memory for a tensor that no segment computes: a reader's own, and that reader is served.

        One that cannot read elsewhere is preferred, so that the others can read at its place.
        """
        if not readers:
            return self._own_buffer(name)
        for place, reader in enumerate(readers):
            own = reader.executable.input_buffer(reader.index)
            if not reader.executable.read_from(reader.index, own):
                del readers[place]
                return own
        return readers.pop(0).buffer

    def _hand_over(
        self, name: str, home: NDArray[Any], readers: list[_Reader], steps: list[Step]
    ) -> None:
        for reader in readers:
            _check_alike(home, reader.buffer)
            if not reader.executable.read_from(reader.index, home):
                steps.append(Step("copy", name, _copying(home, reader.buffer)))

    def _own_buffer(self, name: str) -> NDArray[Any]:
        kind = self._graph.types[name]
        return np.empty(kind.shape, kind.dtype)


@dataclass(frozen=True)
class _Reader:
    """A segment's input."""

    executable: Executable
    index: int

    @property
    def buffer(self) -> NDArray[Any]:
        return self.executable.input_buffer(self.index)


def _check_alike(one: NDArray[Any], other: NDArray[Any]) -> None:
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        raise GraphError(
            f"expected two buffers of one type, found {one.dtype}{one.shape} "
            f"and {other.dtype}{other.shape}"
        )


def _copying(source: NDArray[Any], target: NDArray[Any]) -> Callable[[], None]:
    return lambda: np.copyto(target, source, casting="no")
