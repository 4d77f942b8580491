"""docs/papers_figures.md is what tools/papers_figures.py makes of the recorded results."""

import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TOOL = runpy.run_path(str(ROOT / "tools" / "papers_figures.py"))
FIGURES = TOOL["figures"]()
WRITTEN = (ROOT / "docs" / "papers_figures.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return WRITTEN.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_page_is_what_the_records_say() -> None:
    assert TOOL["page"]() == WRITTEN, "run: python tools/papers_figures.py"


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.title)
def test_a_figure_has_its_command_and_its_record(figure) -> None:
    """The command is there and takes what it is given; what is missing has no record."""
    assert (figure.verdict == "missing") == (not figure.records)
    script = re.match(r"python (benchmarks/\w+\.py)", figure.command)
    if script is not None:
        source = (ROOT / script[1]).read_text(encoding="utf-8")
        for option in re.findall(r"--[\w-]+", figure.command):
            assert f'"{option}"' in source
    for name in figure.records:
        record = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        assert record["machine"]["cpu"] in section(figure.title)


def test_numbers_looked_up_apart_from_the_tool() -> None:
    """One of each kind, read from its record by hand."""
    conversion = json.loads((RESULTS / "conversion.json").read_text())["results"]
    (case,) = [
        one
        for one in conversion["cases"]
        if (one["channels"], one["direction"]) == (64, "quantise")
    ]
    median = case["times"]["opencl"]["median_ms"]
    assert re.search(rf"\| 640x360x64 \| quantise \| 46\.4 \|.*\| {median} \|", WRITTEN)

    tables = json.loads((RESULTS / "sesr_tables.json").read_text())["results"]["rows"]
    (ours,) = [one for one in tables if (one["name"], one["scale"]) == ("sesr-m5", 2)]
    found = ours["float32"]["BSD100"]["psnr_db"]
    row = next(line for line in WRITTEN.splitlines() if line.startswith("| sesr-m5 x2 | recalled"))
    assert row.endswith(f"| 31.70 | {found:.2f} | {found - 31.70:+.2f} |")

    rows = json.loads((RESULTS / "clock_openvino.json").read_text())["results"]["rows"]
    own = sorted((r for r in rows if r["network"] == "edsr-baseline x2"), key=lambda r: r["share"])
    counts = " | ".join(str(one["integer"]) for one in own)
    assert f"| edsr-baseline x2 | 37 | {counts} |" in section("Division of the network per T_obj")


def test_a_verdict_follows_its_rule() -> None:
    verdict = TOOL["_verdict"]
    assert [verdict(held) for held in ([True, True], [True, False], [False])] == [
        "agrees", "in part", "differs",
    ]  # fmt: skip
    (piqe,) = [one for one in FIGURES if one.title.startswith("PIQE of a picture")]
    higher = [float(row[-1]) > 0 for row in piqe.rows[1:]]
    assert piqe.verdict == verdict(higher)
