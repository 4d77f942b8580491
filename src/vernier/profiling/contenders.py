"""Small graphs loaded on a processor, ready to be timed: here, or wherever else timing is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.processor_id import is_integer
from vernier.processors.protocol import Executable
from vernier.profiling.activations import Activations
from vernier.profiling.sandwiches import dummy_ranges
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Range

Load = Callable[[str, bytes], Executable]
"""Loads a `.tflite` file on a processor given by its name."""


class Timed(Protocol):
    """Something to time."""

    def run(self) -> object:
        """Do it; a float is its own time in ms, where it knows better than the caller's clock."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class Maker(Protocol):
    """Who makes things to time of graphs."""

    def executable(self, graph: Graph, processor: str) -> Timed:
        """A float graph loaded on a processor, in the format that it takes, with its inputs."""
        ...


@dataclass(frozen=True)
class Bench:
    """Makes contenders that run in this process.

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

    def executable(self, graph: Graph, processor: str) -> Executable:
        """A float graph loaded on a processor, with pictures in its inputs."""
        return self._loaded(graph, format_of(graph, processor, self.ranges), processor)

    def mixed(self, graph: Graph, processor: str, integer: Collection[str]) -> Executable:
        """The same in one file of both precisions.

        Args:
            graph: float32.
            processor: the INT8 one of its engine and device.
            integer: outputs of the operators that are in INT8.
        """
        ranges = dummy_ranges(graph, self.ranges)
        return self._loaded(graph, quantize(graph, ranges, integer), processor)

    def _loaded(self, graph: Graph, formatted: Graph, processor: str) -> Executable:
        # As the run time loads a segment, so that a profile predicts what will run.
        made = self.load(processor, write(packed_convolutions(formatted)))
        for index, name in enumerate(graph.inputs):
            quantization = made.inputs[index].quantization
            self.activations.fill(name, made.input_buffer(index), quantization)
        return made


def model_of(graph: Graph, processor: str, ranges: Mapping[str, Range]) -> bytes:
    """A float graph as a `.tflite` file in the format that a processor takes.

    Args:
        graph: a sandwich or a chain.
        processor: its name.
        ranges: of the network's activations, by name.
    """
    return write(format_of(graph, processor, ranges))


def format_of(graph: Graph, processor: str, ranges: Mapping[str, Range]) -> Graph:
    """A float graph in the format that a processor takes; arguments are those of `model_of`."""
    if not is_integer(processor):
        return graph
    return quantize(graph, dummy_ranges(graph, dict(ranges)))
