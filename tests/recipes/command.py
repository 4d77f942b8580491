"""`vernier halo`: how far a network looks."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    network: Annotated[str, typer.Argument(help="A network of `vernier networks`.")],
    scale: Annotated[int | None, typer.Option(min=1, help="Upscaling factor.")] = None,
) -> None:
    """Say how far a network looks, in input pixels."""
    from vernier.graphs.receptive_field import halo
    from vernier.networks.source import graph_of

    typer.echo(halo(graph_of(network, scale)))
