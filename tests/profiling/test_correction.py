"""Corrections on profiles whose error is known."""

import msgspec
import numpy as np
import pytest
from test_prediction import FLOAT, GRAPH, INT8, UNITS, profile_of

from vernier.evaluation.network_source import graph_of
from vernier.evaluation.split_times import check_profile, split_times
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import corrected, random_splits
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import load_profile, save_profile
from vernier.profiling.profiler import profile

PROFILE = profile_of(GRAPH, UNITS, np.random.default_rng(0))


def truth(split):
    """Units take longer than between dummies, and each segment wakes an engine."""
    found = Predictor(PROFILE).predict(split)
    slow = {FLOAT: 1.1, INT8: 1.25}
    units = sum(ms * slow[on] for ms, on in zip(found.units_ms, split, strict=True))
    return units + 1.5 * found.conversions_ms + found.borders_ms + 0.05 * len(found.runs)


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


def test_too_few_splits_only_tell_the_error():
    known = random_splits(PROFILE, 3)
    learned = corrected(PROFILE, known, [truth(split) for split in known])
    assert learned.correction.units == {}
    assert learned.correction.error_before == learned.correction.error_after > 0
    assert errors_between(PROFILE, learned, known) == 0


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


def test_a_measured_profile_is_checked_by_running_splits(tmp_path):
    subject = Subject("sesr-m3", 2, graph_of("sesr-m3", 2), 24, 32)
    found = profile(subject, [FLOAT, INT8], rounds=3, threads=1)
    checked = check_profile(subject, found, 5)
    assert checked.correction.splits == 5
    assert set(checked.correction.units) == {FLOAT, INT8}
    save_profile(checked, tmp_path / "p.json")
    assert load_profile(tmp_path / "p.json") == checked
    (ms,) = split_times(subject, [[FLOAT] * len(found.units)], threads=1, rounds=3)
    assert ms > 0
