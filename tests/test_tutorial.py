"""Every command of docs/tutorial.md runs, in order, in an empty folder, and prints what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("onnx")

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`(\w+\.py)`:\s*\Z")
WORD = re.compile(r"[A-Za-z_]{3,}|\d+x\d+|\(\d+, \d+\)")
SECONDS = 300


@pytest.fixture
def shell(tmp_path):
    """Runs a script as the page's reader would; gives what it prints."""
    programs = tmp_path / "programs"
    work = tmp_path / "work"
    for folder in (programs, work):
        folder.mkdir()
    for name, start in (("python", ""), ("vernier", "-m vernier.cli.main ")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {start}"$@"\n')
        (programs / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "VERNIER": str(ROOT),
        "COLUMNS": "200",
    }

    def run(script: str) -> str:
        done = subprocess.run(
            ["sh", "-e", "-c", script], cwd=work, env=environment, text=True, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return done.stdout

    run.folder = work
    return run


@pytest.mark.skipif(os.name == "nt", reason="the tutorial's commands are for a POSIX shell")
def test_the_tutorial_does_what_it_says(shell) -> None:
    printed = ""
    for block in BLOCK.finditer(PAGE):
        language, text = block.groups()
        if language == "python":
            name = FILE.search(PAGE[: block.start()])
            assert name, f"the page does not say where to save:\n{text}"
            (shell.folder / name[1]).write_text(text)
        elif language == "sh":
            printed = shell(text)
        elif language == "text":
            # Numbers that are measured differ; the words do not.
            missing = [word for word in WORD.findall(text) if word not in printed]
            assert not missing, f"{missing} not in:\n{printed}"
    found = {path.name for path in (shell.folder / "plan").iterdir()}
    assert {"plan.json", "split.json", "ranges.json", "profile.json", "bundle"} <= found
    with Image.open(shell.folder / "chelsea_x2.png") as large:
        assert large.size == (902, 600)


def test_the_page_has_commands_to_run() -> None:
    languages = [language for language, _ in BLOCK.findall(PAGE)]
    assert languages.count("sh") >= 6
    assert set(languages) == {"sh", "python", "text", "console"}
