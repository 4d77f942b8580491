"""A bundle's segments, loaded at one picture size, run one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle, Segment
from vernier.errors import BundleError
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.processors.protocol import Executable, Placement, Processor
from vernier.runtime.integer_picture_graph import integer_picture_graph
from vernier.runtime.picture_graph import picture_graph
from vernier.tflite.writer import write

Load = Callable[[Segment, bytes], Executable]


def placed(processor_for: Callable[[str], Processor], threads: int, allow_fallback: bool) -> Load:
    """How segments are loaded.

    Args:
        processor_for: the processor for the manifest's text, such as `*:*:int8`.
        threads: for each executable; 0 for all cores.
        allow_fallback: see `Processor.load`.
    """

    def load(segment: Segment, model: bytes) -> Executable:
        processor = processor_for(segment.entry.processor)
        return processor.load(model, threads=threads, allow_fallback=allow_fallback)

    return load


class Chain:
    """Segments that pass tensors by name. Not to be shared between threads.

    Args:
        graphs: the segments' graphs at the size that they shall run at, in order.
        executables: the same, loaded.
    """

    def __init__(self, graphs: list[Graph], executables: list[Executable]) -> None:
        self._graphs = graphs
        self._executables = executables

    @property
    def placements(self) -> tuple[Placement, ...]:
        """What was asked and what runs, per segment."""
        return tuple(executable.placement for executable in self._executables)

    def input_buffer(self) -> NDArray[Any]:
        """The memory of the picture, NHWC, to be filled before `run`."""
        return self._executables[0].input_buffer(0)

    def run(self) -> NDArray[Any]:
        """Compute the result: the engine's own memory, valid until the next run."""
        if len(self._executables) == 1:
            self._executables[0].run()
            return self._executables[0].output_buffer(0)
        tensors: dict[str, NDArray[Any]] = {self._graphs[0].inputs[0]: self.input_buffer()}
        for number, (graph, executable) in enumerate(
            zip(self._graphs, self._executables, strict=True)
        ):
            for index, name in enumerate(graph.inputs):
                if number > 0 or index > 0:
                    np.copyto(executable.input_buffer(index), tensors[name], casting="no")
            executable.run()
            for index, name in enumerate(graph.outputs):
                tensors[name] = executable.output_buffer(index)
        return tensors[self._graphs[-1].outputs[0]]

    def close(self) -> None:
        """Free the engines' memory."""
        for executable in self._executables:
            executable.close()


def load_network(bundle: Bundle, height: int, width: int, load: Load) -> Chain:
    """The bare network: planes of its own channels and dtype in and out.

    Args:
        bundle: what to run.
        height: of the low-resolution planes, in pixels.
        width: likewise.
        load: see `placed`.
    """
    reference = bundle.segments[0].graph
    _, exported_height, exported_width, _ = reference.types[reference.inputs[0]].shape
    graphs = []
    for segment in bundle.segments:
        own = segment.graph.types[segment.graph.inputs[0]].shape
        graphs.append(
            resized(
                segment.graph,
                own[1] * height // exported_height,
                own[2] * width // exported_width,
            )
        )
    return Chain(graphs, _load_all(bundle, graphs, load))


def load_picture(
    bundle: Bundle, height: int, width: int, samples: int, codes: bool, load: Load
) -> Chain:
    """The network with colour around it; see `picture_graph` for what goes in and comes out.

    Raises:
        BundleError: the bundle has several segments, which cannot be wrapped as one graph.
    """
    if len(bundle.segments) != 1:
        raise BundleError(
            f"{bundle.manifest.name}: pictures run through bundles of one segment so far, "
            f"this one has {len(bundle.segments)}"
        )
    segment = bundle.segments[0]
    sized = resized(segment.graph, height, width)
    graph = wrapped_network(sized, bundle.manifest.network.scale, samples, codes)
    wrapped = replace(bundle, segments=(replace(segment, graph=graph),))
    return Chain([graph], _load_all(wrapped, [graph], load))


def wrapped_network(network: Graph, scale: int, samples: int, codes: bool) -> Graph:
    """A network with colour around it, in integers throughout where all is 8 bits.

    Arguments and errors are those of `picture_graph`; with `codes` the ends are uint8, or int8
    for an INT8 luma network on RGB.
    """
    luma = network.types[network.inputs[0]].shape[3] == 1
    integer = network.types[network.inputs[0]].dtype == "int8"
    if codes and integer and luma and samples == 3:
        return integer_picture_graph(network, scale)
    return picture_graph(network, scale, samples, codes)


def _load_all(bundle: Bundle, graphs: list[Graph], load: Load) -> list[Executable]:
    executables: list[Executable] = []
    try:
        for segment, graph in zip(bundle.segments, graphs, strict=True):
            executables.append(load(segment, write(graph)))
    except BaseException:
        for executable in executables:
            executable.close()
        raise
    return executables
