"""Predicted against measured times of splits, in each form, on this CPU.

    python benchmarks/predictions.py [--out benchmarks/results] [--splits 20] [NETWORK ...]

For each network a profile is made as `vernier profile` does it, whole splits included that it
corrects itself by. Then other random splits are exported in every form that they can take and
timed beside all-float, as a plan is; and as in a plan, the profile is first brought to the pace at
which all-float runs then (*pace*: its time then to its time when the profile corrected itself).
Compared are those that a plan could choose: the faster form of each split, as predicted; beside it
each form alone, and which form the profile prefers.

The results are called after the CPU, and after ONEDNN_MAX_CPU_ISA where it is set, with which
OpenVINO runs as on a CPU with less: ONEDNN_MAX_CPU_ISA=AVX2 for one without VNNI.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from timing import cpu_kind, write_results
from vernier.networks.source import graph_of
from vernier.planning.stopwatch import Stopwatch
from vernier.profiling import profiler
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import at_pace, learned, random_splits
from vernier.profiling.prediction import Predictor
from vernier.profiling.split_times import Contender, against, check_profile
from vernier.splitting.problem import Problem
from vernier.units.split import Form

NETWORKS = ("sesr-m5", "sesr-m11", "sesr-m11-hw")
SIZE = (180, 320)
PROCESSORS = ("openvino:cpu:float32", "openvino:cpu:int8")
SEED = 11
"""Of the splits, other than the one of those that a profile is corrected by."""


@dataclass(frozen=True)
class Row:
    """One split in one form.

    Attributes:
        split: f for float and I for INT8, by unit.
        form: of its files.
        predicted_ms: by the profile.
        measured_ms: beside all-float, at its pace.
        chosen: whether the profile predicts this form to be the faster one.
    """

    split: str
    form: str
    predicted_ms: float
    measured_ms: float
    chosen: bool


def rows_of(name: str, count: int, rounds: int, checked: int) -> tuple[float, list[Row]]:
    """The machine's pace and all rows of one network."""
    subject = Subject(name, 2, graph_of(name, 2), *SIZE)
    found = profiler.profile(subject, PROCESSORS, rounds=rounds)
    found = check_profile(subject, found, checked)
    predictor = Predictor(found)
    known = {one.processors for one in found.wholes}
    splits = [tuple(split) for split in random_splits(found, 2 * count + 2, SEED)]
    fresh = [split for split in splits if split not in known][:count]
    contenders = [Contender(split, form) for split in fresh for form in predictor.forms(split)]

    timer = partial(against, subject, threads=found.settings.threads)
    watch = Stopwatch(timer, Contender(Problem(found, math.inf).finest))
    watch.time(contenders)
    finest = watch.anchor.processors
    before_ms = next(one.time.ms for one in found.wholes if one.processors == finest)
    predictor = Predictor(learned(at_pace(found, finest, watch.float_ms), ()))
    pairs = {one: predictor.forms(one.processors)[one.form].total_ms for one in contenders}
    pace = watch.float_ms / before_ms
    return pace, [
        Row(
            "".join("I" if name.endswith("int8") else "f" for name in one.processors),
            one.form.value,
            round(predicted_ms, 4),
            round(watch.ms(one), 4),
            predictor.predict(one.processors).form is one.form,
        )
        for one, predicted_ms in pairs.items()
    ]


def errors(rows: list[Row]) -> tuple[float, float, float]:
    """Mean and 95 % of the absolute error in percent, and the bias."""
    found = np.array([row.predicted_ms / row.measured_ms - 1 for row in rows]) * 100
    return (
        float(np.abs(found).mean()),
        float(np.quantile(np.abs(found), 0.95)),
        float(found.mean()),
    )


def table_of(results: dict[str, dict[str, Any]], kind: str) -> str:
    """A line for each network and form."""
    lines = [
        f"# Predicted and measured times of splits on {kind}",
        "",
        f"{SIZE[0]}x{SIZE[1]}, {', '.join(PROCESSORS)}. Errors in percent: mean, 95 %, bias.",
        "*Chosen* is each split in the form that is predicted to be faster; *right* says of how",
        "many splits that form was the faster one.",
        "",
        "| network | form | splits | mean | 95 % | bias | right | pace |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in results.items():
        rows = [Row(**row) for row in found["rows"]]
        best = {
            split: min((r for r in rows if r.split == split), key=lambda r: r.measured_ms)
            for split in {row.split for row in rows}
        }
        chosen = [row for row in rows if row.chosen]
        right = sum(best[row.split].form == row.form for row in chosen)
        groups = {"chosen": chosen}
        groups |= {form.value: [r for r in rows if r.form == form.value] for form in Form}
        for title, group in groups.items():
            if group:
                told = " | ".join(f"{value:.1f}" for value in errors(group))
                of = f"{right} of {len(chosen)}" if title == "chosen" else ""
                pace = f"{found['pace']:.2f}" if title == "chosen" else ""
                lines.append(f"| {name} | {title} | {len(group)} | {told} | {of} | {pace} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--splits", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=profiler.NORMAL_ROUNDS)
    parser.add_argument("--checked", type=int, default=12)
    given = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for name in given.networks:
        pace, rows = rows_of(name, given.splits, given.rounds, given.checked)
        results[name] = {"pace": pace, "rows": [asdict(row) for row in rows]}
        print(table_of(results, cpu_kind()), file=sys.stderr, flush=True)
        if given.out:
            table = table_of(results, cpu_kind())
            write_results(given.out, f"predictions_{cpu_kind()}", results, table)
    print(table_of(results, cpu_kind()))


if __name__ == "__main__":
    main()
