"""What a run that goes wrong, or is stopped, leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from msgspec.structs import replace
from short_recipe import SHORT

from vernier.errors import TrainingError
from vernier.training import loop
from vernier.training.loop import train


def test_too_few_photos_leave_an_existing_recipe(photos, tmp_path):
    train(SHORT, photos, tmp_path / "run", stop_after_steps=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "one.png").write_bytes(next(photos.iterdir()).read_bytes())
    with pytest.raises(TrainingError):
        train(replace(SHORT, seed=9), empty, tmp_path / "run")
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    with pytest.raises(TrainingError):
        train(SHORT, empty, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("poison", ["loss", "weights"])
def test_not_a_number_is_never_saved(photos, tmp_path, monkeypatch, poison):
    train(SHORT, photos, tmp_path / "run", stop_after_steps=2)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    if poison == "loss":
        monkeypatch.setattr(loop.functional, "l1_loss", lambda a, b: (a - b).mean() * float("nan"))
    else:
        step = torch.optim.Adam.step

        def wild(self, *args, **kwargs):
            step(self, *args, **kwargs)
            with torch.no_grad():
                next(iter(self.param_groups[0]["params"])).fill_(float("inf"))

        monkeypatch.setattr(torch.optim.Adam, "step", wild)
    with pytest.raises(TrainingError, match=r"became nan|hold NaN or infinity"):
        train(SHORT, photos, tmp_path / "run")
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    monkeypatch.undo()
    train(SHORT, photos, tmp_path / "run")


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a signal of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves(photos, tmp_path, number):
    recipe = tmp_path / "net.toml"
    recipe.write_text(
        'network = "sesr-m3"\nscale = 2\nsteps = 100000\nbatch = 1\npatch = 16\n'
        "validation_photos = 1\nvalidate_every = 20\ndecay_steps = 10\n"
    )
    run = tmp_path / "run"
    arguments = ["train", str(recipe), "--photos", str(photos), "--out", str(run)]
    started = subprocess.Popen(
        [sys.executable, "-m", "vernier.cli.main", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 300
    while not (run / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    first = (run / "checkpoint.pt").stat().st_mtime_ns
    time.sleep(0.3)
    started.send_signal(number)
    _, told = started.communicate(timeout=300)
    assert started.returncode == 128 + number, told
    assert b"Traceback" not in told
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    assert state["step"] >= 1
    assert (run / "checkpoint.pt").stat().st_mtime_ns > first
    assert json.loads((run / "recipe.json").read_text())["steps"] == 100000
