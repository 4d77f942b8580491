"""One precision for all: the ends of what a split can be."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.errors import ProcessorError
from vernier.processor_id import is_integer
from vernier.processors.discovery import find_processor
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import passed_over
from vernier.profiling.prediction import Predictor
from vernier.rivals.decision import Decision, PlacedUnit
from vernier.rivals.protocol import About, Runner, Setting, Unsuitable
from vernier.rivals.whole import split_runner
from vernier.units.split import Form, Split


@dataclass(frozen=True)
class End:
    """All units in one precision, on all cores."""

    about: About
    precision: str

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        problem = setting.problem(budget_ms)
        if self.precision == "bfloat16":
            split: Split = (bfloat16_processor(setting),) * len(setting.units)
            profiled = split[0] in setting.context.profile.processors
        else:
            split = problem.finest if self.precision == "float32" else problem.coarsest
            profiled = True
            if self.precision == "int8" and not any(map(is_integer, split)):
                raise Unsuitable("no unit has an INT8 form here")
        times = setting.context.profile.units
        pace = setting.pace
        placement = tuple(
            PlacedUnit(
                name=unit.name,
                processor=name,
                time_ms=round(entry.times[name].ms * pace, 6) if name in entry.times else None,
                int8_share=float(is_integer(name)),
            )
            for unit, entry, name in zip(setting.units, times, split, strict=True)
        )
        found = Predictor(setting.context.profile).predict(split) if profiled else None
        return Decision(
            split=split,
            form=(Form.SEGMENTS if found is None else found.form).value,
            predicted_ms=None if found is None else round(found.total_ms * pace, 4),
            placement=placement,
        )

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        return split_runner(setting, decision, height, width)


def bfloat16_processor(setting: Setting) -> str:
    """The bfloat16 processor of the float processor's engine, or any, if its numbers are right."""
    if setting.modelled:
        raise Unsuitable("there is no model of bfloat16 on this phone")
    engine = setting.float_processor.split(":")[0]
    reasons = []
    for name in dict.fromkeys((f"{engine}:cpu:bfloat16", "openvino:cpu:bfloat16")):
        try:
            processor = find_processor(name)
        except ProcessorError as error:
            reasons.append(str(error))
            continue
        available = processor.availability()
        reason = available.detail if not available.present else ""
        reason = reason or passed_over(processor, kinds_in(setting.source.graph))
        if not reason:
            return name
        reasons.append(reason)
    raise Unsuitable(f"bfloat16 does not run here: {reasons[-1]}")


FLOAT = End(
    About(
        name="float",
        title="float only",
        kind="end",
        policy="every unit on the float processor",
        budgeted=False,
    ),
    "float32",
)
INT8 = End(
    About(
        name="int8",
        title="INT8 only",
        kind="end",
        policy="every unit in INT8 that has an INT8 form",
        budgeted=False,
    ),
    "int8",
)
BFLOAT16 = End(
    About(
        name="bfloat16",
        title="bfloat16 only",
        kind="end",
        policy="every unit in bfloat16, where the CPU multiplies in it",
        budgeted=False,
    ),
    "bfloat16",
)
