"""`vernier upscale` as a user meets it: one line, exit code 2, nothing lost or half written."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cli.sizes import parse_size
from vernier.cli.upscale import parse_memory, parse_scale
from vernier.errors import UsageError

FAST = ["--processor", "litert:cpu:float32"]


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "in" / "photo.png"
    path.parent.mkdir()
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    coarse.resize((32, 24), Image.Resampling.BICUBIC).save(path)
    return path


def size_of(path):
    with Image.open(path) as opened:
        return opened.size


def refused(result, *words):
    """One clear line on standard error, exit code 2."""
    code, out, err = result
    assert code == 2, err
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("vernier: ")
    for word in words:
        assert word in err, err


def test_a_photo_in_a_sharper_photo_out(vernier, photo, tmp_path):
    code, _, err = vernier("upscale", photo, "-o", tmp_path / "large.png")
    assert code == 0, err
    assert size_of(tmp_path / "large.png") == (64, 48)
    assert "processor" in err
    assert "tiles:" in err


def test_a_report_for_machines(vernier, photo, tmp_path):
    code, out, _ = vernier("upscale", photo, "-o", tmp_path / "l.png", "--json", *FAST)
    assert code == 0
    report = json.loads(out)
    assert report[0]["size"] == [64, 48]
    assert report[0]["processor"] == "litert:cpu:float32"


def test_a_folder_becomes_a_folder(vernier, photo, tmp_path):
    with Image.open(photo) as opened:
        opened.save(photo.with_name("other.jpg"))
    (photo.parent / "notes.txt").write_text("no picture")
    code, _, err = vernier("upscale", photo.parent, "-o", tmp_path / "large", *FAST)
    assert code == 0, err
    assert {p.name for p in (tmp_path / "large").iterdir()} == {"photo_x2.png", "other_x2.jpg"}


@pytest.mark.parametrize(
    ("scale", "size"), [("3", (96, 72)), ("1.5", (48, 36)), ("50x40", (50, 40))]
)
def test_any_size(vernier, photo, tmp_path, scale, size):
    code, _, err = vernier("upscale", photo, "-o", tmp_path / "l.png", "--scale", scale, *FAST)
    assert code == 0, err
    assert size_of(tmp_path / "l.png") == size


def test_standard_input_to_standard_output(photo, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "vernier.cli.main", "upscale", "-", "-o", "-", *FAST],
        input=photo.read_bytes(),
        capture_output=True,
        check=False,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert run.returncode == 0, run.stderr
    (tmp_path / "piped.png").write_bytes(run.stdout)
    assert size_of(tmp_path / "piped.png") == (64, 48)


def test_a_bundle_of_ones_own(vernier, photo, tmp_path):
    shipped = open_bundle(shipped_bundles("sesr-m5", 2)["int8"])
    models = {segment.entry.file: segment.model for segment in shipped.segments}
    write_bundle(tmp_path / "mine.zip", shipped.manifest, models)
    code, _, err = vernier(
        "upscale", photo, "-o", tmp_path / "l.png", "--bundle", tmp_path / "mine.zip",
        "--processor", "litert:cpu:int8",
    )  # fmt: skip
    assert code == 0, err


def test_a_truncated_file(vernier, photo, tmp_path):
    photo.write_bytes(photo.read_bytes()[:-200])
    refused(vernier("upscale", photo, "-o", tmp_path / "l.png", *FAST), "photo.png")
    assert not (tmp_path / "l.png").exists()


def test_not_an_image(vernier, tmp_path):
    (tmp_path / "letter.png").write_text("Dear reader")
    refused(vernier("upscale", tmp_path / "letter.png", *FAST), "letter.png")


def test_zero_bytes(vernier, tmp_path):
    (tmp_path / "empty.jpg").touch()
    refused(vernier("upscale", tmp_path / "empty.jpg", *FAST), "empty")


def test_a_decompression_bomb(vernier, photo):
    refused(vernier("upscale", photo, "--max-pixels", "100", *FAST), "32x24", "--max-pixels")


def test_one_pixel(vernier, tmp_path):
    Image.new("RGB", (1, 1), (10, 200, 30)).save(tmp_path / "dot.png")
    code, _, err = vernier("upscale", tmp_path / "dot.png", "-o", tmp_path / "l.png", *FAST)
    assert code == 0, err
    assert size_of(tmp_path / "l.png") == (2, 2)


def test_a_missing_input(vernier, tmp_path):
    refused(vernier("upscale", tmp_path / "gone.png"), "gone.png")


def test_a_missing_folder(vernier, photo, tmp_path):
    refused(vernier("upscale", photo, "-o", tmp_path / "gone" / "l.png", *FAST), "gone")
    assert not (tmp_path / "gone").exists()


def test_a_target_that_cannot_be_written(vernier, photo, tmp_path):
    (tmp_path / "file").write_text("no folder")
    refused(vernier("upscale", photo, "-o", tmp_path / "file" / "l.png", *FAST), "file")


def test_a_read_only_target(vernier, photo, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write anywhere")
    refused(vernier("upscale", photo, "-o", closed / "l.png", *FAST), "closed")


def test_output_equals_input(vernier, photo):
    before = photo.read_bytes()
    refused(vernier("upscale", photo, "-o", photo, "--overwrite", *FAST), "input")
    assert photo.read_bytes() == before


def test_output_is_a_link_to_the_input(vernier, photo, tmp_path):
    link = tmp_path / "link.png"
    link.symlink_to(photo)
    refused(vernier("upscale", photo, "-o", link, "--overwrite", *FAST), "input")


def test_an_output_that_exists_is_kept(vernier, photo, tmp_path):
    target = tmp_path / "l.png"
    target.write_text("precious")
    refused(vernier("upscale", photo, "-o", target, *FAST), "--overwrite")
    assert target.read_text() == "precious"


def test_a_wrong_network_name(vernier, photo):
    refused(vernier("upscale", photo, "--network", "sesr-m50"), "did you mean 'sesr-m5'")
    refused(vernier("upscale", photo, "--network", "x4plus.zip"), "name a bundle with --bundle")


def test_a_wrong_processor(vernier, photo):
    refused(vernier("upscale", photo, "--processor", "openvino:npu:int8"), "openvino:npu:int8")
    refused(vernier("upscale", photo, "--processor", "fast"), "ENGINE:DEVICE:PRECISION")


def test_damaged_weights(vernier, photo, tmp_path):
    shipped = open_bundle(shipped_bundles("sesr-m5", 2)["float32"])
    models = {segment.entry.file: segment.model for segment in shipped.segments}
    write_bundle(tmp_path / "mine", shipped.manifest, models)
    file = tmp_path / "mine" / "float32.tflite"
    file.write_bytes(file.read_bytes()[:1000])
    refused(
        vernier("upscale", photo, "-o", tmp_path / "l.png", "--bundle", tmp_path / "mine", *FAST),
        "not what was exported",
    )


def test_an_unwritable_format(vernier, photo, tmp_path):
    refused(vernier("upscale", photo, "-o", tmp_path / "large.xyz", *FAST), ".xyz")


@pytest.mark.parametrize("text", ["", "0x5", "big", "2x", "-1", "1e3"])
def test_a_scale_that_is_none(text):
    with pytest.raises(UsageError):
        parse_scale(text)


def test_amounts():
    assert parse_scale("x1.5") == (1.5, None)
    assert parse_scale("640x360") == (None, (360, 640))
    assert parse_memory("512M") == 512 << 20
    assert parse_memory("1.5 GiB") == 3 << 29
    assert parse_size("480x270") == (270, 480)
    for bad in ("much", "12T", ""):
        with pytest.raises(UsageError):
            parse_memory(bad)
