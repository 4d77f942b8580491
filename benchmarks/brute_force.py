"""Searches against every split of small networks: how much worse than the true optimum?

    python benchmarks/brute_force.py --photos DIR --runs DIR [--out benchmarks/results]

SRCNN 9-1-5, ESPCN, FSRCNN, SESR-M3, M5 and M7 at x2; five budgets each. Every split is judged, so
the optimum is known. The default method runs with its own exhaustive search switched off. Regret is
the objective above the optimum's, as a share of the span between the best and the worst split of
the network. Networks that no weights are shipped for are trained a little first, into --runs.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.networks.source import find_source
from vernier.perceptual.estimator import shipped_estimator
from vernier.planning.context import open_context
from vernier.planning.optimizing import profile_in
from vernier.planning.planner import fye_sr_learner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import Objective
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.learner import Recipe
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem

NETWORKS = ("srcnn-915", "espcn", "fsrcnn", "sesr-m3", "sesr-m5", "sesr-m7")
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the way from the fastest split to the slowest useful one."""
PROCESSORS = ("openvino:cpu:float32", "openvino:cpu:int8")
SIZE = (180, 320)
METHODS = (Method.SEARCH, Method.FYE_SR, Method.MILP, Method.DP, Method.GREEDY, Method.FIRST,
           Method.LAST, Method.RANDOM)  # fmt: skip
METHODS_WITHOUT_LEARNER = tuple(method for method in METHODS if method is not Method.FYE_SR)
RECIPE = """# Enough to look like a picture: for comparing searches, not networks.
network = "{name}"
scale = 2
seed = 1
steps = 600
batch = 8
patch = 40
learning_rate = {rate}
warmup_steps = 50
decay_steps = 300
validate_every = 300
shrink = [1.0]
"""


def weights_of(name: str, photos: Path, runs: Path) -> Path | None:
    """Weights that are shipped, or trained before, or trained now."""
    from vernier.bundles.shipped import shipped_networks
    from vernier.training.collapsing import collapse_run
    from vernier.training.loop import train
    from vernier.training.recipe import parse_recipe

    if 2 in shipped_networks().get(name, ()):
        return None
    file = runs / f"{name}-x2.safetensors"
    if not file.exists():
        recipe = parse_recipe(
            RECIPE.format(name=name, rate=3e-4 if "srcnn" in name else 1e-3), name
        )
        print(f"training {name}", file=sys.stderr, flush=True)
        train(recipe, photos, runs / f"{name}-x2")
        collapse_run(runs / f"{name}-x2", file)
    return file


def judge_network(name: str, photos: Path, runs: Path, objective: Objective) -> list[dict]:
    """All methods at all budgets of one network."""
    source = find_source(name, 2, weights_of(name, photos, runs))
    subject = Subject(name, 2, source.graph, *SIZE)
    folder = runs / f"{name}-{objective}"
    folder.mkdir(parents=True, exist_ok=True)
    profile = profile_in(runs / f"{name}-profile.json", subject, PROCESSORS, quick=True)
    request = Request(photos, objective=objective, photo_count=4, side=128)
    context = open_context(request, source, subject, profile, folder)
    quality = context.quality()
    known = context.evaluations(quality)
    open_problem = Problem(profile, math.inf)
    splits = all_splits(open_problem)
    for split in splits:
        known(split)
    span = max(known.known.values()) - min(known.known.values())
    times = [open_problem.time_ms(split) for split in splits]
    # Beyond all-float nothing can be won.
    low, high = min(times), open_problem.time_ms(open_problem.finest)
    rows = []
    # The paper's learner descends an estimate of PIQE: it is asked where that is the objective.
    methods = METHODS if objective is Objective.GUARDED else METHODS_WITHOUT_LEARNER
    recipe = Recipe(steps=100)
    learner = fye_sr_learner(context, quality, shipped_estimator("piqe"), recipe=recipe)
    for share in SHARES:
        problem = open_problem.within(low + share * (high - low))
        best = min(known(split) for split in splits if problem.feasible(split))
        for method in methods:
            memory = Evaluations(known)
            started = time.monotonic()
            found = find_split(method, problem, memory, learner=learner, small=0, seed=1)
            rows.append(
                {
                    "network": name,
                    "units": len(open_problem.able),
                    "share": share,
                    "budget_ms": round(problem.budget_ms, 4),
                    "method": method.value,
                    "objective": None if found is None else known(found),
                    "optimum": best,
                    "span": span,
                    "regret": 1.0 if found is None else (known(found) - best) / span,
                    "judged": len(memory),
                    "splits": len(splits),
                    "seconds": round(time.monotonic() - started, 2),
                }
            )
    return rows


def table_of(rows: list[dict], objective: str) -> str:
    """By method, and the default by network."""
    cases = sum(row["method"] == "search" for row in rows)
    lines = [
        f"## Objective: {objective}",
        "",
        f"{cases} cases. Regret as a share of the span between the best and the worst split.",
        "",
        "| method | within 1 % of the span | the optimum itself | mean regret | worst | judged |",
        "|---|---|---|---|---|---|",
    ]
    for method in METHODS:
        own = [row for row in rows if row["method"] == method.value]
        if not own:
            continue
        regret = np.array([row["regret"] for row in own])
        lines.append(
            f"| {method} | {(regret <= 0.01).mean():.0%} | {(regret <= 1e-12).mean():.0%} "
            f"| {regret.mean():.2%} | {regret.max():.1%} "
            f"| {np.mean([row['judged'] for row in own]):.0f} |"
        )
    lines += ["", "| network | units | splits | judged by search | regret of search, by budget "
              "| of FYE-SR's learner |", "|---|---|---|---|---|---|"]  # fmt: skip
    for name in dict.fromkeys(row["network"] for row in rows):
        own = [row for row in rows if row["network"] == name]
        search = [row for row in own if row["method"] == "search"]
        paper = [row for row in own if row["method"] == "fye-sr"]
        regrets = [", ".join(f"{row['regret']:.1%}" for row in rows) for rows in (search, paper)]
        lines.append(
            f"| {name} | {own[0]['units']} | {own[0]['splits']} "
            f"| {np.mean([row['judged'] for row in search]):.0f} "
            f"| {regrets[0]} | {regrets[1]} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--objectives", nargs="*", default=["guarded", "psnr"])
    given = parser.parse_args()
    parts, kept = [], {}
    for objective in given.objectives:
        rows = []
        for name in given.networks:
            rows += judge_network(name, given.photos, given.runs, Objective(objective))
            print(f"{objective}: {name}", file=sys.stderr, flush=True)
        parts.append(table_of(rows, objective))
        kept[objective] = rows
    head = "# Searches against every split\n\nx2 at 180x320 on " + ", ".join(PROCESSORS) + ".\n\n"
    table = head + "\n".join(parts)
    print(table)
    if given.out:
        write_results(given.out, "brute_force", {"rows": kept}, table)


if __name__ == "__main__":
    main()
