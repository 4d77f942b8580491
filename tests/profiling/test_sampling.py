import time

import numpy as np
import pytest

from vernier.profiling.sampling import Samples, estimate, sample, sample_loads


def test_every_contender_runs_once_per_round_in_changing_order():
    order = []
    names = ("a", "b", "c")
    # One that tells its own time is run once only.
    found = sample({name: lambda name=name: order.append(name) or 1.0 for name in names}, 20, 3)
    rounds = [tuple(order[start : start + 3]) for start in range(0, len(order), 3)]
    assert len(rounds) == 23
    assert all(sorted(members) == list(names) for members in rounds)
    assert len(set(rounds)) > 3
    assert all(len(times) == 20 for times in found.times_ms.values())


def test_what_contenders_share_cancels_round_by_round():
    """A machine that drifts by a factor of ten leaves the difference as it is."""
    rng = np.random.default_rng(1)
    drift = np.linspace(100, 1000, 40)
    unit = 7.0 + rng.normal(scale=0.05, size=40)
    samples = Samples({"with": drift + unit, "without": drift})
    found = samples.combine({"with": 1.0, "without": -1.0})
    assert found.median_ms == pytest.approx(7.0, abs=0.05)
    assert found.low_ms < found.median_ms < found.high_ms
    assert found.high_ms - found.low_ms < 0.1


def test_slow_rounds_are_dropped_and_told_of():
    times = np.full(30, 10.0) + np.linspace(0, 0.1, 30)
    times[[4, 17]] = 55.0
    other = np.full(30, 3.0)
    found = Samples({"a": times, "b": other}).combine({"a": 1.0, "b": 1.0})
    assert (found.rounds, found.discarded) == (28, 2)
    assert found.median_ms == pytest.approx(13.05, abs=0.02)


def test_fast_rounds_are_never_dropped():
    times = np.full(30, 10.0)
    times[3] = 1.0
    assert Samples({"a": times}).combine({"a": 1.0}).discarded == 0


def test_the_interval_covers_the_median_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        found = estimate(rng.lognormal(size=25))
        covered += found.low_ms <= 1.0 <= found.high_ms
    assert 0.90 < covered / 300 < 0.99


def test_where_nearly_every_round_has_an_outlier_all_count():
    """Many contenders, each slow in rounds of its own: no round would be left."""
    times = {}
    for number in range(12):
        values = np.full(12, 1.0)
        values[number] = 9.0
        times[str(number)] = values
    found = Samples(times)
    assert found.kept.all()
    assert found.combine({"0": 1.0}).median_ms == 1.0


def test_outliers_are_judged_within_their_load():
    """The second load is slower throughout: no reason to drop it."""
    values = np.concatenate([np.full(10, 1.0), np.full(5, 1.6)])
    values[3], values[12] = 4.0, 4.0
    kept = Samples({"x": values}, np.repeat([0, 1], [10, 5])).kept
    assert np.flatnonzero(~kept).tolist() == [3, 12]


def test_everything_is_loaded_anew_a_few_times():
    loaded, closed = [], []

    def load(stack):
        loaded.append(len(loaded))
        stack.callback(lambda number=loaded[-1]: closed.append(number))
        return {"a": lambda number=loaded[-1]: float(number)}

    found = sample_loads(load, 8)
    assert loaded == closed == [0, 1, 2]
    assert found.times_ms["a"].tolist() == [0.0] * 3 + [1.0] * 3 + [2.0] * 2
    assert found.loads.tolist() == [0] * 3 + [1] * 3 + [2] * 2


@pytest.mark.parametrize(("enough_ms", "rounds"), [(10.0, 3), (1e9, 7)])
def test_what_takes_long_is_run_less_often(enough_ms, rounds):
    found = sample({"slow": lambda: time.sleep(0.035)}, 7, enough_ms=enough_ms)
    assert len(found.times_ms["slow"]) == rounds
