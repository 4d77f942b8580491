"""A comparison end to end, on engines that are always here; stopped and gone on with."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from vernier.comparison import pictures
from vernier.comparison.comparing import compare
from vernier.comparison.records import EQUAL_DB, read_comparison
from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.psnr import psnr

PAIR = ("litert:cpu:float32", "litert:cpu:int8")
METHODS = ("mobisr", "mulayer", "codl", "greedy", "accuracy_control", "onnxruntime", "plan")
WITH_BUDGET = ("mobisr", "greedy", "accuracy_control", "plan")
OPTIONS = {
    "processors": PAIR,
    "budgets": ("0.01x", "5000ms"),
    "methods": METHODS,
    "metrics": ("psnr", "piqe"),
    "rounds": 3,
    "quick": True,
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Leaves2")
    for number in range(2):
        picture = dead_leaves(128, 144, seed=number) * 255
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"leaves{number}.png")
    return folder


@pytest.fixture(scope="module")
def out(photos, tmp_path_factory):
    """A comparison that is stopped at its seventh picture and gone on with."""
    folder = tmp_path_factory.mktemp("out")
    scored = pictures._scored
    seen = []

    def stopping(*given):
        seen.append(given)
        if len(seen) == 7:
            raise KeyboardInterrupt
        return scored(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "_scored", stopping)
        # So that this machine's INT8 pays, whatever it is: what pays is tested below.
        patch.setattr("vernier.comparison.verdict.PAYS", 1e9)
        with pytest.raises(KeyboardInterrupt):
            compare("sesr-m3", photos, folder, **OPTIONS)
        assert not read_comparison(folder).complete
        compare("sesr-m3", photos, folder, **OPTIONS)
        assert len(seen) == 1 + sum(
            len(result.scored) for result in read_comparison(folder).results
        )
    return folder


def test_everything_is_there(out):
    found = read_comparison(out)
    assert found.complete
    assert found.network.name == "sesr-m3"
    assert (found.width, found.height) == (72, 64)
    keys = [(result.method, result.budget) for result in found.results]
    budgeted = {(name, budget) for name in WITH_BUDGET for budget in OPTIONS["budgets"]}
    others = {"float", "int8", "mulayer", "codl", "onnxruntime"}
    assert set(keys) == budgeted | {(name, "") for name in others}
    for result in found.results:
        if result.missing:
            assert result.budget == "0.01x", result
            continue
        assert result.budget != "0.01x"
        assert result.measured.runs == 3
        assert 0 < result.measured.median_ms <= result.measured.p95_ms
        assert [one.photo for one in result.scored] == ["leaves0", "leaves1"]
        for one in result.scored:
            assert (out / one.picture).is_file()


def test_scores_are_those_of_the_files(out, photos):
    """By another way to the same numbers: the PNGs that lie there, in MATLAB's luma."""
    found = read_comparison(out)
    for name in ("float", "mulayer"):
        for one in found.of(name).scored:
            luma = [
                np.asarray(Image.open(path).convert("RGB"), float)[2:-2, 2:-2]
                @ [65.481 / 255, 128.553 / 255, 24.966 / 255]
                for path in (out / one.picture, photos / f"{one.photo}.png")
            ]
            assert one.to_photo["psnr"] == pytest.approx(psnr(*luma, peak=255), abs=2e-3)


def test_with_time_for_everything_tools_stay_in_float(out):
    found = read_comparison(out)
    for name in ("greedy", "accuracy_control"):
        tool = found.of(name, "5000ms")
        assert {unit.processor for unit in tool.placement} == {PAIR[0]}
        assert not any(unit.switch_ms for unit in tool.placement)
        assert all(one.to_float["psnr"] == EQUAL_DB for one in tool.scored)
        assert all(one.to_float["visible"] == 0 for one in tool.scored)
    # A plan may give INT8 what looks no worse by its photos.
    plan = found.of("plan", "5000ms")
    assert len(plan.placement) == found.network.units
    assert all(one.to_float["psnr"] > 50 for one in plan.scored)
    assert "5000ms: the plan" in found.verdict
    assert all(one.to_float["psnr"] > 50 for one in found.of("codl").scored)
    assert all(30 < one.to_float["psnr"] < 70 for one in found.of("onnxruntime").scored)
    mobisr = found.of("mobisr", "5000ms")
    assert all(one.int8_share == 0 and one.to_float["psnr"] > 60 for one in mobisr.scored)
    assert found.of("int8").scored[0].to_float["psnr"] < 60


def test_again_computes_nothing(out, photos, monkeypatch):
    monkeypatch.setattr("vernier.comparison.verdict.PAYS", 1e9)
    monkeypatch.setattr(pictures, "_scored", lambda *_: pytest.fail("computed again"))
    monkeypatch.setattr(
        "vernier.comparison.running.time_all", lambda *_: pytest.fail("timed again")
    )
    before = read_comparison(out)
    assert compare("sesr-m3", photos, out, **OPTIONS) == before


def test_another_comparison_in_the_same_folder_is_refused(out, photos):
    with pytest.raises(UsageError, match="holds unfinished results of other settings"):
        compare("sesr-m3", photos, out, **{**OPTIONS, "metrics": ("psnr",)})


def test_a_machine_that_offers_no_pair_is_told_so(photos, tmp_path, out, monkeypatch):
    """The ends are there, and nothing else."""
    monkeypatch.setattr("vernier.comparison.verdict.PAYS", 0.0)
    work = tmp_path / "work"
    work.mkdir()
    for name in ("profile.json", "ends.json", "made-of.json"):
        for file in (out / "work").glob(name):
            (work / name).write_bytes(file.read_bytes())
    found = compare("sesr-m3", photos, tmp_path, **OPTIONS)
    assert not found.profitable
    assert found.verdict.startswith("this machine offers no pair")
    assert [result.method for result in found.results] == ["float", "int8"]


def test_a_phone_that_is_not_here_is_modelled(photos, tmp_path):
    pair = ("modelled:pixel-6-gpu:float16", "modelled:pixel-6-npu:int8")
    methods = ("mobisr", "mulayer", "codl", "bfloat16")
    options = {**OPTIONS, "processors": pair, "methods": methods, "budgets": ("0.6x",)}
    found = compare("sesr-m3", photos, tmp_path, **options)
    # By multiply-accumulates, at the pace of SRCNN's 22 ms on that GPU.
    macs_per_ms = 640 * 360 * (9 * 9 * 64 + 64 * 32 + 5 * 5 * 32) / 22
    assert found.float_ms == pytest.approx(found.network.macs / macs_per_ms, abs=1e-3)
    assert all(result.measured is None for result in found.results)
    assert found.of("mobisr", "0.6x").modelled_ms <= 0.6 * found.float_ms
    # Its CPU takes 1910 / 210 times as long: a quarter of no layer is worth giving to it.
    assert found.of("codl").modelled_ms == pytest.approx(found.float_ms, rel=1e-3)
    assert all(one.to_float["psnr"] > 60 for one in found.of("codl").scored)
    assert "no model" in found.of("bfloat16").missing


def test_what_is_written_is_plain_json(out):
    content = json.loads((Path(out) / "comparison.json").read_text())
    assert content["format"] == 1
    text = msgspec.json.encode(content).decode()
    assert str(out) not in text
