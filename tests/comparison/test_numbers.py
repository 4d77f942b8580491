"""Intervals, memory, energy and the line of verdict."""

import sys

import msgspec
import numpy as np
import pytest
from scipy import stats
from small_comparisons import small_comparison

from vernier.comparison.intervals import bootstrap
from vernier.comparison.records import Comparison
from vernier.comparison.resources import EnergyCounter, energy_counter, peak_memory
from vernier.comparison.verdict import sooner, unprofitable, verdict_of


def test_the_interval_is_scipys():
    values = np.random.default_rng(3).gamma(2.0, size=40)
    mean, low, high = bootstrap(values)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20000, method="percentile", rng=1
    ).confidence_interval
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((theirs.low, theirs.high), rel=0.02)
    assert bootstrap([2.5]) == (2.5, 2.5, 2.5)
    assert bootstrap(values, seed=1) == bootstrap(values, seed=1) != bootstrap(values, seed=2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory")
def test_memory_that_was_given_back_is_in_the_peak():
    with peak_memory() as small:
        pass
    with peak_memory() as large:
        held = np.ones(8 << 20)
        del held
    assert large.bytes - small.bytes > 60 << 20


def test_energy_counters_begin_again_at_their_end(tmp_path):
    files = []
    for name, value in (("first", 900), ("second", 100)):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "energy_uj")
        files[-1].write_text(f"{value}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("1000\n")
    counter = EnergyCounter(tuple(files))
    before = counter.read()
    files[0].write_text("50\n")
    files[1].write_text("130\n")
    assert counter.joules(before, counter.read()) == pytest.approx((150 + 30) / 1e6)


def test_this_machine_tells_its_energy_or_nothing():
    counter = energy_counter()
    assert counter is None or all(value >= 0 for value in counter.read())


def test_a_pair_pays_where_int8_is_clearly_faster():
    assert unprofitable(10.0, 5.0, "a", "b") == ""
    said = unprofitable(10.0, 9.5, "a:cpu:float32", "b:cpu:int8")
    assert "9.50 ms (b:cpu:int8)" in said
    assert "10.00 ms (a:cpu:float32)" in said


def _judged(visible: dict[str, float], plan_ms: float = 9.5) -> Comparison:
    known = small_comparison()
    metric = msgspec.structs.replace(known.metrics[0], name="visible", better="lower")
    results = []
    for result in known.results:
        means = tuple(
            msgspec.structs.replace(one, metric="visible", mean=visible[result.method])
            for one in result.means
            if (one.metric, one.against) == ("psnr", "float")
        )
        took = result.measured
        if result.method == "plan":
            took = msgspec.structs.replace(took, median_ms=plan_ms)
        results.append(msgspec.structs.replace(result, means=means, measured=took))
    return msgspec.structs.replace(
        known, metrics=(*known.metrics, metric), objective="visible", results=tuple(results)
    )


def test_the_verdict_is_of_methods_that_keep_the_budget():
    # Float only looks best and takes 20 ms of 10.
    ahead = verdict_of(_judged({"int8": 3.0, "plan": 1.0}))
    assert ahead == "0.5x: the plan (visible 1) is ahead of INT8 only (3)"
    assert "is behind INT8 only" in verdict_of(_judged({"int8": 0.5, "plan": 1.0}))
    late = verdict_of(_judged({"int8": 3.0, "plan": 1.0}, plan_ms=12.0))
    assert late == "0.5x: no plan keeps it; INT8 only does"


def test_sooner_is_of_methods_that_a_plan_equals():
    (found,) = sooner(_judged({"int8": 3.0, "plan": 1.0}))
    assert (found[0].method, found[1].budget) == ("int8", "0.5x")
    assert found[2] == pytest.approx(5.0 / 9.5)
    assert sooner(_judged({"int8": 0.5, "plan": 1.0})) == []
