"""The estimator: shapes, files, learning something simple, and going on after a stop."""

import numpy as np
import pytest
import torch
from PIL import Image

from vernier.errors import NetworkError, TrainingError, UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.piqe import SHIFTS, piqe, steady_piqe
from vernier.perceptual.data import Pictures, Sample, load_index, load_pictures, save_index
from vernier.perceptual.estimator import IMITATED, Estimator, load_estimator, normalised
from vernier.perceptual.learning import Recipe, by_network, estimate, judge, learn, slopes

PIQE, GMSD = IMITATED["piqe"], IMITATED["gmsd"]


def noise_level(picture, _):
    """A metric that is easily learnt: how rough a picture is."""
    return float(np.abs(np.diff(picture.astype(np.float64), axis=1)).mean())


def noisy_pictures(count, seed=0, side=48):
    rng = np.random.default_rng(seed)
    base = 255 * dead_leaves(side, side, channels=1, seed=seed)[:, :, 0]
    pictures = [
        np.clip(base + rng.uniform(0, 40) * rng.normal(size=base.shape), 0, 255).astype(np.uint8)
        for _ in range(count)
    ]
    samples = [
        Sample(
            file=f"{n}.png", reference="0.png", photo="leaves", network="net" if n % 2 else "",
            damage="noise", held_out=False, scores={"piqe": noise_level(p, p)},
        )
        for n, p in enumerate(pictures)
    ]  # fmt: skip
    stacked = torch.from_numpy(np.stack(pictures))[:, None]
    scores = torch.tensor([s.scores["piqe"] for s in samples])
    return Pictures(samples, stacked, stacked[:1].expand_as(stacked), scores)


def test_any_size_from_a_cell_on():
    estimator = Estimator(PIQE).eval()
    for size in ((16, 16), (33, 50), (96, 17)):
        found = estimator(torch.rand(2, 1, *size))
        assert found.shape == (2,)
        assert ((found > 0) & (found < 100)).all()
    with pytest.raises(UsageError, match="at least 16x16"):
        estimator(torch.rand(1, 1, 15, 20))
    with pytest.raises(UsageError, match="grey pictures"):
        estimator(torch.rand(1, 3, 20, 20))
    with pytest.raises(UsageError, match="piqe takes no reference"):
        estimator(torch.rand(1, 1, 20, 20), torch.rand(1, 1, 20, 20))
    with pytest.raises(UsageError, match="gmsd takes a reference"):
        Estimator(GMSD).eval()(torch.rand(1, 1, 20, 20))


def test_flat_pictures_have_finite_slopes():
    flat = torch.full((1, 1, 32, 32), 0.5, requires_grad=True)
    (slope,) = torch.autograd.grad(Estimator(PIQE).eval()(flat).sum(), flat)
    assert torch.isfinite(slope).all()


