"""A network by all methods: what `vernier compare` found, as a table with its CPU.

    python benchmarks/rivals.py --network sesr-m5 --data BSD100 --count 20 --folder runs/rivals \
        --out benchmarks/results

The comparison's own folder keeps all pictures and numbers, and the same call goes on where it was
stopped; a folder that is complete is only read. `make bench-rivals` is the small version: the
demo's photos and a quick plan.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import Any

import msgspec

from timing import cpu_kind, with_machine, write_results
from vernier.cli.console import progress_bar
from vernier.comparison.comparing import BUDGETS, ROUNDS, compare
from vernier.comparison.records import Comparison, Result
from vernier.comparison.verdict import KEPT, keeps, objective_metric, sooner
from vernier.units.cutting import Granularity

SHOWN = (
    *(("photo", "psnr"), ("photo", "ssim"), ("photo", "lpips_alex")),
    *(("", "piqe"), ("float", "psnr")),
)


def main() -> None:
    """Compare, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="sesr-m5")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "demo")
    parser.add_argument("--photos", type=Path, help="to calibrate and to search with")
    parser.add_argument("--count", type=int)
    parser.add_argument("--scale", type=int)
    parser.add_argument("--granularity", type=Granularity, default=Granularity.LAYER)
    parser.add_argument("--budgets", default=",".join(BUDGETS))
    parser.add_argument("--methods", default="")
    parser.add_argument("--processors", default="auto")
    parser.add_argument("--metrics", default="")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("runs/rivals"))
    parser.add_argument("--out", type=Path, help="folder for the table and its JSON")
    asked = parser.parse_args()
    found = compare(
        asked.network,
        asked.data,
        asked.folder,
        photos=asked.photos,
        count=asked.count,
        scale=asked.scale,
        granularity=asked.granularity,
        budgets=asked.budgets.split(","),
        methods=[name for name in asked.methods.split(",") if name],
        processors=asked.processors.split(","),
        metrics=[name for name in asked.metrics.split(",") if name],
        rounds=asked.rounds,
        quick=asked.quick,
        stages=functools.partial(progress_bar, quiet=False),
    )
    page = table(found)
    print(with_machine(page, found.machine))
    if asked.out is not None:
        name = f"rivals_{found.network.name}-x{found.network.scale}_{cpu_kind()}"
        write_results(asked.out, name, shortened(found), page)


def table(found: Comparison) -> str:
    """The comparison as a page."""
    metric = objective_metric(found)
    photos = ", ".join(f"{len(one.photos)} of {one.name}" for one in found.data_sets)
    budgets = ", ".join(f"{one.asked} = {one.ms:.2f} ms" for one in found.budgets)
    lines = [
        f"# {found.network.name} x{found.network.scale} by every method",
        "",
        f"{found.width}x{found.height} to x{found.network.scale}; photos: {photos}; "
        f"{found.float_processor} and {found.int8_processor}; budgets: {budgets}.",
        f"Calibrated on {found.calibrated}. Scores are means over photos, with 95 % bootstrap "
        f"intervals; `{metric}` is what plans are searched for, to the float network's picture. "
        f"A budget counts as kept up to {KEPT:g} of it.",
        "",
        f"**{found.verdict}.**",
        "",
        f"| method | budget | median ms | p95 ms | predicted ms | kept | {metric} | "
        + " | ".join(f"{name} {against and 'to ' + against}".strip() for against, name in SHOWN)
        + " | peak MB |",
        "|---|---|---|---|---|---|---|" + "---|" * (len(SHOWN) + 1),
    ]
    titles = {one.name: one.title for one in found.methods}
    limits = {one.asked: one.ms for one in found.budgets}
    timed = [result for result in found.results if result.measured is not None]
    lines += [_row(result, titles[result.method], limits, metric) for result in timed]
    lines += ["", *_sooner(found, titles)]
    missing = [one for one in found.results if one.missing]
    if missing:
        lines += ["", "Missing:", ""]
        lines += [f"* {titles[one.method]} {one.budget}: {one.missing}" for one in missing]
    notes = [one for one in found.results if one.note]
    lines += ["", "Notes:", ""]
    lines += [
        f"* {titles[one.method]} {one.budget}: {one.note}".replace(" :", ":") for one in notes
    ]
    return "\n".join(lines) + "\n"


def _sooner(found: Comparison, titles: dict[str, str]) -> list[str]:
    """What a plan that looks as good saves of each method's time."""
    equal = sooner(found)
    ours = {(rival.method, rival.budget) for rival, _, _ in equal}
    lines = ["The fastest plan that looks as good or better is", ""]
    for rival, plan, ratio in equal:
        name = f"{titles[rival.method]} {rival.budget}".strip()
        lines.append(f"* {ratio:.2f}x as fast as {name} (the plan for {plan.budget})")
    finer = [
        f"{titles[one.method]} {one.budget}".strip()
        for one in found.results
        if one.measured is not None
        and one.method not in ("plan", "float")
        and (one.method, one.budget) not in ours
    ]
    if finer:
        lines += ["", f"No plan of these budgets looks as good as: {', '.join(finer)}."]
    return lines


def _row(result: Result, title: str, limits: dict[str, float], metric: str) -> str:
    took = result.measured
    assert took is not None
    kept = "" if result.budget not in limits else _kept(result, limits[result.budget])
    predicted = "" if result.predicted_ms is None else f"{result.predicted_ms:.2f}"
    scores = [_mean(result, against, name) for against, name in (("float", metric), *SHOWN)]
    peak = "" if took.peak_memory_bytes is None else f"{took.peak_memory_bytes / 1e6:.0f}"
    cells = (
        *(title, result.budget, f"{took.median_ms:.2f}", f"{took.p95_ms:.2f}", predicted, kept),
        *(*scores, peak),
    )
    return f"| {' | '.join(cells)} |"


def _kept(result: Result, limit_ms: float) -> str:
    return "yes" if keeps(result, limit_ms) else "no"


def _mean(result: Result, against: str, metric: str) -> str:
    for one in result.means:
        if (one.against, one.metric) == (against, metric):
            return f"{one.mean:.3f} ({one.low:.3f} to {one.high:.3f})"
    return ""


def shortened(found: Comparison) -> dict[str, Any]:
    """Without what is of single photos, which the comparison's folder has."""
    results = tuple(msgspec.structs.replace(one, scored=()) for one in found.results)
    made: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(found, results=results))
    return made


if __name__ == "__main__":
    main()
