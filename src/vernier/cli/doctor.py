"""`vernier doctor`: whether the engines on this machine compute what they should."""

from __future__ import annotations

from typing import Annotated

import typer

from vernier.cli.console import print_json
from vernier.errors import ProcessorError


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Run the self-test on every processor here: its numbers against exact arithmetic.

    A processor that fails is passed over by every command, and is no error; exit code 2 means that
    no engine is installed, or that none of them works in float32.
    """
    from vernier.processors.doctor import ENGINES, FLOAT32, Verdict, examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            typer.echo(f"{check.verdict:7} {check.name}: {check.detail}")
    if as_json:
        print_json([{"name": c.name, "verdict": c.verdict, "detail": c.detail} for c in checks])
    failed = [check for check in checks if check.verdict is Verdict.FAILED]
    needed = [
        f"{check.name}: {check.detail}" for check in failed if check.name in (ENGINES, FLOAT32)
    ]
    if needed:
        raise ProcessorError("; ".join(needed))
    if failed and not as_json:
        names = ", ".join(check.name for check in failed)
        typer.echo(f"passed over on this machine: {names}", err=True)
