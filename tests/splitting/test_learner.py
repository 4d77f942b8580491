"""FYE-SR's learner, in both forms, against closed forms: times, gradients, draws, rounding."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from splitting.conftest import BFLOAT16, FLOAT, INT8, additive_judge, random_problem
from vernier.errors import TrainingError, UsageError
from vernier.metrics.piqe import SHIFTS, steady_piqe
from vernier.perceptual.estimator import IMITATED, Estimator
from vernier.quality.guard import Guard
from vernier.quality.objectives import Objective
from vernier.quality.perceived import perception, steady
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits, exhaustive
from vernier.splitting.expected_time import ExpectedTime
from vernier.splitting.learner import (
    LEAST_MULTIPLIER,
    Learnt,
    Recipe,
    learn,
    next_multiplier,
)
from vernier.splitting.likeliest import LOOKED_AT, likeliest
from vernier.splitting.methods import Method, find_split
from vernier.splitting.paper_learner import PaperRecipe, learn_split, rounded
from vernier.splitting.problem import Constraints
from vernier.splitting.time_model import time_model

PSNR = perception(Objective.PSNR, Guard())


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


def far(picture, exact):
    """The squared error, in points."""
    return 1e4 * (picture - exact).square().mean(dim=(1, 2, 3))


@pytest.mark.parametrize("skips", [None, {4: 1}])
def test_the_expected_time_of_certain_shares_is_the_sum_of_times(skips):
    problem = random_problem(1, units=6, processors=(FLOAT, INT8, BFLOAT16), skips=skips)
    model = time_model(problem.profile, problem.able)
    expected_ms = ExpectedTime(model)
    for split in all_splits(problem)[::53]:
        places = [model.processors.index(name) for name in split]
        shares = torch.nn.functional.one_hot(torch.tensor(places), 3).float()
        assert expected_ms(shares).item() == pytest.approx(model.total_ms(places), rel=1e-5)


@pytest.mark.parametrize("skips", [None, {3: 0, 4: 1}])
def test_the_expected_time_is_the_mean_over_all_splits(skips):
    problem = random_problem(2, units=5, skips=skips)
    model = time_model(problem.profile, problem.able)
    shares = torch.softmax(torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), dim=1)
    mean = sum(
        math.prod(float(shares[unit, place]) for unit, place in enumerate(places))
        * model.total_ms(places)
        for places in product(range(2), repeat=5)
    )
    assert ExpectedTime(model)(shares).item() == pytest.approx(mean, rel=1e-5)


def test_the_expected_time_of_two_units_and_its_gradient_are_the_papers():
    """`(1 - a1) a2 t^{G->N} + a1 (1 - a2) t^{N->G}` for the switch between them."""
    problem = random_problem(2, units=2)
    model = time_model(problem.profile, problem.able)
    to, back = sum(tie.cost_ms for tie in model.ties)[[0, 1], [1, 0]]
    a, b = torch.tensor(0.3, requires_grad=True), torch.tensor(0.8, requires_grad=True)
    shares = torch.stack([torch.stack([1 - a, a]), torch.stack([1 - b, b])])
    found = ExpectedTime(model)(shares)
    units = sum((shares.detach().numpy() * model.units_ms).sum(axis=1))
    switch = (1 - 0.3) * 0.8 * to + 0.3 * (1 - 0.8) * back
    assert found.item() == pytest.approx(units + switch + model.fixed_ms)
    found.backward()
    (float_1, int_1), (float_2, int_2) = model.units_ms
    assert a.grad.item() == pytest.approx(int_1 - float_1 - 0.8 * to + 0.2 * back, rel=1e-4)
    assert b.grad.item() == pytest.approx(int_2 - float_2 + 0.7 * to - 0.3 * back, rel=1e-4)


def test_the_multiplier_grows_while_late_and_shrinks_to_its_least():
    assert next_multiplier(2.0, 0.1) == pytest.approx(2.1)
    assert next_multiplier(2.0, 0.0) == pytest.approx(1.94)
    assert next_multiplier(2.0, -0.3) == pytest.approx(1.94)
    assert next_multiplier(LEAST_MULTIPLIER, -1.0) == LEAST_MULTIPLIER
    problem = random_problem(3, units=4, share=0.5)
    found = learn(problem, noise_of([1.0] * 4), far, Recipe(steps=12))
    expected = 2.0
    for (late, _, _), multiplier in zip(found.losses, found.multipliers, strict=True):
        expected = next_multiplier(expected, late)
        assert multiplier == pytest.approx(expected)


@pytest.mark.parametrize("processors", [(FLOAT, INT8), (FLOAT, BFLOAT16, INT8)])
def test_every_draw_is_a_split_and_is_what_was_looked_at(processors):
    locked = Constraints(locked={"u1": INT8})
    problem = random_problem(4, units=5, processors=processors, constraints=locked)
    seen = []
    noise = noise_of([1.0, 2.0, 3.0, 4.0, 5.0])

    def blend(shares, names, step):
        seen.append(shares.detach().clone())
        return noise(shares, names, step)

    found = learn(problem, blend, far, Recipe(steps=15))
    assert len(found.draws) == len(seen) == 15
    for draw, shares in zip(found.draws, seen, strict=True):
        assert set(shares.unique().tolist()) <= {0.0, 1.0}
        assert shares.sum(dim=1).tolist() == [1.0] * 5
        assert shares.argmax(dim=1).tolist() == draw.places.tolist()
        assert draw.places[1] == processors.index(INT8)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)
    assert found.shares[1].tolist() == [float(name == INT8) for name in processors]
    odds = np.log(found.shares[[0, 2, 3, 4]] / found.shares[[0, 2, 3, 4], :1])
    assert np.abs(odds).max() <= Recipe().bound + 1e-6


def test_slopes_are_those_of_the_losses_at_the_draw():
    """Noise of a unit adds its own square to the error, on average, and a draw's slope is 2 d^2."""
    problem = random_problem(5, units=3)
    damage = [1.0, 2.0, 3.0]
    found = learn(problem, noise_of(damage), far, Recipe(steps=30, structural=0.0))
    draws = [draw for draw in found.draws if draw.places.all()]
    assert draws
    slope = draws[0].slopes[:, 1] - draws[0].slopes[:, 0]
    wanted = [0.2 * 1e4 * 2 * d * d / 255**2 for d in damage]
    # Their noise is not quite independent, and not quite of variance 1, on 1024 pixels.
    np.testing.assert_allclose(slope, wanted, rtol=0.25)


