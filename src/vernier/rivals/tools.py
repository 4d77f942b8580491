"""What a user would do today: the mixed-precision policies of quantisation tools."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.planning.explaining import explained
from vernier.processor_id import is_integer
from vernier.profiling.prediction import Predictor
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import SplitQuality
from vernier.rivals.decision import Decision, PlacedUnit
from vernier.rivals.protocol import About, Runner, Setting, Unsuitable
from vernier.rivals.whole import split_runner
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.greedy import greedy
from vernier.splitting.problem import Problem
from vernier.splitting.sensitivities import sensitivities
from vernier.units.split import Split

AIMET = About(
    name="greedy",
    title="greedy (as AIMET)",
    kind="tool",
    paper="Qualcomm AIMET, automatic mixed precision",
    policy="each unit alone in INT8 is judged by PSNR to the float picture; the least "
    "sensitive go to INT8 first, until the profile says that the time is kept",
    adapted="AIMET's bit-operations are the profile's times here, switches included",
)


@dataclass(frozen=True)
class Greedy:
    """AIMET's order: units alone in INT8, the least sensitive first, until the time is kept."""

    about: About = AIMET

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        problem, judge = setting.problem(budget_ms), _judge(setting)
        split = greedy(problem, sensitivities(problem, judge))
        if split is None:
            raise Unsuitable(f"no split on its way keeps {budget_ms:.2f} ms by the profile")
        return decision_of(problem, judge, split, setting.pace)

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        return split_runner(setting, decision, height, width)


NNCF = About(
    name="accuracy_control",
    title="accuracy control (as NNCF)",
    kind="tool",
    paper="OpenVINO NNCF, quantize_with_accuracy_control",
    policy="all units in INT8; each alone back in float is judged by PSNR to the float "
    "picture, and those that help most go back, in that order, while the profile says that time "
    "is left",
    adapted="NNCF goes on until an accuracy is reached, this one until the time is used up",
)


@dataclass(frozen=True)
class AccuracyControl:
    """NNCF's order: all in INT8, and back to float what helps most, one after the other."""

    about: About = NNCF

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        problem, judge = setting.problem(budget_ms), _judge(setting)
        split = problem.coarsest
        if not problem.feasible(split):
            raise Unsuitable(f"all in INT8 does not keep {budget_ms:.2f} ms by the profile")
        base = judge(split)
        ranked = []
        for unit, fine in enumerate(problem.finest):
            if is_integer(split[unit]):
                ranked.append((base - judge(_with(split, unit, fine)), -unit))
        for _, place in sorted(ranked, reverse=True):
            moved = _with(split, -place, problem.finest[-place])
            if not problem.feasible(moved):
                break
            split = moved
        return decision_of(problem, judge, split, setting.pace)

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        return split_runner(setting, decision, height, width)


def decision_of(problem: Problem, judge: Evaluations, split: Split, pace: float) -> Decision:
    """A split with what moving each unit would cost, in ms at a pace of the profile's."""
    alone = sensitivities(problem, judge)
    names = problem.profile.processors
    coarse = problem.coarsest
    rows = explained(problem, judge, split)
    switches_ms = problem.switches_ms(split)
    return Decision(
        split=split,
        form=Predictor(problem.profile).predict(split).form.value,
        predicted_ms=round(problem.time_ms(split) * pace, 4),
        placement=tuple(
            PlacedUnit(
                name=row.name,
                processor=row.processor,
                time_ms=round(row.time_ms * pace, 6),
                switch_ms=round(switches_ms[unit] * pace, 6),
                sensitivity=round(float(alone[unit, names.index(coarse[unit])]), 6),
                moved_to=row.moved_to,
                flip_ms=round(row.flip_ms * pace, 6) if row.moved_to else None,
                flip_objective=row.flip_objective if row.moved_to else None,
                int8_share=float(is_integer(row.processor)),
            )
            for unit, row in enumerate(rows)
        ),
    )


def _judge(setting: Setting) -> Evaluations:
    """PSNR to the float picture, on the crops that the plan is searched with."""
    context = setting.context
    quality = SplitQuality(
        context.source,
        context.ranges,
        context.search_crops,
        Objective.PSNR,
        context.guard,
        context.subject.granularity,
    )
    return context.evaluations(quality, "evaluations-psnr")


def _with(split: Split, unit: int, processor: str) -> Split:
    return (*split[:unit], processor, *split[unit + 1 :])