def test_normalised_as_the_metrics_do_it():
    from vernier.metrics.piqe import WINDOW, WINDOW_SIGMA, gaussian, separable_filter

    plane = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.float64)
    padded = np.pad(plane, WINDOW // 2, mode="edge")
    taps = gaussian(WINDOW, WINDOW_SIGMA)
    mean = separable_filter(padded, taps)
    deviation = np.sqrt(separable_filter(padded * padded, taps) - mean * mean)
    found = normalised(torch.from_numpy(plane / 255)[None, None])[0][0, 0].numpy()
    np.testing.assert_allclose(found, (plane - mean) / (deviation + 1), atol=1e-3)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    pictures = noisy_pictures(256)
    out = tmp_path_factory.mktemp("run")
    return learn(PIQE, pictures, Recipe(epochs=8, seed=3), out), out


def test_a_simple_metric_is_learnt_and_its_slope_leads_down(learnt):
    estimator, _ = learnt
    unseen = noisy_pictures(64, seed=0)
    found = judge(estimator, unseen)
    assert found.count == 64
    assert found.pearson > 0.9
    assert found.spearman > 0.9
    assert found.pairs > 100
    assert found.signs > 0.9
    found = slopes(estimator, unseen.at(range(20)), noise_level)
    assert found.sides > 0.9


def test_files(learnt, tmp_path):
    estimator, _ = learnt
    estimator.save(tmp_path / "e.safetensors", {"photos": "leaves"})
    again = load_estimator(tmp_path / "e.safetensors")
    pictures = noisy_pictures(8)
    np.testing.assert_allclose(estimate(again, pictures), estimate(estimator, pictures), rtol=1e-5)
    assert not any(p.requires_grad for p in again.parameters())
    (tmp_path / "e.safetensors").write_bytes(b"no")
    with pytest.raises(NetworkError, match="expected an estimator"):
        load_estimator(tmp_path / "e.safetensors")


def test_a_stopped_run_goes_on_as_if_it_had_not(tmp_path):
    pictures, recipe = noisy_pictures(64), Recipe(epochs=2, seed=1)
    whole = learn(PIQE, pictures, recipe, tmp_path / "whole")

    def stop(done, total, told):
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(PIQE, pictures, recipe, tmp_path / "parts", stop)
    resumed = learn(PIQE, pictures, recipe, tmp_path / "parts")
    np.testing.assert_allclose(estimate(resumed, pictures), estimate(whole, pictures), rtol=1e-5)
    with pytest.raises(TrainingError, match="other epochs, seed or pictures"):
        learn(PIQE, pictures, Recipe(epochs=3, seed=1), tmp_path / "parts")
    with pytest.raises(TrainingError, match="at least 32 pictures, found 5"):
        learn(PIQE, pictures.at(range(5)), recipe, tmp_path / "few")


def test_the_folder_of_pictures(tmp_path):
    assert load_index(tmp_path) == []
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(tmp_path / name)
    sample = Sample(
        file="a.png", reference="b.png", photo="p", network="", damage="none", held_out=False,
        scores={"piqe": 5.0},
    )  # fmt: skip
    save_index(tmp_path, [sample], "test")
    assert load_index(tmp_path) == [sample]
    found = load_pictures(tmp_path, [sample], "piqe")
    assert found.pictures.shape == found.references.shape == (1, 1, 20, 24)
    assert not torch.equal(found.pictures, found.references)
    with pytest.raises(UsageError, match="has no score of niqe"):
        load_pictures(tmp_path, [sample], "niqe")
    with pytest.raises(UsageError, match="no pictures"):
        load_pictures(tmp_path, [], "piqe")
    (tmp_path / "scores.json").write_text("{")
    with pytest.raises(UsageError, match=r"not a list of scores: .*remove the folder"):
        load_index(tmp_path)


def test_other_grids_are_piqe_of_what_is_left(tmp_path):
    plane = np.rint(255 * dead_leaves(64, 80, channels=1, seed=2)[:, :, 0]).astype(np.uint8)
    Image.fromarray(plane).save(tmp_path / "a.png")
    sample = Sample(
        file="a.png", reference="a.png", photo="p", network="", damage="none", held_out=False,
        scores={"piqe": piqe(plane).score},
    )  # fmt: skip
    found = load_pictures(tmp_path, [sample], "piqe")
    assert [(grid.above, grid.left) for grid in found.grids] == list(SHIFTS[1:])
    for grid in found.grids:
        part = grid.cut(found.pictures)[0, 0].numpy()
        assert part.shape == (48, 64)
        assert grid.scores.item() == pytest.approx(piqe(part).score, rel=1e-5)
    scores = [found.scores.item(), *(grid.scores.item() for grid in found.grids)]
    assert np.mean(scores) == pytest.approx(steady_piqe(plane), rel=1e-5)


def test_the_verdict_of_each_network_by_hand():
    """An estimator that is 1 point above, but for one picture of one network."""

    class Shifted(Estimator):
        def forward(self, picture, reference=None):
            return picture[:, 0, 0, 0] * 255 + 1 + 40 * (picture[:, 0, 0, 1] > 0)

    true, odd = [10.0, 20.0, 30.0, 10.0, 20.0, 31.0], [0, 0, 0, 1, 0, 0]
    samples = [
        Sample(
            file=f"{n}", reference=f"{n}", photo="p", network="good" if n < 3 else "bad",
            damage="", held_out=True, scores={"piqe": score},
        )
        for n, score in enumerate(true)
    ]  # fmt: skip
    stacked = torch.zeros(6, 1, 16, 16, dtype=torch.uint8)
    stacked[:, 0, 0, 0] = torch.tensor(true).byte()
    stacked[:, 0, 0, 1] = torch.tensor(odd)
    pictures = Pictures(samples, stacked, stacked, torch.tensor(true))
    bad, good = by_network(Shifted(PIQE), pictures, {"good"})
    assert (good.network, good.held_out, good.count, good.pairs, good.signs) == (
        "good", False, 3, 3, 1.0,
    )  # fmt: skip
    assert good.mean_error == pytest.approx(1)
    assert good.differences == pytest.approx(1)
    assert (bad.network, bad.held_out, bad.pairs) == ("bad", True, 3)
    assert bad.signs == pytest.approx(1 / 3)
    assert bad.mean_error == pytest.approx((41 + 1 + 1) / 3)
    steps = np.array([[51 - 21, -10], [51 - 32, -21], [21 - 32, -11]])
    assert bad.differences == pytest.approx(np.corrcoef(steps.T)[0, 1])


def test_going_on_from_weights(learnt, tmp_path):
    estimator, _ = learnt
    estimator.save(tmp_path / "start.safetensors", {})
    pictures = noisy_pictures(64, seed=0)
    before = judge(estimator, pictures).mean_error
    recipe = Recipe(epochs=1, seed=1, start=tmp_path / "start.safetensors")
    after = judge(learn(PIQE, pictures, recipe, tmp_path / "run"), pictures).mean_error
    fresh = judge(learn(PIQE, pictures, Recipe(1, 1), tmp_path / "fresh"), pictures).mean_error
    assert after < fresh
    assert after < before + 1


def test_the_shipped_estimator_predicts_piqe():
    """On a photo that it has not seen, in several states, PIQE from about 20 to 90."""
    from pathlib import Path

    from vernier.images.bicubic import downscale, imresize
    from vernier.metrics.piqe import piqe
    from vernier.metrics.planes import grey
    from vernier.perceptual.estimator import shipped_estimator

    photo = Path(__file__).parents[2] / "demo" / "chelsea.png"
    with Image.open(photo) as opened:
        plane = grey(np.asarray(opened.convert("RGB"))[40:264, 80:336])
    rng = np.random.default_rng(0)
    small = downscale(plane[:, :, None], 2)
    blurred = imresize(small.astype(np.float64), *plane.shape)[:, :, 0]
    states = [
        plane,
        np.clip(np.rint(blurred), 0, 255).astype(np.uint8),
        np.clip(np.rint(plane + 8 * rng.normal(size=plane.shape)), 0, 255).astype(np.uint8),
        (plane // 16 * 16).astype(np.uint8),
    ]
    estimator = shipped_estimator("piqe")
    found = [estimator(torch.from_numpy(s / 255).float()[None, None]).item() for s in states]
    true = [piqe(state).score for state in states]
    assert np.abs(np.subtract(found, true)).mean() < 6
    assert np.corrcoef(found, true)[0, 1] > 0.9
    with pytest.raises(UsageError, match="no estimator of niqe comes with Vernier"):
        shipped_estimator("niqe")
