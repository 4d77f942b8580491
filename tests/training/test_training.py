import shutil

import msgspec
import numpy as np
import pytest
import torch
from short_recipe import SHORT

from vernier.errors import TrainingError
from vernier.networks.architectures.linear_block import collapse, expand_from
from vernier.networks.registry import NETWORKS, find_network
from vernier.networks.shipped import FOLDER
from vernier.training.collapsing import collapse_run
from vernier.training.loop import train
from vernier.training.photos import PatchSampler, split_photos
from vernier.training.recipe import Recipe, find_recipe, load_recipe, parse_recipe


def test_an_interrupted_run_ends_as_an_unbroken_one(photos, tmp_path):
    whole = train(SHORT, photos, tmp_path / "whole")
    train(SHORT, photos, tmp_path / "broken", stop_after_steps=2)
    train(SHORT, photos, tmp_path / "broken", stop_after_steps=3)
    resumed = train(SHORT, photos, tmp_path / "broken")
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_training_lowers_the_loss(photos, tmp_path):
    losses = []
    longer = msgspec.structs.replace(SHORT, steps=60, decay_steps=10, validate_every=60)
    train(longer, photos, tmp_path / "run", listener=lambda report: losses.append(report.loss))
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])


def test_a_finished_run_can_be_extended_from_its_plateau(photos, tmp_path):
    train(SHORT, photos, tmp_path / "run")
    steps = []
    longer = msgspec.structs.replace(SHORT, steps=10)
    train(longer, photos, tmp_path / "run", listener=lambda report: steps.append(report.step))
    assert steps[0] == SHORT.steps - SHORT.decay_steps + 1
    assert steps[-1] == 10


def test_a_run_folder_of_another_network_is_refused(photos, tmp_path):
    train(SHORT, photos, tmp_path / "run", stop_after_steps=1)
    other = msgspec.structs.replace(SHORT, network="sesr-m5")
    with pytest.raises(TrainingError, match="holds a run of sesr-m3-x2, not of sesr-m5-x2"):
        train(other, photos, tmp_path / "run")


def test_a_damaged_checkpoint_is_refused(photos, tmp_path):
    train(SHORT, photos, tmp_path / "run", stop_after_steps=1)
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="damaged checkpoint"):
        train(SHORT, photos, tmp_path / "run")


def test_a_run_collapses_to_the_same_function(photos, tmp_path):
    train(SHORT, photos, tmp_path / "run")
    report = collapse_run(tmp_path / "run", tmp_path / "m3.safetensors")
    assert (report.network, report.scale, report.step) == ("sesr-m3", 2, 6)
    assert report.largest_difference < 1e-5
    assert report.collapsed_weights < report.trained_weights / 20


