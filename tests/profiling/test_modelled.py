"""Profiles of processors that are not here: against the estimates and figures they are made of."""

import itertools

import pytest

from vernier.errors import UsageError
from vernier.estimates.ethos_n import ETHOS_N
from vernier.estimates.model import estimate
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of
from vernier.profiling.assembly import Subject
from vernier.profiling.modelled import MODELS, modelled_profile
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import load_profile, save_profile

N78 = "modelled:ethos-n78-4tops:int8"
CPU, GPU, NPU = (
    "modelled:pixel-6-cpu:float32",
    "modelled:pixel-6-gpu:float16",
    "modelled:pixel-6-npu:int8",
)


def subject(name, scale=2, height=90, width=160):
    return Subject(name, scale, graph_of(name, scale), height, width)


def whole_ms(profile, name):
    return Predictor(profile).predict([name] * len(profile.units)).total_ms


@pytest.mark.parametrize("name", ["sesr-m5", "fsrcnn", "edsr-baseline"])
def test_units_of_an_ethos_n_add_up_to_its_estimate(name):
    asked = subject(name)
    profile = modelled_profile(asked, [N78])
    wanted = estimate(resized(asked.graph, 90, 160), ETHOS_N["ethos-n78-4tops"]).time_ms
    assert whole_ms(profile, N78) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("name", "published"),
    [("srcnn", (75, 22, 6)), ("edsr-baseline", (1910, 210, 34)), ("rrdbnet", (3240, 460, 74))],
)
def test_a_phone_keeps_the_published_ratios(name, published):
    profile = modelled_profile(subject(name, 4, 16, 24), [CPU, GPU, NPU])
    times = [whole_ms(profile, processor) for processor in (CPU, GPU, NPU)]
    for (a, b), (c, d) in zip(
        itertools.pairwise(times), itertools.pairwise(published), strict=True
    ):
        assert a / b == pytest.approx(c / d)


def test_srcnn_at_the_papers_size_takes_the_papers_time():
    """SRCNN 9-1-5 on a picture that is 640x360 after its bicubic enlargement."""
    asked = subject("srcnn-915", 2, 180, 320)
    profile = modelled_profile(asked, [GPU, NPU])
    bicubic = 640 * 360 / 4 * 25 * 4
    macs = count_macs(resized(asked.graph, 180, 320))
    share = macs / (macs - bicubic)
    assert whole_ms(profile, GPU) == pytest.approx(22 * share, rel=0.01)
    assert whole_ms(profile, NPU) == pytest.approx(6 * share, rel=0.01)


def test_switches_cost_what_the_paper_measured():
    profile = modelled_profile(subject("edsr-baseline", 2, 360, 640), [GPU, NPU])
    (to_int8,) = (s for s in profile.switches if s.source == GPU and s.shape == (1, 360, 640, 64))
    (to_float,) = (s for s in profile.switches if s.source == NPU and s.shape == (1, 360, 640, 64))
    assert to_int8.conversion.ms == pytest.approx(46.4)
    assert to_float.conversion.ms == pytest.approx(20.0)


def test_it_says_that_it_is_modelled_and_survives_a_file(tmp_path):
    profile = modelled_profile(subject("sesr-m5"), [CPU, N78])
    assert set(profile.modelled) == {CPU, N78}
    assert "FYE-SR" in profile.modelled[CPU]
    save_profile(profile, tmp_path / "p.json")
    assert load_profile(tmp_path / "p.json") == profile
    splits = itertools.product((CPU, N78), repeat=len(profile.units))
    assert all(Predictor(profile).predict(split).total_ms > 0 for split in splits)


@pytest.mark.parametrize("names", [[], [CPU, CPU], ["modelled:abacus:int8"]])
def test_what_cannot_be_modelled_is_refused(names):
    with pytest.raises(UsageError):
        modelled_profile(subject("sesr-m5"), names)


@pytest.mark.parametrize("name", ["modelled:ethos-u85-2048:int8", "modelled:ethos-u65-512:int8"])
def test_units_of_an_ethos_u_add_up_to_velas_layers(name):
    pytest.importorskip("ethosu.vela", reason="Vela is not installed")
    from vernier.estimates.vela import ETHOS_U, estimate_with_vela

    asked = subject("sesr-m5")
    found = estimate_with_vela(resized(asked.graph, 90, 160), ETHOS_U[name.split(":")[1]])
    wanted = sum(layer.time_ms for layer in found.layers)
    assert whole_ms(modelled_profile(asked, [name]), name) == pytest.approx(wanted)
    assert name in MODELS
