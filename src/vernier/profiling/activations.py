"""What a network's tensors hold on a picture, at any size.

Time depends on content: a kernel that branches on a sign takes a third longer on noise than on what
a network really computes, and float units slow down on subnormals. So units are timed on the
activations of a small picture, mirrored to the size that is profiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import Graph, Quantization
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.images.dead_leaves import dead_leaves
from vernier.quantization.ranges import Range
from vernier.quantization.scales import encode

LEAST, LARGEST = (24, 32), (180, 240)
# What the reference arithmetic gets through in about a second or two.
MOST_MACS = 3e10


@dataclass(frozen=True)
class Activations:
    """A network's tensors on one picture.

    Attributes:
        values: by name, `(1, h, w, C)` float32.
    """

    values: Mapping[str, NDArray[np.float32]]

    @property
    def ranges(self) -> dict[str, Range]:
        """Least and largest value of each tensor; of a picture, [0, 1]."""
        return {name: (float(v.min()), float(v.max())) for name, v in self.values.items()}

    def fill(self, name: str, buffer: NDArray[Any], quantization: Quantization | None) -> None:
        """Write a tensor into a buffer of another size, mirrored at its edges."""
        values = self.values[name]
        rows = _mirrored(buffer.shape[1], values.shape[1])
        columns = _mirrored(buffer.shape[2], values.shape[2])
        given = values if quantization is None else encode(values, quantization)
        buffer[0] = given[0][rows][:, columns]


def activations_of(graph: Graph) -> Activations:
    """The tensors of a float network on a picture of dead leaves.

    Args:
        graph: float32, of any size; one input.
    """
    channels = graph.types[graph.inputs[0]].shape[3]
    _, height, width, _ = graph.types[graph.inputs[0]].shape
    try:
        return _observed(graph, *_affordable(graph), channels)
    except GraphError:
        # Of one size only, as Transformers are.
        return _observed(graph, height, width, channels)


def _observed(graph: Graph, height: int, width: int, channels: int) -> Activations:
    picture = dead_leaves(height, width, channels)[None]
    held: dict[str, NDArray[np.float32]] = {}
    run(graph, {graph.inputs[0]: picture}, held.__setitem__)
    return Activations(held)


def _affordable(graph: Graph) -> tuple[int, int]:
    """The largest size, three to four, whose arithmetic stays below `MOST_MACS`."""
    per_pixel = count_macs(resized(graph, *LEAST)) / (LEAST[0] * LEAST[1])
    height = int((MOST_MACS / max(per_pixel, 1.0) * 0.75) ** 0.5) // 8 * 8
    height = min(max(height, LEAST[0]), LARGEST[0])
    return height, height * 4 // 3


def _mirrored(length: int, period: int) -> NDArray[np.intp]:
    """Indices 0, 1, ..., period - 1, period - 1, ..., 1, 0, 0, 1, ..."""
    place = np.arange(length) % (2 * period)
    return np.where(place < period, place, 2 * period - 1 - place)
