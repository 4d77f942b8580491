"""The other commands, each on real things."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from vernier.bundles.shipped import shipped_bundles
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.architectures.srvgg import SrVggCompact


def save_one_pixel(folder):
    Image.new("RGB", (1, 1), (10, 200, 30)).save(folder / "dot.png")
    return folder / "dot.png"


def test_devices(vernier, tmp_path, monkeypatch):
    from vernier.processors import soundness

    # Whatever other tests of this process found out.
    monkeypatch.setattr(soundness, "_FOUND", {})
    code, out, _ = vernier("devices", "--json")
    rows = {row["processor"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["litert:cpu:float32"]["present"]
    assert all(row["detail"] for row in rows.values())
    assert not any("gains little" in row["detail"] for row in rows.values())
    assert rows["litert:cpu:float32"]["numbers"] == "not tried"
    assert vernier("upscale", save_one_pixel(tmp_path), "--processor", "litert:cpu:float32")[0] == 0
    rows = {row["processor"]: row for row in json.loads(vernier("devices", "--json")[1])}
    assert rows["litert:cpu:float32"]["numbers"] == "right"
    assert rows["litert:cpu:int8"]["numbers"] == "not tried"


def test_doctor(vernier):
    code, out, _ = vernier("doctor", "--json")
    assert code == 0
    checks = {check["name"]: check["verdict"] for check in json.loads(out)}
    assert checks["litert:cpu:int8"] == "ok"
    assert checks["a float32 processor"] == "ok"


def test_doctor_is_no_error_while_one_float_processor_works(vernier, monkeypatch):
    """A bad processor is told and passed over; without a float one there is nothing to run."""
    from vernier.errors import ProcessorError
    from vernier.processor_id import ProcessorId
    from vernier.processors import doctor
    from vernier.processors.litert_cpu import LitertCpu

    class Broken(LitertCpu):
        def load(self, model, **options):
            raise ProcessorError(f"{self.id}: No adapters found")

    good = LitertCpu(ProcessorId("litert", "cpu", "float32"))
    bad = Broken(ProcessorId("litert", "cpu", "int8"))
    monkeypatch.setattr(doctor.examine, "__defaults__", ((good, bad),))
    code, out, err = vernier("doctor")
    assert code == 0
    assert "failed  litert:cpu:int8: passed over: No adapters found" in out
    assert err == "passed over on this machine: litert:cpu:int8\n"
    monkeypatch.setattr(doctor.examine, "__defaults__", ((bad,),))
    code, out, err = vernier("doctor")
    assert code == 2
    assert "a float32 processor: expected at least one that works, found none" in err


def test_networks(vernier):
    code, out, _ = vernier("networks", "--json")
    assert code == 0
    rows = {(row["network"], row["scale"]): row for row in json.loads(out)}
    assert rows["sesr-m5", 2]["parameters"] == 13_700
    assert rows["sesr-m5", 2]["precisions"] == ["float32", "int8"]
    assert rows["edsr-baseline", 2]["precisions"] == ["float32", "int8"]
    assert rows["edsr-baseline", 4]["precisions"] == []
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
    found = json.loads(out)
    assert found["psnr_db"] > 40
    assert 0.98 < found["ssim"] <= 1
    assert set(found["photos"]["ramp.png"]) == {"psnr_db", "ssim"}


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
        ("export", "edsr-baseline", "--scale", 4, "-o", "b"),
        ("export", "nowhere.pth", "-o", "b"),
        ("export", "nowhere.onnx", "-o", "b"),
        ("export", "sesr-m5", "--form", "fused", "-o", "b"),
        ("export", "sesr-m5", "--split", "nowhere.json", "--photos", ".", "-o", "b"),
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


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(2):
        save_dead_leaves(folder / f"{seed}.png", seed)
    return folder


def save_dead_leaves(path, seed):
    picture = np.round(255 * dead_leaves(72, 96, seed=seed)).astype(np.uint8)
    Image.fromarray(picture).save(path)


def test_a_split_from_units_to_a_picture(vernier, tmp_path, photos):
    """units writes a split, an editor changes it, export and upscale take it."""
    written = tmp_path / "split.json"
    assert vernier("units", "sesr-m5", "-o", written)[0] == 0
    split = json.loads(written.read_text())
    for place in split["units"][2:5]:
        place["processor"] = "litert:cpu:int8"
    written.write_text(json.dumps(split))
    for form in ("segments", "engine", "fused"):
        bundle = tmp_path / f"{form}.zip"
        code, out, err = vernier(
            "export", "sesr-m5", "--split", written, "--form", form, "--photos", photos,
            "-o", bundle,
        )  # fmt: skip
        assert code == 0, err
        assert "dB to the float network" in out
        code, out, _ = vernier("inspect", bundle)
        assert code == 0
        assert out.count("litert:cpu:int8") >= 3
        small, large = photos / "0.png", tmp_path / f"{form}.png"
        code, _, err = vernier("upscale", small, "-o", large, "--bundle", bundle)
        assert code == 0, err
        with Image.open(large) as picture:
            assert picture.size == (192, 144)
    one, other = (np.asarray(Image.open(tmp_path / f"{f}.png")) for f in ("segments", "fused"))
    assert np.abs(one.astype(int) - other).max() <= 1


def test_a_split_of_another_network_is_refused(vernier, tmp_path, photos):
    written = tmp_path / "split.json"
    assert vernier("units", "sesr-m3", "--scale", 2, "-o", written)[0] == 0
    code, _, err = vernier(
        "export", "sesr-m5", "--split", written, "--photos", photos, "-o", tmp_path / "b"
    )
    assert code == 2
    assert "expected a split of 7 units" in err
    assert not (tmp_path / "b").exists()


def test_weights_that_are_brought_are_recognised(vernier, tmp_path, photos):
    """A compact RGB network as its authors keep it, from a file to a picture in INT8."""
    torch.manual_seed(0)
    module = SrVggCompact(scale=2, layers=4, width=16)
    torch.save({"params": module.state_dict()}, tmp_path / "compact.pth")
    for precision in ("float32", "int8"):
        code, out, err = vernier(
            "export", tmp_path / "compact.pth", "--precision", precision, "--photos", photos,
            "-o", tmp_path / precision,
        )  # fmt: skip
        assert code == 0, err
        assert out.count("srvggcompact-x2") == 1
        code, out, _ = vernier(
            "eval", "--bundle", tmp_path / precision, "--data", photos, "--json",
            "--processor", f"litert:cpu:{precision}",
        )  # fmt: skip
        assert code == 0
        assert json.loads(out)["psnr_db"] > 5
    # A file is judged without a bundle in float, and says how to make one for INT8.
    found = []
    for network in ("compact.pth", "float32"):
        how = ["--network" if network.endswith("pth") else "--bundle", tmp_path / network]
        code, out, err = vernier("eval", *how, "--data", photos, "--json")
        assert code == 0, err
        found.append(json.loads(out)["psnr_db"])
    assert found[0] == found[1]
    code, _, err = vernier(
        "eval", "--network", tmp_path / "compact.pth", "--data", photos,
        "--processor", "litert:cpu:int8",
    )  # fmt: skip
    assert code == 2
    assert "--bundle" in err
