"""Words of this project that are nobody else's have gone from the code, the pages and the help.

A row is (pattern, what to say instead). A row of PENDING moves to GONE when its last use has gone;
its number only ever falls. `docs/glossary.md` has the words to use.
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
]
PENDING: list[tuple[str, str, int]] = [
    (r"\btold\b(?=: str|,|\)|\s*\+?=(?!=)|\s+in\b)", "a description: text, found, said", 82),
    (r"\.told\b|\bdef told\b|[\"'{]told[\"'}]|=told\b", "a description: text, found, said", 31),
    (r"\b[Ww]ish(es|ed)?\b|\b\w*Wishes\b", "request, options", 1),
    (r"\b[Ff]ore(see|sees|seen|saw|seeing)\b", "predict, predicted", 84),
    (r"\b[Ff]orecasts?\b", "predicted, prediction", 48),
    (r"\b\w*HOPE\w*\b", "a constant named for what it limits", 5),
    (r"\b\w*AFAR\w*\b", "a constant named for what it holds", 4),
    (r"[Oo]f what is random\b", "seed of the random numbers", 3),
]
"""With how often the word is still used: `python tests/test_words.py` counts again."""


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


@pytest.mark.parametrize(("pattern", "instead", "most"), PENDING, ids=[row[0] for row in PENDING])
def test_no_new_use_of_an_old_word(pattern: str, instead: str, most: int) -> None:
    """And it says so when the last use has gone."""
    uses = _uses(pattern)
    assert len(uses) <= most, f"say {instead}; {len(uses)} uses, {most} known: {uses}"
    assert uses, f"{pattern} has gone: move its row from PENDING to GONE"


def test_the_glossary_points_to_files_that_are_there() -> None:
    named = re.findall(r"\| `([\w/]+(?:\.py|/))` \|", _texts()["docs/glossary.md"])
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "src" / "vernier" / name).exists()] == []


def main() -> None:
    """Print how often each word is used."""
    for pattern, instead, *most in [*GONE, *PENDING]:
        print(f"{len(_uses(pattern)):4} {most} {pattern} -> {instead}")  # noqa: T201


if __name__ == "__main__":
    main()
