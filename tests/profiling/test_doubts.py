"""What a profile is not sure of is told, and never clipped."""

import msgspec
import pytest

from vernier.networks.source import graph_of
from vernier.profiling.assembly import Subject
from vernier.profiling.doubts import doubts
from vernier.profiling.modelled import modelled_profile
from vernier.profiling.profile import Border, Profile, Time

CPU = "modelled:pixel-6-cpu:float32"


@pytest.fixture
def profile() -> Profile:
    return modelled_profile(Subject("sesr-m5", 2, graph_of("sesr-m5", 2), 90, 160), [CPU])


def with_time(profile, time):
    unit = msgspec.structs.replace(profile.units[1], times={CPU: time})
    return msgspec.structs.replace(profile, units=(profile.units[0], unit, *profile.units[2:]))


def test_a_clean_profile_has_none(profile):
    assert doubts(profile) == []


@pytest.mark.parametrize(
    ("time", "word"),
    [
        (Time(-0.2, -0.5, 0.1, 9), "below 0 within its noise"),
        (Time(-0.2, -0.3, -0.1, 9), "clearly below 0"),
        (Time(5.0, 4.0, 6.0, 9), "scatters between 4.000 and 6.000"),
    ],
)
def test_what_is_told_of_a_unit(profile, time, word):
    changed = with_time(profile, time)
    (sentence,) = doubts(changed)
    assert sentence.startswith(f"middle.0 on {CPU}: ")
    assert word in sentence
    assert changed.units[1].times[CPU].ms == time.ms


def test_a_small_unit_may_scatter(profile):
    whole = sum(unit.times[CPU].ms for unit in profile.units)
    assert doubts(with_time(profile, Time(whole / 500, 0, whole / 250, 9))) == []


def test_a_border_below_zero_is_told(profile):
    border = Border(CPU, (1, 90, 160, 16), Time(-0.1, -0.2, -0.05, 9))
    (sentence,) = doubts(msgspec.structs.replace(profile, borders=(border,)))
    assert "border of 90x160x16" in sentence
