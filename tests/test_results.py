"""Published tables say what they were measured on."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"
PAGES = sorted(RESULTS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_table_says_its_cpu(page: Path) -> None:
    document = json.loads(page.with_suffix(".json").read_text())
    assert document["machine"]["cpu"] in page.read_text()


def test_there_are_tables() -> None:
    assert len(PAGES) > 20
