"""Command lines as people and scripts mistype them."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_harness import Attempt
from PIL import Image

from vernier import Upscaler, VernierError
from vernier.cli.main import main

COMMANDS = (
    "upscale", "devices", "networks", "units", "profile", "split", "optimize", "pareto", "plan",
    "estimate", "export", "inspect", "eval", "metrics", "collapse",
)  # fmt: skip
OPTIONS = (
    "--scale", "--network", "--processor", "--bundle", "--tile", "--memory", "--threads",
    "--format", "--quality", "--recursive", "--max-pixels", "--json", "--size", "--time", "-o",
    "--out", "--halo", "--npu", "--budget", "--skip-existing", "--quiet", "--overwrite",
    "--nonsense", "--split", "--profile",
)  # fmt: skip
VALUES = (
    "", "0", "1", "2", "-1", "nan", "inf", "1e309", "x", "2x", "x2", "640x360", "0x0", "-5x3",
    "99999999999x2", "1" * 400, "auto", "litert:cpu:float32", "litert:cpu:", ":::", "sesr-m5",
    "a\udc80b", "\u6f22", "{name}", "{", "/dev/null", "/proc", ".", "..", "*", "[", "-", "--", "1G",
    "0.001K", "5ms", "0x", "line\nbreak", "[bold]x[/bold]", "best", "ethos-n78", "in.png",
    "gone.png",
)  # fmt: skip


def run_command(arguments: Sequence[str]) -> int:
    """The command line in this process; its exit code, with the promises on what it prints."""
    return run_command_told(arguments)[0]


def run_command_told(arguments: Sequence[str]) -> tuple[int, str, str]:
    """The same, with what it put on standard output and on standard error."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    before = sys.argv
    sys.argv = ["vernier", *arguments]
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
    finally:
        sys.argv = before
        out.flush()
        err.flush()
    told = err.buffer.getvalue().decode("utf-8", "replace")
    assert "Traceback" not in told, told
    assert code in (0, 1, 2), f"exit code {code}: {told}"
    assert code != 2 or told.strip() or out.buffer.getvalue(), "refused without a word"
    return int(code), out.buffer.getvalue().decode("utf-8", "replace"), told


@cache
def _warm() -> None:
    """What takes seconds once, and is no hang: PyTorch's import, the measuring for `auto`."""
    with suppress(ImportError):
        import torch  # noqa: F401
    with suppress(VernierError):
        Upscaler().close()


def command_line(rng: np.random.Generator, folder: Path) -> Attempt:
    """Some command with some options and some values, most of them wrong."""
    _warm()
    Image.new("RGB", (9, 7), "teal").save(folder / "in.png")
    arguments = [str(rng.choice(COMMANDS[:1] if rng.random() < 0.5 else COMMANDS))]
    if arguments[0] == "upscale" and rng.random() < 0.7:
        arguments.append("in.png")
    for _ in range(int(rng.integers(0, 4))):
        if rng.random() < 0.8:
            arguments.append(str(rng.choice(OPTIONS)))
        # NumPy's own strings drop what follows a NUL and cannot hold lone surrogates safely.
        arguments.append(VALUES[int(rng.integers(len(VALUES)))])
    # What is written by a command line that happens to be right lies anywhere in the folder.
    work = folder / "work"
    work.mkdir()
    (folder / "in.png").rename(work / "in.png")
    kept = (work / "in.png").read_bytes()

    def call() -> None:
        with contextlib.chdir(work):
            run_command(arguments)
        assert (work / "in.png").read_bytes() == kept
        assert not list(work.rglob("*.part"))
        for path in work.iterdir():
            if path.name != "in.png":
                _remove(path)

    return Attempt(call, repr(arguments))


def _remove(path: Path) -> None:
    import shutil

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
