"""The public calls: what they are documented to do, and the same as the commands."""

import inspect
import json
import subprocess
import sys
import textwrap

import msgspec
import numpy as np
import pytest
from PIL import Image

import vernier
from vernier.bundles.bundle import open_bundle
from vernier.cli.main import main
from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.planning.fronts import pareto
from vernier.planning.plan import load_plan
from vernier.planning.request import Request, SearchOptions, requested
from vernier.profiling.profile import load_profile
from vernier.splitting.budget import Budget

MODELLED = ("modelled:pixel-6-gpu:float16", "modelled:pixel-6-npu:int8")
CALLS = ("export", "metrics", "optimize", "profile")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos, and a picture with what it should look like."""
    made = tmp_path_factory.mktemp("calls")
    (made / "photos").mkdir()
    for seed in range(6):
        picture = np.rint(dead_leaves(96, 128, channels=3, seed=seed) * 255).astype(np.uint8)
        Image.fromarray(picture).save(made / "photos" / f"{seed}.png")
    Image.fromarray(picture).save(made / "original.png")
    Image.fromarray(picture // 2 + 60).save(made / "large.png")
    return made


@pytest.fixture(scope="module")
def known():
    return vernier.profile("sesr-m5", size=(90, 160), processors=MODELLED)


@pytest.fixture
def command(monkeypatch, capfd):
    """Runs a command; gives what it prints on standard output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["vernier", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        printed = capfd.readouterr()
        assert code == 0, printed.err
        return printed.out

    return run


def lasting(struct, *passing):
    """A value without what differs from run to run."""
    found = msgspec.to_builtins(struct)
    return {name: value for name, value in found.items() if name not in {"date", *passing}}


@pytest.mark.parametrize("name", CALLS)
def test_the_documented_example_works(folder, tmp_path, monkeypatch, name) -> None:
    documented = inspect.getdoc(getattr(vernier, name)).split("Args:")[0].splitlines()
    example = textwrap.dedent("\n".join(line for line in documented if line.startswith("    ")))
    assert f"vernier.{name}(" in example
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, f"{name}'s docstring", "exec"), {})


def test_the_command_profiles_what_the_call_does(command, known, tmp_path) -> None:
    file = tmp_path / "p.json"
    command(
        "profile", "sesr-m5", "--size", "160x90", "--processors", ",".join(MODELLED), "-o", file
    )
    assert lasting(load_profile(file)) == lasting(known)
    with pytest.raises(UsageError, match="exists already"):
        vernier.profile("sesr-m5", file, processors=MODELLED)


def test_the_command_plans_what_the_call_does(command, known, folder, tmp_path) -> None:
    options: SearchOptions = {
        "photo_count": 2,
        "objective": "psnr",
        "most_switches": 3,
        "method": "milp",
    }
    plan = vernier.optimize(
        "sesr-m5", "0.7x", folder / "photos", tmp_path / "called", profile=known, **options
    )
    vernier.profile("sesr-m5", tmp_path / "p.json", size=(90, 160), processors=MODELLED)
    printed = command(
        "split", "sesr-m5", "--profile", tmp_path / "p.json", "--budget", "0.7x",
        "--photos", folder / "photos", "--photo-count", 2, "--objective", "psnr",
        "--most-switches", 3, "--method", "milp", "-o", tmp_path / "told", "--json",
    )  # fmt: skip
    commanded = load_plan(tmp_path / "told")
    assert lasting(commanded, "search_s") == lasting(plan, "search_s")
    assert msgspec.json.decode(printed, type=type(commanded)) == commanded
    assert load_plan(tmp_path / "called") == plan
    for name in ("split.json", "ranges.json"):
        assert (tmp_path / "called" / name).read_bytes() == (tmp_path / "told" / name).read_bytes()
    first, second = (open_bundle(tmp_path / name / "bundle") for name in ("called", "told"))
    assert first.manifest == second.manifest
    assert tuple(unit.processor for unit in first.manifest.units) == plan.processors
    with pytest.raises(UsageError, match=r"holds plan\.json already"):
        vernier.optimize("sesr-m5", "0.7x", folder / "photos", tmp_path / "called", profile=known)
    # Without a profile the same is profiled first, and without a folder nothing is written.
    alone = vernier.optimize(
        "sesr-m5", "0.7x", folder / "photos", size=(90, 160), processors=MODELLED, **options
    )
    assert lasting(alone, "search_s") == lasting(plan, "search_s")


