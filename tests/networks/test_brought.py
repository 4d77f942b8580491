"""Networks from users' files: what comes out is what the file's module computes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vernier.errors import GraphError, NetworkError, UsageError
from vernier.graphs.reference import run
from vernier.networks.architectures.carn import Carn
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.brought import bring, is_file
from vernier.networks.capture.module import capture

REAL = Path(__file__).parents[3] / "shared" / "data" / "weights"


def computes(graph, module, channels=3):
    rng = np.random.default_rng(0)
    picture = rng.random((1, 12, 16, channels), np.float32)
    with torch.no_grad():
        wanted = module(torch.from_numpy(picture).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    (found,) = run(graph, {graph.inputs[0]: picture}).values()
    return np.abs(found - wanted).max() < 1e-4


def test_a_compact_network_of_any_width(tmp_path):
    torch.manual_seed(0)
    module = SrVggCompact(scale=3, layers=3, width=12).eval()
    torch.save({"params_ema": module.state_dict()}, tmp_path / "mine.pth")
    found = bring(tmp_path / "mine.pth")
    assert (found.name, found.scale) == ("srvggcompact", 3)
    assert computes(found.graph, module)


def test_a_multi_scale_network_asks_for_the_scale(tmp_path):
    torch.manual_seed(0)
    module = Carn(scale=4, groups=4, multi_scale=True).eval()
    torch.save(module.state_dict(), tmp_path / "carn.pth")
    with pytest.raises(NetworkError, match="serve the scales 2, 3, 4; say which with --scale"):
        bring(tmp_path / "carn.pth")
    found = bring(tmp_path / "carn.pth", 4)
    assert (found.name, found.scale) == ("carn-m", 4)
    assert computes(found.graph, module)


def test_unknown_weights_name_what_could_help(tmp_path):
    torch.save({"mystery.weight": torch.zeros(3)}, tmp_path / "a.pth")
    with pytest.raises(NetworkError, match=r"no known network has weights.*spandrel"):
        bring(tmp_path / "a.pth")


def test_a_missing_file_is_said():
    with pytest.raises(NetworkError, match="expected a file of weights, found none"):
        bring(Path("nowhere.safetensors"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a.pth", True), ("x/b.SAFETENSORS", True), ("n.param", True), ("sesr-m5", False)],
)
def test_a_file_is_told_from_a_name(text, wanted):
    assert is_file(text) is wanted


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data/weights here")
def test_ncnn_and_safetensors_of_one_network_are_one():
    one = bring(REAL / "realesr-animevideov3-x4.param")
    other = bring(REAL / "realesr-animevideov3-x4.safetensors")
    assert (other.name, one.scale, other.scale) == ("srvgg-16", 4, 4)
    picture = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    results = [run(g, {"input": picture})["output"] for g in (one.graph, other.graph)]
    np.testing.assert_allclose(*results, atol=1e-5)


class Own(nn.Module):
    """Of nobody's architecture."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.last = nn.Conv2d(8, 12, 3, padding=1)

    def forward(self, x):
        return nn.functional.pixel_shuffle(self.last(torch.sigmoid(self.first(x))), 2)


def test_any_module_through_torch_export():
    torch.manual_seed(0)
    module = Own().eval()
    assert computes(capture(module, "own"), module)


def test_what_has_no_counterpart_is_named_with_its_place():
    class Bessel(Own):
        def forward(self, x):
            return torch.special.bessel_j0(super().forward(x))

    with pytest.raises((GraphError, UsageError), match="bessel_j0"):
        capture(Bessel().eval(), "bessel")


def _spandrel():
    if importlib.util.find_spec("spandrel") is None:
        return "spandrel is not installed"
    try:
        import spandrel  # noqa: F401
    except (ImportError, RuntimeError) as error:
        return f"spandrel fails to import: {error}"
    return ""


@pytest.mark.skipif(bool(_spandrel()), reason=_spandrel() or "present")
def test_an_architecture_that_only_spandrel_knows(tmp_path):
    from spandrel.architectures.RCAN import RCAN

    torch.manual_seed(0)
    module = RCAN(scale=2, n_resgroups=2, n_resblocks=2, n_feats=16).eval()
    torch.save({k: v.clone() for k, v in module.state_dict().items()}, tmp_path / "rcan.pth")
    found = bring(tmp_path / "rcan.pth")
    assert (found.name, found.scale) == ("rcan", 2)
    assert computes(found.graph, module)
