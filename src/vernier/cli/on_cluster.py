"""What commands say and end with when a cluster does their work."""

from __future__ import annotations

from typing import Any

import typer

from vernier.cli.console import one_line, print_json, progress_bar
from vernier.cli.ending import tell


def upscale_on_cluster(
    source: str, out: str, *, quiet: bool, as_json: bool, **options: Any
) -> None:
    """`vernier upscale --cluster`: exit code 2 where a picture failed."""
    import msgspec

    from vernier.cluster.upscaling import upscale_on_cluster

    def say(line: str) -> None:
        # What happens to machines is never kept quiet: results may depend on it.
        if not quiet or line.startswith("PUT ASIDE"):
            typer.echo(one_line(line), err=True)

    with progress_bar(one_line(source), quiet or as_json) as progress:
        report = upscale_on_cluster(source, out, progress=progress, say=say, **options)
    if as_json:
        print_json(msgspec.to_builtins(report))
    if not quiet:
        seconds = sum(result.seconds for result in report.results)
        before = f", {report.earlier} by earlier runs" if report.earlier else ""
        kept = f", {report.kept} kept" if report.kept else ""
        typer.echo(
            f"{out}: {len(report.results)} pictures in {report.seconds:.1f} s ({seconds:.1f} s of "
            f"computing){before}{kept}",
            err=True,
        )
    if report.faults:
        total = len(report.results) + report.earlier + report.kept + len(report.faults)
        tell(f"{len(report.faults)} of {total} pictures failed:")
        for fault in report.faults:
            tell(f"  {fault}")
        raise typer.Exit(2)
