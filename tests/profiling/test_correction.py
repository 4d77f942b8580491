"""Corrections on profiles whose error is known."""

import msgspec
import numpy as np
import pytest
from test_prediction import FLOAT, GRAPH, INT8, UNITS, profile_of

from vernier.networks.source import graph_of
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import learned as learn
from vernier.profiling.correction import random_splits
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Time, Whole, load_profile, save_profile
from vernier.profiling.profiler import profile
from vernier.profiling.split_times import check_profile, split_times
from vernier.units.split import Form

PROFILE = profile_of(GRAPH, UNITS, np.random.default_rng(0))


def truth(split):
    """Units take longer than between dummies, and each segment wakes an engine."""
    found = Predictor(PROFILE).predict(split)
    slow = {FLOAT: 1.1, INT8: 1.6}
    units = sum(ms * slow[on] for ms, on in zip(found.units_ms, split, strict=True))
    return units + 1.5 * found.conversions_ms + found.borders_ms + 0.05 * len(found.runs)


def corrected(model, splits, measured, form=Form.SEGMENTS):
    """A profile that learned from some splits' times, and has forgotten the times themselves."""
    wholes = [
        Whole(processors=tuple(split), form=form, time=Time(ms, ms, ms))
        for split, ms in zip(splits, measured, strict=True)
    ]
    return msgspec.structs.replace(learn(model, wholes), wholes=())


def errors(model, splits):
    measured = np.array([truth(split) for split in splits])
    return np.abs([Predictor(model).predict(s).total_ms for s in splits] / measured - 1)


def test_a_few_splits_teach_what_holds_for_all():
    known, others = random_splits(PROFILE, 12), random_splits(PROFILE, 60, seed=1)
    learned = corrected(PROFILE, known, [truth(split) for split in known])
    assert errors(PROFILE, others).mean() > 0.07
    assert errors(learned, others).mean() < 0.03
    correction = learned.correction
    assert correction.splits == 12
    assert correction.error_before == pytest.approx(errors(PROFILE, known).mean())
    assert correction.error_after == pytest.approx(errors(learned, known).mean())
    # Learned anew, it starts from the parts and not from the former correction.
    assert corrected(learned, known, [truth(split) for split in known]) == learned


def test_a_model_that_is_right_is_left_alone():
    known = random_splits(PROFILE, 12)
    learned = corrected(PROFILE, known, [Predictor(PROFILE).predict(s).total_ms for s in known])
    assert errors_between(PROFILE, learned, random_splits(PROFILE, 30, seed=2)) < 1e-9


def errors_between(one, other, splits):
    pairs = [[Predictor(p).predict(s).total_ms for p in (one, other)] for s in splits]
    return max(abs(a / b - 1) for a, b in pairs)


@pytest.mark.parametrize("pace", [0.5, 2.0, 7.0])
def test_one_split_tells_the_pace_of_the_machine(pace):
    """A machine that was busy while it was profiled is faster as a whole, not unit by unit."""
    (known,) = random_splits(PROFILE, 1)
    times = [pace * Predictor(PROFILE).predict(known).total_ms]
    others = random_splits(PROFILE, 30, seed=2)
    found = corrected(PROFILE, [known], times)
    for split in others:
        wanted = pace * Predictor(PROFILE).predict(split).total_ms
        assert Predictor(found).predict(split).total_ms == pytest.approx(wanted)


def test_a_split_that_was_disturbed_does_not_bend_the_others():
    known, others = random_splits(PROFILE, 14), random_splits(PROFILE, 40, seed=1)
    times = [truth(split) for split in known]
    times[5] *= 2.5
    assert errors(corrected(PROFILE, known, times), others).mean() < 0.05


def test_a_unit_that_is_slower_in_its_network_is_found_out():
    """One unit takes five times as long as between dummies; no pace of a processor tells that."""
    known, others = random_splits(PROFILE, 30), random_splits(PROFILE, 40, seed=1)
    slow = max(range(len(UNITS)), key=lambda n: PROFILE.units[n].times[FLOAT].ms)

    def measured(split):
        found = Predictor(PROFILE).predict(split)
        return found.total_ms + (4 * found.units_ms[slow] if split[slow] == FLOAT else 0.0)

    found = corrected(PROFILE, known, [measured(split) for split in known])
    wanted = np.array([measured(split) for split in others])
    before, after = (
        np.abs(np.array([Predictor(p).predict(s).total_ms for s in others]) / wanted - 1).mean()
        for p in (PROFILE, found)
    )
    assert before > 0.1
    assert after < 0.7 * before


def test_what_was_timed_is_known():
    known = random_splits(PROFILE, 4)
    wholes = [
        Whole(processors=tuple(split), form=Form.SEGMENTS, time=Time(ms, ms, ms))
        for split, ms in zip(known, (11.0, 12.0, 13.0, 14.0), strict=True)
    ]
    found = learn(PROFILE, wholes)
    assert [Predictor(found).predict(s).total_ms for s in known] == [11.0, 12.0, 13.0, 14.0]
    again = learn(found, [msgspec.structs.replace(wholes[0], time=Time(9.0, 9.0, 9.0))])
    assert Predictor(again).predict(known[0]).total_ms == 9.0
    assert len(again.wholes) == 4


def test_splits_use_what_a_unit_can_run_on():
    units = [
        msgspec.structs.replace(u, times={FLOAT: u.times[FLOAT]}) if n == 2 else u
        for n, u in enumerate(PROFILE.units)
    ]
    partly = msgspec.structs.replace(PROFILE, units=tuple(units))
    splits = random_splits(partly, 40)
    assert all(split[2] == FLOAT for split in splits)
    assert splits[0] == [FLOAT] * len(UNITS)
    assert {INT8} == {split[3] for split in splits} - {FLOAT}
    assert len({tuple(split) for split in splits}) == 40


def test_a_measured_profile_is_checked_by_running_splits(tmp_path):
    subject = Subject("sesr-m3", 2, graph_of("sesr-m3", 2), 24, 32)
    found = profile(subject, [FLOAT, INT8], rounds=3, threads=1)
    checked = check_profile(subject, found, 5)
    # Five splits, of which the two of one processor are one file in either form.
    assert checked.correction.splits == 5
    assert checked.fused.splits == 5
    assert {one.form for one in checked.wholes} == {Form.SEGMENTS, Form.FUSED}
    assert all(switch.inside is not None for switch in found.switches)
    assert set(checked.correction.units) == {FLOAT, INT8}
    save_profile(checked, tmp_path / "p.json")
    assert load_profile(tmp_path / "p.json") == checked
    (ms,) = split_times(subject, [[FLOAT] * len(found.units)], threads=1, rounds=3)
    assert ms > 0
