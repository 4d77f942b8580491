"""Published tables say what they were measured on."""

import json
import re
import sys
from pathlib import Path

import pytest

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"
PAGES = sorted(RESULTS.glob("*.md"))
DOCS = Path(__file__).parent.parent / "docs"
NOTES = sorted([*DOCS.glob("*.md"), *(DOCS / "notes").glob("*.md")])
TIMED = re.compile(r"\d ms\b|\b(in|median) ms\b", re.IGNORECASE)
CPUS = re.compile(r"Intel|AMD|Cortex|Neoverse|Snapdragon|Ethos|Pixel|CPU was not noted")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_table_says_its_cpu(page: Path) -> None:
    document = json.loads(page.with_suffix(".json").read_text())
    assert document["machine"]["cpu"] in page.read_text()


def test_there_are_tables() -> None:
    assert len(PAGES) > 20


def test_long_results_come_back_from_their_compressed_file(tmp_path: Path) -> None:
    sys.path.insert(0, str(RESULTS.parent))
    try:
        from timing import MANY_BYTES, read_results, write_results
    finally:
        sys.path.pop(0)
    long, short = {"rows": [{"n": n, "ms": n / 7} for n in range(MANY_BYTES // 8)]}, {"rows": [1]}
    for results in (long, short):
        write_results(tmp_path, "made", results, "# Made\n")
        assert read_results(tmp_path / "made.json") == results
        packed = (tmp_path / "made.results.json.gz").exists()
        assert packed == (results is long)
    assert (tmp_path / "made.json").stat().st_size < MANY_BYTES


@pytest.mark.parametrize("page", NOTES, ids=lambda page: page.stem)
def test_a_page_with_a_table_of_times_says_its_cpu(page: Path) -> None:
    text = page.read_text()
    if any(TIMED.search(line) for line in text.splitlines() if line.startswith("|")):
        assert CPUS.search(text), "name the CPU of its times"
