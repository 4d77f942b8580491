"""The plots of a report: all methods by time and looks, and predicted against measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vernier.comparison.records import Result
from vernier.report.findings import FLOAT, PLAN, Axis, Findings
from vernier.report.numbers import milliseconds, score
from vernier.report.plot import Mark, Plot, plot
from vernier.report.styles import Style, important_last

SIZES = ((1000.0, 460.0), (380.0, 400.0))
"""Of the drawing on a desktop and on a phone."""
MOST_FIGURES = 16
"""More scores than these are in the table alone: each drawing is some kilobytes."""


@dataclass(frozen=True)
class Figure:
    """One plot in its two sizes.

    Attributes:
        key: of its choice.
        title: of its choice.
        summary: what it shows, for those who hear the page.
        plots: wide and narrow.
    """

    key: str
    title: str
    summary: str
    plots: tuple[Plot, ...]


def quality_figures(findings: Findings, styles: Mapping[str, Style]) -> list[Figure]:
    """All methods by time and by each score, for each data set."""
    found = []
    for data in findings.comparison.data_sets:
        for axis in findings.axes():
            marks = _marks(findings, styles, data.name, axis)
            if len(marks) < 2:
                continue
            title = f"{data.name}: {axis.title}"
            limits = [(one.ms, one.asked) for one in findings.comparison.budgets]
            if axis.against == FLOAT:
                # It has no distance to itself, only a time.
                limits.append((findings.comparison.float_ms, "all-float"))
            plots = tuple(
                plot(
                    marks,
                    width=width,
                    height=height,
                    x_title=_time_title(findings),
                    y_title=f"{axis.title} ({axis.metric.better} is better, better is up)",
                    higher=axis.higher,
                    limits=limits,
                )
                for width, height in SIZES
            )
            summary = f"{title} against time for {len(marks)} results; the table below has them all"
            found.append(Figure(f"{data.name}-{axis.key}", title, summary, plots))
    return found[:MOST_FIGURES]


def predicted_figure(findings: Findings, styles: Mapping[str, Style]) -> Figure | None:
    """Predicted against measured times; None where nothing has both."""
    marks = []
    for result in _drawn_order(findings):
        if result.measured is None or result.predicted_ms is None:
            continue
        style = styles[result.method]
        says = (
            f"{named(findings, result)}\n{milliseconds(result.predicted_ms)} predicted, "
            f"{milliseconds(result.measured.median_ms)} measured"
        )
        marks.append(
            Mark(
                result.predicted_ms, result.measured.median_ms, style.colour, style.shape,
                _label(findings, result), says,
            )
        )  # fmt: skip
    if not marks:
        return None
    plots = tuple(
        plot(
            marks,
            width=width,
            height=height,
            x_title="predicted, ms",
            y_title="measured, ms (on the line where they are equal)",
            front=False,
            equal=True,
        )
        for width, height in SIZES
    )
    summary = f"Predicted against measured times of {len(marks)} results; the table has them all"
    return Figure("predicted", "Predicted against measured", summary, plots)


def named(findings: Findings, result: Result) -> str:
    """A result's method, with its budget."""
    title = findings.method(result).title
    return f"{title} at {result.budget}" if result.budget else title


def _drawn_order(findings: Findings) -> list[Result]:
    order = [method.name for method in important_last(findings.comparison.methods)]
    return sorted(findings.results(), key=lambda result: order.index(result.method))


def _time_title(findings: Findings) -> str:
    comparison = findings.comparison
    modelled = [one for one in findings.results() if one.measured is None]
    kind = "modelled" if len(modelled) == len(findings.results()) else "measured"
    return f"{kind} time of one {comparison.width}x{comparison.height} picture, ms"


def _label(findings: Findings, result: Result) -> str:
    """A method's name once, at its longest budget; the plan's at each."""
    method = findings.method(result)
    if method.kind == PLAN:
        return f"{method.title} {result.budget}"
    own = [one for one in findings.results() if one.method == result.method]
    return method.title if result is own[-1] else ""


def _marks(
    findings: Findings, styles: Mapping[str, Style], data_set: str, axis: Axis
) -> list[Mark]:
    marks = []
    for result in _drawn_order(findings):
        mean, time_ms = findings.mean(result, data_set, axis), findings.time_ms(result)
        if mean is None or time_ms is None:
            continue
        style = styles[result.method]
        metric = axis.metric.name
        says = (
            f"{named(findings, result)}\n"
            f"{milliseconds(time_ms)} {'modelled' if result.measured is None else 'measured'}; "
            f"{axis.title} {score(mean.mean, metric)} "
            f"({score(mean.low, metric)} to {score(mean.high, metric)}, 95 % over "
            f"{mean.photos} photos)"
        )
        marks.append(
            Mark(
                time_ms, mean.mean, style.colour, style.shape, _label(findings, result), says,
                mean.low, mean.high, result.method,
            )
        )  # fmt: skip
    return marks
