"""Many changes priced at once, against one after the other; descents; orders of runs."""

import math

import numpy as np
import pytest
import torch

from splitting.conftest import BFLOAT16, FLOAT, INT8, additive_judge, random_problem
from splitting.test_learner import far, noise_of
from vernier.profiling.prediction import Predictor
from vernier.splitting.additive import chain_places
from vernier.splitting.descent import Ground, changes, descend, neighbours, pairwise_times
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.learner import Recipe, learn
from vernier.splitting.likeliest import predicted_effects
from vernier.splitting.methods import LED, Method, find_split
from vernier.splitting.pairwise import Pairwise
from vernier.splitting.problem import Constraints
from vernier.splitting.surrogate import Archive, Surrogate, read_edges
from vernier.splitting.tie_sums import TieSums


def random_sums(seed, units=7, kinds=3):
    rng = np.random.default_rng(seed)
    ends = [(n, n + 1) for n in range(units - 1)] + [(0, 3), (1, 6), (2, 6)]
    return Pairwise.of(
        rng.normal(size=(units, kinds)), {end: rng.normal(size=(kinds, kinds)) for end in ends}
    )


@pytest.mark.parametrize("seed", range(4))
def test_all_runs_and_flips_at_once_are_what_each_gives_alone(seed):
    sums = random_sums(seed)
    rng = np.random.default_rng(seed)
    places, targets = rng.integers(3, size=(2, 7))
    (here,) = sums.totals(places[None])
    found = sums.runs(places, targets)
    for first in range(7):
        for last in range(first, 7):
            made = places.copy()
            made[first : last + 1] = targets[first : last + 1]
            assert found[first, last] == pytest.approx(sums.totals(made[None])[0] - here)
    flips = sums.flips(places)
    for unit in range(7):
        for kind in range(3):
            made = places.copy()
            made[unit] = kind
            assert flips[unit, kind] == pytest.approx(sums.totals(made[None])[0] - here)


@pytest.mark.parametrize("skips", [None, {4: 1, 6: 1}])
def test_sums_of_ties_at_once_are_the_time_models(skips):
    problem = random_problem(3, processors=(FLOAT, INT8, BFLOAT16), skips=skips)
    model = problem.sums
    splits = all_splits(problem)[::11]
    places = np.array([[model.processors.index(name) for name in split] for split in splits])
    np.testing.assert_allclose(TieSums(model)(places), model.totals_ms(places))
    if skips is None:
        # Without tensors of several readers, pairs are the whole of it.
        pairs = pairwise_times(problem).totals(places) + model.fixed_ms
        np.testing.assert_allclose(pairs, model.totals_ms(places))


@pytest.mark.parametrize("skips", [None, {4: 1, 6: 1}])
def test_units_and_their_switches_are_the_whole_time(skips):
    problem = random_problem(3, processors=(FLOAT, INT8, BFLOAT16), skips=skips)
    model = problem.sums
    for split in all_splits(problem)[::37]:
        switches = problem.switches_ms(split)
        places = [model.processors.index(name) for name in split]
        units = sum(model.units_ms[unit, at] for unit, at in enumerate(places))
        assert sum(switches) == pytest.approx(model.total_ms(places) - units - model.fixed_ms)
        reads = [
            any(read.unit >= 0 and split[read.unit] != split[unit] for read in entry.reads)
            for unit, entry in enumerate(problem.profile.units)
        ]
        # Nothing is waited for where all that is read is at hand.
        assert not any(ms and not elsewhere for ms, elsewhere in zip(switches, reads, strict=True))
        assert any(switches) == any(reads)


def ground_of(problem, judge, allowed=None):
    archive = Archive(problem)
    known = {split: judge(split) for split in all_splits(problem)}
    surrogate = Surrogate(archive, known, problem.finest)
    able = np.isfinite(problem.sums.units_ms)
    sums = TieSums(problem.sums)
    return (
        archive,
        surrogate,
        Ground(surrogate.sums, pairwise_times(problem), sums, able, problem.budget_ms, allowed),
    )


def test_a_surrogate_of_all_splits_of_a_sum_over_pairs_is_that_sum():
    problem = random_problem(5, units=7)
    judge = additive_judge(problem, 5, pairs=0.5)
    _, surrogate, _ = ground_of(problem, judge)
    splits = all_splits(problem)
    np.testing.assert_allclose(surrogate(splits), [judge(s) for s in splits], atol=0.02)
    assert read_edges(random_problem(5, units=7, skips={4: 1})) == sorted(
        [*((n, n + 1) for n in range(6)), (1, 4)]
    )


def test_what_was_predicted_stands_where_nothing_was_judged():
    problem = random_problem(6, units=12)
    judge = additive_judge(problem, 6)
    archive = Archive(problem)
    truth = np.array([[0.0, judge((*problem.finest[:n], INT8, *problem.finest[n + 1 :]))]
                      for n in range(12)])  # fmt: skip
    few = {s: judge(s) for s in (problem.finest, problem.coarsest, (FLOAT, INT8) * 6)}
    others = [tuple(np.where(row, INT8, FLOAT).tolist())
              for row in np.random.default_rng(0).random((40, 12)) < 0.5]  # fmt: skip
    wanted = [judge(split) for split in others]
    # In other units than the judge's: how far it holds is found out.
    led = Surrogate(archive, few, problem.finest, 7 * truth)(others)
    alone = Surrogate(archive, few, problem.finest)(others)
    assert np.corrcoef(led, wanted)[0, 1] > 0.97
    assert np.abs(led - wanted).mean() < 0.5 * np.abs(alone - wanted).mean()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("skips", [None, {5: 2}])
