"""`vernier report`: what `vernier compare` found, as a page to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import progress_bar


def command(
    folder: Annotated[Path, typer.Argument(help="That `vernier compare` wrote.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The page: one file, which opens offline.")
    ] = Path("report.html"),
    budget: Annotated[
        str, typer.Option(help="Whose answer and pictures come first; the middle one if absent.")
    ] = "",
    abx: Annotated[
        bool,
        typer.Option(
            "--abx",
            help="A page of pairs without names in its place, for people to judge and count.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the random crops.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Write a comparison as one HTML page: the answer first, then every number and picture.

    Nothing is run: all of it is read from the comparison's folder.
    """
    from vernier.report.writing import report

    made = report(
        folder, out, budget=budget, abx=abx, seed=seed, overwrite=overwrite, stages=progress_bar
    )
    what = f"{made.pairs} pairs" if abx else f"{made.crops} crops"
    typer.echo(f"{made.path}: {what}, {made.bytes:,} bytes")
    if not abx:
        typer.echo(made.headline)
