"""The answer, which comes first: which plan, what it buys, where, and whom it is not ahead of."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.comparison.records import Result
from vernier.errors import UsageError
from vernier.processor_id import is_integer
from vernier.report.figures import named
from vernier.report.findings import Axis, Difference, Findings
from vernier.report.numbers import milliseconds, score, short, signed
from vernier.report.strip import changes

SOONER = 1.8
"""From when on the plan counts as much sooner at equal looks: what FYE-SR claims at least."""


@dataclass(frozen=True)
class Fact:
    """A number with what it is.

    Attributes:
        value: large.
        title: what it is.
        note: small, below.
    """

    value: str
    title: str
    note: str = ""


@dataclass(frozen=True)
class Against:
    """The plan held against one other method within a budget.

    Attributes:
        title: of the other.
        method: its name, for its colour.
        time: of the other; with "late" where it keeps no budget.
        by: how much better the plan looks, with its interval.
        sooner: how many times sooner the plan is at equal looks.
        verdict: "ahead", "sooner", "alike" or "behind".
        words: the same for people.
    """

    title: str
    method: str
    time: str
    by: str
    sooner: str
    verdict: str
    words: str


@dataclass(frozen=True)
class Standing:
    """A budget's verdict.

    Attributes:
        budget: as it was asked for.
        line: in a sentence.
        rows: against each other method.
    """

    budget: str
    line: str
    rows: tuple[Against, ...]


@dataclass(frozen=True)
class Answer:
    """What a reader wants to know first.

    Attributes:
        headline: one sentence.
        facts: of the budget that comes first.
        standings: for each budget.
        deciding: the score that decides, in words.
    """

    headline: str
    facts: tuple[Fact, ...]
    standings: tuple[Standing, ...]
    deciding: str


def answered(findings: Findings) -> Answer:
    """The answer of a comparison."""
    comparison = findings.comparison
    axes = findings.axes()
    plan = findings.plan(findings.budget)
    deciding = axes[0] if axes else None
    standings = []
    if deciding is not None:
        for budget in comparison.budgets:
            own = findings.plan(budget.asked)
            if own is not None:
                standings.append(_standing(findings, own, deciding))
    return Answer(
        headline=_headline(findings, plan),
        facts=tuple(_facts(findings, plan, axes)) if plan is not None else (),
        standings=tuple(standings),
        deciding=deciding.title if deciding is not None else "",
    )


def _headline(findings: Findings, plan: Result | None) -> str:
    comparison = findings.comparison
    network = f"{comparison.network.name} x{comparison.network.scale}"
    if not comparison.profitable:
        return comparison.verdict or (
            f"On this machine INT8 is hardly faster than float for {network}: all-float takes "
            f"{milliseconds(comparison.float_ms)}, all-INT8 {milliseconds(comparison.int8_ms)}; "
            f"dividing the network cannot pay here."
        )
    time_ms = findings.time_ms(plan) if plan is not None else None
    if plan is not None and time_ms is None:
        return f"The plan of {network} for {plan.budget} is found, and has not been timed yet."
    if plan is None or time_ms is None:
        return f"There is no plan of {network} within {findings.budget or 'a budget'} here yet."
    if time_ms >= comparison.float_ms:
        return (
            f"Split by layer, {network} takes {milliseconds(time_ms)}, no less than the "
            f"{milliseconds(comparison.float_ms)} of all in float: at {plan.budget} splitting does "
            f"not pay on {findings.where}."
        )
    late = "" if findings.in_time(plan, plan.budget) else ", which is over its budget"
    return (
        f"Split by layer, {network} takes {milliseconds(time_ms)} instead of "
        f"{milliseconds(comparison.float_ms)}{late}: {short(comparison.float_ms / time_ms, 2)} "
        f"times as fast as all in float, on {findings.where}.{_beaten_by(findings, plan)}"
    )


def _beaten_by(findings: Findings, plan: Result) -> str:
    """Who is both sooner and better than the plan, as a sentence; "" of nobody."""
    axes, own = findings.axes(), findings.time_ms(plan)
    names = []
    for other in findings.rivals(plan.budget) if axes and own is not None else []:
        difference, time_ms = findings.better_by(plan, other, axes[0]), findings.time_ms(other)
        sooner = own is not None and time_ms is not None and time_ms <= own
        if difference is not None and difference.behind and sooner:
            names.append(named(findings, other))
    if not names:
        return ""
    both = "is both sooner and better" if len(names) == 1 else "are both sooner and better"
    return f" But {_listed(names)} {both} here."


def _facts(findings: Findings, plan: Result, axes: list[Axis]) -> list[Fact]:
    comparison = findings.comparison
    facts = []
    time_ms = findings.time_ms(plan)
    if time_ms is not None:
        budget_ms = findings.budget_ms(plan.budget)
        kind = "modelled" if plan.measured is None else "measured"
        facts.append(
            Fact(
                milliseconds(time_ms),
                f"{kind}, for {plan.budget}",
                f"budget {milliseconds(budget_ms)}; all-float {milliseconds(comparison.float_ms)}, "
                f"all-INT8 {milliseconds(comparison.int8_ms)}",
            )
        )
    integer = findings.integer_end()
    exact = findings.float_end()
    chosen = [*axes[:1], *(one for one in axes if one.metric.name.startswith("psnr"))]
    for axis in dict.fromkeys(chosen):
        data_set = comparison.data_sets[0].name
        mean = findings.mean(plan, data_set, axis)
        if mean is None:
            continue
        ends = []
        for name, end in (("all-INT8", integer), ("all-float", exact)):
            other = findings.mean(end, data_set, axis) if end is not None else None
            if other is not None:
                ends.append(f"{name} {score(other.mean, axis.metric.name)}")
        facts.append(
            Fact(
                score(mean.mean, axis.metric.name),
                f"{axis.title}, {data_set}",
                "; ".join([f"{axis.metric.better} is better", *ends]),
            )
        )
    placed = [unit for unit in plan.placement if not unit.divided]
    if placed:
        count = sum(_integer(unit.processor) for unit in placed)
        switches = sum(changes(plan.placement))
        facts.append(
            Fact(
                f"{count} of {len(placed)}",
                "layers in INT8",
                f"{switches} conversion{'' if switches == 1 else 's'} between processors",
            )
        )
    return facts


def _integer(processor: str) -> bool:
    try:
        return is_integer(processor)
    except UsageError:
        return False


def _standing(findings: Findings, plan: Result, axis: Axis) -> Standing:
    rows = []
    for other in findings.rivals(plan.budget):
        difference = findings.better_by(plan, other, axis)
        if difference is not None:
            rows.append(_against(findings, plan, other, axis, difference))
    if not rows:
        return Standing(
            plan.budget, f"At {plan.budget} there is nothing to hold the plan against.", ()
        )
    verdicts: dict[str, list[str]] = {}
    for row in rows:
        verdicts.setdefault(row.verdict, []).append(row.title)
    won = len(verdicts.get("ahead", ())) + len(verdicts.get("sooner", ()))
    line = f"At {plan.budget} the plan is ahead of {won} of {len(rows)}"
    for verdict, words in (
        ("late", "late, and looking no worse: "),
        ("alike", "not told apart from "),
        ("behind", "behind "),
    ):
        if verdict in verdicts:
            line += f"; {words}{_listed(verdicts[verdict])}"
    if not findings.in_time(plan, plan.budget):
        line += "; the plan itself is over this budget"
    return Standing(plan.budget, line + ".", tuple(rows))


def _against(
    findings: Findings, plan: Result, other: Result, axis: Axis, difference: Difference
) -> Against:
    time_ms = findings.time_ms(other)
    time = "-" if time_ms is None else milliseconds(time_ms)
    late = not findings.in_time(other, plan.budget)
    sooner = findings.sooner(plan, other.method, axis)
    verdict, words = _verdict(late and findings.in_time(plan, plan.budget), sooner, difference)
    return Against(
        title=named(findings, other),
        method=other.method,
        time=f"{time}, late" if late else time,
        by=f"{signed(difference.mean)} ({signed(difference.low)} to {signed(difference.high)})",
        sooner="none looks as good" if sooner is None else f"{short(sooner, 2)}x",
        verdict=verdict,
        words=words,
    )


def _verdict(late: bool, sooner: float | None, difference: Difference) -> tuple[str, str]:
    """How the plan stands against another, for the style sheet and for people.

    Args:
        late: the other is over a budget that the plan keeps.
        sooner: how many times sooner the plan is at equal looks.
        difference: how much better the plan looks.
    """
    if difference.ahead:
        return "ahead", "the plan looks better"
    if sooner is not None and sooner >= SOONER and not difference.behind:
        return "sooner", f"at equal looks the plan is {short(sooner, 2)} times sooner"
    if late:
        return "late", f"it is late, and looks {'better' if difference.behind else 'alike'}"
    if difference.behind:
        return "behind", "the plan looks worse"
    return "alike", "these photos do not tell them apart"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
