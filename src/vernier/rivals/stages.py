"""Stages that run one after the other, each on one processor or on two at once, a core each."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.quantization.scales import decode, encode
from vernier.rivals.dividing import Part
from vernier.rivals.modelled import stand_in
from vernier.rivals.protocol import Float32, on_one_core

Job = Callable[[], object]


@dataclass(frozen=True)
class Stage:
    """What is computed at once.

    Attributes:
        parts: with their processors, one or two.
    """

    parts: tuple[tuple[str, Part], ...]


class Loaded:
    """A part on its processor, which copies what it reads in, and what it writes out."""

    def __init__(self, processor: str, part: Part) -> None:
        model = write(packed_convolutions(part.graph))
        self._part = part
        self._executable = on_one_core(stand_in(processor, part.graph), model)
        self._copies: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._results: list[tuple[NDArray[Any], NDArray[Any]]] = []

    def connect(self, tensors: dict[str, NDArray[Any]]) -> None:
        """Let it work on whole tensors by their names."""
        for index, view in enumerate(self._part.reads):
            seen = view.of(tensors[view.tensor])
            shared = seen.flags.c_contiguous and self._executable.read_from(index, seen)
            if not shared:
                self._copies.append((self._executable.input_buffer(index), seen))
        for index, view in enumerate(self._part.writes):
            port = self._executable.output_buffer(index)
            self._results.append((view.of(tensors[view.tensor]), view.counted(port)))

    def run(self) -> None:
        """Read, compute, write."""
        for target, source in self._copies:
            np.copyto(target, source, casting="no")
        self._executable.run()
        for target, source in self._results:
            np.copyto(target, source, casting="no")

    def close(self) -> None:
        """Free the engine's memory."""
        self._copies, self._results = [], []
        self._executable.close()


class Pair:
    """Two threads that work at once: the caller's, and one of its own."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="second processor")
        self._thread.start()

    def both(self, first: Job, second: Job) -> None:
        """Do both at once, and wait for both."""
        self._jobs.put(second)
        try:
            first()
        finally:
            error = self._done.get()
        if error is not None:
            raise error

    def close(self) -> None:
        """End the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except BaseException as error:
                self._done.put(error)
            else:
                self._done.put(None)


def hand_over_ms(runs: int = 201) -> float:
    """What waking the other thread and waiting for it takes here, the median."""
    pair = Pair()
    try:
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            pair.both(_nothing, _nothing)
            times.append((time.perf_counter() - started) * 1e3)
        return float(np.median(times))
    finally:
        pair.close()


def _nothing() -> None:
    pass


class StagedRunner:
    """A network in stages; see `protocol.Runner`.

    Args:
        graph: the whole network, at the size that it runs at; types of all tensors that pass.
        stages: in order.
    """

    int8_share: float | None = None

    def __init__(self, graph: Graph, stages: Sequence[Stage]) -> None:
        self._graph = graph
        names = {
            view.tensor
            for s in stages
            for _, part in s.parts
            for view in (*part.reads, *part.writes)
        }
        self._tensors: dict[str, NDArray[Any]] = {
            name: np.zeros(graph.types[name].shape, graph.types[name].dtype) for name in names
        }
        with ExitStack() as stack:
            self._pair = Pair()
            stack.callback(self._pair.close)
            self._steps: list[tuple[Loaded, ...]] = []
            for stage in stages:
                loaded = []
                for processor, part in stage.parts:
                    loaded.append(Loaded(processor, part))
                    stack.callback(loaded[-1].close)
                    loaded[-1].connect(self._tensors)
                self._steps.append(tuple(loaded))
            self._stack = stack.pop_all()

    def fill(self, low: Float32) -> None:
        """See `protocol.Runner`."""
        entry = self._graph.inputs[0]
        codes = self._graph.types[entry].quantization
        self._tensors[entry][0] = low if codes is None else encode(low, codes)

    def run(self) -> None:
        """See `protocol.Runner`."""
        for step in self._steps:
            if len(step) == 1:
                step[0].run()
            else:
                self._pair.both(step[0].run, step[1].run)

    def result(self) -> Float32:
        """See `protocol.Runner`."""
        end = self._graph.outputs[0]
        codes = self._graph.types[end].quantization
        found = self._tensors[end][0]
        return found.copy() if codes is None else decode(found, codes)

    def close(self) -> None:
        """See `protocol.Runner`."""
        self._stack.close()
        self._steps, self._tensors = [], {}
