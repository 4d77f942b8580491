"""`vernier export`: a network as a bundle that runs without PyTorch."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import progress_bar
from vernier.errors import MissingExtraError, UsageError


class Precision(StrEnum):
    """What the segments hold."""

    FLOAT32 = "float32"
    INT8 = "int8"


def command(
    network: Annotated[str, typer.Argument(help="A network of `vernier networks`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bundle: a folder, or a .zip.")],
    scale: Annotated[int, typer.Option(min=2, help="Upscaling factor.")] = 2,
    precision: Annotated[Precision, typer.Option(help="Of the segments.")] = Precision.FLOAT32,
    weights: Annotated[
        Path | None, typer.Option(help="Deployed weights; those that come with Vernier otherwise.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="Folder of photos to calibrate INT8 on and measure with.")
    ] = None,
    ranges: Annotated[
        Path | None, typer.Option(help="Ranges file to use instead of calibrating.")
    ] = None,
    save_ranges: Annotated[Path | None, typer.Option(help="Write the ranges here.")] = None,
    method: Annotated[
        str, typer.Option(help="Calibration: min-max, percentile or least-squares.")
    ] = "least-squares",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle.")] = False,
) -> None:
    """Export a network as `.tflite` with a manifest."""
    try:
        from vernier.evaluation.shipping import export_network
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "exporting") from error
    from vernier.bundles.bundle import write_bundle

    if precision is Precision.INT8 and photos is None and ranges is None:
        raise UsageError("INT8 needs --photos to calibrate on, or --ranges")
    with progress_bar(f"exporting {network} x{scale}") as report:
        result = export_network(
            network,
            scale,
            precision.value,
            weights=weights,
            photos=photos,
            ranges_file=ranges,
            save_ranges=save_ranges,
            method=method,
            progress=report,
        )
    write_bundle(out, result.manifest, result.models, overwrite=overwrite)
    size = sum(len(model) for model in result.models.values())
    damage = result.manifest.damage
    told = (
        f", {damage.psnr_to_float_db} dB to the float network"
        if damage is not None and damage.psnr_to_float_db is not None
        else ""
    )
    typer.echo(f"{out}: {result.manifest.name}, {size:,} bytes{told}")
