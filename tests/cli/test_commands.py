"""The other commands, each on real things."""

import json
import sys

import pytest

from vernier.bundles.shipped import shipped_bundles
from vernier.cli.main import main


@pytest.fixture
def vernier(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["vernier", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_devices(vernier):
    code, out, _ = vernier("devices", "--json")
    rows = {row["processor"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["litert:cpu:float32"]["present"]
    assert all(row["detail"] for row in rows.values())


def test_doctor(vernier):
    code, out, _ = vernier("doctor", "--json")
    assert code == 0
    checks = {check["name"]: check["verdict"] for check in json.loads(out)}
    assert checks["litert:cpu:int8"] == "ok"


def test_networks(vernier):
    code, out, _ = vernier("networks", "--json")
    assert code == 0
    rows = {(row["network"], row["scale"]): row for row in json.loads(out)}
    assert rows["sesr-m5", 2]["weights"] == 13_520
    assert rows["sesr-m5", 2]["macs"] == 3_115_008_000
    assert rows["sesr-m5", 2]["halo"] == 9


def test_inspect(vernier):
    code, out, _ = vernier("inspect", shipped_bundles("sesr-m5", 2)["int8"])
    assert code == 0
    assert "CONV_2D" in out
    assert "DEPTH_TO_SPACE" in out
    assert "float32" not in out.split("MACs at")[1]


def test_eval_of_bicubic(vernier, tmp_path):
    import numpy as np
    from PIL import Image

    ramp = np.linspace(0, 255, 40)[None, :, None].repeat(40, 0).repeat(3, 2).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    code, out, _ = vernier("eval", "--network", "bicubic", "--data", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["psnr_db"] > 40


def test_training_to_a_picture(vernier, tmp_path):
    """train, collapse, export and upscale, each handing the next one a file."""
    import numpy as np
    from PIL import Image

    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for n in range(2):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((64, 48), Image.Resampling.BICUBIC).save(photos / f"{n}.png")
    (tmp_path / "recipe.toml").write_text(
        "network = 'sesr-m3'\nscale = 2\nsteps = 4\nbatch = 1\npatch = 16\nshrink = [1.0]\n"
        "decay_steps = 2\nvalidation_photos = 1\nvalidate_every = 2\n"
    )
    run, weights = tmp_path / "run", tmp_path / "m3.safetensors"
    for arguments in (
        ("train", tmp_path / "recipe.toml", "--photos", photos, "-o", run, "--threads", 1),
        ("collapse", run, "-o", weights),
        ("export", "sesr-m3", "--weights", weights, "-o", tmp_path / "f32"),
        ("export", "sesr-m3", "--weights", weights, "--precision", "int8", "--photos", photos,
         "-o", tmp_path / "i8.zip"),
        ("inspect", tmp_path / "i8.zip"),
        ("upscale", photos / "0.png", "-o", tmp_path / "large.png", "--bundle", tmp_path / "i8.zip",
         "--processor", "litert:cpu:int8"),
    ):  # fmt: skip
        code, _, err = vernier(*arguments)
        assert code == 0, (arguments, err)
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (128, 96)


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "no-such-recipe", "--photos", ".", "-o", "run"),
        ("collapse", "nowhere", "-o", "w.safetensors"),
        ("export", "sesr-m5", "--precision", "int8", "-o", "b"),
        ("export", "sesr-m77", "-o", "b"),
        ("inspect", "nowhere"),
        ("eval", "--data", "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(vernier, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, err = vernier(*arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_help_needs_no_torch_and_names_every_command(vernier):
    code, out, _ = vernier("--help")
    assert code == 0
    for name in ("upscale", "devices", "doctor", "networks", "train", "collapse", "export", "eval"):
        assert name in out
