import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from vernier.errors import NetworkError
from vernier.networks.architectures.srvgg import SrVggCompact
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


def write_ncnn(folder, module, half):
    """The two files of a compact network, by ncnn's description of its format."""
    lines, data = ["Input x 0 1 data"], b""
    for n, layer in enumerate(module.body):
        if isinstance(layer, nn.Conv2d):
            kernel = layer.weight.detach().numpy().astype("<f2" if half else "<f4")
            o, _, kh, kw = kernel.shape
            lines.append(f"Convolution c{n} 1 1 a b 0={o} 1={kw} 11={kh} 4=1 5=1 6={kernel.size}")
            raw = kernel.tobytes()
            data += (
                (0x01306B47 if half else 0).to_bytes(4, "little") + raw + b"\0" * (-len(raw) % 4)
            )
            data += layer.bias.detach().numpy().tobytes()
        else:
            lines.append(f"PReLU p{n} 1 1 a b 0={layer.num_parameters}")
            data += layer.weight.detach().numpy().tobytes()
    lines += ["PixelShuffle s 1 1 a b 0=2", "Interp i 1 1 a b 0=1 1=2.000000e+00", ""]
    param = folder / "net.param"
    param.write_text("\n".join(["7767517", "9 9", *lines]))
    (folder / "net.bin").write_bytes(data)
    return param


@pytest.mark.parametrize("half", [False, True])
def test_ncnn(tmp_path, half):
    torch.manual_seed(0)
    module = SrVggCompact(2, layers=2, width=5)
    param = write_ncnn(tmp_path, module, half)
    for path in (param, param.with_suffix(".bin")):
        weights = load(path)
        assert weights.keys() == module.state_dict().keys()
        for name, value in module.state_dict().items():
            np.testing.assert_allclose(weights[name], value, rtol=1e-3 if half else 0)
    assert detect(weights).arguments == {"layers": 2, "width": 5}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p, b: (p, b[:-3]), "too early"),
        (lambda p, b: (p, b + b"0"), "left over"),
        (lambda p, b: (p.replace("7767517", "1"), b), "magic"),
        (lambda p, b: (p.replace("PReLU", "Softmax"), b), "Softmax"),
        (lambda p, b: (p.replace("6=270", "6=271"), b), "impossible"),
        (lambda p, b: (p, b"\1" + b[1:]), "flag"),
    ],
)
def test_damaged_ncnn_files(tmp_path, damage, words):
    param = write_ncnn(tmp_path, SrVggCompact(2, layers=1, width=10), half=True)
    binary = param.with_suffix(".bin")
    text, data = damage(param.read_text(), binary.read_bytes())
    param.write_text(text)
    binary.write_bytes(data)
    with pytest.raises(NetworkError, match=words):
        load(param)


@needs_real
@pytest.mark.parametrize("name", ["realesr-animevideov3-x4", "upscayl-lite-4x"])
def test_real_ncnn_files_equal_the_converted_ones(name):
    converted = load(REAL / f"{name}.safetensors")
    assert same(load(REAL / f"{name}.param"), converted)
    detection = detect(converted)
    assert detection.scale == 4
    load_into(detection.build(), detection.weights)


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
