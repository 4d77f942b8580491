"""`vernier collapse`: a trained run as the narrow network that is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.errors import MissingExtraError


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .safetensors file to write.")],
) -> None:
    """Fold each linear block of a trained network into one convolution, and prove it equal."""
    try:
        from vernier.training.collapsing import collapse_run
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "collapsing") from error

    report = collapse_run(run, out)
    typer.echo(
        f"{out}: {report.network} x{report.scale}, step {report.step}, "
        f"{report.trained_weights:,} weights collapsed to {report.collapsed_weights:,}; "
        f"largest difference to the expanded network {report.largest_difference:.1e}"
    )
