"""How far profiles can be trusted: one repeated, and one of a size that was not measured.

    python benchmarks/profiles.py [--out benchmarks/results] [--rounds 21] [NETWORK ...]

(a) The same profile twice, in turn with nothing: how long it takes, and how far the two are apart,
per unit and for whole networks. (b) Profiles at two sizes, a line through them, and a third size
that was profiled as well: the line against that.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.networks.source import graph_of
from vernier.profiling.assembly import Subject
from vernier.profiling.combining import scaled
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.profiling.profiler import NORMAL_ROUNDS, profile
from vernier.units.cutting import Granularity

THREADS = 2
NETWORKS = {
    "edsr-baseline": (2, (90, 160), (180, 320), (135, 240)),
    "sesr-m11": (2, (180, 320), (540, 960), (360, 640)),
    "carn-m": (2, (90, 160), (180, 320), (135, 240)),
    "srvgg-16": (4, (60, 80), (120, 160), (90, 120)),
}
"""Scale; the two sizes that the line goes through; the size between them."""
# Below this share of the network a unit's time is not looked at alone: noise is all there is.
SMALLEST_SHARE = 0.005


@dataclass
class Agreement:
    """Two profiles of one thing, in percent.

    Attributes:
        unit_median: of the units' times, apart from each other.
        unit_within_5: share of the units' times that are within 5 % of each other.
        whole: of whole networks, by processor.
    """

    unit_median: float
    unit_within_5: float
    whole: dict[str, float]


def agreement(first: Profile, second: Profile) -> Agreement:
    """How far the second is from the first."""
    apart = []
    whole = {}
    for name in first.processors:
        times = [u.times[name].ms for u in first.units if name in u.times]
        floor = SMALLEST_SHARE * sum(times)
        apart += [
            abs(other.times[name].ms / one.times[name].ms - 1) * 100
            for one, other in zip(first.units, second.units, strict=True)
            if name in one.times and one.times[name].ms > floor
        ]
        totals = [Predictor(p).predict([name] * len(p.units)).total_ms for p in (first, second)]
        whole[name] = round((totals[1] / totals[0] - 1) * 100, 1)
    found = np.array(apart)
    return Agreement(
        round(float(np.median(found)), 1), round(float((found <= 5).mean() * 100)), whole
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=NORMAL_ROUNDS)
    parser.add_argument("--engine", choices=("litert", "openvino"), default="litert")
    given = parser.parse_args()
    processors = [f"{given.engine}:cpu:{precision}" for precision in ("float32", "int8")]
    repeated = [
        "| network | size | units | seconds | unit times apart, median | within 5 % "
        "| whole float32 | whole INT8 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines = [
        "| network | from | to | unit times apart, median | within 5 % | whole float32 "
        "| whole INT8 |",
        "|---|---|---|---|---|---|---|",
    ]
    results: dict[str, object] = {}
    for name in given.networks:
        scale, small, large, between = NETWORKS[name]
        graph = graph_of(name, scale)

        def measured(size: tuple[int, int]) -> tuple[Profile, float]:
            started = time.monotonic()
            subject = Subject(name, scale, graph, *size, Granularity.LAYER)  # noqa: B023
            found = profile(subject, processors, rounds=given.rounds, threads=THREADS)
            return found, time.monotonic() - started

        first, seconds = measured(large)
        second, _ = measured(large)
        twice = agreement(first, second)
        told = " | ".join(f"{percent:+.1f} %" for percent in twice.whole.values())
        repeated.append(
            f"| {name} | {large[0]}x{large[1]} | {len(first.units)} | {seconds:.0f} "
            f"| {twice.unit_median:.1f} % | {twice.unit_within_5:.0f} % | {told} |"
        )
        print(repeated[-1], file=sys.stderr, flush=True)
        line = scaled(measured(small)[0], first, *between)
        drawn = agreement(measured(between)[0], line)
        told = " | ".join(f"{percent:+.1f} %" for percent in drawn.whole.values())
        sizes = " and ".join("x".join(map(str, size)) for size in (small, large))
        lines.append(
            f"| {name} | {sizes} | {between[0]}x{between[1]} | {drawn.unit_median:.1f} % "
            f"| {drawn.unit_within_5:.0f} % | {told} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
        results[name] = {
            "seconds": seconds, "repeated": asdict(twice), "scaled": asdict(drawn),
        }  # fmt: skip
    table = "\n".join(
        [
            f"# Profiles on {given.engine}, {THREADS} threads, {given.rounds} rounds",
            "",
            "The same profile twice (aim: units within 5 %):",
            "",
            *repeated,
            "",
            "A line through two sizes against a profile of a third:",
            "",
            *lines,
            "",
        ]
    )
    print(table)
    if given.out:
        write_results(given.out, "profiles", results, table)


if __name__ == "__main__":
    main()
