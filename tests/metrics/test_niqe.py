"""NIQE: its parts against distributions whose parameters are known, its whole against damage."""

import math

import numpy as np
import pytest

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.niqe import (
    FEATURES,
    PristineModel,
    _fit_generalised_gaussian,
    _halved,
    fit,
    load_model,
    niqe,
    our_model,
    patch_features,
)
from vernier.metrics.planes import grey

RNG = np.random.default_rng(0)


def photo(side=384, seed=1):
    return grey(np.asarray(dead_leaves(side, side, seed=seed)[:, :, :3], np.float64).clip(0, 1))


@pytest.mark.parametrize(("shape", "left", "right"), [(2, 1, 1), (1, 2, 0.5), (0.6, 0.3, 1.2)])
def test_parameters_of_known_distributions_are_found(shape, left, right):
    """Samples of an asymmetric generalised Gaussian: a gamma variate to the power of 1 / shape."""
    count = 400_000
    size = RNG.gamma(1 / shape, size=count) ** (1 / shape)
    negative = RNG.random(count) < left / (left + right)
    values = np.where(negative, -left * size, right * size)
    found = _fit_generalised_gaussian(values)
    assert found == pytest.approx((shape, left, right), rel=0.02)


def test_halving_is_bicubic():
    """A straight line stays one; a wave too fine for half the size vanishes."""
    line = np.arange(64.0)[:, None] * np.ones((1, 3))
    np.testing.assert_allclose(_halved(line)[4:-4, 0], np.arange(32)[4:-4] * 2 + 0.5, atol=1e-12)
    wave = np.cos(np.pi * np.arange(64.0))[:, None]
    assert np.abs(_halved(wave)[4:-4]).max() < 0.05


def test_features_lie_patch_by_patch():
    plane = photo(200)
    features, sharpness = patch_features(plane)
    assert features.shape == (4, FEATURES)
    assert sharpness.shape == (4,)
    assert np.isfinite(features).all()
    # What is left over at the right and below does not count.
    other = plane.copy()
    other[192:], other[:, 192:] = 0, 0
    np.testing.assert_array_equal(patch_features(other)[0], features)


def test_damage_counts_and_more_of_it_more():
    """By a model of such pictures."""
    model = fit(photo(384, seed) for seed in range(2, 8))
    plane, noise = photo(), RNG.normal(size=(384, 384))
    scores = [niqe(np.clip(plane + s * noise, 0, 1), model) for s in (0, 0.02, 0.06, 0.15)]
    assert scores == sorted(scores)


def test_on_the_official_pictures_it_is_near_the_authors_model(official):
    """Near to what good photos are like; far from it the two measure in units of their own."""
    scores = {name: niqe(grey(distorted)) for name, _, distorted, _ in official}
    wanted = {name: row["niqe_matlab"] for name, _, _, row in official}
    assert min(scores, key=scores.get) == min(wanted, key=wanted.get)
    assert scores["I06.bmp"] == pytest.approx(wanted["I06.bmp"], rel=0.05)
    assert all(score > 2 * scores["I06.bmp"] for name, score in scores.items() if name != "I06.bmp")


def test_a_picture_of_the_model_itself_is_at_distance_zero():
    features, _ = patch_features(photo(960))
    usable = features[np.isfinite(features).all(axis=1)]
    assert len(usable) > FEATURES
    own = PristineModel(usable.mean(axis=0), np.cov(usable, rowvar=False))
    assert niqe(photo(960), own) == pytest.approx(0, abs=1e-4)


def test_models_are_fitted_saved_and_read(tmp_path):
    model = fit(photo(480) for _ in range(6))
    model.save(tmp_path / "m.npz")
    again = load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.covariance, model.covariance)
    # As BasicSR stores the authors' model.
    np.savez(
        tmp_path / "niqe_pris_params.npz",
        mu_pris_param=model.mean[None], cov_pris_param=model.covariance,
        gaussian_window=np.ones((7, 7)),
    )  # fmt: skip
    theirs = load_model(tmp_path / "niqe_pris_params.npz")
    assert niqe(photo(), theirs) == niqe(photo(), model)
    assert niqe(photo(), theirs) != niqe(photo(), our_model())


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((90, 300)), "at least 96x96"),
        (np.zeros((300, 300)), "at least two patches"),
        (np.full((200, 200), math.nan), "finite"),
        (np.zeros((200, 200, 3)), "one plane"),
    ],
)
def test_bad_input(picture, message):
    with pytest.raises(UsageError, match=message):
        niqe(picture)


def test_bad_models(tmp_path):
    with pytest.raises(UsageError, match="expected a model of NIQE"):
        load_model(tmp_path / "nowhere.npz")
    np.savez(tmp_path / "m.npz", mean=np.zeros(3), covariance=np.zeros((3, 3)))
    with pytest.raises(UsageError, match="expected 36 features"):
        load_model(tmp_path / "m.npz")
    (tmp_path / "m.npz").write_bytes(b"no")
    with pytest.raises(UsageError, match="expected a model of NIQE"):
        load_model(tmp_path / "m.npz")
    with pytest.raises(UsageError, match="more than 36 sharp patches, found 0"):
        fit([])
