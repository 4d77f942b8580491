"""split, optimize, pareto and plan: from a network and photos to a bundle that was timed."""

import functools
import json

import numpy as np
import pytest
from command_line import run_command
from PIL import Image

from vernier.bundles.bundle import open_bundle
from vernier.images.dead_leaves import dead_leaves
from vernier.planning.plan import load_plan
from vernier.profiling.profile import load_profile

MODELLED = "modelled:pixel-6-gpu:float16,modelled:pixel-6-npu:int8"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(6):
        picture = np.rint(dead_leaves(96, 128, channels=3, seed=seed) * 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def modelled(tmp_path_factory):
    """A profile of processors that are not here, by network."""
    folder = tmp_path_factory.mktemp("modelled")

    @functools.cache
    def of(network):
        file = folder / f"{network}.json"
        code, _, err = run_command(
            folder, "profile", network, "--size", "160x90", "--processors", MODELLED, "-o", file
        )
        assert code == 0, err
        return file

    return of


@pytest.fixture(scope="module")
def optimized(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimized")
    out = folder / "plan"
    code, text, err = run_command(
        folder, "optimize", "sesr-m5", "--budget", "40x", "--size", "32x24", "--photos", photos,
        "--photo-count", 2, "--quick", "-o", out,
        "--processors", "litert:cpu:float32,litert:cpu:int8",
    )  # fmt: skip
    assert code == 0, err
    return out, text


def test_a_plan_of_what_pays_here_is_timed_and_compared_with_all_int8(vernier, photos, tmp_path):
    out = tmp_path / "auto"
    code, text, err = vernier(
        "optimize", "sesr-m5", "--budget", "0.9x", "--size", "48x64", "--photos", photos,
        "--photo-count", 2, "--quick", "--nearest", "--method", "milp", "-o", out,
    )  # fmt: skip
    assert code == 0, err
    plan, known = load_plan(out), load_profile(out / "profile.json")
    last = plan.attempts[-1]
    assert (last.processors, last.form, last.measured_ms) == (
        plan.processors,
        plan.form,
        plan.measured_ms,
    )
    assert plan.within == last.kept
    # All that was timed is known to the profile, by ratios to all-float.
    timed = {(one.processors, one.form): one.time.ms for one in known.wholes}
    assert len(timed) == len(plan.attempts)
    assert timed[plan.processors, plan.form] == plan.measured_ms
    assert open_bundle(out / "bundle").manifest.form == plan.form
    assert plan.coarsest is not None
    assert "all-INT8" in text
    # The photos are of one kind, and what they lack was made.
    assert "made pictures of what they lack" in plan.calibrated
    assert plan.calibrated in text


def test_optimize_does_it_all_and_the_bundle_runs(vernier, optimized, photos, tmp_path) -> None:
    out, text = optimized
    plan = load_plan(out)
    assert "held out" in text
    assert plan.measured_ms is not None
    assert plan.measured_ms <= plan.budget_ms
    assert plan.held_out is not None
    assert plan.held_out.photos != ""
    assert [unit.name for unit in plan.units] == [
        unit.name for unit in load_profile(out / "profile.json").units
    ]
    assert plan.attempts[-1].kept
    bundle = open_bundle(out / "bundle")
    assert [unit.processor for unit in bundle.manifest.units] == list(plan.processors)
    code, _, err = vernier(
        "upscale", photos / "0.png", "--bundle", out / "bundle", "-o", tmp_path / "big.png"
    )
    assert code == 0, err
    with Image.open(tmp_path / "big.png") as large:
        assert large.size == (256, 192)


def test_plans_can_be_shown_explained_and_compared(vernier, optimized, photos, tmp_path) -> None:
    out, _ = optimized
    code, text, _ = vernier("plan", "show", out)
    assert code == 0
    assert "middle.0" in text
    code, text, _ = vernier("plan", "explain", out, "last")
    assert code == 0
    assert text.startswith("last is on litert:cpu:")
    code, _, err = vernier("plan", "explain", out, "nothing")
    assert code == 2
    assert "no unit is called 'nothing'" in err
    other = tmp_path / "locked"
    moved = {"float32": "int8", "int8": "float32"}
    precision = load_plan(out).units[-1].processor.rpartition(":")[2]
    code, text, err = vernier(
        "split", "sesr-m5", "--profile", out / "profile.json", "--budget", "40x",
        "--photos", photos, "--photo-count", 2, "--lock", f"last=litert:cpu:{moved[precision]}",
        "-o", other, "--json",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(text)["units"][-1]["processor"].endswith(moved[precision])
    code, text, _ = vernier("plan", "diff", out, other)
    assert code == 0
    assert f"last: litert:cpu:{precision} -> litert:cpu:{moved[precision]}" in text


def test_a_front_of_modelled_processors(vernier, modelled, photos, tmp_path) -> None:
    profile = modelled("sesr-m5")
    code, text, err = vernier(
        "pareto", "sesr-m5", "--profile", profile, "--photos", photos, "--photo-count", 2,
        "--objective", "psnr", "-o", tmp_path / "front", "--budgets", 4, "--json",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(text)
    times = [point["predicted_ms"] for point in found["points"]]
    worth = [point["objective"] for point in found["points"]]
    assert times == sorted(times)
    assert worth == sorted(worth, reverse=True)
    # All in float16 is near to float32, and not the same.
    assert 99 - 90 < worth[-1] < 99 - 60
    assert sum(point["knee"] for point in found["points"]) == 1
    assert (tmp_path / "front" / found["points"][0]["bundle"] / "manifest.json").is_file()
    code, text, err = vernier(
        "split", "sesr-m5", "--profile", profile, "--budget", "0.7x", "--photos", photos,
        "--photo-count", 2, "-o", tmp_path / "plan",
    )  # fmt: skip
    assert code == 0, err
    assert "nothing was timed" in text
    plan = load_plan(tmp_path / "plan")
    assert plan.measured_ms is None
    assert plan.predicted_ms <= plan.budget_ms


def test_a_wrong_profile_or_budget_leaves_no_folder(vernier, modelled, photos, tmp_path) -> None:
    profile = modelled("sesr-m5")
    out = tmp_path / "out"
    code, _, err = vernier("pareto", "sesr-m3", "--profile", profile, "--photos", photos, "-o", out)
    assert code == 2
    assert "the profile is of sesr-m5 x2" in err
    assert "expected one of sesr-m3 x2" in err
    assert not out.exists()
    for budget in ("0x", "-5ms", "nan", "infx", "1e999ms"):
        code, _, err = vernier(
            "split", "sesr-m5", "--profile", profile, f"--budget={budget}", "--photos", photos,
            "-o", out,
        )  # fmt: skip
        assert code == 2
        assert "expected a budget" in err
        assert not out.exists()


def test_a_folder_of_another_network_is_named(vernier, modelled, photos, tmp_path) -> None:
    out = tmp_path / "out"
    for network in ("sesr-m5", "sesr-m3"):
        profile = modelled(network)
        code, _, err = vernier(
            "split", network, "--profile", profile, "--budget", "0.9x", "--photos", photos,
            "--photo-count", 2, "-o", out, "--objective", "psnr", "--method", "greedy",
        )  # fmt: skip
        if network == "sesr-m5":
            assert code == 0, err
            (out / "plan.json").unlink()
    assert code == 2
    assert "other network (sesr-m5 x2, now sesr-m3 x2)" in err


@pytest.mark.parametrize(("method", "runs"), [("fye-sr", 1), ("fye-sr-paper", 3)])
@pytest.mark.parametrize("objective", ["guarded", "gmsd"])
def test_both_forms_of_the_papers_learner_by_name(
    vernier, modelled, photos, tmp_path, method, runs, objective
) -> None:
    profile = modelled("sesr-m5-hw")
    # Small ones: a learner looks at all of them in each of its steps.
    (tmp_path / "small").mkdir()
    for path in sorted(photos.iterdir())[:3]:
        with Image.open(path) as photo:
            photo.crop((0, 0, 80, 72)).save(tmp_path / "small" / path.name)
    photos = tmp_path / "small"
    code, text, err = vernier(
        "split", "sesr-m5-hw", "--profile", profile, "--budget", "0.6x", "--photos", photos,
        "--photo-count", 1, "--method", method, "--objective", objective,
        "-o", tmp_path / "plan", "--json",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(text)
    assert found["method"] == method
    assert found["objective"] == objective
    assert found["predicted_ms"] <= found["budget_ms"]
    # What is needed to go on after a stop lies in the folder.
    assert len(list((tmp_path / "plan").glob("*learner-*.pt"))) == runs


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--budget", "soon"), "expected a budget"),
        (("--budget", "0.001x"), "no split reaches"),
        (("--budget", "1x", "--lock", "last"), "expected UNIT=PROCESSOR"),
        (("--budget", "1x", "--method", "magic"), "expected a method of search"),
        (("--budget", "1x", "--objective", "taste"), "expected an objective of visible"),
        (("--budget", "1x", "--photos", "nowhere"), "expected a folder of photos"),
        (("--budget", "1x", "--memory", "0.0001"), "no split keeps the constraints"),
    ],
)
def test_bad_options_are_one_line_and_leave_no_plan(
    vernier, modelled, photos, tmp_path, arguments, words
) -> None:
    profile = modelled("sesr-m5")
    code, _, err = vernier(
        "split", "sesr-m5", "--profile", profile, "--photos", photos, "--photo-count", 2,
        "-o", tmp_path / "plan", *arguments,
    )  # fmt: skip
    assert code == 2
    assert words in err
    # A slow machine is told how far calibration is.
    told = [line for line in err.strip().splitlines() if " s left) " not in line]
    assert len(told) == 1
    assert not (tmp_path / "plan" / "plan.json").exists()


def test_random_weights_and_finished_folders_are_refused(vernier, photos, tmp_path) -> None:
    code, _, err = vernier(
        "optimize", "espcn", "--budget", "1x", "--photos", photos, "-o", tmp_path / "a"
    )
    assert code == 2
    assert "no weights come with Vernier" in err
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "plan.json").write_text("{}")
    code, _, err = vernier(
        "optimize", "sesr-m5", "--budget", "1x", "--photos", photos, "-o", tmp_path / "b"
    )
    assert code == 2
    assert "holds plan.json already" in err
    code, _, err = vernier("plan", "show", tmp_path / "b")
    assert code == 2
    assert "not a plan" in err
