"""A float graph as a bundle, in float32 or in full-integer INT8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import seal
from vernier.bundles.manifest import FORMAT, Damage, Manifest, NetworkFacts
from vernier.errors import GraphError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.receptive_field import halo
from vernier.graphs.shapes import fits_one_size, own_size, resized
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.version import VERSION

Float32 = NDArray[np.float32]

# The size that a segment's file says. The runtime writes it anew for the size of its tiles, unless
# the network is of one size.
REFERENCE_HEIGHT, REFERENCE_WIDTH = 96, 128


@dataclass(frozen=True)
class Exported:
    """A bundle that is not written yet: the manifest and the segments' bytes by file name."""

    manifest: Manifest
    models: dict[str, bytes]


def network_facts(graph: Graph, name: str, scale: int) -> NetworkFacts:
    """What a manifest says of a network; the halo is worked out from its graph."""
    channels = graph.types[graph.inputs[0]].shape[3]
    try:
        radius: int | None = halo(graph)
    except GraphError:
        # It looks at the whole picture: it runs, but not in tiles.
        radius = None
    return NetworkFacts(name=name, scale=scale, channels=channels, halo=radius)


def export_float32(
    graph: Graph,
    facts: NetworkFacts,
    note: str = "",
    damage: Damage | None = None,
    size: tuple[int, int] | None = None,
    halved: bool = False,
) -> Exported:
    """The network as it is.

    Args:
        graph: float32 throughout.
        facts: see `network_facts`.
        note: for the manifest.
        damage: how reduced float precisions change its pictures, where that was measured.
        size: see `file_size`.
        halved: see `formats.tflite.writer.write`; the network stays the same to the bit.
    """
    return _export(graph, facts, "float32", note, damage, size, halved)


def export_int8(
    graph: Graph,
    facts: NetworkFacts,
    ranges: Ranges,
    note: str = "",
    damage: Damage | None = None,
    size: tuple[int, int] | None = None,
) -> Exported:
    """The network in full-integer INT8.

    Args:
        graph: float32 throughout.
        facts: see `network_facts`.
        ranges: see `calibrate_picture_network`.
        note: for the manifest.
        damage: measured against the float network, where it was.
        size: see `file_size`.

    Raises:
        GraphError: an operator has no INT8 form, or a range is missing.
    """
    return _export(quantize(graph, ranges), facts, "int8", note, damage, size)


def file_size(graph: Graph, asked: tuple[int, int] | None = None) -> tuple[int, int]:
    """Height and width that a segment's file says: the graph's own where it is of one size."""
    if fits_one_size(graph):
        return own_size(graph)
    return asked or (REFERENCE_HEIGHT, REFERENCE_WIDTH)


def at_file_size(graph: Graph, asked: tuple[int, int] | None = None) -> Graph:
    """A graph at the size that a segment's file says."""
    return resized(graph, *file_size(graph, asked))


def _export(
    graph: Graph,
    facts: NetworkFacts,
    precision: str,
    note: str,
    damage: Damage | None,
    size: tuple[int, int] | None,
    halved: bool = False,
) -> Exported:
    sized = at_file_size(graph, size)
    model = write(sized, halved=halved)
    file = f"{precision}.tflite"
    manifest = Manifest(
        format=FORMAT,
        name=f"{facts.name}-x{facts.scale}.{precision}",
        made_by=f"vernier {VERSION}",
        network=facts,
        segments=(seal(file, model, f"*:*:{precision}", sized),),
        damage=damage,
        note=note,
    )
    return Exported(manifest, {file: model})
