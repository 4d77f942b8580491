"""The tables of a report: every method with its intervals, and predicted against measured."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.comparison.records import Result
from vernier.report.figures import named
from vernier.report.findings import Findings
from vernier.report.numbers import milliseconds, score, short, signed

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Cell:
    """Text, what lies below it, and what it is sorted by.

    Attributes:
        text: of the cell.
        below: smaller; empty for none.
        value: for sorting; empty where there is none.
    """

    text: str
    below: str = ""
    value: str = ""


@dataclass(frozen=True)
class Row:
    """One result.

    Attributes:
        method: its name, for its colour.
        title: as people read it.
        budget: as it was asked for.
        cells: by column.
        missing: why there are none.
    """

    method: str
    title: str
    budget: str
    cells: tuple[Cell, ...]
    missing: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under heads.

    Attributes:
        key: of its choice.
        title: of its choice.
        heads: of the columns after method and budget.
        rows: in the comparison's order.
    """

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def score_tables(findings: Findings) -> list[Table]:
    """For each data set, every method's time and scores."""
    comparison = findings.comparison
    tables = []
    for data in comparison.data_sets:
        axes = [
            axis
            for axis in findings.axes()
            if any(findings.mean(one, data.name, axis) for one in findings.results())
        ]
        heads = ("time, ms", "of the budget", *(_head(axis.title, axis.higher) for axis in axes))
        heads += ("memory, MB", "energy, J")
        rows = []
        for result in comparison.results:
            cells = [_time(findings, result), _share(findings, result)]
            for axis in axes:
                mean = findings.mean(result, data.name, axis)
                name = axis.metric.name
                cells.append(
                    Cell("-")
                    if mean is None
                    else Cell(
                        score(mean.mean, name),
                        f"{score(mean.low, name)} to {score(mean.high, name)}",
                        f"{mean.mean!r}",
                    )
                )
            cells += _memory_and_energy(result)
            rows.append(_row(findings, result, tuple(cells)))
        kept = _filled(heads, rows)
        tables.append(Table(data.name, f"{data.name}, {len(data.photos)} photos", *kept))
    return tables


def predicted_table(findings: Findings) -> Table | None:
    """What was predicted beside what was measured; None where nothing has both."""
    rows = []
    for result in findings.results():
        if result.measured is None or result.predicted_ms is None:
            continue
        off = result.predicted_ms / result.measured.median_ms - 1
        rows.append(
            _row(
                findings,
                result,
                (
                    Cell(short(result.predicted_ms), value=repr(result.predicted_ms)),
                    Cell(
                        short(result.measured.median_ms),
                        f"of {result.measured.runs} runs",
                        repr(result.measured.median_ms),
                    ),
                    Cell(f"{signed(100 * off)} %", value=repr(off)),
                ),
            )
        )
    heads = ("predicted, ms", "measured, ms", "predicted less measured")
    return Table("predicted", "Predicted against measured", heads, tuple(rows)) if rows else None


def _head(title: str, higher: bool) -> str:
    return f"{title} {'↑' if higher else '↓'}"


def _row(findings: Findings, result: Result, cells: tuple[Cell, ...]) -> Row:
    title = findings.method(result).title
    return Row(result.method, title, result.budget or "any", cells, result.missing)


def _time(findings: Findings, result: Result) -> Cell:
    time_ms = findings.time_ms(result)
    if time_ms is None:
        return Cell("-")
    below = "modelled"
    if result.measured is not None:
        below = f"p95 {short(result.measured.p95_ms)}"
    return Cell(short(time_ms), below, repr(time_ms))


def _share(findings: Findings, result: Result) -> Cell:
    time_ms = findings.time_ms(result)
    if time_ms is None or not result.budget:
        return Cell("-")
    share = time_ms / findings.budget_ms(result.budget)
    late = "" if findings.in_time(result, result.budget) else "late"
    return Cell(f"{100 * share:.0f} %", late, repr(share))


def _memory_and_energy(result: Result) -> list[Cell]:
    if result.measured is None:
        return [Cell("-"), Cell("-")]
    memory, energy = result.measured.peak_memory_bytes, result.measured.energy_j
    return [
        Cell("-") if memory is None else Cell(f"{memory / MEGABYTE:.0f}", value=repr(memory)),
        Cell("-") if energy is None else Cell(short(energy), value=repr(energy)),
    ]


def _filled(heads: tuple[str, ...], rows: list[Row]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Without columns that no row has anything in."""
    kept = [
        column for column in range(len(heads)) if any(row.cells[column].text != "-" for row in rows)
    ]
    return tuple(heads[column] for column in kept), tuple(
        Row(
            row.method, row.title, row.budget, tuple(row.cells[column] for column in kept),
            row.missing,
        )
        for row in rows
    )  # fmt: skip


def described(findings: Findings, result: Result) -> str:
    """A result in a line: its name, its time and how near its budget that is."""
    time_ms = findings.time_ms(result)
    if time_ms is None:
        return named(findings, result)
    return f"{named(findings, result)}, {milliseconds(time_ms)}"
