"""docs/reference/ is what tools/reference.py writes of the code."""

import runpy
from pathlib import Path

import pytest

import vernier
from vernier.cli.main import app

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "reference.py"))
PAGES = TOOL["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run: python tools/reference.py"


def test_every_option_of_every_command_is_on_the_page() -> None:
    """Looked up apart from the tool, in the commands themselves."""
    for name, stand_in in app.commands.items():
        command = stand_in.load()
        for one in getattr(command, "commands", {name: command}).values():
            for option in (option for parameter in one.params for option in parameter.opts):
                if option.startswith("-"):
                    assert f"`{option}`" in PAGES["cli.md"], (name, option)


def test_every_public_name_is_on_the_page() -> None:
    assert all(f"## `vernier.{name}`\n" in PAGES["python.md"] for name in vernier.__all__)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_this_machine_is_on_the_page(name: str) -> None:
    for trace in (" at 0x", str(Path.home()), str(ROOT), "<function", "<class"):
        assert trace not in PAGES[name], trace
