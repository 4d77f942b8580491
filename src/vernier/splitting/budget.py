"""The time that a user allows: `40ms`, `30fps`, or `0.5x` of all-float."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from vernier.errors import UsageError
from vernier.processor_id import is_integer
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest
from vernier.units.split import Split

_FORM = re.compile(r"^([0-9]*\.?[0-9]+)\s*(ms|fps|x)$")


@dataclass(frozen=True)
class Budget:
    """A time, as it was asked for.

    Attributes:
        value: a number.
        unit: "ms", "fps", or "x" for a share of what the float network takes.
    """

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:g}{self.unit}"

    def in_ms(self, float_ms: float) -> float:
        """The time of one picture in ms.

        Args:
            float_ms: of the network all in float.
        """
        if self.unit == "fps":
            return 1000 / self.value
        return self.value * float_ms if self.unit == "x" else self.value


def parse_budget(text: str) -> Budget:
    """From what a user writes.

    Raises:
        UsageError: anything else, or nothing above 0.
    """
    found = _FORM.match(text.strip().lower())
    if found is None or not 0 < float(found[1]) < math.inf:
        raise UsageError(
            f"expected a budget such as 40ms, 30fps or 0.5x (of all-float), found {text!r}"
        )
    return Budget(float(found[1]), found[2])


def check_reachable(problem: Problem) -> Split:
    """The fastest split, if it keeps the budget.

    Raises:
        UsageError: none does; with what the fastest takes, and where the time goes.
    """
    best = fastest(problem)
    if best is None:
        raise UsageError("no split keeps the constraints on switches, memory and locked units")
    if problem.time_ms(best) <= problem.budget_ms:
        return best
    slow = max(
        range(len(best)), key=lambda number: problem.profile.units[number].times[best[number]].ms
    )
    unit = problem.profile.units[slow]
    raise UsageError(
        f"no split reaches {problem.budget_ms:.2f} ms: the fastest, "
        f"{sum(map(is_integer, best))} of {len(best)} units in INT8 with "
        f"{problem.switches(best)} switches, takes {problem.time_ms(best):.2f} ms; "
        f"{unit.times[best[slow]].ms:.2f} ms of it are {unit.name!r} on {best[slow]}; use a larger "
        "budget, a smaller picture, or a smaller network"
    )
