"""Vernier's own plan, as one of the methods that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vernier.files import write_whole
from vernier.planning.plan import Plan, format_plan, load_plan
from vernier.planning.planner import make_plan
from vernier.processor_id import is_integer
from vernier.progress import Progress, silent
from vernier.rivals.decision import Decision, PlacedUnit
from vernier.rivals.protocol import About, Runner, Setting, Unsuitable
from vernier.rivals.whole import split_runner
from vernier.splitting.budget import Budget
from vernier.splitting.sensitivities import sensitivities

ABOUT = About(
    name="plan",
    title="Vernier",
    kind="plan",
    policy="the split that looks best by the objective within the time, searched, timed and "
    "searched again (docs/planning.md)",
)


@dataclass(frozen=True)
class PlanMethod:
    """See the module.

    Attributes:
        folder: where plans are kept.
        progress: of the search.
    """

    folder: Path
    progress: Progress = silent
    about: About = ABOUT

    def plan(self, setting: Setting, budget: Budget) -> Plan:
        """The plan for a budget, from its file where there is one.

        Raises:
            UsageError: no split keeps the budget.
        """
        file = self.folder / f"plan-{budget}.json"
        if file.exists():
            return load_plan(file)
        context = setting.context.asked(budget=budget)
        made = make_plan(context, progress=self.progress)
        write_whole(file, format_plan(made))
        return made

    def decide(self, setting: Setting, budget: Budget) -> Decision:
        """The plan's split with its account of each unit."""
        plan = self.plan(setting, budget)
        if not plan.within:
            raise Unsuitable(f"no split keeps {budget}")
        problem = setting.problem(float("inf"))
        alone = sensitivities(problem, setting.context.evaluations(setting.context.quality()))
        names, coarse = problem.profile.processors, problem.coarsest
        switches_ms = problem.switches_ms(plan.processors)
        return Decision(
            split=plan.processors,
            form=plan.form,
            predicted_ms=plan.predicted_ms,
            note=f"found by {plan.method}, {plan.judged} judgements, {plan.switches} switches",
            placement=tuple(
                PlacedUnit(
                    name=unit.name,
                    processor=unit.processor,
                    time_ms=unit.time_ms,
                    switch_ms=round(switches_ms[at] * setting.pace, 6),
                    sensitivity=round(float(alone[at, names.index(coarse[at])]), 6),
                    moved_to=unit.moved_to,
                    flip_ms=unit.flip_ms if unit.moved_to else None,
                    flip_objective=unit.flip_objective if unit.moved_to else None,
                    int8_share=float(is_integer(unit.processor)),
                )
                for at, unit in enumerate(plan.units)
            ),
        )

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `rivals.protocol.Rival`."""
        return split_runner(setting, decision, height, width)
