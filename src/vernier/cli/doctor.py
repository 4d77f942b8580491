"""`vernier doctor`: whether the engines on this machine compute what they should."""

from __future__ import annotations

from typing import Annotated

import typer

from vernier.cli.console import print_json
from vernier.errors import ProcessorError


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Run a small network on every processor here and compare with NumPy."""
    from vernier.processors.doctor import Verdict, examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            typer.echo(f"{check.verdict:7} {check.name}: {check.detail}")
    if as_json:
        print_json([{"name": c.name, "verdict": c.verdict, "detail": c.detail} for c in checks])
    failed = [check.name for check in checks if check.verdict is Verdict.FAILED]
    if failed:
        raise ProcessorError(f"{len(failed)} checks failed: {', '.join(failed)}")
