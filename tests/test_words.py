"""Words of this project that are nobody else's have gone from the code, the pages and the help.

A row is (pattern, what to say instead). `docs/glossary.md` has the words to use.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GENERATED = {"schema_py_generated.py"}
APART = {"notes", "reference"}
"""Pages that keep the words of their day, or are written from the code, which is read itself."""

GONE: list[tuple[str, str]] = [
    (r"\b\w*NOTHING\b", "a constant named for what it holds"),
    (r"\b[Ss]hops?\b|(?<!CVPR )(?<!ECCV )\b[Ww]orkshops?\b", "context"),
    (r"\b\w*HOPE\w*\b|\b\w*AFAR\w*\b", "a constant named for what it limits"),
    (r"\btold\b(?=: str|,|\)|\s*\+?=(?!=)|\s+in\b)", "a description: text, found, said"),
    (
        r"\.told\b|\bdef told\b|(?<!name=)[\"'{]told[\"'}]|=told\b",
        "a description: text, found, said",
    ),
    (r"\b[Ww]ish(es|ed)?\b|\b\w*Wishes\b", "request, options"),
    (r"\b[Ff]ore(see|sees|seen|saw|seeing)\b", "predict, predicted"),
    (r"(?<!name=\")\b[Ff]orecasts?\b", "predicted, prediction"),
    (r"[Oo]f what is random\b", "seed of the random numbers"),
    (r"\b[Aa]ssignments?\b(?!\])", "split"),
]
"""A key of a file stays as it was, behind `msgspec.field(name=...)`."""


@cache
def _texts() -> dict[str, str]:
    """All code, with the help in it, and all pages."""
    files = [
        *(ROOT / "src").rglob("*.py"),
        *(path for path in (ROOT / "docs").rglob("*.md") if not APART & {*path.parts}),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ]
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted(files)
        if path.name not in GENERATED
    }


def _uses(pattern: str) -> list[str]:
    """Each use, as file:line."""
    return [
        f"{name}:{number}"
        for name, text in _texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        for _ in re.finditer(pattern, line)
    ]


@pytest.mark.parametrize(("pattern", "instead"), GONE, ids=[row[0] for row in GONE])
def test_the_old_word_has_gone(pattern: str, instead: str) -> None:
    assert _uses(pattern) == [], f"say {instead}"


def test_the_glossary_points_to_files_that_are_there() -> None:
    named = re.findall(r"\| `([\w/]+(?:\.py|/))` \|", _texts()["docs/glossary.md"])
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "src" / "vernier" / name).exists()] == []


def main() -> None:
    """Print how often each word is used."""
    for pattern, instead in GONE:
        print(f"{len(_uses(pattern)):4} {pattern} -> {instead}")  # noqa: T201


if __name__ == "__main__":
    main()
