"""Small graphs loaded on a processor, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vernier.graphs.graph import Graph
from vernier.processors.protocol import Executable
from vernier.profiling.sandwiches import dummy_ranges
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Range
from vernier.runtime.step_times import fill_with_noise
from vernier.tflite.writer import write

Load = Callable[[str, bytes], Executable]
"""Loads a `.tflite` file on a processor given by its name."""


# Of a dummy's input that stands for no tensor of the network's. Values hardly matter to time.
ANY_RANGE = (-1.0, 1.0)


@dataclass(frozen=True)
class Bench:
    """How contenders are made.

    Attributes:
        load: see `Load`.
        ranges: of the network's activations, by name.
    """

    load: Load
    ranges: dict[str, Range]

    def formatted(self, graph: Graph, processor: str) -> Graph:
        """A float graph in the format that a processor takes."""
        if not processor.endswith(":int8"):
            return graph
        known = dict.fromkeys(graph.inputs, ANY_RANGE) | self.ranges
        return quantize(graph, dummy_ranges(graph, known))

    def executable(self, graph: Graph, processor: str) -> Executable:
        """A float graph loaded on a processor, with pictures in its inputs."""
        made = self.load(processor, write(self.formatted(graph, processor)))
        for index in range(len(made.inputs)):
            fill_with_noise(made.input_buffer(index))
        return made
