"""A float graph as a bundle, in float32 or in full-integer INT8."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import seal
from vernier.bundles.manifest import FORMAT, Damage, Manifest, NetworkFacts
from vernier.errors import GraphError
from vernier.graphs.graph import Graph
from vernier.graphs.receptive_field import alignment, halo
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.progress import Progress, silent
from vernier.quantization.integer import run_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges, calibrate
from vernier.quantization.scales import decode, encode
from vernier.tflite.writer import write
from vernier.version import VERSION

Float32 = NDArray[np.float32]

# The size that a segment's file says. The runtime writes it anew for the size of its tiles.
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
        # Tiles are cut at any pixel, which a network that works at a lower resolution inside
        # does not allow.
        radius = halo(graph) if alignment(graph) == 1 else None
    except GraphError:
        # It looks at the whole picture: it runs, but not in tiles.
        radius = None
    return NetworkFacts(name=name, scale=scale, channels=channels, halo=radius)


def export_float32(
    graph: Graph, facts: NetworkFacts, note: str = "", damage: Damage | None = None
) -> Exported:
    """The network as it is.

    Args:
        graph: float32 throughout.
        facts: see `network_facts`.
        note: for the manifest.
        damage: how reduced float precisions change its pictures, where that was measured.
    """
    return _export(graph, facts, "float32", note, damage)


def export_int8(
    graph: Graph,
    facts: NetworkFacts,
    ranges: Ranges,
    planes: Sequence[Float32] = (),
    *,
    note: str = "",
    photos: str = "",
    progress: Progress = silent,
) -> Exported:
    """The network in full-integer INT8.

    Args:
        graph: float32 throughout.
        facts: see `network_facts`.
        ranges: see `calibrate_picture_network`.
        planes: low-resolution inputs `(1, H, W, C)`, float32 in [0, 1], to measure the damage on;
            not all of one size.
        note: for the manifest.
        photos: what the planes are of, in words.
        progress: told while measuring.

    Raises:
        GraphError: an operator has no INT8 form, or a range is missing.
    """
    integer = quantize(graph, ranges)
    damage = measure_damage(graph, integer, planes, photos, progress)
    return _export(integer, facts, "int8", note, damage)


def calibrate_picture_network(
    graph: Graph, planes: Sequence[Float32], method: str = "least-squares"
) -> Ranges:
    """Ranges with the picture's own at both ends.

    Input and output get the interval [0, 1], so that their codes are 8-bit samples less 128 and
    saturation does the clipping that a picture needs anyway.
    """
    return calibrate(
        graph, planes, method, fixed={graph.inputs[0]: (0.0, 1.0), graph.outputs[0]: (0.0, 1.0)}
    )


def measure_damage(
    graph: Graph,
    coarse: Graph,
    planes: Sequence[Float32],
    photos: str,
    progress: Progress = silent,
) -> Damage | None:
    """How far an INT8 or mixed graph's pictures are from the float graph's; None without planes.

    Args:
        graph: float32 throughout.
        coarse: what `quantize` made of it.
        planes: inputs `(1, H, W, C)`, float32 in [0, 1].
        photos: what the planes are of, in words.
        progress: told after each plane.
    """
    if not planes:
        return None
    decibels = []
    for done, plane in enumerate(planes, 1):
        decibels.append(_damage_db(graph, coarse, plane))
        progress(done, len(planes), "measuring the damage")
    return Damage(photos=photos, psnr_to_float_db=round(float(np.mean(decibels)), 2))


def _damage_db(graph: Graph, coarse: Graph, plane: Float32) -> float:
    """PSNR of the coarse graph's picture to the float graph's, both clipped to [0, 1]."""
    exact = np.clip(run(graph, {graph.inputs[0]: plane})[graph.outputs[0]], 0.0, 1.0)
    entry = coarse.types[coarse.inputs[0]].quantization
    given = plane if entry is None else encode(plane, entry)
    found = run_integer(coarse, {coarse.inputs[0]: given})[coarse.outputs[0]]
    end = coarse.types[coarse.outputs[0]].quantization
    reals = found if end is None else decode(found.astype(np.int8, copy=False), end)
    error = float(np.mean((np.clip(reals, 0.0, 1.0).astype(np.float64) - exact) ** 2))
    return 99.0 if error == 0 else min(99.0, -10 * math.log10(error))


def _export(
    graph: Graph, facts: NetworkFacts, precision: str, note: str, damage: Damage | None
) -> Exported:
    sized = resized(graph, REFERENCE_HEIGHT, REFERENCE_WIDTH)
    model = write(sized)
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
