"""The policy on traces: steps, ramps, noise, heat; and what it promises of each decision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vernier.video.governor import Pace, Rung, State, first_state, front, observe, slowdown
from vernier.video.pace_simulation import fixed, governed, oracle

# Times and gains as measured for 540p on two cores of a Xeon with AMX, in the same proportions.
RUNGS = (
    Rung("sesr-m3", 11.0, 2.56),
    Rung("sesr-m5", 15.0, 2.85),
    Rung("sesr-m11", 24.0, 2.93),
    Rung("sesr-xl", 38.0, 3.09),
)
PACE = Pace(period_ms=1000 / 24)
MINUTE = 24 * 60


def noise(count, share=0.04, seed=0):
    return 1 + share * np.abs(np.random.default_rng(seed).normal(size=count))


def steps(count):
    """Another process comes for ten seconds, goes for ten."""
    return np.where(np.arange(count) // 240 % 2, 1.9, 1.0) * noise(count)


def ramp(count):
    """A clock that falls by half over the trace, and is back at once."""
    return np.where(np.arange(count) < count * 3 // 4, np.linspace(1, 2.4, count), 1.0) * noise(
        count, seed=1
    )


def throttling(count):
    """Heat: full speed for 20 s, then 40 % slower for 8 s, again and again."""
    return np.where(np.arange(count) % 672 < 480, 1.0, 1.7) * noise(count, seed=2)


def accidents(count):
    """An idle machine on which one frame in two hundred takes half again as long."""
    made = noise(count, seed=3)
    made[::200] *= 1.5
    return made


TRACES = {"steps": steps, "ramp": ramp, "throttling": throttling, "accidents": accidents,
          "noise": lambda count: noise(count, 0.08, 4)}  # fmt: skip


@pytest.mark.parametrize("name", TRACES)
def test_on_time_and_nearly_as_good_as_who_knows_the_load(name) -> None:
    trace = TRACES[name](3 * MINUTE)
    assert fixed(RUNGS, PACE, trace, 0).on_time >= 0.999, "the fastest can keep this pace"
    kept, best = governed(RUNGS, PACE, trace), oracle(RUNGS, PACE, trace)
    assert kept.on_time >= 0.99
    assert kept.quality >= 0.9 * best.quality
    assert kept.quality > fixed(RUNGS, PACE, trace, 0).quality
    assert kept.switches_per_minute <= 20


def test_a_fixed_plan_is_late_under_load() -> None:
    trace = steps(3 * MINUTE)
    alone = first_state(RUNGS, PACE).rung
    assert fixed(RUNGS, PACE, trace, alone).on_time < governed(RUNGS, PACE, trace).on_time


def test_a_step_is_answered_within_two_frames() -> None:
    for factor in (1.6, 2.0, 3.0):
        trace = [1.0] * 200 + [factor] * 50
        kept = governed(RUNGS, PACE, trace)
        allowed = PACE.period_ms * (1 - PACE.reserve)
        assert RUNGS[kept.rungs[199]].predicted_ms * factor > allowed
        assert RUNGS[kept.rungs[202]].predicted_ms * factor <= allowed


def test_it_climbs_back_when_the_cores_are_free() -> None:
    kept = governed(RUNGS, PACE, [1.0] * 100 + [2.2] * 100 + [1.0] * 200)
    assert kept.rungs[150] < kept.rungs[99]
    assert kept.rungs[-1] == kept.rungs[99]


def test_one_slow_frame_changes_nothing() -> None:
    kept = governed(RUNGS, PACE, [1.0] * 100 + [1.3] + [1.0] * 100)
    assert set(kept.rungs) == {kept.rungs[0]}


def test_between_two_plans_it_does_not_flicker() -> None:
    """A load that is just too much for the better plan, at random, for ten minutes."""
    rng = np.random.default_rng(7)
    period = PACE.period_ms
    edge = period * (1 - PACE.climb_reserve) / RUNGS[2].predicted_ms
    trace = edge * (1 + 0.12 * rng.normal(size=10 * MINUTE))
    kept = governed(RUNGS, PACE, trace)
    assert kept.switches_per_minute < 6
    assert kept.on_time >= 0.99


def test_nothing_is_climbed_while_the_machine_is_hot() -> None:
    cool = hot = State(0, wait=PACE.climb_frames)
    for _ in range(200):
        cool = observe(cool, RUNGS, PACE, RUNGS[cool.rung].predicted_ms)
        hot = observe(hot, RUNGS, PACE, RUNGS[hot.rung].predicted_ms, hot=True)
    assert (hot.rung, cool.rung > 0) == (0, True)


def test_where_nothing_is_in_time_the_fastest_runs() -> None:
    kept = governed(RUNGS, PACE, [9.0] * 50)
    assert set(kept.rungs[3:]) == {0}


def test_the_front_has_no_plan_that_another_beats() -> None:
    plans = [*RUNGS, Rung("slow", 50.0, 2.0), Rung("same", 15.0, 2.7), Rung("dear", 60.0, 3.09)]
    assert front(plans) == RUNGS


@given(
    st.lists(st.floats(0.3, 20), min_size=1, max_size=120),
    st.lists(st.tuples(st.floats(1, 80), st.floats(0.1, 5)), min_size=1, max_size=6),
)
def test_whatever_comes_a_plan_is_chosen_and_the_same_again(trace, plans) -> None:
    rungs = front([Rung(str(n), ms, quality) for n, (ms, quality) in enumerate(plans)])
    state = first_state(rungs, PACE)
    for factor in trace:
        before = state
        took = factor * rungs[state.rung].predicted_ms
        state = observe(before, rungs, PACE, took)
        assert state == observe(before, rungs, PACE, took)
        assert 0 <= state.rung < len(rungs)
        if state.rung > before.rung:
            # Up only to where the last frames say that there is room.
            assert rungs[state.rung].predicted_ms * slowdown(state) <= PACE.period_ms
