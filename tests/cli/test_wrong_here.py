"""What commands do with a processor whose numbers are wrong on this machine."""

import numpy as np
import pytest
from PIL import Image

from vernier.bundles.bundle import write_bundle
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.processors import soundness
from vernier.processors.soundness import Finding, Soundness
from vernier.profiling.activations import activations_of
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import Granularity, cut

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
TOLD = f"{INT8}: its numbers are wrong here: 1 self-tests fail, such as 99 codes off"


@pytest.fixture
def wrong(vernier, monkeypatch):
    """The command line on a machine on which LiteRT's INT8 was found to be wrong."""
    monkeypatch.setattr(soundness, "_FOUND", {})
    finding = Finding("pairs", "CONV_2D", "wrong", 99, "99 codes off")
    soundness.keep(Soundness(INT8, (finding,)))
    return vernier


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(4):
        picture = np.rint(dead_leaves(96, 128, channels=3, seed=seed) * 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{seed}.png")
    return folder


def test_it_is_an_error_with_the_reason_where_it_is_named(wrong, tmp_path):
    code, _, err = wrong(
        "profile", "sesr-m5", "--size", "24x32", "--quick", "-o", tmp_path / "p.json",
        "--processors", f"{FLOAT},{INT8}",
    )  # fmt: skip
    assert code == 2
    assert TOLD in err
    assert not (tmp_path / "p.json").exists()


def test_a_profile_of_it_gives_no_plan_without_insisting(wrong, photos, tmp_path):
    profile = tmp_path / "p.json"
    code, _, err = wrong(
        "profile", "sesr-m5", "--size", "24x32", "--quick", "-o", profile,
        "--processors", f"{FLOAT},{INT8}", "--allow-inexact",
    )  # fmt: skip
    assert code == 0, err
    asked = (
        "split", "sesr-m5", "--profile", profile, "--budget", "40x", "--photos", photos,
        "--photo-count", 2, "--quick", "--method", "last",
    )  # fmt: skip
    code, _, err = wrong(*asked, "-o", tmp_path / "plan")
    assert code == 2
    assert TOLD in err
    assert not (tmp_path / "plan" / "plan.json").exists()
    code, _, err = wrong(*asked, "-o", tmp_path / "plan", "--allow-inexact")
    assert code == 0, err
    assert (tmp_path / "plan" / "plan.json").exists()


def test_where_none_is_named_it_is_passed_over(wrong, tmp_path):
    code, _, err = wrong(
        "profile", "sesr-m5", "--size", "24x32", "--quick", "-o", tmp_path / "p.json"
    )
    assert code == 0, err
    assert f"left out {INT8}: its numbers are wrong here" in err


def test_a_bundle_that_names_it_is_not_timed_without_insisting(wrong, tmp_path):
    source = find_source("sesr-m5", 2)
    units = cut(source.graph, Granularity.LAYER)
    split = [FLOAT] + [INT8] * (len(units) - 1)
    ranges = Ranges(activations_of(source.graph).ranges)
    facts = network_facts(source.graph, source.name, source.scale)
    made = export_split(source.graph, facts, units, split, ranges)
    write_bundle(tmp_path / "bundle", made.manifest, made.models)
    asked = ("inspect", tmp_path / "bundle", "--time", "24x32")
    code, _, err = wrong(*asked)
    assert code == 2
    assert TOLD in err
    code, out, err = wrong(*asked, "--allow-inexact")
    assert code == 0, err
    assert "measured here at 24x32" in out
