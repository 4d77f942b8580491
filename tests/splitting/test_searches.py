"""The searches against every split: what they promise, they keep."""

import math

import numpy as np
import pytest

from splitting.conftest import (
    BFLOAT16,
    FLOAT,
    INT8,
    additive_judge,
    random_problem,
)
from vernier.splitting.additive import chain_optimum, graph_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits, exhaustive
from vernier.splitting.front import Point, front, knee, not_dominated, thinned
from vernier.splitting.greedy import greedy
from vernier.splitting.methods import LEARNING, Method, find_split
from vernier.splitting.sensitivities import sensitivities
from vernier.splitting.starts import flips
from vernier.splitting.time_model import time_model


@pytest.mark.parametrize("seed", range(4))
def test_on_a_chain_the_sum_of_times_is_the_prediction(seed: int) -> None:
    problem = random_problem(seed, processors=(FLOAT, INT8, BFLOAT16))
    model = time_model(problem.profile, problem.able)
    for split in all_splits(problem)[:: 37 + seed]:
        places = [model.processors.index(name) for name in split]
        assert model.total_ms(places) == pytest.approx(problem.time_ms(split))


def test_many_sums_at_once_are_the_same() -> None:
    problem = random_problem(3, processors=(FLOAT, INT8, BFLOAT16), skips={5: 1}, share=0.35)
    model, splits = problem.sums, all_splits(problem)
    places = np.array([[model.processors.index(name) for name in split] for split in splits])
    singly = [model.total_ms(row) for row in places]
    np.testing.assert_allclose(model.totals_ms(places), singly)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
@pytest.mark.parametrize("search", [chain_optimum, graph_optimum])
def test_additive_searches_find_the_optimum_of_sums_on_a_chain(seed, share, search) -> None:
    problem = random_problem(seed, share=share, processors=(FLOAT, INT8, BFLOAT16), units=6)
    judge = additive_judge(problem, seed)
    table = sensitivities(problem, judge)
    best = exhaustive(problem, judge)
    found = search(problem, table)
    assert (found is None) == (best is None)
    if best is not None and found is not None:
        assert problem.feasible(found)
        # The dynamic programme rounds times up by a 4000th of the budget each.
        assert judge(found) == pytest.approx(
            judge(best), abs=0.02 if search is chain_optimum else 1e-4
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_milp_sees_skips(seed: int) -> None:
    problem = random_problem(seed, skips={4: 1, 6: 0}, share=0.55)
    judge = additive_judge(problem, seed)
    best, found = exhaustive(problem, judge), graph_optimum(problem, sensitivities(problem, judge))
    assert best is not None
    assert found is not None
    assert problem.feasible(found)
    assert judge(found) <= judge(best) * 1.1


def test_sensitivities_of_an_additive_judge_add_up_to_it() -> None:
    problem = random_problem(7)
    judge = additive_judge(problem, 7)
    table = sensitivities(problem, judge)
    place = {name: number for number, name in enumerate(problem.profile.processors)}
    for split in all_splits(problem)[::11]:
        moved = sum(table[unit, place[name]] for unit, name in enumerate(split))
        assert judge(problem.finest) + moved == pytest.approx(judge(split))


def test_greedy_moves_the_least_sensitive_units_first() -> None:
    problem = random_problem(8, share=0.7)
    judge = additive_judge(problem, 8)
    table = sensitivities(problem, judge)
    found = greedy(problem, table)
    assert found is not None
    assert problem.feasible(found)
    moved = [unit for unit, name in enumerate(found) if name == INT8]
    order = np.argsort(table[:, 1])
    assert sorted(moved) == sorted(order[: len(moved)])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.35, 0.6])
def test_the_default_search_finds_what_exhaustive_search_does(seed: int, share: float) -> None:
    problem = random_problem(seed, units=9, share=share, skips={5: 2})
    judge = additive_judge(problem, seed, pairs=0.4)
    best = exhaustive(problem, judge)
    assert best is not None
    memory = Evaluations(judge)
    found = find_split(Method.SEARCH, problem, memory, small=0)
    assert found is not None
    assert problem.feasible(found)
    spread = max(map(judge, all_splits(problem))) - judge(best)
    assert judge(found) - judge(best) <= 0.01 * spread
    assert len(memory) < 0.5 * len(all_splits(problem))


