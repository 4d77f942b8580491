"""A front is what no other split beats by the clock; only the machine is made up."""

import math

import numpy as np
import pytest
from test_keeping_the_budget import Machine

from splitting.conftest import INT8, additive_judge, random_problem
from vernier.planning.fronts import timed_front
from vernier.planning.stopwatch import Stopwatch
from vernier.profiling.split_times import Contender
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.front import front
from vernier.units.split import Form


def made(machine_of, inside=None, seed=3):
    problem = random_problem(seed, units=7, inside=inside).within(math.inf)
    machine = machine_of(problem)
    judge = Evaluations(additive_judge(problem, 7))
    watch = Stopwatch(machine, Contender(problem.finest))
    points = timed_front(
        problem, lambda known: front(known, judge, budgets=5, most=60), watch, count=5
    )
    return problem, machine, points


@pytest.mark.parametrize("paces", [{}, {INT8: 2.5}, {INT8: 0.4}], ids=str)
def test_points_fall_in_looks_as_they_rise_in_measured_time(paces):
    problem, machine, points = made(lambda p: Machine(p, paces, segment_ms=0.4))
    times = [point.measured_ms for point in points]
    looks = [point.objective for point in points]
    assert times == sorted(times)
    assert looks == sorted(looks, reverse=True)
    assert len(set(looks)) == len(looks)
    # All at the pace of all-float, which is the slowest that is worth anything.
    float_ms = machine.ms(Contender(problem.finest))
    ratios = np.array([machine.ms(Contender(p.processors, Form(p.form))) for p in points])
    told = np.array(times) / times[-1]
    assert points[-1].processors == problem.finest
    assert told == pytest.approx(ratios / float_ms, rel=0.03)


def test_what_is_slower_than_all_float_is_no_point():
    """Predicted, splits pay; segments are so expensive that by the clock none of them does."""
    problem, machine, points = made(lambda p: Machine(p, {}, segment_ms=30.0))
    assert [len(set(point.processors)) for point in points] == [1] * len(points)
    assert points[-1].processors == problem.finest
    assert any(len(set(one.processors)) > 1 for one in machine.timed)


def test_points_have_the_form_that_is_faster():
    _, _, points = made(lambda p: Machine(p, {}, segment_ms=3.0), inside=0.1)
    mixed = [point for point in points if len(set(point.processors)) > 1]
    assert mixed
    assert {point.form for point in mixed} == {"fused"}
