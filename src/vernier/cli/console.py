"""What commands share on the terminal: progress that degrades, and machine-readable output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table as RichTable

from vernier.progress import Progress

SECONDS_BETWEEN_LINES = 10.0


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, indent=2))


def one_line(value: object) -> str:
    """Text for people, on one line: names may hold line breaks and control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def say(*lines: str) -> None:
    """Lines on standard output; what names in them would do to a terminal is shown, not done."""
    for line in lines:
        typer.echo(one_line(line))


class Table:
    """Columns of text on standard output.

    Names come from files that others wrote: they are no markup, whatever brackets they hold, and
    what moves a terminal's cursor is shown and not done.
    """

    def __init__(self, *columns: str, numbers: Iterable[str] = ()) -> None:
        """Columns of words from the left, then columns of numbers, set to the right."""
        self._table = RichTable(*map(one_line, columns), box=None)
        for title in numbers:
            self._table.add_column(one_line(title), justify="right")

    def add_row(self, *cells: str) -> None:
        """One row, a cell for each column; columns that it lacks stay empty."""
        self._table.add_row(*map(one_line, cells))

    def print(self) -> None:
        """Put it on standard output."""
        Console(markup=False, emoji=False).print(self._table)


@contextmanager
def progress_bar(title: str, quiet: bool = False) -> Iterator[Progress]:
    """A bar with the time left on a terminal; elsewhere a line on stderr now and then."""
    if quiet:
        yield lambda done, total, note="": None
    elif sys.stderr.isatty():
        columns = (
            # A name is no markup, whatever brackets it has.
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with Bar(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=None, note="")

            known: int | None = None

            def update(done: int, total: int, note: str = "") -> None:
                nonlocal known
                if known is not None and total != known:
                    # Another piece of work, at a pace of its own.
                    bar.reset(task)
                known = total
                bar.update(task, completed=done, total=total, note=note)

            yield update
    else:
        started = last = time.monotonic()
        # Work that is gone on with reports a large number first, which took no time.
        before: int | None = None
        whole: int | None = None

        def line(done: int, total: int, note: str = "") -> None:
            nonlocal started, last, before, whole
            now = time.monotonic()
            if whole is not None and total != whole:
                # Another piece of work, at a pace of its own.
                started, before = now, done
            whole = total
            before = done - 1 if before is None else before
            if now - last >= SECONDS_BETWEEN_LINES or (done == total and now - started > 1):
                last = now
                left = (now - started) / max(1, done - before) * (total - done)
                typer.echo(f"{title} {done}/{total} ({left:.0f} s left) {note}".rstrip(), err=True)

        yield line


@contextmanager
def late_progress_bar(title: str, quiet: bool = False) -> Iterator[Progress]:
    """A bar that is there from the first report on: of work that mostly is done already."""
    with ExitStack() as stack:
        shown: list[Progress] = []

        def report(done: int, total: int, note: str = "") -> None:
            if not shown:
                shown.append(stack.enter_context(progress_bar(title, quiet)))
            shown[0](done, total, note)

        yield report
