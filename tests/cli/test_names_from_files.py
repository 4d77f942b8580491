"""Names come from files that others wrote: on the terminal they are text and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from small_plans import small_plan, small_profile

from vernier.planning.plan import format_plan
from vernier.profiling.profile import format_profile

NAMES = {
    "[red]x[/red]": "[red]x[/red]",
    "[/nope]": "[/nope]",
    ":smile:": ":smile:",
    "a\x1b[31mb": "a\\x1b[31mb",
    "a\nvernier: b": "a\\nvernier: b",
}


@pytest.mark.parametrize("name", NAMES)
def test_units_of_profiles_and_plans(vernier, tmp_path, name):
    profile = json.loads(format_profile(small_profile()))
    plan = json.loads(format_plan(small_plan()))
    for value in (profile, plan):
        value["units"][0]["name"] = name
    for file, value in (("p.json", profile), ("plan.json", plan)):
        Path(tmp_path, file).write_text(json.dumps(value))
    for command in (
        ["profile", "show", tmp_path / "p.json"],
        ["profile", "diff", tmp_path / "p.json", tmp_path / "p.json"],
        ["plan", "show", tmp_path],
        ["plan", "explain", tmp_path],
    ):
        code, out, err = vernier(*command)
        assert code == 0, err
        # A narrow terminal breaks cells.
        flat = "".join(out.split())
        assert "".join(NAMES[name].split()) in flat or NAMES[name][:6] in out
        assert "\x1b" not in out


CODINGS = {
    "ascii output": {"PYTHONIOENCODING": "ascii:strict"},
    "latin-1 output": {"PYTHONIOENCODING": "latin-1:strict"},
    "ascii everywhere": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_terminal_of_another_coding(tmp_path, coding):
    """Names, and what tables are drawn with, in a coding that has neither."""
    profile = json.loads(format_profile(small_profile()))
    profile["units"][0]["name"] = "\u6f22"
    Path(tmp_path, "p.json").write_text(json.dumps(profile))
    Image.new("RGB", (9, 7), "teal").save(tmp_path / "\u6f22.png")
    commands = (
        ["profile", "show", "p.json"],
        ["upscale", "\u6f22.png", "-o", "\u6f22\u00fc.png", "--processor", "litert:cpu:float32"],
    )
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", "vernier.cli.main", *map(os.fsencode, command)],
            cwd=tmp_path,
            env={**os.environ, **CODINGS[coding], "XDG_CACHE_HOME": str(tmp_path / "cache")},
            capture_output=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr.decode(errors="replace")
    with Image.open(tmp_path / "\u6f22\u00fc.png") as large:
        assert large.size == (18, 14)
    assert not list(tmp_path.glob(".*"))
