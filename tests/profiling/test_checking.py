"""Profiles and plans edited by hand: what cannot be meant is named where the file is read."""

import json

import pytest
from small_plans import PROCESSORS, small_plan, small_profile

from vernier.errors import FileError, UsageError
from vernier.planning.plan import format_plan, load_plan
from vernier.profiling.profile import format_profile, load_profile
from vernier.splitting.problem import Problem

FLOAT = PROCESSORS[0]


def unit_time(ms, low=None, high=None):
    time = {"ms": ms, "low_ms": ms if low is None else low, "high_ms": ms if high is None else high}
    return lambda p: p["units"][2]["times"][FLOAT].update(time)


PROFILES = {
    "a time far below 0": (unit_time(-50), r"middle.1.*a time below 0, -50 ms"),
    "nanoseconds": (unit_time(1e12), r"middle.1.*cannot be a time"),
    "a median only": (unit_time(100, 0.2, 0.25), r"100 ms is outside of its own interval"),
    "a unit twice": (lambda p: p["units"].append(p["units"][0]), r"'first' is there twice"),
    "no units": (lambda p: p.update(units=[]), r"units: there is none"),
    "no height": (lambda p: p.update(height=0), r"height: expected 1 or more, found 0"),
    "other granularity": (lambda p: p.update(granularity="x"), r"expected layer or block"),
    "no processor's name": (lambda p: p.update(processors=["cpu"]), r"ENGINE:DEVICE:PRECISION"),
    "a processor twice": (lambda p: p.update(processors=[FLOAT, FLOAT]), r"is there twice"),
    "an unknown processor": (
        lambda p: p["borders"][0].update(processor="a:b:int8"),
        r"'a:b:int8' is none of its processors",
    ),
    "a time that is missing": (
        lambda p: p["units"][1]["times"].pop(FLOAT),
        r"middle.0.*neither a time on litert:cpu:float32 nor why",
    ),
    "a reader before its writer": (
        lambda p: p["units"][0]["reads"][0].update(unit=3),
        r"of unit 3, which is not before it",
    ),
    "a shape of nothing": (
        lambda p: p["switches"][0].update(shape=[1, 0, 4, 4]),
        r"found 1x0x4x4",
    ),
    "a switch twice": (
        lambda p: p["switches"].append(p["switches"][0]),
        r"is there twice",
    ),
    "a whole of other units": (
        lambda p: p["wholes"][0].update(processors=[FLOAT]),
        r"found 1 processors for 5 units",
    ),
    "a factor of a billion": (
        lambda p: p["correction"].update(borders=1e9),
        r"expected factors from 0 to a million",
    ),
}


@pytest.mark.parametrize("case", PROFILES)
def test_profiles(tmp_path, case):
    edit, words = PROFILES[case]
    profile = json.loads(format_profile(small_profile()))
    edit(profile)
    (tmp_path / "p.json").write_text(json.dumps(profile))
    with pytest.raises(FileError, match=words) as caught:
        load_profile(tmp_path / "p.json")
    assert str(caught.value).startswith(f"{tmp_path / 'p.json'}: ")
    assert len(str(caught.value)) < 600


def test_noise_may_be_below_0(tmp_path):
    profile = json.loads(format_profile(small_profile()))
    unit_time(-0.02, -0.1, 0.03)(profile)
    (tmp_path / "p.json").write_text(json.dumps(profile))
    assert load_profile(tmp_path / "p.json").units[2].times[FLOAT].ms == -0.02


@pytest.mark.parametrize("part", ["borders", "switches"])
def test_what_is_not_measured_is_said_and_not_looked_up(tmp_path, part):
    profile = json.loads(format_profile(small_profile()))
    profile[part] = []
    (tmp_path / "p.json").write_text(json.dumps(profile))
    with pytest.raises(UsageError, match=r"the profile has no (border|switch)"):
        Problem(load_profile(tmp_path / "p.json"), 1e9).time_ms((FLOAT, *PROCESSORS[1:] * 4))


PLANS = {
    "no units": (lambda p: p.update(units=[]), "expected units, found none"),
    "a unit twice": (lambda p: p["units"].append(p["units"][0]), "'first' is placed twice"),
    "no processor's name": (
        lambda p: p["units"][0].update(processor="cpu"),
        "ENGINE:DEVICE:PRECISION",
    ),
    "another form": (lambda p: p.update(form="x"), "'x' is not a valid Form"),
    "a time below 0": (lambda p: p.update(float_ms=-1), "-1 ms cannot be a time"),
    "a huge time": (lambda p: p.update(measured_ms=1e200), r"1e\+200 ms cannot be a time"),
    "no height": (lambda p: p.update(height=0), "expected sizes above 0, found 64x0 x2"),
    "a huge score": (lambda p: p["simulated"].update(psnr_db=1e200), "cannot be a score"),
}


@pytest.mark.parametrize("case", PLANS)
def test_plans(tmp_path, case):
    edit, words = PLANS[case]
    plan = json.loads(format_plan(small_plan()))
    edit(plan)
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(FileError, match=words):
        load_plan(tmp_path)
