"""Times as ratios to all-float, on a clock that is given."""

import pytest

from splitting.conftest import FLOAT, INT8
from vernier.planning.stopwatch import Stopwatch
from vernier.profiling.split_times import Against, Contender
from vernier.units.split import Form

ANCHOR = Contender((FLOAT, FLOAT))
MIXED, COARSE = Contender((FLOAT, INT8), Form.FUSED), Contender((INT8, INT8))
MS = {ANCHOR: 10.0, MIXED: 7.0, COARSE: 4.0}


class Clock:
    """A machine whose pace is another in every load; one load of `MIXED` is unlucky."""

    def __init__(self, paces):
        self.paces, self.asked = iter(paces), []

    def __call__(self, contenders, anchor):
        pace = next(self.paces)
        unlucky = 1.3 if len(self.asked) == 1 else 1.0
        self.asked.append(list(contenders))
        found = []
        for one in contenders:
            ms = MS[one] * (unlucky if one == MIXED else 1.0)
            found.append(Against(ms / MS[anchor], 0, 0, pace * MS[anchor]))
        return found


def test_times_are_at_all_floats_median_pace_whatever_the_pace_of_a_load():
    watch = Stopwatch(Clock([1.0, 3.0, 1.0, 1.0, 2.0, 1.0]), ANCHOR)
    watch.time([MIXED, MIXED])
    watch.time([COARSE])
    assert watch.float_ms == 10.0
    assert watch.ms(ANCHOR) == 10.0
    # The median of three loads, of which one put its memory badly.
    assert watch.ms(MIXED) == pytest.approx(7.0)
    assert watch.ms(COARSE) == pytest.approx(4.0)
    assert watch.contenders == [ANCHOR, MIXED, COARSE]


def test_nothing_is_timed_twice():
    clock = Clock([1.0] * 6)
    watch = Stopwatch(clock, ANCHOR)
    watch.time([MIXED])
    watch.time([MIXED, ANCHOR, COARSE])
    assert clock.asked == [[MIXED]] * 3 + [[COARSE]] * 3


def test_all_float_alone_is_timed_where_nothing_else_is_there():
    watch = Stopwatch(Clock([2.0, 2.0, 2.0]), ANCHOR)
    watch.time([ANCHOR])
    assert watch.float_ms == 20.0
    assert [one.processors for one in watch.wholes()] == [ANCHOR.processors]


def test_a_profile_learns_the_median_and_the_spread():
    watch = Stopwatch(Clock([1.0, 1.0, 1.0]), ANCHOR)
    watch.time([MIXED])
    known = {(one.processors, one.form): one.time for one in watch.wholes()}
    time = known[MIXED.processors, Form.FUSED]
    assert (time.ms, time.low_ms, time.rounds) == (7.0, 7.0, 3)
    assert time.high_ms == pytest.approx(9.1)
