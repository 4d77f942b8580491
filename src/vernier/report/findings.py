"""What a report asks of a comparison: scores on an axis, times, which photos, who is ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vernier.comparison.records import Comparison, Mean, Method, Metric, Result
from vernier.comparison.verdict import KEPT

PLAN, END = "plan", "end"
FLOAT = "float"
DRAWS = 2000
"""Of the bootstrap over photos."""


@dataclass(frozen=True)
class Axis:
    """A score that methods are held against.

    Attributes:
        metric: which.
        against: "photo", "float", or "" of a metric without a reference.
    """

    metric: Metric
    against: str

    @property
    def key(self) -> str:
        """A name of its own, for the page."""
        return f"{self.metric.name}-{self.against or 'alone'}"

    @property
    def title(self) -> str:
        """As people read it."""
        to = {"photo": " to the photo", "float": " to all-float"}
        return self.metric.title + to.get(self.against, "")

    @property
    def higher(self) -> bool:
        """Whether more is better."""
        return self.metric.better == "higher"


@dataclass(frozen=True)
class Difference:
    """How much better the plan is than another on the same photos.

    Attributes:
        mean: over photos, positive where the plan is better.
        low: end of the bootstrap interval of 95 %.
        high: likewise.
        photos: that both have.
    """

    mean: float
    low: float
    high: float
    photos: int

    @property
    def ahead(self) -> bool:
        """Whether the whole interval says that the plan is better."""
        return self.low > 0

    @property
    def behind(self) -> bool:
        """Whether the whole interval says that it is worse."""
        return self.high < 0


class Findings:
    """A comparison, with what is asked of it again and again.

    Args:
        comparison: what `vernier compare` wrote.
        budget: whose pictures and answer come first; of those with a plan the middle one if absent.
    """

    def __init__(self, comparison: Comparison, budget: str = "") -> None:
        self.comparison = comparison
        asked = [one.asked for one in comparison.budgets]
        self.methods = {method.name: method for method in comparison.methods}
        planned = [one for one in asked if self.plan(one) is not None] or asked
        self.budget = budget or (planned[(len(planned) - 1) // 2] if planned else "")

    def results(self) -> list[Result]:
        """All that there is something of."""
        return [result for result in self.comparison.results if not result.missing]

    @property
    def where(self) -> str:
        """What the times are of: this machine, or processors that are a model and not here."""
        comparison = self.comparison
        timed = [one for one in self.results() if self.time_ms(one) is not None]
        if timed and all(one.measured is None for one in timed):
            pair = f"{comparison.float_processor} and {comparison.int8_processor}"
            return f"{pair}, which are modelled: nothing was timed"
        return f"{comparison.machine.cpu}, {comparison.machine.cores} cores"

    def plan(self, budget: str) -> Result | None:
        """Vernier's own result within a budget."""
        for result in self.results():
            if self.methods[result.method].kind == PLAN and result.budget == budget:
                return result
        return None

    def float_end(self) -> Result | None:
        """All in the exact precision: what the others are held against."""
        return self._end(self.comparison.float_processor, self.comparison.float_ms)

    def integer_end(self) -> Result | None:
        """All in INT8."""
        return self._end(self.comparison.int8_processor, self.comparison.int8_ms)

    def _end(self, processor: str, time_ms: float) -> Result | None:
        ends = [one for one in self.results() if self.method(one).kind == END]
        precision = processor.rsplit(":", 1)[-1]
        names = {processor, precision, "float" if precision.startswith("float") else precision}
        named = [one for one in ends if {one.method, one.method.split("-")[0]} & names]
        placed = [
            one
            for one in ends
            if one.placement and all(unit.processor == processor for unit in one.placement)
        ]
        near = sorted(named or placed, key=lambda one: abs((self.time_ms(one) or 0) - time_ms))
        return near[0] if near else None

    def method(self, result: Result) -> Method:
        """Whose result it is."""
        return self.methods[result.method]

    def time_ms(self, result: Result) -> float | None:
        """Measured; by a model where nothing was; None where neither is."""
        return result.modelled_ms if result.measured is None else result.measured.median_ms

    def budget_ms(self, asked: str) -> float:
        """What a budget is in ms."""
        return next(one.ms for one in self.comparison.budgets if one.asked == asked)

    def in_time(self, result: Result, asked: str) -> bool:
        """Whether a result keeps a budget."""
        time_ms = self.time_ms(result)
        return time_ms is not None and time_ms <= KEPT * self.budget_ms(asked)

    def axes(self) -> list[Axis]:
        """All scores that there are means of, the deciding one first."""
        found = [
            Axis(metric, against)
            for metric in self.comparison.metrics
            for against in ("float", "photo", "")
            if any(
                (mean.metric, mean.against) == (metric.name, against)
                for result in self.results()
                for mean in result.means
            )
        ]
        words = self.comparison.objective.replace(":", " ").replace(",", " ").split()
        # Stable: those that the objective does not name stay in their order.
        return sorted(found, key=lambda axis: axis.metric.name not in words)

    def mean(self, result: Result, data_set: str, axis: Axis) -> Mean | None:
        """A method's mean score over the photos of a data set."""
        for mean in result.means:
            if (mean.data_set, mean.metric, mean.against) == (
                data_set, axis.metric.name, axis.against,
            ):  # fmt: skip
                return mean
        return None

    def values(self, result: Result, axis: Axis) -> dict[tuple[str, str], float]:
        """A score by data set and photo."""
        kinds = {"photo": "to_photo", "float": "to_float", "": "alone"}
        found = {}
        for one in result.scored:
            value = getattr(one, kinds[axis.against]).get(axis.metric.name)
            if value is not None:
                found[one.data_set, one.photo] = value
        return found

    def better_by(
        self, plan: Result, other: Result, axis: Axis, data_set: str | None = None
    ) -> Difference | None:
        """How much better the plan is, paired by photo; None without a photo that both have."""
        ours, theirs = self.values(plan, axis), self.values(other, axis)
        shared = sorted(key for key in ours.keys() & theirs.keys() if data_set in (None, key[0]))
        if not shared:
            return None
        sign = 1 if axis.higher else -1
        return paired([sign * (ours[key] - theirs[key]) for key in shared])

    def rivals(self, asked: str) -> list[Result]:
        """What else there is for a budget: of papers, of tools, and whole in one precision."""
        exact = self.float_end()
        return [
            result
            for result in self.results()
            if self.method(result).kind != PLAN
            and result is not exact
            and result.budget in (asked, "")
        ]

    def sooner(self, plan: Result, other: str, axis: Axis) -> float | None:
        """How many times sooner the plan is than a method's fastest result that looks as good.

        None where none of its results is as good on the photos that both have.
        """
        ours = self.time_ms(plan)
        times = []
        for result in self.results():
            if result.method != other or (time_ms := self.time_ms(result)) is None:
                continue
            difference = self.better_by(plan, result, axis)
            if difference is not None and difference.mean <= 0:
                times.append(time_ms)
        return min(times) / ours if times and ours else None


def paired(differences: Sequence[float]) -> Difference:
    """The mean of differences with its bootstrap interval of 95 % over them."""
    values = np.asarray(differences, np.float64)
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(float(values.mean()), float(low), float(high), len(values))
