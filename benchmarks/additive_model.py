"""The additive model against the clock: random splits, predicted from a profile and measured.

    python benchmarks/additive_model.py [--out benchmarks/results] [--engine litert] [NETWORK ...]

For each network a profile is made, then random splits of all degrees of alternation are exported
as segments, run in turn, and compared with their predictions. Beside it the naive prediction: each
unit timed directly as a file of its own, and nothing subtracted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from timing import read_results, write_results
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject
from vernier.profiling.contenders import Bench
from vernier.profiling.prediction import Predictor
from vernier.profiling.profiler import NORMAL_ROUNDS, profile
from vernier.profiling.sampling import sample
from vernier.profiling.sandwiches import unit_graph
from vernier.profiling.split_times import CHECKED_SPLITS, check_profile, split_times
from vernier.runtime.loading import placed
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form

NAME = "additive_model"
ENGINES = ("litert", "openvino")
SPLITS = 60
ROUNDS = 9
NETWORKS = {
    "sesr-m11": (2, 360, 640, Granularity.LAYER),
    "edsr-baseline": (2, 180, 320, Granularity.LAYER),
    "carn-m": (2, 180, 320, Granularity.LAYER),
    "srvgg-16": (4, 90, 160, Granularity.LAYER),
    "rrdbnet": (4, 32, 48, Granularity.BLOCK),
}
THREADS = 2


@dataclass(frozen=True)
class Outcome:
    """Predictions and measurements of one network's splits."""

    measured_ms: list[float]
    additive_ms: list[float]
    corrected_ms: list[float]
    naive_ms: list[float]
    profile_s: float
    check_s: float
    units: int

    def judge(self, predicted: Sequence[float]) -> tuple[float, float, float, float]:
        """Mean error and 95 % error in percent, bias in percent, rank correlation."""
        error = np.array(predicted) / np.array(self.measured_ms) - 1
        ranks = [np.argsort(np.argsort(values)) for values in (predicted, self.measured_ms)]
        return (
            float(np.abs(error).mean() * 100),
            float(np.quantile(np.abs(error), 0.95) * 100),
            float(error.mean() * 100),
            float(np.corrcoef(ranks)[0, 1]),
        )


def random_splits(count: int, names: Sequence[str]) -> list[list[str]]:
    """Splits from hardly any switch to one at every unit, and from all float to all INT8."""
    rng = np.random.default_rng(0)
    made = [[name] * count for name in names]
    while len(made) < SPLITS:
        stay, share = rng.random(), rng.random()
        row = [names[int(rng.random() < share)]]
        while len(row) < count:
            row.append(row[-1] if rng.random() < stay else names[int(rng.random() < share)])
        made.append(row)
    return made


def judge(name: str, engine: str) -> Outcome:
    """Profile, then run the splits in groups, each group's members in turn."""
    scale, height, width, granularity = NETWORKS[name]
    graph = graph_of(name, scale)
    names = [f"{engine}:cpu:float32", f"{engine}:cpu:int8"]
    subject = Subject(name, scale, graph, height, width, granularity)
    started = time.monotonic()
    found = profile(subject, names, rounds=NORMAL_ROUNDS, threads=THREADS)
    profile_s = time.monotonic() - started
    predictor = Predictor(found)
    units = cut(graph, granularity)
    splits = random_splits(len(units), names)
    alone = naive_times(name, names)
    measured = split_times(
        subject,
        splits,
        threads=THREADS,
        rounds=ROUNDS,
        progress=lambda done, total, _="": print(
            f"{name} {engine} {done}/{total}", file=sys.stderr, flush=True
        ),
    )
    started = time.monotonic()
    checked = check_profile(subject, found, seed=1)
    check_s = time.monotonic() - started
    corrector = Predictor(checked)
    return Outcome(
        measured,
        [predictor.predict(split, Form.SEGMENTS).total_ms for split in splits],
        [corrector.predict(split, Form.SEGMENTS).summed_ms for split in splits],
        [sum(alone[u, p] for u, p in enumerate(split)) for split in splits],
        profile_s,
        check_s,
        len(units),
    )


def naive_times(name: str, processors: Sequence[str]) -> dict[tuple[int, str], float]:
    """Each unit as a file of its own, timed directly; equal units once."""
    from vernier.profiling.layer_times import unit_kind

    scale, height, width, granularity = NETWORKS[name]
    source = graph_of(name, scale)
    graph = resized(source, height, width)
    load = placed(find_processor, THREADS, allow_fallback=False)
    bench = Bench(load, activations_of(source))
    known: dict[tuple[str, str], float] = {}
    found = {}
    for number, unit in enumerate(cut(graph, granularity)):
        kind = unit_kind(graph, unit)
        for processor in processors:
            if (kind, processor) not in known:
                executable = bench.executable(unit_graph(graph, unit), processor)
                samples = sample({"unit": executable.run}, NORMAL_ROUNDS)
                known[kind, processor] = samples.combine({"unit": 1.0}).median_ms
                executable.close()
            found[number, processor] = known[kind, processor]
    return found


def known(out: Path | None) -> dict[str, Any]:
    """What was recorded before."""
    path = None if out is None else out / f"{NAME}.json"
    if path is None or not path.is_file():
        return {}
    return read_results(path)


def row(key: str, results: dict[str, Any]) -> str:
    """A line of the table."""
    outcome = Outcome(**results[key])
    predictions = (outcome.naive_ms, outcome.additive_ms, outcome.corrected_ms)
    judged = [outcome.judge(predicted) for predicted in predictions]
    return (
        f"| {key.replace(' ', ' | ')} | {outcome.units} | {outcome.profile_s:.0f} "
        f"| {outcome.check_s:.0f} "
        + "".join(f"| {v[0]:.1f} | {v[1]:.1f} | {v[2]:+.1f} | {v[3]:.3f} " for v in judged)
        + "|"
    )


def table(results: dict[str, Any]) -> str:
    """All lines."""
    lines = [
        f"# The additive model against the clock: {SPLITS} random splits, {THREADS} threads",
        "",
        "Errors of the predicted against the measured time in percent: mean, 95 %, bias; and the",
        "rank correlation. Aim: mean <= 5, 95 % <= 12, correlation >= 0.98. *Naive* adds up units",
        "that were timed directly; *sum* is the additive model; *corrected* is what",
        f'`vernier profile` makes of it with {CHECKED_SPLITS} others, timed whole in "check s".',
        "",
        "| network | engine | units | profile s | check s "
        + "".join(f"| {how} mean | 95 % | bias | rank " for how in ("naive", "sum", "corrected"))
        + "|",
        "|---" * 17 + "|",
    ]
    order = [f"{name} {engine}" for name in NETWORKS for engine in ENGINES]
    lines += [row(key, results) for key in order if key in results]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    given = parser.parse_args()
    results = known(given.out)
    for name in given.networks:
        for engine in given.engine or ENGINES:
            results[f"{name} {engine}"] = asdict(judge(name, engine))
            print(row(f"{name} {engine}", results), file=sys.stderr, flush=True)
            if given.out:
                write_results(given.out, NAME, results, table(results))
    print(table(results))


if __name__ == "__main__":
    main()
