"""What a manifest says of a bundle, held against what its segments compute.

Hashes tell that a segment is the one that was exported; nothing but this tells that the manifest
beside it still is.
"""

from __future__ import annotations

from collections.abc import Sequence

from vernier.bundles.manifest import Manifest
from vernier.errors import BundleError, GraphError, UsageError
from vernier.graphs.graph import Graph, Kind
from vernier.graphs.receptive_field import halo
from vernier.graphs.shapes import scale_of
from vernier.processor_id import ProcessorId

CONVERTERS = (Kind.QUANTIZE, Kind.DEQUANTIZE)
INTEGER = "int8"


def check_manifest(
    manifest: Manifest, whole: Graph, segments: Sequence[Graph], origin: str
) -> None:
    """Scale, channels, halo, precisions and the placement of units.

    Args:
        manifest: that came with the segments.
        whole: the segments joined.
        segments: one by one.
        origin: the bundle, for messages.

    Raises:
        BundleError: one of them is not what the segments compute.
    """
    facts = manifest.network
    try:
        scale = scale_of(whole)
    except GraphError as error:
        raise BundleError(f"{origin}: {error}") from error
    ends = [whole.types[name].shape[3] for name in (whole.inputs[0], whole.outputs[0])]
    _hold(origin, "scale", facts.scale, scale)
    for channels in ends:
        _hold(origin, "channels", facts.channels, channels)
    _check_halo(manifest, whole, origin)
    for entry, graph in zip(manifest.segments, segments, strict=True):
        _check_precision(f"{origin}: {entry.file}", entry.processor, graph)
    _check_placement(manifest, whole, origin)


def _hold(origin: str, what: str, said: object, found: object) -> None:
    if said != found:
        raise BundleError(
            f"{origin}: the manifest says {what} {said}, the segments have {found}; export the "
            "bundle again"
        )


def _check_halo(manifest: Manifest, whole: Graph, origin: str) -> None:
    """A halo below the receptive field would give seams that nobody asked for."""
    said = manifest.network.halo
    if said is None:
        return
    try:
        least = halo(whole)
    except GraphError as error:
        raise BundleError(f"{origin}: the manifest says halo {said}, but {error}") from error
    if said < least:
        _hold(origin, "halo", said, least)


def _named(place: str, processor: str) -> ProcessorId:
    try:
        return ProcessorId.parse(processor)
    except UsageError as error:
        raise BundleError(
            f"{place}: expected a processor ENGINE:DEVICE:PRECISION, found {processor!r}"
        ) from error


def _check_precision(place: str, processor: str, graph: Graph) -> None:
    """A segment's processor, written as one, and of the numbers that the segment holds."""
    precision = _named(place, processor).precision
    integers = any(
        graph.types[op.output].dtype == INTEGER
        for op in graph.operators
        if op.kind not in CONVERTERS
    )
    floats = any(
        graph.types[op.output].dtype == "float32"
        for op in graph.operators
        if op.kind not in CONVERTERS
    )
    # A fused file holds both, and runs where its integers do.
    if integers != (precision == INTEGER) and (integers or floats):
        holds = "INT8" if integers else "float"
        raise BundleError(
            f"{place}: the manifest places it on {processor}, but it holds {holds} operators"
        )


def _check_placement(manifest: Manifest, whole: Graph, origin: str) -> None:
    """What the manifest says of units is what their segments do."""
    home = {entry.file: entry.processor for entry in manifest.segments}
    for unit in manifest.units:
        _check_unit(manifest, home[unit.segment], unit.name, unit.processor, origin)
        integers = {whole.types[output].dtype == INTEGER for output in unit.operators}
        if integers and integers != {_named(origin, unit.processor).is_integer}:
            raise BundleError(
                f"{origin}: the manifest places the unit {unit.name!r} on {unit.processor}, but "
                "its segment computes it in another precision"
            )


def _check_unit(manifest: Manifest, home: str, name: str, processor: str, origin: str) -> None:
    same = processor == home
    if manifest.form == "fused":
        one, other = _named(origin, processor), _named(origin, home)
        same = other.in_precision(one.precision) == one
    if not same:
        raise BundleError(
            f"{origin}: the manifest places the unit {name!r} on {processor}, and its segment on "
            f"{home}"
        )
