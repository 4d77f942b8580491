"""Plots as geometry: where points, whiskers, labels and ticks of a hand-written SVG lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vernier.report.numbers import ticks

LETTER, LINE = 6.6, 14.0
"""Of labels, in units of the drawing: about a letter's width, and a line's height."""
ROOM = 0.07
"""Kept free at each end of an axis, as a share."""
LEFT, RIGHT, TOP, BOTTOM = 54.0, 16.0, 26.0, 44.0

SHAPES = {
    "circle": "M-5,0a5,5 0 1 0 10,0a5,5 0 1 0 -10,0Z",
    "square": "M-4.5,-4.5h9v9h-9Z",
    "triangle": "M0,-6L5.6,4.4H-5.6Z",
    "diamond": "M0,-6.4L6.4,0L0,6.4L-6.4,0Z",
    "flag": "M0,6L-5.6,-4.4H5.6Z",
    "cross": "M-5.5,-2h3.5v-3.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5Z",
    "star": "M0,-8L2.1,-2.8L7.6,-2.5L3.4,1.1L4.7,6.5L0,3.5L-4.7,6.5L-3.4,1.1L-7.6,-2.5L-2.1,-2.8Z",
}


@dataclass(frozen=True)
class Mark:
    """One point to draw, in the units of its axes.

    Attributes:
        x: where.
        y: where.
        style: class of its colour.
        shape: of `SHAPES`.
        label: beside it; empty for none.
        says: what is told of it when asked, lines of text.
        low: of its whisker along y; None without.
        high: likewise.
        group: marks of one group are joined by a line, by rising x; "" for none.
    """

    x: float
    y: float
    style: str
    shape: str
    label: str
    says: str
    low: float | None = None
    high: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Drawn:
    """One point as it is drawn, in units of the drawing."""

    x: float
    y: float
    style: str
    path: str
    says: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Label:
    """Text beside a point."""

    x: float
    y: float
    anchor: str
    text: str
    style: str


@dataclass(frozen=True)
class Plot:
    """All that the template draws, in units of the drawing; y grows downwards.

    Attributes:
        width: of the drawing.
        height: likewise.
        left: edge of the field.
        right: likewise.
        top: likewise.
        bottom: likewise.
        x_ticks: place and text.
        y_ticks: likewise.
        x_title: under the axis.
        y_title: above it.
        limits: place, height of the text, and text of lines across the field, such as budgets.
        lines: style and points of lines between marks.
        front: points of the line around what no other beats.
        diagonal: ends of the line where x and y are equal; empty for none.
        points: the marks, the most important last.
        labels: beside them.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_title: str
    y_title: str
    limits: tuple[tuple[float, float, str], ...]
    lines: tuple[tuple[str, str], ...]
    front: str
    diagonal: tuple[float, ...]
    points: tuple[Drawn, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int) -> tuple[tuple[float, str], ...]:
        return tuple((self(value), f"{value:g}") for value in ticks(self.low, self.high, most))


def plot(
    marks: Sequence[Mark],
    *,
    width: float,
    height: float,
    x_title: str,
    y_title: str,
    higher: bool = True,
    limits: Sequence[tuple[float, str]] = (),
    front: bool = True,
    equal: bool = False,
) -> Plot:
    """Geometry of a plot.

    Args:
        marks: one or more, the most important last.
        width: of the drawing.
        height: likewise.
        x_title: under the axis.
        y_title: above it.
        higher: whether more of y is better; better is always up.
        limits: places on x with their names.
        front: draw the line around the marks that no other beats in both.
        equal: both axes alike, with the line where they are equal.
    """
    field = (LEFT, width - RIGHT, TOP, height - BOTTOM)
    xs = [mark.x for mark in marks] + [place for place, _ in limits]
    ys = [y for mark in marks for y in (mark.y, mark.low, mark.high) if y is not None]
    if equal:
        xs = ys = xs + ys
    across = _scale(xs, field[0], field[1])
    up = _scale(ys, *((field[3], field[2]) if higher else (field[2], field[3])))
    points = [
        Drawn(
            across(mark.x), up(mark.y), mark.style, SHAPES[mark.shape], mark.says,
            None if mark.low is None else up(mark.low),
            None if mark.high is None else up(mark.high),
        )
        for mark in marks
    ]  # fmt: skip
    ends = [across(across.low), up(up.low), across(across.high), up(up.high)] if equal else []
    return Plot(
        width, height, field[0], field[1], field[2], field[3],
        across.ticks(8 if width > 500 else 6), up.ticks(6), x_title, y_title,
        tuple(
            (across(place), field[3] - 5 - LINE * (number % 3), name)
            for number, (place, name) in enumerate(sorted(limits))
        ),
        tuple(_lines(marks, points)),
        _front(points, field) if front else "",
        tuple(ends),
        tuple(points),
        tuple(_labels(marks, points, field)),
    )  # fmt: skip


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    low, high = min(values), max(values)
    room = ROOM * (high - low) or max(abs(low), 1.0) / 10
    return _Scale(low - room, high + room, start, end)


def _lines(marks: Sequence[Mark], points: Sequence[Drawn]) -> list[tuple[str, str]]:
    """Between marks of one group, by rising x."""
    groups: dict[str, list[Drawn]] = {}
    for mark, point in zip(marks, points, strict=True):
        if mark.group:
            groups.setdefault(mark.group, []).append(point)
    return [
        (row[0].style, " ".join(f"{one.x},{one.y}" for one in sorted(row, key=lambda one: one.x)))
        for row in groups.values()
        if len(row) > 1
    ]


def _front(points: Sequence[Drawn], field: tuple[float, float, float, float]) -> str:
    """Steps along what no other beats: left is sooner, up is better."""
    best: list[Drawn] = []
    for one in sorted(points, key=lambda one: (one.x, one.y)):
        if not best or one.y < best[-1].y:
            best.append(one)
    steps: list[str] = []
    for number, one in enumerate(best):
        steps.append(f"{one.x},{field[3] if number == 0 else best[number - 1].y}")
        steps.append(f"{one.x},{one.y}")
    steps.append(f"{field[1]},{best[-1].y}")
    return " ".join(steps)


def _labels(
    marks: Sequence[Mark], points: Sequence[Drawn], field: tuple[float, float, float, float]
) -> list[Label]:
    """Beside their points where there is room; the most important choose first."""
    left, right, top, bottom = field
    taken = [(one.x - 6, one.y - 6, one.x + 6, one.y + 6) for one in points]
    found = []
    for mark, point in reversed(list(zip(marks, points, strict=True))):
        if not mark.label:
            continue
        wide = LETTER * len(mark.label)
        places = (
            (point.x + 9, point.y + 4, "start"),
            (point.x - 9, point.y + 4, "end"),
            (point.x, point.y - 10, "middle"),
            (point.x, point.y + 19, "middle"),
            (point.x + 9, point.y - 8, "start"),
            (point.x + 9, point.y + 16, "start"),
            (point.x - 9, point.y - 8, "end"),
            (point.x - 9, point.y + 16, "end"),
        )
        for x, y, anchor in places:
            start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            box = (start, y - LINE + 3, start + wide, y + 3)
            inside = left <= box[0] and box[2] <= right and top <= box[1] and box[3] <= bottom
            own = (point.x - 6, point.y - 6, point.x + 6, point.y + 6)
            if inside and not any(_touch(box, other) for other in taken if other != own):
                taken.append(box)
                found.append(Label(round(x, 1), round(y, 1), anchor, mark.label, mark.style))
                break
    return found


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