def test_the_learner_spares_what_does_damage_within_the_budget():
    problem = random_problem(3, units=6)
    best = (INT8, FLOAT, INT8, INT8, FLOAT, INT8)
    problem = problem.within(1.05 * problem.time_ms(best))
    found = learn(problem, noise_of([0.1, 8.0, 0.1, 0.1, 8.0, 0.1]), far, Recipe(seed=1))
    coarse = found.shares[:, 1]
    assert coarse[[1, 4]].max() < coarse[[0, 2, 3, 5]].min()
    assert likeliest(problem, found.shares, 1) == [best]


def test_the_same_seed_learns_the_same_and_another_seed_draws_others():
    problem, blend = random_problem(6, units=5), noise_of([1.0, 2.0, 3.0, 4.0, 5.0])
    one, again, other = (learn(problem, blend, far, Recipe(steps=8, seed=s)) for s in (2, 2, 3))
    np.testing.assert_array_equal(one.shares, again.shares)
    assert one.losses == again.losses
    assert any((a.places != b.places).any() for a, b in zip(one.draws, other.draws, strict=True))


def test_a_stopped_learner_goes_on_where_it_was(tmp_path):
    problem, blend = random_problem(6, units=4), noise_of([1.0, 2.0, 3.0, 4.0])
    recipe, file = Recipe(seed=2), tmp_path / "learner.pt"
    whole = learn(problem, blend, far, recipe)
    asked = []

    def stop(done, total, told=""):
        asked.append(done)
        if done == 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(problem, blend, far, recipe, file, stop)
    asked.clear()
    again = learn(
        problem, blend, far, recipe, file, lambda done, total, told="": asked.append(done)
    )
    assert asked == list(range(41, 51))
    np.testing.assert_array_equal(again.shares, whole.shares)
    assert again.losses == whole.losses
    assert again.multipliers == whole.multipliers
    assert len(again.draws) == len(whole.draws) == recipe.steps
    np.testing.assert_array_equal(again.draws[3].slopes, whole.draws[3].slopes)
    # What is finished is read, and not learnt again.
    asked.clear()
    learn(problem, blend, far, recipe, file, lambda done, total, told="": asked.append(done))
    assert asked == []
    with pytest.raises(TrainingError, match="of another run"):
        learn(problem, blend, far, Recipe(steps=51, seed=2), file)
    file.write_bytes(b"no")
    with pytest.raises(TrainingError, match="damaged"):
        learn(problem, blend, far, recipe, file)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("processors", [(FLOAT, INT8), (FLOAT, BFLOAT16, INT8)])
