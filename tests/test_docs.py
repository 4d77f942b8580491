"""The pages find each other and the code: the index has all pages, and what is named is there.

`python tests/test_docs.py` writes the index's list of notes.
"""

import re
from pathlib import Path

import pytest

from slow_tests import SLOW

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
PACKAGE = ROOT / "src" / "vernier"
FILE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.py)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _links(page: Path) -> set[Path]:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    return {(page.parent / link).resolve() for link in found if "://" not in link}


def test_every_page_is_in_the_index() -> None:
    missing = {page for page in PAGES if page.is_relative_to(DOCS)} - _links(INDEX) - {INDEX}
    assert sorted(missing) == [], "add them; of notes, python tests/test_docs.py makes the list"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    assert [str(link) for link in _links(page) if not link.exists()] == []


@pytest.mark.parametrize(
    "page",
    [p for p in PAGES if "notes" not in p.parts],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_files_that_are_named_are_there(page: Path) -> None:
    """Notes name what there was on their day; NAME in a recipe stands for a file to come."""
    named = {name for name in FILE.findall(page.read_text(encoding="utf-8")) if "NAME" not in name}
    places = (ROOT, PACKAGE, PACKAGE.parent)
    assert [n for n in named if not any((place / n).exists() for place in places)] == []


def test_tests_that_the_makefile_names_are_there() -> None:
    named = re.findall(r"\btests/[\w/.]+", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_files_of_tests_have_names_of_their_own() -> None:
    """Pytest takes two files of one name for one module, and then runs none of the suite."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_tests_that_are_slow_are_there() -> None:
    assert [name for name in SLOW if not (ROOT / "tests" / name).exists()] == []


def main() -> None:
    """Write the list of notes, by their titles, to the end of the index."""
    notes = sorted((DOCS / "notes").glob("*.md"))
    titles = [note.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for note in notes]
    rows = [f"* [{title}](notes/{note.name})\n" for title, note in zip(titles, notes, strict=True)]
    before, title, after = INDEX.read_text(encoding="utf-8").partition("Notes, each")
    sentence = after.partition("\n\n")[0]
    INDEX.write_text(f"{before}{title}{sentence}\n\n{''.join(rows)}", encoding="utf-8")


if __name__ == "__main__":
    main()
