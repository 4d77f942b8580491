"""A comparison in a line."""

from __future__ import annotations

from vernier.comparison.records import Comparison, Result

PAYS = 0.9
"""INT8 must take less than so much of float's time, or no division of the network can pay."""
KEPT = 1.05
"""A budget counts as kept up to so much of it: medians of one machine differ by that from day to
day."""


def unprofitable(float_ms: float, int8_ms: float, float_name: str, int8_name: str) -> str:
    """Why a pair of processors is not worth comparing on; "" where it is."""
    if int8_ms < PAYS * float_ms:
        return ""
    return (
        "this machine offers no pair of processors that is worth dividing this network for: all "
        f"in INT8 takes {int8_ms:.2f} ms ({int8_name}), "
        f"all in float {float_ms:.2f} ms ({float_name})"
    )


def verdict_of(comparison: Comparison) -> str:
    """Of each budget, whether the plan looks better than every method that keeps it."""
    return "; ".join(
        f"{budget.asked}: {_of_budget(comparison, budget.asked, budget.ms)}"
        for budget in comparison.budgets
    )


def keeps(result: Result, budget_ms: float) -> bool:
    """Whether a method was measured, or modelled where it is not here, within a budget."""
    took_ms = time_of(result)
    return took_ms is not None and took_ms <= KEPT * budget_ms


def time_of(result: Result) -> float | None:
    """A method's median time in ms, or the modelled one; None if there is none."""
    return result.modelled_ms if result.measured is None else result.measured.median_ms


def sooner(comparison: Comparison) -> list[tuple[Result, Result, float]]:
    """For each rival the fastest plan that looks as good or better, and how much sooner it is.

    Returns:
        Rivals that some plan equals in looks, each with that plan's result and the ratio of times,
        above 1 where the plan is sooner.
    """
    metric = objective_metric(comparison)
    sign = -1 if _higher(comparison, metric) else 1
    known = [
        (result, score, time_ms)
        for result in comparison.results
        if (score := score_of(result, metric)) is not None
        and (time_ms := time_of(result)) is not None
    ]
    plans = [one for one in known if one[0].method == "plan"]
    found = []
    for rival, score, time_ms in known:
        as_good = [one for one in plans if sign * one[1] <= sign * score]
        if rival.method != "plan" and as_good:
            best = min(as_good, key=lambda one: one[2])
            found.append((rival, best[0], time_ms / best[2]))
    return found


def _higher(comparison: Comparison, metric: str) -> bool:
    return any(one.name == metric and one.better == "higher" for one in comparison.metrics)


def objective_metric(comparison: Comparison) -> str:
    """The score that plans were searched for, or the default one."""
    names = {one.name for one in comparison.metrics if one.referenced}
    return comparison.objective if comparison.objective in names else "visible"


def score_of(result: Result, metric: str) -> float | None:
    """A method's mean to the float picture over all photos; None if it has none."""
    found = [one for one in result.means if (one.metric, one.against) == (metric, "float")]
    photos = sum(one.photos for one in found)
    return sum(one.mean * one.photos for one in found) / photos if photos else None


def _of_budget(comparison: Comparison, asked: str, budget_ms: float) -> str:
    metric = objective_metric(comparison)
    higher = _higher(comparison, metric)
    titles = {one.name: one.title for one in comparison.methods}
    scores = {}
    for method in comparison.methods:
        result = comparison.of(method.name, asked)
        score = None if result is None else score_of(result, metric)
        if result is None or not keeps(result, budget_ms):
            continue
        if score is None and method.name != "float":
            continue
        scores[method.name] = 0.0 if score is None else score
    plan = scores.pop("plan", None)
    if plan is None:
        best = ", ".join(titles[name] for name in scores) or "no method"
        return f"no plan keeps it; {best} does"
    if not scores:
        return f"only the plan keeps it ({metric} {plan:.3g})"
    rival = (max if higher else min)(scores, key=lambda name: scores[name])
    ahead = plan > scores[rival] if higher else plan < scores[rival]
    word = "ahead of" if ahead else "level with" if plan == scores[rival] else "behind"
    return f"the plan ({metric} {plan:.3g}) is {word} {titles[rival]} ({scores[rival]:.3g})"
