"""A network of hundreds of units, split by layers, led by the learner.

    python benchmarks/large_network.py --photos DIR --runs DIR [--out benchmarks/results]

Real-ESRGAN's RRDBNet, 351 convolutions (`ncnn_weights.py` into RUNS/rrdbnet-x4.safetensors), with
the modelled times of a Pixel 6: no such phone is here. Told are the CPU seconds and the wall clock
of learning and of searching, how many splits were judged, and what others find with as few: greedy
and dynamic programming by the learner's effects, the first and the last units, chance.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import replace
from pathlib import Path

from timing import write_results
from vernier.export.networks import load_photos, ranges_on
from vernier.networks.source import find_source
from vernier.planning.context import Context
from vernier.planning.planner import PhotoLearner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.profiling.modelled import modelled_profile
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import load_crops
from vernier.quantization.ranges import Ranges
from vernier.splitting.additive import chain_optimum
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.greedy import greedy
from vernier.splitting.learner import Learnt, Recipe
from vernier.splitting.likeliest import predicted_effects
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem
from vernier.splitting.starts import by_chance, first_k
from vernier.units.split import Split

PROCESSORS = ("modelled:pixel-6-cpu:float32", "modelled:pixel-6-npu:int8")
SIZE = (180, 320)
CHANCES = 3


class Clocked:
    """A learner that remembers what it found, and how long that took."""

    able = True

    def __init__(self, learner: PhotoLearner) -> None:
        self._learner = learner
        self.cpu_s = self.wall_s = 0.0
        self.learnt: Learnt | None = None

    def shares(self, problem: Problem, seed: int) -> Learnt:
        """Of the learner."""
        cpu, wall = time.process_time(), time.monotonic()
        self.learnt = self._learner.shares(problem, seed)
        self.cpu_s, self.wall_s = time.process_time() - cpu, time.monotonic() - wall
        return self.learnt

    def paper_split(self, problem: Problem, seed: int) -> Split | None:
        """Of the learner."""
        return self._learner.paper_split(problem, seed)


def main() -> None:
    """Plan, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--network", default="rrdbnet")
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--processors", nargs="*", default=PROCESSORS)
    parser.add_argument("--share", type=float, default=0.5, help="Of all in float")
    parser.add_argument("--count", type=int, default=2, help="Crops to judge by")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--most", type=int, default=400, help="Judgements")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    name, scale = given.network, given.scale
    weights = given.runs / f"{name}-x{scale}.safetensors"
    source = find_source(name, scale, weights if weights.exists() else None)
    subject = Subject(name, scale, source.graph, *SIZE)
    profile = modelled_profile(subject, given.processors)
    file = given.runs / f"{name}-x{scale}-ranges.json"
    if not file.exists():
        ranges_on(source, load_photos(given.photos, source)).save(file)
    crops = [load_crops(given.photos, scale, given.count, skip=n, side=given.side) for n in (0, 1)]
    request = Request(given.photos, objective=Objective.GUARDED)
    context = Context(request, source, subject, profile, Ranges.load(file), *crops)
    quality = context.quality()
    problem = Problem(profile, math.inf)
    problem = problem.within(given.share * problem.time_ms(problem.finest))
    judge = Evaluations(
        quality, heard=lambda count: print(count, end=" ", file=sys.stderr, flush=True)
    )
    recipe = Recipe(steps=given.steps)
    photo = PhotoLearner(context, quality)
    learner = Clocked(replace(photo, recipe=recipe))
    cpu, wall = time.process_time(), time.monotonic()
    found = find_split(Method.SEARCH, problem, judge, learner=learner, most=given.most)
    cpu_s, wall_s = time.process_time() - cpu, time.monotonic() - wall
    judged = len(judge)
    rivals: dict[str, list[Split | None]] = {"search, led by the learner": [found]}
    if learner.learnt is not None:
        effects = predicted_effects(problem, learner.learnt)
        rivals["greedy by the learner's effects"] = [greedy(problem, effects)]
        rivals["dynamic programming by them"] = [chain_optimum(problem, effects)]
    rivals |= {
        "first units": [first_k(problem)],
        "last units": [first_k(problem, last=True)],
        f"chance, mean of {CHANCES}": [by_chance(problem, n) for n in range(CHANCES)],
        "all INT8": [problem.coarsest],
    }
    held_out = context.quality(crops[1])
    rows = []
    for told, splits in rivals.items():
        known = [split for split in splits if split is not None]
        if known:
            rows.append(
                {
                    "way": told,
                    "searched": sum(map(judge, known)) / len(known),
                    "held_out": sum(map(held_out, known)) / len(known),
                    "ms": sum(map(problem.time_ms, known)) / len(known),
                    "int8": sum(split.count(given.processors[-1]) for split in known) / len(known),
                }
            )
    lines = [
        f"# {name} x{scale}: {len(problem.able)} units by layers",
        "",
        f"{given.share:g} of all in float by modelled times of {', '.join(given.processors)};",
        f"{quality.crops.description}. Learning took {learner.cpu_s:.0f} CPU s "
        f"({learner.wall_s:.0f} s), all of the search {cpu_s:.0f} CPU s ({wall_s:.0f} s); "
        f"{judged} splits were judged.",
        "",
        "| way | objective | on other photos | ms of " + f"{problem.budget_ms:.1f} | INT8 units |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['way']} | {r['searched']:.3f} | {r['held_out']:.3f} | {r['ms']:.1f} "
        f"| {r['int8']:.0f} |"
        for r in rows
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        facts = {"rows": rows, "cpu_s": cpu_s, "wall_s": wall_s, "judged": judged}
        write_results(given.out, "large_network", facts, table)


if __name__ == "__main__":
    main()
