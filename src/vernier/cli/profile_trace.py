"""`vernier profile trace`: what a kernel's trace says of switches between processors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import Table, print_json


def trace(
    file: Annotated[Path, typer.Argument(help="ftrace's text, of Linux or Android.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Sum up a kernel's trace: marks, calls to other processors, interrupts, waiting threads."""
    import numpy as np

    from vernier.errors import UsageError
    from vernier.profiling.kernel.trace import (
        interrupts,
        marks,
        parse_trace,
        remote_calls,
        waits,
    )

    try:
        events = parse_trace(file.read_text(errors="replace"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if not events:
        raise UsageError(f"{file}: expected the text of an ftrace trace, found no event in it")
    found = {
        "mark": marks(events),
        "remote call": remote_calls(events),
        "interrupt": interrupts(events),
        "waiting for a core": waits(events),
    }
    rows = [
        {
            "kind": kind,
            "name": name,
            "count": len(times),
            "median_ms": float(np.median(times)),
            "longest_ms": max(times),
            "total_ms": sum(times),
        }
        for kind, spans in found.items()
        for name in sorted({span.name for span in spans})
        for times in [[span.ms for span in spans if span.name == name]]
    ]
    if as_json:
        print_json({"events": len(events), "spans": rows})
        return
    table = Table("", "", "count", "median ms", "longest ms", "total ms")
    for row in rows:
        times = [f"{row[key]:.3f}" for key in ("median_ms", "longest_ms", "total_ms")]
        table.add_row(str(row["kind"]), str(row["name"]), str(row["count"]), *times)
    table.print()
