"""The layers of a result: processor, time, sensitivity, conversion, and what a flip costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vernier.comparison.records import PlacedUnit
from vernier.errors import UsageError
from vernier.processor_id import precision_of
from vernier.report.numbers import milliseconds, short, signed

TALLEST = 64.0
"""Of a bar, in units of the drawing."""
LEAST = 1.5
"""What a bar above nothing has at least, so that it is seen."""


@dataclass(frozen=True)
class Column:
    """One unit as it is drawn.

    Attributes:
        name: of the unit.
        processor: where it runs.
        style: class of its colour: a precision.
        time: height of its bar, upwards.
        integer: how much of that bar INT8 has, from below; all or nothing unless it is divided.
        sensitivity: height of its bar, downwards.
        harmless: the sensitivity is below 0: INT8 looks better there.
        changes: something is converted before it.
        switch: what that takes in ms, as text; empty where it is not known by itself.
        says: what is told of it, lines of text.
    """

    name: str
    processor: str
    style: str
    time: float
    integer: float
    sensitivity: float
    harmless: bool
    changes: bool
    switch: str
    says: str


def strip(units: Sequence[PlacedUnit]) -> list[Column]:
    """The columns of a placement, in the units' order."""
    longest = max((unit.time_ms or 0.0 for unit in units), default=0.0)
    worst = max((abs(unit.sensitivity or 0.0) for unit in units), default=0.0)
    columns = []
    for unit, change in zip(units, changes(units), strict=True):
        time = _bar(unit.time_ms or 0.0, longest)
        share = unit.int8_share if unit.divided else float(style(unit.processor) == "int8")
        columns.append(
            Column(
                name=unit.name,
                processor=unit.processor,
                style=style(unit.processor),
                time=time,
                integer=round(time * share, 1),
                sensitivity=_bar(abs(unit.sensitivity or 0.0), worst),
                harmless=(unit.sensitivity or 0.0) < 0,
                changes=change,
                switch=short(unit.switch_ms, 2) if unit.switch_ms else "",
                says=_says(unit),
            )
        )
    return columns


def changes(units: Sequence[PlacedUnit]) -> list[bool]:
    """Of each unit, whether something is converted before it: another processor, or a time."""
    before = [units[0], *units[:-1]] if units else []
    return [
        unit.switch_ms > 0 or not (unit.divided or last.divided or unit.processor == last.processor)
        for last, unit in zip(before, units, strict=True)
    ]


def heights(units: Sequence[PlacedUnit]) -> str:
    """What the tallest bars stand for."""
    times = [unit.time_ms for unit in units if unit.time_ms is not None]
    changes = [unit.sensitivity for unit in units if unit.sensitivity is not None]
    said = [f"The tallest bar upwards is {milliseconds(max(times))}"] if times else []
    if changes and any(changes):
        said.append(f"the longest downwards {signed(max(changes, key=abs))} of the objective")
    return "; ".join(said) + "." if said else "Neither times nor sensitivities were recorded."


def style(processor: str) -> str:
    """The class of a processor's colour: its precision."""
    try:
        return precision_of(processor)
    except UsageError:
        return "other"


def _bar(value: float, most: float) -> float:
    return round(max(LEAST, TALLEST * value / most), 1) if value > 0 and most > 0 else 0.0


def _says(unit: PlacedUnit) -> str:
    head = f"{unit.name} on {unit.processor}"
    if unit.divided:
        head += f", divided by {unit.divided}: {100 * unit.int8_share:.0f} % of it in INT8"
    if unit.time_ms is not None:
        head += f": {milliseconds(unit.time_ms)}, predicted"
    lines = [head]
    if unit.switch_ms:
        lines.append(f"Converting and handing over what it reads: {milliseconds(unit.switch_ms)}")
    if unit.sensitivity is not None:
        lines.append(f"Alone in INT8 it changes the objective by {signed(unit.sensitivity)}")
    if unit.moved_to and unit.flip_ms is not None:
        lines.append(f"On {unit.moved_to} instead: {_flip(unit)}")
    elif not unit.divided:
        lines.append("Moving it was not reckoned: it runs nowhere else, or the method does not say")
    return "\n".join(lines)


def _flip(unit: PlacedUnit) -> str:
    cost = f"{signed(unit.flip_ms or 0.0)} ms for the whole"
    if unit.flip_objective is None:
        return f"{cost}; how it would look was not judged"
    if unit.flip_objective == 0:
        return f"{cost}, and it would look the same"
    looks = "worse" if unit.flip_objective > 0 else "better"
    return f"{cost}, and it would look {looks} by {short(abs(unit.flip_objective))}"
