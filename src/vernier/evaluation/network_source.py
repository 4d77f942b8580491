"""A network's float graph by name: from the shipped bundles, or fresh from the registry."""

from __future__ import annotations

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import MissingExtraError
from vernier.graphs.graph import Graph


def graph_of(network: str, scale: int) -> Graph:
    """The float32 graph of a network that comes with Vernier, or of one of the registry's.

    Those that come without weights have random ones, of the right shapes: enough to count, to cut
    and to time, not to enlarge pictures.

    Raises:
        NetworkError: there is no such network.
        UsageError: it does not exist at this scale.
        MissingExtraError: it does not come with Vernier, and PyTorch is not here to build it.
    """
    if scale in shipped_networks().get(network, ()):
        return open_bundle(shipped_bundles(network, scale)["float32"]).graph
    try:
        import torch

        from vernier.networks.capture import capture
        from vernier.networks.registry import find_network
    except ImportError as error:
        raise MissingExtraError("torch", "learn", f"building {network}") from error
    torch.manual_seed(0)
    return capture(find_network(network, scale).build(scale).eval(), network)