def test_collapsing_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="expected the folder of a training run"):
        collapse_run(tmp_path, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_expanding_is_the_inverse_of_collapsing():
    torch.manual_seed(3)
    collapsed = collapse(find_network("sesr-m5").build_trainable(2))
    for parameter in collapsed.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    fresh = find_network("sesr-m5").build_trainable(2)
    expand_from(fresh, collapsed)
    x = torch.rand(1, 1, 20, 24)
    torch.testing.assert_close(fresh(x), collapsed(x), rtol=0, atol=1e-5)


def test_another_scale_starts_from_all_but_the_last_block():
    torch.manual_seed(4)
    collapsed = collapse(find_network("sesr-m5").build_trainable(2))
    fresh = find_network("sesr-m5").build_trainable(4)
    before = fresh.last.wide.detach().clone()
    expand_from(fresh, collapsed)
    x = torch.rand(1, 1, 12, 12)
    torch.testing.assert_close(fresh.first(x), collapsed.first(x), rtol=0, atol=1e-5)
    torch.testing.assert_close(
        fresh.middle[4](fresh.first(x)), collapsed.middle[4](collapsed.first(x)), rtol=0, atol=1e-5
    )
    assert torch.equal(fresh.last.wide, before)


def test_patches_are_aligned_and_a_function_of_seed_and_step(photos):
    sampler = PatchSampler(sorted(photos.iterdir()), 2, 16, (1.0, 0.8))
    low, high = sampler.batch(seed=1, step=5, size=8)
    again, _ = sampler.batch(seed=1, step=5, size=8)
    other, _ = sampler.batch(seed=1, step=6, size=8)
    assert np.array_equal(low, again)
    assert not np.array_equal(low, other)
    assert low.shape == (8, 1, 16, 16)
    assert high.shape == (8, 1, 32, 32)
    # Each low-resolution pixel is about the mean of the four it stands for; a patch that was
    # shifted or turned otherwise than its partner would be far off.
    means = high.reshape(8, 16, 2, 16, 2).mean((2, 4))
    assert np.abs(means - low[:, 0])[:, 2:-2, 2:-2].mean() < 0.02


def test_a_network_of_rgb_learns_colours(photos, tmp_path):
    sampler = PatchSampler(sorted(photos.iterdir()), 2, 16, (1.0,), channels=3)
    low, high = sampler.batch(seed=1, step=5, size=8)
    assert low.shape == (8, 3, 16, 16)
    means = high.reshape(8, 3, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(means - low)[:, :, 2:-2, 2:-2].mean() < 0.02
    recipe = msgspec.structs.replace(SHORT, network="edsr-baseline", steps=2)
    train(recipe, photos, tmp_path / "run")
    report = collapse_run(tmp_path / "run", tmp_path / "rgb.safetensors")
    assert report.largest_difference == 0


def test_validation_photos_are_held_out(photos):
    files = sorted(photos.iterdir())
    training, validation = split_photos(files, 1)
    assert len(validation) == 1
    assert sorted(training + validation) == files
    with pytest.raises(TrainingError, match="leave nothing"):
        split_photos(files, 3)


def test_the_rate_rises_stays_and_falls():
    recipe = Recipe(network="sesr-m5", scale=2, steps=100, warmup_steps=10, decay_steps=50)
    rates = [recipe.learning_rate_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(recipe.learning_rate / 10)
    assert rates[10:51] == [recipe.learning_rate] * 41
    assert rates[99] == pytest.approx(recipe.learning_rate / 50)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("network = ", "not a usable recipe"),
        ("network = 'sesr-m5'", "scale"),
        ("network = 'sesr-m5'\nscale = 2\nstepps = 3", "stepps"),
        ("network = 'sesr-m5'\nscale = 2\nbatch = 0", "batch"),
        ("network = 'sesr-m5'\nscale = 2\nloss = 'l3'", "loss"),
    ],
)
def test_an_unusable_recipe_says_what_is_wrong(text, message):
    with pytest.raises(TrainingError, match=message):
        parse_recipe(text, "recipe.toml")


def test_every_shipped_recipe_is_usable_and_named_after_its_network():
    files = sorted(FOLDER.glob("*/recipe.toml"))
    assert files
    for path in files:
        recipe = load_recipe(path)
        assert recipe.name == path.parent.name
        assert recipe.network in NETWORKS
        assert find_recipe(recipe.name) == recipe


def test_an_unknown_recipe_lists_the_shipped_ones():
    with pytest.raises(TrainingError, match="sesr-m5-x2"):
        find_recipe("no-such-recipe")


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, of its own parts
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_compiling_changes_nothing_but_the_time(photos, tmp_path):
    plain = train(SHORT, photos, tmp_path / "plain")
    fused = train(msgspec.structs.replace(SHORT, compiled=True), photos, tmp_path / "fused")
    for name, value in plain.items():
        assert torch.allclose(value, fused[name], atol=1e-5), name


@pytest.mark.filterwarnings("ignore")
def test_a_missing_compiler_is_one_line(photos, tmp_path, monkeypatch):
    import torch._inductor.config as settings

    monkeypatch.setattr(settings.cpp, "cxx", (None, "/nowhere/g++"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    torch._dynamo.reset()
    wide = msgspec.structs.replace(SHORT, compiled=True, patch=18)
    with pytest.raises(TrainingError, match="compiled = false"):
        train(wide, photos, tmp_path / "run")
    torch._dynamo.reset()
