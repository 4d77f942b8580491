"""`vernier devices`: what can compute here, and what cannot and why."""

from __future__ import annotations

from typing import Annotated

import typer

from vernier.cli.console import Table, print_json


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """List the processors: what can compute here, and what cannot and why.

    Whether its numbers are right is known of a processor that was used or that doctor has tried.
    """
    from vernier.processors.discovery import PROCESSORS
    from vernier.processors.soundness import WRONG, noted

    rows = [(processor.availability(), noted(processor)) for processor in PROCESSORS]
    verdicts = [
        "" if not row.present else "not tried" if found is None else found.fault() or "right"
        for row, found in rows
    ]
    if as_json:
        print_json(
            [
                {
                    "processor": str(row.processor),
                    "present": row.present,
                    "numbers": numbers,
                    "detail": row.detail,
                }
                for (row, _), numbers in zip(rows, verdicts, strict=True)
            ]
        )
        return
    table = Table("processor", "here", "numbers", "what it is, or why it is not")
    for (row, _), numbers in zip(rows, verdicts, strict=True):
        short = numbers if numbers in ("", "right", "not tried") else "does not start"
        short = "wrong" if numbers.startswith(WRONG) else short
        table.add_row(str(row.processor), "yes" if row.present else "no", short, row.detail)
    table.print()
