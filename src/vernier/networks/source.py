"""A network's float graph by name or from a file: shipped, fresh from the registry, or brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import MissingExtraError, NetworkError
from vernier.graphs.any_size import of_any_size
from vernier.graphs.graph import Graph

DEFAULT_SCALE = 2


class Weights(StrEnum):
    """Where a network's weights are from."""

    SHIPPED = "shipped"
    GIVEN = "given"
    RANDOM = "random"


@dataclass(frozen=True)
class Source:
    """A network ready for use.

    Attributes:
        graph: float32, of any size, or of one (`graphs.shapes.fits_one_size`).
        name: in the registry, or what the file is called.
        scale: whole factor.
        weights: RANDOM ones are enough to count, to cut and to time, not to enlarge pictures.
        notes: what was found out about a file, for the user.
        ranges: of activations by name, in the tensor's own unit, where a file is quantised already.
    """

    graph: Graph
    name: str
    scale: int
    weights: Weights
    notes: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def find_source(
    network: str,
    scale: int | None = None,
    weights: Path | None = None,
    size: tuple[int, int] | None = None,
) -> Source:
    """A network by its name, or from a file of weights or an ONNX file.

    Args:
        network: a name of the registry, or the path of a file (see `networks.brought`).
        scale: None for the file's own; of a name for the smallest that weights come with Vernier
            for, else 2, or its smallest above 1.
        weights: for a network given by name; those that come with Vernier, or random ones,
            otherwise.
        size: height and width in pixels, for a network whose graph is of one size; others give
            the same graph whatever it is.

    Raises:
        NetworkError: there is no such network or file, or they do not fit each other.
        UsageError: the network does not exist at this scale.
        GraphError: a file holds an operator that has no counterpart here.
        MissingExtraError: PyTorch is needed to build it, and is not here.
    """
    shipped = shipped_networks().get(network, ())
    if weights is None and shipped and scale in (None, *shipped):
        scale = scale or min(shipped)
        graph = open_bundle(shipped_bundles(network, scale)["float32"]).graph
        return Source(graph, network, scale, Weights.SHIPPED)
    try:
        from vernier.networks.brought import bring, is_file
    except ImportError as error:
        raise MissingExtraError("torch", "learn", f"building {network}") from error
    if is_file(network):
        if weights is not None:
            raise NetworkError(f"{network} holds weights already; leave out {weights}")
        brought = bring(Path(network), scale, size)
        return Source(
            of_any_size(brought.graph),
            brought.name,
            brought.scale,
            Weights.GIVEN,
            brought.notes,
            brought.ranges,
        )
    return _registered(network, scale, weights, size)


def _registered(
    network: str, scale: int | None, weights: Path | None, size: tuple[int, int] | None
) -> Source:
    import torch

    from vernier.networks.capture.module import capture, size_for
    from vernier.networks.checkpoints import load, load_into
    from vernier.networks.detection import own_names
    from vernier.networks.registry import find_network

    entry = find_network(network, scale)
    scale = scale or next(s for s in (DEFAULT_SCALE, *entry.scales) if s in entry.scales)
    torch.manual_seed(0)
    module = entry.build(scale)
    if weights is not None:
        load_into(module, own_names(load(weights)), str(weights))
    origin = Weights.RANDOM if weights is None else Weights.GIVEN
    graph = capture(module.eval(), network, *size_for(module, size))
    return Source(of_any_size(graph), network, scale, origin)


def graph_of(network: str, scale: int | None = None, size: tuple[int, int] | None = None) -> Graph:
    """The graph of `find_source`."""
    return find_source(network, scale, size=size).graph
