"""Profiles compared, merged and scaled, on profiles whose times are known."""

import msgspec
import pytest

from vernier.errors import UsageError
from vernier.networks.source import graph_of
from vernier.profiling.assembly import Subject
from vernier.profiling.combining import differences, merge, scaled
from vernier.profiling.modelled import modelled_profile
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Time

CPU, NPU = "modelled:pixel-6-cpu:float32", "modelled:pixel-6-npu:int8"
GRAPH = graph_of("sesr-m5", 2)


def profile(height=90, width=160, names=(CPU, NPU)):
    return modelled_profile(Subject("sesr-m5", 2, GRAPH, height, width), names)


def with_time(found, unit, processor, time):
    units = list(found.units)
    units[unit] = msgspec.structs.replace(units[unit], times={**units[unit].times, processor: time})
    return msgspec.structs.replace(found, units=tuple(units))


def test_a_difference_is_clear_where_the_intervals_are_apart():
    first = with_time(profile(), 2, CPU, Time(1.0, 0.9, 1.1, 9))
    apart = with_time(first, 2, CPU, Time(2.0, 1.8, 2.2, 9))
    close = with_time(first, 2, CPU, Time(1.1, 1.0, 1.2, 9))
    (found,) = [d for d in differences(first, apart) if d.clear]
    assert found.ratio == 2.0
    assert found.what.endswith(f"on {CPU}")
    assert not any(d.clear for d in differences(first, close))
    assert not any(d.clear for d in differences(first, first))


def test_merging_keeps_what_has_more_rounds():
    rough = with_time(profile(), 0, CPU, Time(1.0, 0.5, 1.5, 9))
    fine = with_time(profile(), 0, CPU, Time(1.2, 1.1, 1.3, 61))
    assert merge(rough, fine).units[0].times[CPU].ms == 1.2
    assert merge(fine, rough).units[0].times[CPU].ms == 1.2


def test_merging_joins_processors():
    joined = merge(profile(names=(CPU,)), profile(names=(NPU,)))
    assert joined.processors == (CPU, NPU)
    assert set(joined.modelled) == {CPU, NPU}
    predictor = Predictor(joined)
    whole = predictor.predict([NPU] * 7).total_ms
    assert whole == Predictor(profile()).predict([NPU] * 7).total_ms
    with pytest.raises(UsageError, match="no switch"):
        predictor.predict([CPU] * 3 + [NPU] * 4)


@pytest.mark.parametrize("combine", [differences, merge])
def test_other_networks_and_sizes_are_refused(combine):
    with pytest.raises(UsageError, match="one network, size and cut"):
        combine(profile(), profile(45, 80))


def test_other_machines_are_not_merged():
    other = profile()
    elsewhere = msgspec.structs.replace(
        other, machine=msgspec.structs.replace(other.machine, cpu="another")
    )
    with pytest.raises(UsageError, match="one machine"):
        merge(profile(), elsewhere)


@pytest.mark.parametrize(("height", "width"), [(30, 40), (90, 160), (360, 640)])
def test_a_line_through_two_sizes_meets_what_is_linear(height, width):
    """A phone's modelled times grow with the pixels alone, so any third size is met exactly."""
    found = scaled(profile(45, 80), profile(180, 320), height, width)
    wanted = profile(height, width)
    assert (found.height, found.width) == (height, width)
    assert all("80x45 and 320x180" in how for how in found.modelled.values())
    for one, other in zip(found.units, wanted.units, strict=True):
        assert one.reads == other.reads
        assert one.times[CPU].ms == pytest.approx(other.times[CPU].ms, abs=1e-9)
    for split in ([CPU] * 7, [NPU] * 7, [CPU, NPU, NPU, CPU, CPU, NPU, CPU]):
        assert Predictor(found).predict(split).total_ms == pytest.approx(
            Predictor(wanted).predict(split).total_ms
        )


def test_two_equal_sizes_say_nothing():
    with pytest.raises(UsageError, match="two sizes"):
        scaled(profile(), profile(), 10, 10)
