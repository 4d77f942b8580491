"""`vernier devices`: what can compute here, and what cannot and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vernier.cli.console import print_json


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """List the processors: what can compute here, and what cannot and why."""
    from vernier.processors.discovery import available_processors

    rows = available_processors()
    if as_json:
        print_json(
            [
                {"processor": str(row.processor), "present": row.present, "detail": row.detail}
                for row in rows
            ]
        )
        return
    table = Table("processor", "here", "what it is, or why it is not", box=None)
    for row in rows:
        table.add_row(str(row.processor), "yes" if row.present else "no", row.detail)
    Console().print(table)
