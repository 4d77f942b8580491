"""From a network's name and weights to a bundle, with its damage measured on photos."""

from __future__ import annotations

from pathlib import Path

from vernier.bundles.bundle import in_memory
from vernier.bundles.export import (
    Exported,
    calibrate_picture_network,
    export_float32,
    export_int8,
    network_facts,
)
from vernier.bundles.manifest import Damage
from vernier.errors import UsageError
from vernier.evaluation.damage import damage_db
from vernier.graphs.graph import Graph
from vernier.images.pairs import Float32, list_photos, load_rgb, make_pair
from vernier.networks.capture import capture
from vernier.networks.checkpoints import load, load_into
from vernier.networks.registry import find_network
from vernier.networks.shipped import weights_file
from vernier.processors.discovery import find_processor, present_processors
from vernier.progress import Progress, silent
from vernier.quantization.ranges import Ranges

CALIBRATION_PHOTOS = 40


def network_graph(network: str, scale: int, weights: Path | None = None) -> Graph:
    """The graph of a network with given weights, or with those that come with Vernier.

    Raises:
        NetworkError: no such network or weights, or they do not fit.
    """
    path = weights if weights is not None else weights_file(network, scale)
    module = find_network(network, scale).build(scale)
    load_into(module, load(path), str(path))
    return capture(module.eval(), network)


def export_network(
    network: str,
    scale: int,
    precision: str,
    *,
    weights: Path | None = None,
    photos: Path | None = None,
    ranges_file: Path | None = None,
    save_ranges: Path | None = None,
    method: str = "least-squares",
    progress: Progress = silent,
) -> Exported:
    """Export a luma network.

    Args:
        network: name in the registry.
        scale: whole factor.
        precision: "float32" or "int8".
        weights: deployed weights; those that come with Vernier otherwise.
        photos: folder of photos; up to 40, evenly spread over it, calibrate INT8 and measure the
            damage: of INT8, or of a float network's reduced precisions on the processors here.
        ranges_file: ranges to use instead of calibrating.
        save_ranges: where to write the ranges.
        method: of calibration.
        progress: told per photo.

    Raises:
        UsageError: INT8 without photos, as its damage would not be known.
    """
    graph = network_graph(network, scale, weights)
    facts = network_facts(graph, network, scale)
    planes = _planes(photos, scale) if photos is not None else []
    told = f"{len(planes)} photos of {photos.name}" if photos is not None else ""
    if precision == "float32":
        exported = export_float32(graph, facts)
        if planes:
            reduced = _reduced_precision_db(exported, planes)
            exported = export_float32(
                graph, facts, damage=Damage(photos=told, reduced_precision_db=reduced)
            )
        return exported
    if ranges_file is not None:
        ranges = Ranges.load(ranges_file)
    elif planes:
        inputs = [plane[None, :, :, None] for plane in planes]
        ranges = calibrate_picture_network(graph, inputs, method)
    else:
        raise UsageError("INT8 needs photos to calibrate on, or a file of ranges")
    if save_ranges is not None:
        ranges.save(save_ranges)
    return export_int8(
        graph,
        facts,
        ranges,
        [plane[None, :, :, None] for plane in planes],
        photos=told,
        progress=progress,
    )


def _planes(folder: Path, scale: int) -> list[Float32]:
    photos = list_photos(folder)
    step = max(1, len(photos) // CALIBRATION_PHOTOS)
    return [make_pair(load_rgb(path), scale).low for path in photos[::step][:CALIBRATION_PHOTOS]]


def _reduced_precision_db(exported: Exported, planes: list[Float32]) -> dict[str, float]:
    """The damage of each float precision below float32 that a processor here computes in."""
    bundle = in_memory(exported.manifest, exported.models)
    exact = find_processor("litert:cpu:float32")
    found: dict[str, float] = {}
    for processor in present_processors():
        precision = processor.id.precision
        if precision not in ("float32", "int8") and precision not in found:
            found[precision] = round(damage_db(bundle, processor, exact, planes), 2)
    return found
