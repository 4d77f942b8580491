import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from vernier.errors import NetworkError
from vernier.networks.checkpoints import load, load_into, save
from vernier.networks.detection import detect

REAL = Path(__file__).parents[3] / "shared" / "data" / "weights"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data/weights here")


@pytest.fixture
def module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(4))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_saved_weights_come_back_with_their_words(module, tmp_path):
    path = tmp_path / "a.safetensors"
    save(module, path, {"network": "mine", "scale": "2"})
    assert same(load(path), module.state_dict())
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"network": "mine", "scale": "2"}
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_file_is_replaced_whole_or_not_at_all(module, tmp_path):
    with pytest.raises(NetworkError, match="cannot write"):
        save(module, tmp_path / "missing" / "a.safetensors", {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("nest", [None, "params_ema", "state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_pth(module, tmp_path, nest, prefix):
    weights = {prefix + name: value for name, value in module.state_dict().items()}
    torch.save({nest: weights, "epoch": 3} if nest else weights, tmp_path / "a.pth")
    assert same(load(tmp_path / "a.pth"), module.state_dict())


class Runs:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (os.mkdir, (str(self.marker),))


@pytest.mark.parametrize("write", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path, write):
    marker = tmp_path / "it_ran"
    write({"weight": Runs(marker)}, tmp_path / "evil.pth")
    with pytest.raises(NetworkError, match="wants to run code"):
        load(tmp_path / "evil.pth")
    assert not marker.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("keep", [0, 7, 100, -10])
def test_a_damaged_file_is_refused(module, tmp_path, suffix, keep):
    path = tmp_path / f"a{suffix}"
    save(module, path, {}) if suffix == ".safetensors" else torch.save(module.state_dict(), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(NetworkError, match=r"a\.(pth|safetensors)"):
        load(path)


def test_what_holds_no_weights_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(NetworkError, match="found the keys 'epoch'"):
        load(tmp_path / "a.pth")
    with pytest.raises(NetworkError, match="found none"):
        load(tmp_path / "b.pth")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(NetworkError, match=r"expected \.safetensors"):
        load(tmp_path / "a.txt")


def test_load_into_names_every_fault(module):
    weights = dict(module.state_dict())
    weights["0.bias"] = torch.zeros(5)
    weights["extra"] = weights.pop("1.weight")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(NetworkError) as caught:
        load_into(module, weights, "a.pth")
    for word in ("a.pth", "missing: 1.weight", "unexpected: extra", "(4,)", "(5,)"):
        assert word in str(caught.value)
    assert same(module.state_dict(), before)


@needs_real
@pytest.mark.parametrize(
    ("file", "name", "scale"),
    [("carn_m.pth", "carn-m", 2), ("imdn_x2.safetensors", "imdn", 2),
     ("imdn_x4.safetensors", "imdn", 4)],
)  # fmt: skip
def test_real_files_are_recognised_and_fit(file, name, scale):
    detection = detect(load(REAL / file), scale)
    assert detection.name == name
    load_into(detection.build(), detection.weights, file)
