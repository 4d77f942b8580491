"""A profile and a plan of few units with plausible times, as files that a test may edit."""

from __future__ import annotations

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.planning.plan import FORMAT as PLAN_FORMAT
from vernier.planning.plan import Attempt, Plan, PlannedUnit, Scores
from vernier.processors.machine import describe_machine
from vernier.profiling.profile import (
    FORMAT,
    Border,
    Correction,
    Crossing,
    Profile,
    Settings,
    Switch,
    Time,
    UnitTimes,
    Whole,
)
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form

PROCESSORS = ("litert:cpu:float32", "litert:cpu:int8")
SHAPE = (1, 48, 64, 16)
SCORES = Scores(
    photos="3 photos", objective=0.5, piqe=40.0, piqe_float=41.0, gmsd=0.01, ssim=0.99, psnr_db=45.0
)


def _time(ms: float) -> Time:
    return Time(ms, ms * 0.9, ms * 1.1, 21)


def small_profile() -> Profile:
    """Of sesr-m3 x2 at 64x48, by layer."""
    units = cut(open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph, Granularity.LAYER)
    return Profile(
        format=FORMAT,
        network="sesr-m3",
        scale=2,
        height=48,
        width=64,
        granularity="layer",
        processors=PROCESSORS,
        made_by="a test",
        date="2026-01-01",
        machine=describe_machine(),
        settings=Settings(21, 1, (0,), "numpy"),
        units=tuple(
            UnitTimes(
                name=unit.name,
                operators=unit.operators,
                kind="conv",
                macs=1000,
                reads=(Crossing(f"t{number - 1}", SHAPE, number - 1),),
                writes=(Crossing(f"t{number}", SHAPE, number),),
                times={name: _time(1.0 + i) for i, name in enumerate(PROCESSORS)},
                outside={PROCESSORS[0]: {f"t{number - 1}": _time(1.5)}},
            )
            for number, unit in enumerate(units)
        ),
        borders=tuple(Border(name, SHAPE, _time(0.1)) for name in PROCESSORS),
        switches=tuple(
            Switch(one, other, SHAPE, _time(0.2), _time(0.05), _time(0.1))
            for one, other in (PROCESSORS, PROCESSORS[::-1])
        ),
        correction=Correction(units={PROCESSORS[0]: 1.1}, splits=3),
        wholes=(Whole(processors=PROCESSORS[:1] * len(units), form=Form.FUSED, time=_time(4.0)),),
    )


def small_plan() -> Plan:
    """Of the profile's units, all but the first in INT8."""
    profile = small_profile()
    units = tuple(
        PlannedUnit(
            name=unit.name,
            processor=PROCESSORS[min(number, 1)],
            time_ms=1.0,
            moved_to=PROCESSORS[1 - min(number, 1)],
            flip_ms=0.5,
            flip_objective=0.1,
        )
        for number, unit in enumerate(profile.units)
    )
    placed = tuple(unit.processor for unit in units)
    return Plan(
        format=PLAN_FORMAT,
        network="sesr-m3",
        scale=2,
        height=48,
        width=64,
        granularity="layer",
        made_by="a test",
        date="2026-01-01",
        machine=profile.machine,
        method="search",
        objective="visible",
        bound_db=52.0,
        seed=0,
        budget="0.8x",
        budget_ms=5.0,
        float_ms=6.0,
        predicted_ms=4.5,
        measured_ms=4.7,
        switches=1,
        judged=10,
        search_s=1.0,
        simulated=SCORES,
        held_out=SCORES,
        units=units,
        attempts=(
            Attempt(
                processors=placed, target_ms=5.0, predicted_ms=4.5, measured_ms=4.7,
                objective=0.5, kept=True,
            ),
        ),
    )  # fmt: skip
