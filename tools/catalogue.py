"""Build and count every network of the registry, and write what `vernier networks` lists.

python tools/catalogue.py
"""

from __future__ import annotations

import msgspec

from vernier.bundles.export import network_facts
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import resized
from vernier.networks.capture import capture
from vernier.networks.catalogue import FILE, Cost, Listed
from vernier.networks.registry import NETWORKS, NetworkEntry

HEIGHT, WIDTH = 720, 1280


def count(entry: NetworkEntry, scale: int) -> Cost:
    """One network at one scale."""
    module = entry.build(scale).eval()
    graph = capture(module, entry.name)
    size = (HEIGHT // scale, WIDTH // scale)
    return Cost(
        scale,
        sum(parameter.numel() for parameter in module.parameters()),
        count_macs(resized(graph, *size)),
        network_facts(graph, entry.name, scale).halo,
    )


def main() -> None:
    """Write the file."""
    listed = []
    for entry in NETWORKS.values():
        costs = tuple(count(entry, scale) for scale in entry.scales)
        listed.append(Listed(entry.name, entry.paper, entry.channels, costs))
        print(entry.name, *(f"x{c.scale}: {c.parameters:,}" for c in costs), flush=True)
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(listed), indent=1) + b"\n")


if __name__ == "__main__":
    main()