@pytest.mark.parametrize("method", [m for m in Method if m not in LEARNING])
def test_every_method_keeps_the_budget_and_repeats_itself(method: Method) -> None:
    problem = random_problem(11, share=0.6)
    judge = Evaluations(additive_judge(problem, 11, pairs=0.2))
    found = find_split(method, problem, judge, seed=3)
    assert found is not None
    assert problem.feasible(found)
    assert found == find_split(method, problem, judge, seed=3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("small", [0, 10**6])
def test_wider_judges_have_the_last_word(seed: int, small: int) -> None:
    problem = random_problem(seed, units=8, share=0.5)
    judge = Evaluations(additive_judge(problem, seed, pairs=0.3))
    # The truth is near to what is searched with, and not the same.
    truth = additive_judge(problem, seed, pairs=0.3)
    noise = additive_judge(problem, seed + 100)
    rounds = [
        Evaluations(lambda split: truth(split) + 0.3 * noise(split)),
        Evaluations(lambda split: truth(split) + 0.1 * noise(split)),
    ]
    found = find_split(Method.SEARCH, problem, judge, small=small, wider=rounds)
    assert found is not None
    assert problem.feasible(found)
    first, last = (one.known for one in rounds)
    assert min(judge.known, key=lambda s: (not problem.feasible(s), judge.known[s])) in first
    assert len(first) <= 12 + 12
    # The best five of the first round are in the second, and none of all there is better.
    assert set(sorted(first, key=lambda s: (first[s], problem.time_ms(s)))[:5]) <= set(last)
    assert last[found] == min(last.values())
    # Nor is one that differs in a unit better for both.
    better = [s for s in flips(problem, found) if problem.feasible(s) and judge(s) < judge(found)]
    assert all(rounds[-1](s) >= last[found] for s in sorted(better, key=judge)[:5])
    if small == 0:
        for rival in (Method.MILP, Method.DP, Method.GREEDY, Method.FIRST, Method.LAST):
            split = find_split(rival, problem, judge)
            assert split is None or split in first


def test_no_method_breaks_a_budget_that_nothing_keeps() -> None:
    problem = random_problem(12).within(0.01)
    judge = Evaluations(additive_judge(problem, 12))
    for method in Method:
        if method not in LEARNING:
            assert find_split(method, problem, judge) is None


def test_the_front_is_what_no_split_dominates() -> None:
    problem = random_problem(13, units=6)
    judge = additive_judge(problem, 13, pairs=0.3)
    memory = Evaluations(judge)
    points = front(problem, memory, budgets=6)
    times, worth = [p.time_ms for p in points], [p.objective for p in points]
    assert times == sorted(times)
    assert worth == sorted(worth, reverse=True)
    truth = not_dominated([Point(s, problem.time_ms(s), judge(s)) for s in all_splits(problem)])
    # All 64 splits are few enough to be judged, so the front is the true one.
    assert [(p.time_ms, p.objective) for p in points] == [(p.time_ms, p.objective) for p in truth]
    assert knee(points) not in (0, len(points) - 1)
    few = thinned(points, 4)
    assert len(few) <= 4
    assert few[0] == points[0]
    assert points[knee(points)] in few


def test_a_larger_budget_never_looks_worse() -> None:
    problem = random_problem(14, units=8)
    memory = Evaluations(additive_judge(problem, 14, pairs=0.5))
    found = []
    for share in np.linspace(0.3, 1.0, 8):
        whole = problem.within(math.inf).time_ms(problem.finest)
        split = find_split(Method.SEARCH, problem.within(share * whole), memory, small=0)
        found.append(math.inf if split is None else memory(split))
    assert found == sorted(found, reverse=True)