def test_a_front_in_one_call_ends_at_the_plan_s_ends(known, folder) -> None:
    options: SearchOptions = {"photo_count": 2, "objective": "psnr", "method": "milp"}
    found = pareto("sesr-m5", known, folder / "photos", budgets=3, **options)
    assert 2 <= len(found.points) <= 3
    assert found.points[-1].integer_units < found.points[0].integer_units


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_command_exports_what_the_call_does(command, folder, tmp_path, precision) -> None:
    made = vernier.export(
        "sesr-m5", tmp_path / "a", precision=precision, photos=folder / "photos", scale=2
    )
    command(
        "export", "sesr-m5", "--precision", precision, "--photos", folder / "photos",
        "--scale", 2, "-o", tmp_path / "b",
    )  # fmt: skip
    for name in (f"{precision}.tflite", "manifest.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / f"{precision}.tflite").read_bytes() == made.models[
        f"{precision}.tflite"
    ]
    assert open_bundle(tmp_path / "a").manifest == made.manifest


def test_the_command_scores_what_the_call_does(command, folder) -> None:
    files = (folder / "large.png", folder / "original.png")
    found = vernier.metrics(*files, on="rgb", crop=2)
    told = json.loads(command("metrics", *files, "--on", "rgb", "--crop", 2, "--json"))
    assert told["mean"] == found.mean
    assert told["pictures"][0]["scores"] == found.files[0].scores
    both = [np.asarray(Image.open(file), np.float64) for file in files]
    error = np.mean((both[0] - both[1])[2:-2, 2:-2] ** 2)
    assert found.mean["psnr"] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-4)


@pytest.mark.parametrize(
    ("budget", "options", "words"),
    [
        ("soon", {}, "expected a budget"),
        ("1x", {"method": "magic"}, "expected a method of search"),
        ("1x", {"objective": "taste"}, "expected an objective of visible"),
        ("1x", {"locked": {"last": "int8"}}, "expected a processor as ENGINE:DEVICE:PRECISION"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_opened(budget, options, words) -> None:
    with pytest.raises(UsageError, match=words):
        vernier.optimize("sesr-m5", budget, "nowhere", **options)


def test_a_request_is_what_was_asked(tmp_path) -> None:
    assert requested(tmp_path) == Request(tmp_path)
    asked = requested(tmp_path, "20ms", {"memory_mb": 1.5, "bound_db": None, "quick": True})
    assert (asked.budget, asked.memory_bytes, asked.most) == (Budget(20.0, "ms"), 1500000, 60)
    assert asked.bound_db == Request(tmp_path).bound_db


def test_rooms_of_the_same_name_stay_apart_from_calls() -> None:
    code = (
        "import vernier; first = vernier.metrics, vernier.export\n"
        "import vernier.export.splits, vernier.metrics.registry\n"
        "from vernier.metrics.psnr import psnr\n"
        "assert (vernier.metrics, vernier.export) == first and all(map(callable, first))\n"
        "assert psnr.__module__ == 'vernier.metrics.psnr'\n"
        "import sys; assert 'torch' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_calls_say_all_their_arguments() -> None:
    for name in CALLS:
        call = getattr(vernier, name)
        text = inspect.getdoc(call) or ""
        for argument in inspect.signature(call).parameters:
            assert f"{argument}: " in text, f"{name} does not say what {argument} is"
    text = inspect.getdoc(vernier.optimize)
    assert all(f"`{option}`" in text for option in SearchOptions.__annotations__)
