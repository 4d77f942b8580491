"""`vernier networks`: what there is, with parameters, MACs and weights."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vernier.cli.console import print_json


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """List the networks that come with Vernier, counted at a 1280x720 output."""
    from vernier.bundles.bundle import open_bundle
    from vernier.bundles.shipped import shipped_bundles, shipped_networks
    from vernier.graphs.counts import count_macs, count_weights
    from vernier.graphs.shapes import resized

    rows = []
    for network, scales in shipped_networks().items():
        for scale in scales:
            bundles = shipped_bundles(network, scale)
            facts = open_bundle(bundles["float32"])
            graph = resized(facts.segments[0].graph, 720 // scale, 1280 // scale)
            rows.append(
                {
                    "network": network,
                    "scale": scale,
                    "channels": facts.manifest.network.channels,
                    "weights": count_weights(graph),
                    "macs": count_macs(graph),
                    "halo": facts.manifest.network.halo,
                    "precisions": list(bundles),
                }
            )
    if as_json:
        print_json(rows)
        return
    table = Table("network", "scale", "weights", "MACs to 720p", "halo", "precisions", box=None)
    for row in rows:
        table.add_row(
            str(row["network"]),
            f"x{row['scale']}",
            f"{row['weights']:,}",
            f"{int(str(row['macs'])) / 1e9:.2f} G",
            f"{row['halo']} px",
            ", ".join(list(map(str, shipped_bundles(str(row["network"]), int(str(row["scale"])))))),
        )
    Console().print(table)
