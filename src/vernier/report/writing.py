"""One call from a comparison's folder to its page: `vernier.report`."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vernier.calls import checked
from vernier.comparison.records import Comparison, read_comparison
from vernier.errors import FileError, MissingExtraError, UsageError
from vernier.files import write_whole
from vernier.progress import Stages, silent_stages
from vernier.report.answer import answered
from vernier.report.figures import named, predicted_figure, quality_figures
from vernier.report.findings import END, PLAN, Findings
from vernier.report.panes import (
    SMALLER,
    Crop,
    Pair,
    Slider,
    chosen_spots,
    crops,
    pairs,
    shown_photos,
    slider,
    spreads_of,
)
from vernier.report.pictures import Pictures
from vernier.report.strip import Column, heights, strip
from vernier.report.styles import styles
from vernier.report.tables import predicted_table, score_tables

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("data", "describing", "choosing", "slider", "zoom", "blind", "start")
"""In this order; each knows what is before it."""
MOST_BYTES = 5_000_000
"""Of a page; pictures get smaller and fewer until it fits."""


@dataclass(frozen=True)
class WrittenReport:
    """What was written.

    Attributes:
        path: of the page.
        bytes: of it.
        crops: places that it shows by all methods.
        pairs: without names; 0 unless they were asked for.
        headline: its first sentence.
    """

    path: Path
    bytes: int
    crops: int
    pairs: int
    headline: str


@dataclass(frozen=True)
class Layers:
    """The strip of one result.

    Attributes:
        key: of its choice.
        title: of its choice.
        columns: its units.
        heights: what the tallest bars stand for.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    heights: str


@checked
def report(
    folder: Path | str,
    out: Path | str = "report.html",
    *,
    budget: str = "",
    abx: bool = False,
    seed: int = 0,
    overwrite: bool = False,
    stages: Stages = silent_stages,
) -> WrittenReport:
    """Write a comparison as one HTML page that opens offline, from its folder alone.

        import vernier
        made = vernier.report("out/", "report.html")

    Args:
        folder: that `vernier compare` wrote. Nothing is run: every number and picture is there.
        out: the page to write.
        budget: whose answer and pictures come first; the middle one if empty.
        abx: write, in its place, a page of pairs without names, for people to judge and count.
        seed: of the random crops.
        overwrite: replace a file that is there.
        stages: called with progress.

    Raises:
        FileError: the folder has no comparison, a damaged one, or `out` is there.
        ImageError: one of its pictures cannot be read.
        UsageError: there is no such budget, or nothing to judge in pairs.
        MissingExtraError: without jinja2.
    """
    target = Path(out)
    if target.exists() and not overwrite:
        raise FileError(f"{target}: exists already; allow overwriting or choose another name")
    comparison = read_comparison(Path(folder))
    asked = [one.asked for one in comparison.budgets]
    if budget and budget not in asked:
        raise UsageError(f"expected a budget of {', '.join(asked)}, found {budget!r}")
    findings = Findings(comparison, budget)
    pictures = Pictures(Path(folder) if Path(folder).is_dir() else Path(folder).parent, comparison)
    with stages("where pictures differ") as progress:
        keys = shown_photos(findings, pictures)
        spreads = spreads_of(findings, pictures, keys, progress)
    with stages("page") as progress:
        for number, sizes in enumerate(SMALLER):
            progress(number, len(SMALLER), f"crops of {sizes.side} pixels")
            chosen = chosen_spots(spreads, sizes, seed) if spreads else []
            shown = [] if abx else crops(findings, pictures, chosen)
            blind = pairs(findings, pictures, chosen) if abx else []
            sides = None if abx else slider(findings, pictures, spreads, sizes)
            if abx and not blind:
                raise UsageError(
                    f"{folder}: expected a plan, other methods and the photos as pictures, to "
                    "judge in pairs; found none that differ; compare with pictures kept"
                )
            page = _page(findings, shown, blind, sides)
            if len(page) <= MOST_BYTES:
                break
        else:
            raise UsageError(
                f"{folder}: expected numbers of a page under {MOST_BYTES:,} bytes, found "
                f"{len(page):,} with the smallest pictures; compare fewer methods at a time"
            )
        progress(len(SMALLER), len(SMALLER), "done")
    write_whole(target, page, overwrite=overwrite)
    headline = answered(findings).headline
    return WrittenReport(target, len(page), len(shown), len(blind), headline)


def _page(
    findings: Findings, shown: Sequence[Crop], blind: Sequence[Pair], sides: Slider | None
) -> bytes:
    """The whole page."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("jinja2", "report", "a report") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    comparison = findings.comparison
    looks = styles(comparison)
    css = (PAGE / "style.css").read_text(encoding="utf-8")
    script = _script()
    given = {"crops": shown, "pairs": blind}
    values = {
        "comparison": comparison,
        "style": css,
        "script": script,
        "policy": _policy(css, script),
        # "<" would end the script where a name held it.
        "given": json.dumps(msgspec.to_builtins(given)).replace("<", "\\u003c"),
        "findings": findings,
    }
    if blind:
        text = environment.get_template("blind.html").render(values, count=len(blind))
        return text.encode()
    text = environment.get_template("report.html").render(
        values,
        answer=answered(findings),
        looks=looks,
        figures=quality_figures(findings, looks),
        predicted=predicted_figure(findings, looks),
        predicted_table=predicted_table(findings),
        tables=score_tables(findings),
        layers=_layers(findings),
        crops=shown,
        slider=sides,
        shown_budget=findings.budget,
        **_words(comparison),
    )
    return text.encode()


def _script() -> str:
    parts = [(PAGE / "app" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    # In a function of its own: the page's elements have names, and so has a window.
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _policy(css: str, script: str) -> str:
    """Nothing is asked of any address, and no other script or style runs in the page."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest(css)}'; "
        f"script-src 'sha256-{digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def _layers(findings: Findings) -> list[Layers]:
    """Every placement, the plan of the first budget before the others."""
    own = findings.plan(findings.budget)
    kinds = {one.name: one.kind for one in findings.comparison.methods}
    placed = [one for one in findings.results() if one.placement and kinds[one.method] != END]
    placed.sort(key=lambda one: (one is not own, kinds[one.method] != PLAN))
    return [
        Layers(
            f"layers-{number}",
            named(findings, result),
            tuple(strip(result.placement)),
            heights(result.placement),
        )
        for number, result in enumerate(placed)
    ]


def _words(comparison: Comparison) -> dict[str, object]:
    """Who and what measured all this."""
    machine = comparison.machine
    memory = f"{machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else "not known"
    facts = [
        ("CPU", machine.cpu),
        ("cores used", str(machine.cores)),
        ("instruction sets", ", ".join(machine.flags) or "none that matter"),
        ("memory", memory),
        ("system", machine.system),
        ("Python", machine.python),
        *machine.engines.items(),
        ("made by", comparison.made_by),
        ("begun", comparison.date),
        ("picture that is timed", f"{comparison.width}x{comparison.height}"),
        ("processors", f"{comparison.float_processor} and {comparison.int8_processor}"),
        ("objective", comparison.objective or "not said"),
        ("INT8 ranges", comparison.calibrated or "not said"),
        ("seed", str(comparison.seed)),
    ]
    return {"machine_facts": [(name, value) for name, value in facts if value]}