def test_the_likeliest_splits_are_those_of_all(seed, processors):
    problem = random_problem(seed, units=6, share=0.5, processors=processors)
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(len(processors)), size=6)
    names = problem.sums.processors

    def likelihood(split):
        return math.prod(shares[unit, names.index(name)] for unit, name in enumerate(split))

    feasible = sorted(filter(problem.feasible, all_splits(problem)), key=likelihood, reverse=True)
    found = likeliest(problem, shares, 8)
    assert [likelihood(split) for split in found] == pytest.approx(
        [likelihood(split) for split in feasible[:8]]
    )
    assert len(set(found)) == len(found)
    # Where all are asked for, all come.
    assert set(likeliest(problem, shares, LOOKED_AT)) == set(feasible)


def test_likely_splits_of_many_units_keep_a_budget_that_likelihood_does_not():
    problem = random_problem(7, units=40, share=0.3)
    shares = np.tile([0.95, 0.05], (40, 1))
    found = likeliest(problem, shares, 8)
    # By chance not one in a billion of these is feasible: one is made, with what is near to it.
    assert 2 <= len(found) == len(set(found)) <= 8
    assert all(map(problem.feasible, found))
    assert likeliest(problem.within(1e-3), shares, 8) == []


class KnownShares:
    """A learner that gives what it was made with."""

    able = True

    def __init__(self, shares):
        self._shares = np.asarray(shares, np.float64)

    def shares(self, problem, seed):
        return Learnt(self._shares, (), (), ())

    def paper_split(self, problem, seed):
        return rounded(problem, self._shares)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.35, 0.6])
def test_fye_sr_finds_nearly_the_optimum_with_few_judgements(seed, share):
    problem = random_problem(seed, units=9, share=share, skips={5: 2})
    judge = additive_judge(problem, seed, pairs=0.4)
    best = exhaustive(problem, judge)
    assert best is not None
    memory = Evaluations(judge)
    # It knows nothing but that INT8 is fast: the walk has to find out.
    learner = KnownShares(np.full((9, 2), 0.5))
    found = find_split(Method.FYE_SR, problem, memory, learner=learner)
    assert found is not None
    assert problem.feasible(found)
    assert all(map(problem.feasible, memory.known))
    assert len(memory) <= 8 + 3 * 9
    assert judge(found) == min(memory.known.values())
    spread = max(map(judge, all_splits(problem))) - judge(best)
    assert judge(found) - judge(best) <= 0.15 * spread


def test_fye_sr_needs_a_learner_and_a_budget_that_something_keeps():
    problem = random_problem(8, units=5)
    judge = Evaluations(additive_judge(problem, 8))
    learner = KnownShares(np.full((5, 2), 0.5))
    for method in (Method.FYE_SR, Method.FYE_SR_PAPER):
        with pytest.raises(UsageError, match="needs a learner"):
            find_split(method, problem, judge)
        assert find_split(method, problem.within(1e-3), judge, learner=learner) is None


def test_the_papers_form_keeps_the_budget_and_spares_what_does_damage():
    problem = random_problem(3, units=6)
    best = (INT8, FLOAT, INT8, INT8, FLOAT, INT8)
    problem = problem.within(1.05 * problem.time_ms(best))
    recipe = PaperRecipe(steps=120, perceptual=0.0, structural=5.0)
    found = learn_split(problem, noise_of([0.1, 8.0, 0.1, 0.1, 8.0, 0.1]), far, recipe)
    assert found is not None
    coarse = found.shares[:, 1]
    assert coarse[[1, 4]].max() < coarse[[0, 2, 3, 5]].min()
    assert np.allclose(found.shares.sum(axis=1), 1)
    assert found.split == best


