"""A split learnt on one set of photos, judged on four others, beside every split there is.

    python benchmarks/test_sets.py --data ../shared/data --runs DIR [--out benchmarks/results]

FYE-SR says that a split is learnt once and holds over test sets. For each network and budget
`fye-sr` and the default search learn on photos of BSDS400. Then every split is judged on each set,
so that what the learnt one lacks there is known: its objective above the best split's of that very
set, as a share of the span between that set's best and worst split. "Drawn" are pictures made of
ramps, gratings, rings and letters' strokes: what no photo looks like.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brute_force import MODELLED, PROCESSORS, SIZE, times_of, weights_of
from timing import write_results
from vernier.images.bicubic import imresize
from vernier.networks.source import find_source
from vernier.planning.context import open_context
from vernier.planning.planner import PhotoLearner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import Crops, load_crops
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem

NETWORKS = ("sesr-m3", "sesr-m5", "fsrcnn", "srcnn-915")
SHARES = (0.2, 0.5, 0.8)
METHODS = (Method.FYE_SR, Method.SEARCH, Method.GREEDY, Method.FIRST)
SIDE, COUNT = 128, 4


def drawn(scale: int) -> Crops:
    """Four pictures by formula, shrunk by the scale."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    rings = np.sin(60 * np.hypot(x - 0.5, y - 0.5) ** 1.5)
    strokes = ((np.floor(x * 24) * 7 + np.floor(y * 16) * 5) % 3 == 0) * 1.0
    planes = [
        np.stack([x, y, 1 - x]),
        np.stack([0.5 + 0.4 * np.sin(2 * np.pi * f * (x + 0.3 * y)) for f in (6, 11, 17)]),
        np.stack([0.5 + 0.45 * rings, 0.5 + 0.3 * rings, 0.6 - 0.2 * rings]),
        np.stack([strokes * 0.8 + 0.1] * 3),
    ]
    small = SIDE // scale
    low = [imresize(plane.transpose(1, 2, 0).astype(np.float32), small, small) for plane in planes]
    pictures = np.rint(255 * np.clip(np.array(low), 0, 1)).astype(np.uint8)
    return Crops(pictures, f"{len(low)} drawn pictures")


def sets_of(data: Path, scale: int) -> dict[str, Crops]:
    """The set that is learnt on, and four others."""
    train, eval_ = data / "train" / "BSDS400", data / "eval"
    return {
        "BSDS400 (learnt on)": load_crops(train, scale, COUNT, side=SIDE),
        "BSDS400, other photos": load_crops(train, scale, COUNT, skip=1, side=SIDE),
        "BSD100": load_crops(eval_ / "BSD100", scale, COUNT, side=SIDE),
        "Set5": load_crops(eval_ / "Set5", scale, 2, side=SIDE),
        "drawn": drawn(scale),
    }


def rows_of(name: str, scale: int, data: Path, runs: Path, modelled: bool) -> list[dict]:
    """All budgets, methods and sets of a network."""
    train = data / "train" / "BSDS400"
    source = find_source(name, scale, weights_of(name, scale, train, runs))
    subject, label = Subject(name, scale, source.graph, *SIZE), f"{name}-x{scale}"
    profile = times_of(subject, runs, modelled)
    request = Request(train, objective=Objective.GUARDED, photo_count=COUNT, side=SIDE)
    context = open_context(request, source, subject, profile, runs / f"{label}-guarded")
    problem = Problem(profile, math.inf)
    splits = all_splits(problem)
    sets = sets_of(data, scale)
    judges = {told: Evaluations(context.quality(crops)) for told, crops in sets.items()}
    quality = context.quality()
    learner = PhotoLearner(context, quality)
    low, high = min(map(problem.time_ms, splits)), problem.time_ms(problem.finest)
    rows = []
    for share in SHARES:
        within = problem.within(low + share * (high - low))
        for method in METHODS:
            first = next(iter(judges.values()))
            found = find_split(method, within, Evaluations(first), learner=learner, small=0)
            if found is None:
                continue
            for told, judge in judges.items():
                worth = [judge(split) for split in splits]
                best = min(judge(split) for split in splits if within.feasible(split))
                span = max(worth) - min(worth)
                rows.append(
                    {"network": label, "share": share, "method": method.value, "set": told,
                     "objective": judge(found), "best": best, "int8": judge(problem.coarsest),
                     "regret": (judge(found) - best) / span}
                )  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def table_of(rows: list[dict], processors: Sequence[str]) -> str:
    """Regret by method and set, and by network."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = [
        "# A split learnt on one set, judged on others",
        "",
        f"Times of {' and '.join(processors)}.",
        f"Guarded PIQE, {COUNT} crops of {SIDE} pixels of each set (Set5: 2). Regret on a set:",
        "above the best split of that very set within the budget, as a share of the span from its",
        "best to its worst split; mean over networks and budgets, and the worst of them.",
        "",
        "| method | " + " | ".join(sets) + " |",
        "|" + "---|" * (1 + len(sets)),
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = []
        for told in sets:
            found = [r["regret"] for r in rows if (r["method"], r["set"]) == (method, told)]
            cells.append(f"{np.mean(found):.1%} ({max(found):.1%})")
        lines.append(f"| {method} | {' | '.join(cells)} |")
    lines += ["", "| network | budget | set | fye-sr's split | best of the set | all INT8 |",
              "|" + "---|" * 6]  # fmt: skip
    for r in rows:
        if r["method"] == Method.FYE_SR:
            lines.append(
                f"| {r['network']} | {r['share']:.0%} of the way to float | {r['set']} "
                f"| {r['objective']:.2f} | {r['best']:.2f} | {r['int8']:.2f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--modelled", action="store_true", help="times of a modelled Pixel 6")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = []
    for name in given.networks:
        rows += rows_of(name, given.scale, given.data, given.runs, given.modelled)
    table = table_of(rows, MODELLED if given.modelled else PROCESSORS)
    print(table)
    if given.out:
        write_results(given.out, "test_sets", {"rows": rows}, table)


if __name__ == "__main__":
    main()
