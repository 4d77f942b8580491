"""Why a unit is where it is: what moving it alone would cost, in time and in looks."""

from __future__ import annotations

import msgspec

from vernier.planning.plan import PlannedUnit
from vernier.profiling.prediction import Predictor
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.problem import Problem
from vernier.splitting.starts import flips
from vernier.units.split import Split


def explained(problem: Problem, judge: Evaluations, split: Split) -> tuple[PlannedUnit, ...]:
    """For each unit what moving it alone would cost, in time and in looks.

    Of several processors that a unit could be moved to, the fastest is told.
    """
    times_ms = Predictor(problem.profile).predict(split).units_ms
    rows = []
    others = list(flips(problem, split))
    for unit, entry in enumerate(problem.profile.units):
        own = [one for one in others if one[unit] != split[unit]]
        row = PlannedUnit(name=entry.name, processor=split[unit], time_ms=round(times_ms[unit], 6))
        if own:
            flip = min(own, key=problem.time_ms)
            row = msgspec.structs.replace(
                row,
                moved_to=flip[unit],
                flip_ms=round(problem.time_ms(flip) - problem.time_ms(split), 6),
                flip_objective=round(judge(flip) - judge(split), 6),
            )
        rows.append(row)
    return tuple(rows)


def reason(unit: PlannedUnit, slack_ms: float) -> str:
    """Why a unit is where it is, in a sentence.

    Args:
        unit: of a plan.
        slack_ms: what the plan leaves of its budget, by prediction.
    """
    if not unit.moved_to:
        return "it runs nowhere else"
    looks, later = unit.flip_objective, unit.flip_ms
    if looks < 0 and later > slack_ms:
        return (
            f"{unit.moved_to} would look better by {-looks:.3g}, and takes {later:.3f} ms more of "
            f"the {slack_ms:.3f} ms that are left"
        )
    if looks > 0 and later < 0:
        return f"{unit.moved_to} would save {-later:.3f} ms and look worse by {looks:.3g}"
    if looks >= 0:
        return f"{unit.moved_to} would take {later:+.3f} ms and look worse by {looks:.3g}"
    return f"{unit.moved_to} would take {later:+.3f} ms and look better by {-looks:.3g}"
