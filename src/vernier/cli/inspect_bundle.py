"""`vernier inspect`: what is in a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def command(
    bundle: Annotated[Path, typer.Argument(help="A bundle: a folder or a .zip.")],
) -> None:
    """Check a bundle and show its segments and their operators."""
    from vernier.bundles.bundle import open_bundle
    from vernier.graphs.counts import operator_macs

    opened = open_bundle(bundle)
    manifest = opened.manifest
    facts = manifest.network
    typer.echo(
        f"{manifest.name}: x{facts.scale}, {'luma' if facts.channels == 1 else 'RGB'}, "
        f"halo {facts.halo} px, made by {manifest.made_by}"
    )
    if manifest.damage is not None and manifest.damage.psnr_to_float_db is not None:
        typer.echo(
            f"{manifest.damage.psnr_to_float_db} dB to the float network on "
            f"{manifest.damage.photos}"
        )
    if manifest.note:
        typer.echo(manifest.note)
    for segment in opened.segments:
        _, height, width, _ = segment.graph.types[segment.graph.inputs[0]].shape
        typer.echo(
            f"\n{segment.entry.file} on {segment.entry.processor}, {len(segment.model):,} bytes, "
            f"MACs at {width}x{height}"
        )
        table = Table("operator", "output", "shape", "dtype", "MACs", box=None)
        for op in segment.graph.operators:
            kind = segment.graph.types[op.output]
            fused = "" if op.activation == "NONE" else f" + {op.activation}"
            macs = operator_macs(segment.graph, op)
            table.add_row(
                f"{op.kind}{fused}",
                op.output,
                "x".join(map(str, kind.shape[1:])),
                kind.dtype,
                f"{macs / 1e6:.2f} M" if macs else "",
            )
        Console().print(table)