def test_in_the_papers_form_ease_keeps_all_exact_and_hurry_nothing():
    problem = random_problem(4, units=5)
    blend = noise_of([4.0] * 5)
    recipe = PaperRecipe(steps=60, perceptual=0.0, structural=5.0)
    ease = learn_split(problem.within(1e3), blend, far, recipe)
    assert ease is not None
    assert ease.split == (FLOAT,) * 5
    tight = problem.within(problem.time_ms((INT8,) * 5) * 1.001)
    hurry = learn_split(tight, blend, far, recipe)
    assert hurry is not None
    assert hurry.split == (INT8,) * 5
    assert learn_split(problem.within(1e-3), blend, far, PaperRecipe(steps=2)) is None


def test_rounding_takes_the_nearest_feasible():
    problem = random_problem(5, units=4, share=0.5)
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])
    assert rounded(problem.within(math.inf), shares) == (FLOAT, INT8, INT8, FLOAT)
    found = rounded(problem, shares)
    assert found is not None
    assert problem.feasible(found)


def test_the_papers_form_goes_on_as_well(tmp_path):
    problem, blend = random_problem(6, units=4), noise_of([1.0, 2.0, 3.0, 4.0])
    recipe, file = PaperRecipe(steps=60, seed=2), tmp_path / "learner.pt"
    whole = learn_split(problem, blend, far, recipe)

    def stop(done, total, told=""):
        if done == 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_split(problem, blend, far, recipe, file, stop)
    again = learn_split(problem, blend, far, recipe, file)
    assert whole is not None
    assert again is not None
    np.testing.assert_allclose(again.shares, whole.shares, rtol=1e-5)
    with pytest.raises(TrainingError, match="of another run"):
        learn_split(problem, blend, far, PaperRecipe(steps=61), file)


def test_perception_is_the_objective_where_it_has_a_gradient():
    generator = torch.Generator().manual_seed(1)
    exact = torch.rand(2, 1, 48, 48, generator=generator)
    noise = torch.randn(2, 1, 48, 48, generator=generator)
    picture = (exact + 0.02 * noise).clamp(0, 1).requires_grad_()
    wanted = 99 + 10 * torch.log10((picture - exact).square().mean(dim=(1, 2, 3)))
    np.testing.assert_allclose(PSNR(picture, exact).detach(), wanted.detach(), rtol=1e-6)
    for objective in (Objective.GMSD, Objective.SSIM, Objective.PSNR):
        distance = perception(objective, Guard())
        equal = exact.clone().requires_grad_()
        distance(equal, exact).sum().backward()
        assert equal.grad is not None
        assert torch.isfinite(equal.grad).all()
        assert distance(exact, exact).abs().max() < 1e-4
        assert distance(picture, exact).min() > 0.1


def test_perception_of_piqe_is_the_estimators_mean_over_four_grids(estimator):
    generator = torch.Generator().manual_seed(2)
    exact = torch.rand(1, 1, 64, 80, generator=generator)
    picture = (exact + 0.05 * torch.randn(1, 1, 64, 80, generator=generator)).clamp(0, 1)
    shifted = [
        estimator(
            picture[:, :, down : down + (64 - down) // 16 * 16, right:][
                :, :, :, : (80 - right) // 16 * 16
            ]
        )
        for down, right in SHIFTS
    ]
    assert steady(estimator, picture).item() == pytest.approx(np.mean([s.item() for s in shifted]))
    found = perception(Objective.PIQE, Guard(), estimator)(picture, exact)
    wanted = steady(estimator, picture) - steady(estimator, exact)
    assert found.item() == pytest.approx(wanted.item())


def test_perception_of_piqe_is_the_judges_own_score_by_default():
    generator = torch.Generator().manual_seed(3)
    exact = (torch.rand(1, 1, 64, 80, generator=generator) * 255).round() / 255
    noise = 0.05 * torch.randn(1, 1, 64, 80, generator=generator)
    picture = ((exact + noise).clamp(0, 1) * 255).round() / 255
    found = perception(Objective.PIQE, Guard())(picture, exact).item()
    after, before = ((255 * x[0, 0]).round().byte().numpy() for x in (picture, exact))
    assert found == pytest.approx(steady_piqe(after) - steady_piqe(before), abs=5e-3)
