"""How long parts take on one core, measured once for all that are alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.profiling.modelled import is_modelled
from vernier.rivals.dividing import Part
from vernier.rivals.modelled import modelled_ms
from vernier.rivals.protocol import on_one_core
from vernier.runtime.step_times import fill_with_picture

RUNS = 9
WARM_UP_MS = 5.0
Signature = tuple[object, ...]


@dataclass
class PartTimes:
    """Measured times of parts; equal layers of a network are measured once.

    Attributes:
        runs: of which the median is taken.
    """

    runs: int = RUNS
    _known: dict[Signature, float] = field(default_factory=dict)
    _copies_ms: dict[int, float] = field(default_factory=dict)

    def ms(self, processor: str, part: Part) -> float:
        """Of computing a part, without copying what it reads and writes."""
        if is_modelled(processor):
            return modelled_ms(processor, part.graph)
        signature = (processor, signature_of(part.graph))
        if signature not in self._known:
            self._known[signature] = self._measured(processor, part.graph)
        return self._known[signature]

    def sharing_ms(self, processor: str, part: Part) -> float:
        """Of copying what a part reads and writes, as both processors must see it.

        Nothing in a model, where nothing is published of it.
        """
        if is_modelled(processor):
            return 0.0
        graph = part.graph
        sizes = [graph.types[name] for name in (*graph.inputs, *graph.outputs)]
        return sum(self._copy_ms(int(np.prod(t.shape)) * np.dtype(t.dtype).itemsize) for t in sizes)

    def _copy_ms(self, size: int) -> float:
        rounded = max(4096, 1 << max(0, size - 1).bit_length())
        if rounded not in self._copies_ms:
            source, target = np.zeros(rounded, np.uint8), np.zeros(rounded, np.uint8)
            self._copies_ms[rounded] = _median_ms(lambda: np.copyto(target, source), self.runs)
        return self._copies_ms[rounded] * size / rounded

    def _measured(self, processor: str, graph: Graph) -> float:
        executable = on_one_core(processor, write(packed_convolutions(graph)))
        try:
            for index in range(len(graph.inputs)):
                buffer = executable.input_buffer(index)
                if buffer.dtype == np.float32:
                    fill_with_picture(buffer)
            return _median_ms(executable.run, self.runs)
        finally:
            executable.close()


def signature_of(graph: Graph) -> Signature:
    """What decides a graph's time: its operators and shapes, and not its weights or names."""
    place = {name: number for number, name in enumerate(graph.types)}
    order = {name: number for number, name in enumerate(graph.activations())}
    return (
        tuple(
            (
                op.kind,
                op.activation,
                tuple(sorted(op.attributes.items())),
                tuple(order.get(name, -1) for name in op.inputs),
                tuple(
                    (graph.types[n].shape, graph.types[n].dtype) for n in (*op.inputs, op.output)
                ),
            )
            for op in graph.operators
        ),
        tuple(order.get(name, place[name]) for name in graph.outputs),
    )


def _kind(graph: Graph, name: str) -> tuple[object, ...]:
    return graph.types[name].shape, graph.types[name].dtype


def _median_ms(run: Callable[[], object], runs: int) -> float:
    begun = time.perf_counter()
    run()
    while (time.perf_counter() - begun) * 1e3 < WARM_UP_MS:
        run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1e3)
    return float(np.median(times))
