"""Many pictures at once: what fails, fails alone; what was stopped can be gone on with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vernier.bundles.shipped import shipped_bundles

FAST = ["--processor", "litert:cpu:float32"]


def make_photo(path, size=(32, 24)):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    coarse.resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def folder(tmp_path):
    """in/{a.png, b.jpg, m.jpg, z.jpg}, m.jpg cut short."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    for name in ("a.png", "b.jpg", "m.jpg", "z.jpg"):
        make_photo(inputs / name)
    whole = (inputs / "m.jpg").read_bytes()
    (inputs / "m.jpg").write_bytes(whole[:-200])
    return inputs


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_bad_picture_does_not_end_a_batch(vernier, folder, tmp_path):
    code, _, err = vernier("upscale", folder, "-o", tmp_path / "out", "--quiet", *FAST)
    assert code == 2
    assert names(tmp_path / "out") == ["a_x2.png", "b_x2.jpg", "z_x2.jpg"]
    end = err.strip().splitlines()[-2:]
    assert end[0] == "vernier: 1 of 4 pictures failed:"
    assert "m.jpg" in end[1]
    assert "cut short" in end[1]


def test_the_report_is_written_whatever_failed(vernier, folder, tmp_path):
    code, out, _ = vernier("upscale", folder, "gone.png", "-o", tmp_path / "out", "--json", *FAST)
    assert code == 2
    reports = json.loads(out)
    assert [Path(report["input"]).name for report in reports] == [
        "a.png", "b.jpg", "m.jpg", "z.jpg", "gone.png",
    ]  # fmt: skip
    assert ["error" in report for report in reports] == [False, False, True, False, True]
    assert reports[0]["size"] == [64, 48]
    # One picture alone that fails is reported as well.
    code, out, _ = vernier("upscale", folder / "m.jpg", "-o", tmp_path / "m.png", "--json", *FAST)
    assert code == 2
    assert "cut short" in json.loads(out)[0]["error"]


def test_a_batch_is_gone_on_with(vernier, folder, tmp_path):
    out = tmp_path / "out"
    vernier("upscale", folder, "-o", out, "--quiet", *FAST)
    before = {name: (out / name).stat().st_mtime_ns for name in names(out)}
    make_photo(folder / "m.jpg")
    code, _, err = vernier("upscale", folder, "-o", out, "--quiet", *FAST)
    assert code == 2
    assert "--skip-existing" in err
    # Without it, too, the one that was missing is made.
    (out / "m_x2.jpg").unlink()
    code, text, _ = vernier("upscale", folder, "-o", out, "--skip-existing", "--json", *FAST)
    assert code == 0
    assert [report.get("skipped", False) for report in json.loads(text)] == [
        True,
        True,
        False,
        True,
    ]
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    assert names(out) == ["a_x2.png", "b_x2.jpg", "m_x2.jpg", "z_x2.jpg"]


def test_sidecars_are_passed_over_with_a_note(vernier, folder, tmp_path):
    (folder / "m.jpg").unlink()
    (folder / "._b.jpg").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X        ")
    (folder / "Thumbs.db").write_bytes(b"-")
    code, _, err = vernier("upscale", folder, "-o", tmp_path / "out", *FAST)
    assert code == 0, err
    assert "passed over 2 files that are no picture (._b.jpg, Thumbs.db)" in err
    assert len(names(tmp_path / "out")) == 3


def test_two_pictures_of_one_stem_become_two(vernier, folder, tmp_path):
    (folder / "m.jpg").unlink()
    make_photo(folder / "a.jpg")
    code, _, err = vernier("upscale", folder, "-o", tmp_path / "out", "--format", "webp", *FAST)
    assert code == 0, err
    assert names(tmp_path / "out") == [
        "a.jpg_x2.webp", "a.png_x2.webp", "b_x2.webp", "z_x2.webp",
    ]  # fmt: skip


@pytest.mark.parametrize(("ending", "width"), [("webp", 8200), ("jpg", 32800)])
def test_a_format_s_limit_is_known_from_the_header(vernier, folder, tmp_path, ending, width):
    make_photo(folder / "m.jpg")
    # Cut short, so that decoding it would be told as damage.
    wide = folder / "wide.png"
    Image.new("RGB", (width, 4), "teal").save(wide)
    wide.write_bytes(wide.read_bytes()[:60])
    out = tmp_path / "out"
    code, _, err = vernier("upscale", folder, "-o", out, "--format", ending, "--quiet", *FAST)
    assert code == 2
    assert f"the result would be {2 * width}x8; write PNG or TIFF" in err
    assert len(names(out)) == 4


