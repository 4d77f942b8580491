"""`vernier networks`: what there is, with parameters, MACs and weights."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vernier.cli.console import print_json

PAPERS_FROM_COLUMNS = 100


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """List the networks that Vernier can build, counted at a 1280x720 output.

    Those that are "shipped" run at once; the others need a file of weights (`vernier export`).
    """
    from vernier.bundles.shipped import shipped_bundles, shipped_networks
    from vernier.networks.catalogue import catalogue

    shipped = shipped_networks()
    rows = [
        {
            "network": listed.name,
            "scale": cost.scale,
            "channels": listed.channels,
            "parameters": cost.parameters,
            "macs": cost.macs,
            "halo": cost.halo,
            "precisions": list(shipped_bundles(listed.name, cost.scale))
            if cost.scale in shipped.get(listed.name, ())
            else [],
            "paper": listed.paper,
        }
        for listed in catalogue()
        for cost in listed.costs
    ]
    if as_json:
        print_json(rows)
        return
    console = Console()
    with_papers = console.width >= PAPERS_FROM_COLUMNS
    table = Table(box=None)
    for title in ("network", "scale", "of", "parameters", "G MACs", "halo", "weights"):
        right = title in ("parameters", "G MACs", "halo")
        table.add_column(title, justify="right" if right else "left", no_wrap=True)
    if with_papers:
        table.add_column("paper", no_wrap=True)
    for listed in catalogue():
        for cost in listed.costs:
            cells = [
                listed.name,
                f"x{cost.scale}",
                "luma" if listed.channels == 1 else "RGB",
                f"{cost.parameters:,}",
                f"{cost.macs / 1e9:,.2f}",
                "-" if cost.halo is None else f"{cost.halo} px",
                "shipped" if cost.scale in shipped.get(listed.name, ()) else "",
                listed.paper,
            ]
            table.add_row(*cells[: None if with_papers else -1])
    console.print(table)
    typer.echo("MACs for an output of 1280x720; without a halo: cannot be tiled, runs whole")
