"""Small profiles with times that a test can choose, and a judge in closed form."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from vernier.processors.machine import describe_machine
from vernier.profiling.profile import (
    FORMAT,
    Border,
    Crossing,
    Profile,
    Settings,
    Switch,
    Time,
    UnitTimes,
)
from vernier.splitting.problem import Constraints, Problem
from vernier.units.split import Split

FLOAT, INT8, BFLOAT16 = "one:cpu:float32", "one:cpu:int8", "two:cpu:bfloat16"
SHAPE = (1, 8, 8, 16)


def ms(value: float) -> Time:
    return Time(value, value, value)


def make_profile(
    times: Sequence[dict[str, float]],
    skips: dict[int, int] | None = None,
    border: float = 0.05,
    switch: float = 0.2,
    inside: float | None = None,
) -> Profile:
    """A chain of units, some of which also read the output of an earlier one.

    With `inside`, a change of format in one file costs so much.
    """
    names = tuple(dict.fromkeys(name for unit in times for name in unit))
    units = []
    for number, unit in enumerate(times):
        reads = [Crossing("in" if number == 0 else f"t{number - 1}", SHAPE, number - 1)]
        if skips and number in skips:
            reads.append(Crossing(f"t{skips[number]}", SHAPE, skips[number]))
        units.append(
            UnitTimes(
                name=f"u{number}",
                operators=(f"t{number}",),
                kind="conv",
                macs=1,
                reads=tuple(reads),
                writes=(Crossing(f"t{number}", SHAPE, number),),
                times={name: ms(value) for name, value in unit.items()},
                outside={},
            )
        )
    return Profile(
        format=FORMAT,
        network="chain",
        scale=2,
        height=8,
        width=8,
        granularity="layer",
        processors=names,
        made_by="a test",
        date="2026-01-01",
        machine=describe_machine(),
        settings=Settings(1, 1, (0,), "numpy"),
        units=tuple(units),
        borders=tuple(Border(name, SHAPE, ms(border)) for name in names),
        switches=tuple(
            Switch(one, other, SHAPE, ms(switch), ms(0.0), None if inside is None else ms(inside))
            for one in names
            for other in names
            if one != other
        ),
    )


def random_problem(
    seed: int,
    units: int = 7,
    share: float = 0.6,
    processors: Sequence[str] = (FLOAT, INT8),
    skips: dict[int, int] | None = None,
    constraints: Constraints | None = None,
    inside: float | None = None,
) -> Problem:
    rng = np.random.default_rng(seed)
    speed = {FLOAT: 1.0, INT8: 0.2, BFLOAT16: 0.5}
    times = [
        {name: float(rng.uniform(0.5, 2) * speed[name]) for name in processors}
        for _ in range(units)
    ]
    open_problem = Problem(
        make_profile(times, skips, inside=inside), math.inf, constraints or Constraints()
    )
    return open_problem.within(share * open_problem.time_ms(open_problem.finest))


def additive_judge(problem: Problem, seed: int, pairs: float = 0.0) -> Callable[..., float]:
    """Damage that adds up by unit, and, with `pairs`, also by pairs of neighbours."""
    rng = np.random.default_rng(seed)
    own = {
        (unit, name): 0.0 if name == FLOAT else float(rng.uniform(0.1, 2))
        for unit, able in enumerate(problem.able)
        for name in able
    }
    both = rng.normal(size=len(problem.able)) * pairs

    def judge(split: Split) -> float:
        single = sum(own[unit, name] for unit, name in enumerate(split))
        return single + sum(
            both[n] for n in range(len(split) - 1) if split[n] != FLOAT and split[n + 1] != FLOAT
        )

    return judge


@pytest.fixture
def problem() -> Problem:
    return random_problem(0)