def test_a_bundle_of_x4_enlarges_by_4(vernier, folder, tmp_path):
    bundle = shipped_bundles("sesr-m5", 4)["float32"]
    arguments = ["upscale", folder / "a.png", "--bundle", bundle, *FAST]
    code, _, err = vernier(*arguments, "-o", f"{tmp_path}/out/")
    assert code == 0, err
    assert names(tmp_path / "out") == ["a_x4.png"]
    with Image.open(tmp_path / "out" / "a_x4.png") as large:
        assert large.size == (128, 96)
    assert "resampled" not in err
    code, _, err = vernier(*arguments, "-o", tmp_path / "b.png", "--scale", "3")
    assert "the result is resampled from x4 to x3 (bicubic)" in err
    code, _, err = vernier("upscale", folder / "a.png", "-o", tmp_path / "c.png", *FAST)
    with Image.open(tmp_path / "c.png") as large:
        assert large.size == (64, 48)


def command(*arguments):
    return [sys.executable, "-m", "vernier.cli.main", *map(str, arguments)]


def started(arguments, cache):
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        text=True,
        # A shell that runs tests in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(condition, seconds=300.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_stopped_by_a_signal(tmp_path, number, code):
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    make_photo(inputs / "00.png", (600, 400))
    for index in range(1, 40):
        shutil.copy(inputs / "00.png", inputs / f"{index:02}.png")
    run = started(command("upscale", inputs, "-o", f"{out}/", "--json", *FAST), tmp_path)
    # In the middle of writing a picture.
    wait_for(lambda: out.exists() and len(list(out.glob("*_x2.png"))) >= 2)
    wait_for(lambda: list(out.glob(".*.part")) or run.poll() is not None)
    run.send_signal(number)
    text, err = run.communicate(timeout=300)
    assert run.returncode == code, err
    whole = sorted(out.glob("*_x2.png"))
    assert len(whole) < 40
    for path in whole:
        with Image.open(path) as image:
            image.load()
    left = list(out.glob(".*.part"))
    if number == signal.SIGKILL:
        # Nothing can be cleared up then; the next run of the same pictures does.
        (out / ".03_x2.png.part").write_bytes(b"of another program")
        again = command("upscale", *sorted(inputs.iterdir())[:8], "-o", f"{out}/")
        run = started([*again, "--overwrite", *FAST], tmp_path)
        _, err = run.communicate(timeout=300)
        assert run.returncode == 0, err
        assert [path.name for path in out.glob(".*.part")] == [".03_x2.png.part"]
    else:
        assert left == []
        assert "Traceback" not in err
        assert len(json.loads(text)) == len(whole)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("\u6f22" * 80, ".jpg"),
        ("sp ace \u00fcml\u00e4ut", ".PNG"),
        ("[brackets] {name}", ".png"),
        ("new\nline", ".png"),
        ("-dash", ".png"),
    ],
)
def test_names(vernier, tmp_path, name, ending):
    source = tmp_path / f"{name}{ending}"
    make_photo(source)
    code, _, err = vernier("upscale", source, *FAST)
    assert code == 0, err
    assert (tmp_path / f"{name}_x2{ending}").exists()
    assert not list(tmp_path.glob(".*.part"))


def test_a_name_of_bytes_that_are_no_text(vernier, tmp_path):
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    make_photo(tmp_path / "photo.png")
    try:
        (tmp_path / "photo.png").rename(source)
    except OSError:
        pytest.skip("this file system takes no such names")
    code, out, err = vernier("upscale", source, "--json", *FAST)
    assert code == 0, err
    assert json.loads(out)[0]["size"] == [64, 48]
    assert os.path.exists(os.fsencode(tmp_path) + b"/caf\xe9_x2.png")  # noqa: PTH110


@pytest.mark.parametrize("kind", ["too long", "loop", "full", "no folder"])
def test_outputs_that_cannot_be(vernier, tmp_path, kind):
    source = tmp_path / "photo.png"
    make_photo(source)
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    out = {
        "too long": tmp_path / ("x" * 252 + ".png"),
        "loop": tmp_path / "loop.png",
        "full": "/dev/full",
        "no folder": "/proc/none/l.png",
    }[kind]
    if kind == "full" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    code, out, err = vernier("upscale", source, "-o", out, "--format", "png", "--quiet", *FAST)
    assert code == 2
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("vernier: ")
    assert kind == "full" or not Path(out).is_file()
    assert set(names(tmp_path)) <= {"cache", "loop.png", "photo.png"}


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_closed_standard_stream(tmp_path, stream):
    source, out = tmp_path / "photo.png", tmp_path / "l.png"
    make_photo(source)
    shell = f'exec "$@" {stream}>&-'
    arguments = ["sh", "-c", shell, "sh", *command("upscale", source, "-o", out, *FAST)]
    run = started(arguments, tmp_path)
    _, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    # Nothing that an engine prints has got into the file.
    with Image.open(out) as image:
        image.load()
        assert image.size == (64, 48)


def test_a_standard_output_that_is_full(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    for arguments in (["networks"], ["networks", "--json"]):
        with Path("/dev/full").open("w") as full:
            run = subprocess.run(
                command(*arguments), stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert run.returncode == 2
        assert len(run.stderr.strip().splitlines()) == 1, run.stderr