def test_descents_from_anywhere_keep_the_budget_and_the_best_is_near_the_optimum(seed, skips):
    problem = random_problem(seed, units=9, share=0.5, skips=skips)
    judge = additive_judge(problem, seed, pairs=0.4)
    archive, _, ground = ground_of(problem, judge)
    names, model = problem.sums.processors, problem.sums
    rng = np.random.default_rng(seed)
    ends = [descend(ground, rng.integers(2, size=9)) for _ in range(12)]
    assert all(model.total_ms(end) <= problem.budget_ms for end in ends)
    splits = [tuple(names[place] for place in end) for end in ends]
    by_sums = [s for s in all_splits(problem)
               if model.total_ms(archive.places(s)) <= problem.budget_ms]  # fmt: skip
    span = max(map(judge, by_sums)) - min(map(judge, by_sums))
    assert min(map(judge, splits)) - min(map(judge, by_sums)) <= 0.01 * span


def test_descents_keep_other_constraints():
    most = Constraints(most_switches=2)
    problem = random_problem(4, units=9, share=0.6, constraints=most)
    names = problem.sums.processors

    def allowed(places):
        return problem.allowed(tuple(names[place] for place in places))

    judge = additive_judge(problem, 4)
    _, _, ground = ground_of(problem, judge, allowed)
    end = descend(ground, np.ones(9, int))
    assert allowed(end)
    assert problem.feasible(tuple(names[place] for place in end))
    assert judge(tuple(names[place] for place in end)) < judge((INT8,) * 9)


def test_neighbours_are_listed_by_what_they_promise():
    problem = random_problem(7, units=9, share=0.6)
    archive, surrogate, ground = ground_of(problem, additive_judge(problem, 7, pairs=0.3))
    names = problem.sums.processors
    at = archive.places(problem.coarsest)
    near = [tuple(names[p] for p in places) for places in neighbours(ground, at)]
    runs = {problem.coarsest[:i] + (FLOAT,) * (j - i + 1) + problem.coarsest[j + 1 :]
            for i in range(9) for j in range(i, 9)}  # fmt: skip
    hopeful = {s for s in runs if problem.time_ms(s) <= 1.05 * problem.budget_ms}
    assert hopeful <= set(near)
    # Neighbours of one change are in order; two changes at once are priced as if they added up.
    guesses = surrogate([s for s in near if s in runs])
    assert (np.diff(guesses) >= -1e-9).all()
    assert len(changes(ground, at).first) == 45


@pytest.mark.parametrize("seed", range(4))
def test_the_chain_programme_knows_what_neighbours_share(seed):
    problem = random_problem(seed, units=8, share=0.5)
    model = problem.sums
    rng = np.random.default_rng(seed)
    table = rng.random((8, 2))
    between = {n: rng.normal(size=(2, 2)) for n in range(7)}

    def damage(places):
        pairs = sum(between[n][places[n], places[n + 1]] for n in range(7))
        return sum(table[n, place] for n, place in enumerate(places)) + pairs

    every = [tuple(map(int, np.binary_repr(n, 8))) for n in range(256)]
    best = min(damage(p) for p in every if model.total_ms(p) <= problem.budget_ms)
    found = chain_places(model, model.between_neighbours(), table, between, problem.budget_ms)
    assert found is not None
    # Times are rounded to a 4000th of the budget, eight times at the most.
    assert model.total_ms(found) <= problem.budget_ms * (1 + 8 / 8000)
    assert damage(found) <= best + 1e-9


class Photo:
    """A learner on a made-up network, whose judge is what it learns from."""

    able = True

    def __init__(self, blend, recipe):
        self._blend, self._recipe = blend, recipe

    def shares(self, problem, seed):
        return learn(problem, self._blend, far, self._recipe)

    def paper_split(self, problem, seed):
        raise NotImplementedError


def test_of_many_units_the_learner_leads_and_few_are_judged():
    count = LED + 8
    problem = random_problem(9, units=count, share=0.5)
    damage = np.random.default_rng(9).uniform(0.2, 2.0, count).tolist()
    blend = noise_of(damage)

    def judge(split):
        shares = torch.tensor([[float(name == FLOAT), float(name == INT8)] for name in split])
        picture, exact = blend(shares, (FLOAT, INT8), 0)
        return float(far(picture, exact))

    memory = Evaluations(judge)
    learner = Photo(blend, Recipe())
    effects = predicted_effects(problem, learner.shares(problem, 0))
    assert np.corrcoef(effects[:, 1], np.square(damage))[0, 1] > 0.8
    found = find_split(Method.SEARCH, problem, memory, learner=learner)
    assert found is not None
    assert problem.feasible(found)
    assert len(memory) < 5 * count
    # Noises are nearly independent, so the optimum is nearly that of the sum of squares.
    table = np.array([[0.0, 1e4 * d * d / 255**2] for d in damage])
    model = problem.sums
    best = chain_places(model, model.between_neighbours(), table, {}, problem.budget_ms)
    assert judge(found) <= 1.03 * judge(tuple(model.processors[place] for place in best))


def test_the_time_of_hundreds_of_units_is_predicted_as_that_of_few():
    """Runs are found by heaps: what `segments.segment` finds is held in its own tests."""
    problem = random_problem(10, units=300, skips={n: n - 3 for n in range(4, 300, 4)})
    split = tuple((FLOAT, INT8)[n // 3 % 2] for n in range(300))
    found = Predictor(problem.profile).predict(split)
    assert sorted(unit for run in found.runs for unit in run) == list(range(300))
    assert all(len({split[unit] for unit in run}) == 1 for run in found.runs)
    assert math.isfinite(found.total_ms)
