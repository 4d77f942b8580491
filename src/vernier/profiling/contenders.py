"""Small graphs loaded on a processor, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from vernier.graphs.graph import Graph
from vernier.processors.protocol import Executable
from vernier.profiling.activations import Activations
from vernier.profiling.sandwiches import dummy_ranges
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Range
from vernier.tflite.writer import write

Load = Callable[[str, bytes], Executable]
"""Loads a `.tflite` file on a processor given by its name."""


@dataclass(frozen=True)
class Bench:
    """How contenders are made.

    Attributes:
        load: see `Load`.
        activations: of the network on a picture.
    """

    load: Load
    activations: Activations

    @cached_property
    def ranges(self) -> dict[str, Range]:
        """Of the network's activations, by name."""
        return self.activations.ranges

    def formatted(self, graph: Graph, processor: str) -> Graph:
        """A float graph in the format that a processor takes."""
        if not processor.endswith(":int8"):
            return graph
        return quantize(graph, dummy_ranges(graph, self.ranges))

    def executable(self, graph: Graph, processor: str) -> Executable:
        """A float graph loaded on a processor, with pictures in its inputs."""
        made = self.load(processor, write(self.formatted(graph, processor)))
        for index, name in enumerate(graph.inputs):
            quantization = made.inputs[index].quantization
            self.activations.fill(name, made.input_buffer(index), quantization)
        return made
