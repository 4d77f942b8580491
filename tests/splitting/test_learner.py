"""FYE-SR's learner against closed forms: its time, its gradients, its rounding."""

import math

import numpy as np
import pytest
import torch

from splitting.conftest import BFLOAT16, FLOAT, INT8, random_problem
from vernier.errors import TrainingError
from vernier.perceptual.estimator import IMITATED, Estimator
from vernier.quality.guard import Guard
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.learner import Recipe, _time_ms, learn_split, rounded
from vernier.splitting.time_model import time_model

GUARD = Guard()


@pytest.fixture(scope="module")
def estimator():
    torch.manual_seed(0)
    return Estimator(IMITATED["piqe"]).eval().requires_grad_(False)


def noise_of(damage, seed=0):
    """A network whose units each add noise of their own; unit i's is `damage[i]` levels strong."""
    generator = torch.Generator().manual_seed(seed)
    exact = torch.rand(1, 1, 32, 32, generator=generator) * 0.6 + 0.2
    noise = torch.randn(len(damage), 32, 32, generator=generator)

    def blend(shares, processors, step):
        coarse = shares[:, [name.endswith("int8") for name in processors]].sum(dim=1)
        added = (coarse * torch.tensor(damage) / 255)[:, None, None] * noise
        return (exact + added.sum(0)).clamp(0, 1), exact

    return blend


@pytest.mark.parametrize("skips", [None, {4: 1}])
def test_the_time_of_certain_shares_is_the_sum_of_times(skips):
    problem = random_problem(1, units=6, processors=(FLOAT, INT8, BFLOAT16), skips=skips)
    model = time_model(problem.profile, problem.able)
    for split in all_splits(problem)[::53]:
        places = [model.processors.index(name) for name in split]
        shares = torch.nn.functional.one_hot(torch.tensor(places), 3).float()
        assert _time_ms(shares, model).item() == pytest.approx(model.total_ms(places), rel=1e-5)


def test_the_time_of_two_units_is_the_papers():
    """`(1 - a1) a2 t^{G->N} + a1 (1 - a2) t^{N->G}` for the switch between them."""
    problem = random_problem(2, units=2)
    model = time_model(problem.profile, problem.able)
    cost = sum(tie.cost_ms for tie in model.ties)
    a, b = 0.3, 0.8
    shares = torch.tensor([[1 - a, a], [1 - b, b]])
    switch = (1 - a) * b * cost[0, 1] + a * (1 - b) * cost[1, 0]
    units = sum((shares.numpy() * model.units_ms).sum(axis=1))
    assert _time_ms(shares, model).item() == pytest.approx(units + switch + model.fixed_ms)


def test_the_learner_keeps_the_budget_and_spares_what_does_damage(estimator):
    problem = random_problem(3, units=6)
    best = (INT8, FLOAT, INT8, INT8, FLOAT, INT8)
    problem = problem.within(1.05 * problem.time_ms(best))
    damage = [0.1, 8.0, 0.1, 0.1, 8.0, 0.1]
    found = learn_split(
        problem,
        noise_of(damage),
        estimator,
        GUARD,
        Recipe(steps=120, perceptual=0.0, structural=5.0),
    )
    assert found is not None
    assert problem.feasible(found.split)
    coarse = found.shares[:, 1]
    assert coarse[[1, 4]].max() < coarse[[0, 2, 3, 5]].min()
    assert np.allclose(found.shares.sum(axis=1), 1)
    assert found.split == best


def test_without_time_pressure_everything_stays_exact_and_with_it_nothing(estimator):
    problem = random_problem(4, units=5)
    blend = noise_of([4.0] * 5)
    recipe = Recipe(steps=60, perceptual=0.0, structural=5.0)
    ease = learn_split(problem.within(1e3), blend, estimator, GUARD, recipe)
    assert ease is not None
    assert ease.split == (FLOAT,) * 5
    tight = problem.within(problem.time_ms((INT8,) * 5) * 1.001)
    hurry = learn_split(tight, blend, estimator, GUARD, recipe)
    assert hurry is not None
    assert hurry.split == (INT8,) * 5
    assert learn_split(problem.within(1e-3), blend, estimator, GUARD, Recipe(steps=2)) is None


def test_rounding_takes_the_nearest_feasible():
    problem = random_problem(5, units=4, share=0.5)
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])
    assert rounded(problem.within(math.inf), shares) == (FLOAT, INT8, INT8, FLOAT)
    found = rounded(problem, shares)
    assert found is not None
    assert problem.feasible(found)


def test_a_stopped_run_goes_on(estimator, tmp_path):
    problem, blend = random_problem(6, units=4), noise_of([1.0, 2.0, 3.0, 4.0])
    recipe = Recipe(steps=60, seed=2)
    whole = learn_split(problem, blend, estimator, GUARD, recipe)
    file = tmp_path / "learner.pt"

    def stop(done, total, told=""):
        if done == 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_split(problem, blend, estimator, GUARD, recipe, file, stop)
    again = learn_split(problem, blend, estimator, GUARD, recipe, file)
    assert whole is not None
    assert again is not None
    np.testing.assert_allclose(again.shares, whole.shares, rtol=1e-5)
    with pytest.raises(TrainingError, match="of another run"):
        learn_split(problem, blend, estimator, GUARD, Recipe(steps=61), file)
    file.write_bytes(b"no")
    with pytest.raises(TrainingError, match="damaged"):
        learn_split(problem, blend, estimator, GUARD, recipe, file)
