"""Build and count networks of the registry, and write what `vernier networks` lists.

python tools/catalogue.py [NAME ...]     (all without names; others keep what was counted before)
"""

from __future__ import annotations

import sys

import msgspec

from vernier.export.whole import network_facts
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import fits_one_size, resized
from vernier.networks.capture.module import capture
from vernier.networks.catalogue import FILE, Cost, Listed, catalogue
from vernier.networks.registry import NETWORKS, NetworkEntry

HEIGHT, WIDTH = 720, 1280


def count(entry: NetworkEntry, scale: int) -> Cost:
    """One network at one scale."""
    module = entry.build(scale).eval()
    graph = capture(module, entry.name)
    size = (HEIGHT // scale, WIDTH // scale)
    if fits_one_size(graph):
        # All its layers cost so much per pixel, and its windows do.
        _, height, width, _ = graph.types[graph.inputs[0]].shape
        macs = round(count_macs(graph) * (HEIGHT * WIDTH / scale**2) / (height * width))
    else:
        macs = count_macs(resized(graph, *size))
    return Cost(
        scale,
        sum(parameter.numel() for parameter in module.parameters()),
        macs,
        network_facts(graph, entry.name, scale).halo,
    )


def main(names: list[str]) -> None:
    """Write the file, with those of these names counted anew."""
    known = {one.name: one for one in catalogue()} if names else {}
    listed = []
    for entry in NETWORKS.values():
        if names and entry.name not in names:
            listed.append(known[entry.name])
            continue
        costs = tuple(count(entry, scale) for scale in entry.scales)
        listed.append(Listed(entry.name, entry.paper, entry.channels, costs))
        print(entry.name, *(f"x{c.scale}: {c.parameters:,}" for c in costs), flush=True)
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(listed), indent=1) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
