"""Names come from files that others wrote: on the terminal they are text and nothing else."""

import json
from pathlib import Path

import pytest
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
