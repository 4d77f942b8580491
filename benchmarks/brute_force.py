"""Searches against every split of small networks: how much worse than the true optimum?

    python benchmarks/brute_force.py --photos DIR --runs DIR [--out benchmarks/results]

SRCNN 9-1-5, ESPCN, FSRCNN, SESR-M3, M5 and M7 at x2 and x4; five budgets each. Every split is
judged, so the optimum is known. The default method runs with its own exhaustive search switched
off. Regret is the objective above the optimum's, as a share of the span between the best and the
worst split of the network. Networks that no weights are shipped for are trained a little first,
into --runs. `--modelled` takes the times of a modelled Pixel 6 in place of measured ones, which a
busy machine makes meaningless. What was done is kept in --runs, by network.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.networks.source import find_source
from vernier.planning.context import open_context
from vernier.planning.optimizing import profile_in
from vernier.planning.planner import PhotoLearner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.profiling.modelled import modelled_profile
from vernier.profiling.profile import Profile
from vernier.quality.objectives import Objective
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem

NETWORKS = ("srcnn-915", "espcn", "fsrcnn", "sesr-m3", "sesr-m5", "sesr-m7")
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the way from the fastest split to the slowest useful one."""
PROCESSORS = ("openvino:cpu:float32", "openvino:cpu:int8")
MODELLED = ("modelled:pixel-6-cpu:float32", "modelled:pixel-6-npu:int8")
SIZE = (180, 320)
METHODS = (Method.SEARCH, Method.FYE_SR, Method.FYE_SR_PAPER, Method.MILP, Method.DP,
           Method.GREEDY, Method.FIRST, Method.LAST, Method.RANDOM)  # fmt: skip
RECIPE = """# Enough to look like a picture: for comparing searches, not networks.
network = "{name}"
scale = {scale}
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


def weights_of(name: str, scale: int, photos: Path, runs: Path) -> Path | None:
    """Weights that are shipped, or trained before, or trained now."""
    from vernier.bundles.shipped import shipped_networks
    from vernier.training.collapsing import collapse_run
    from vernier.training.loop import train
    from vernier.training.recipe import parse_recipe

    if scale in shipped_networks().get(name, ()):
        return None
    file = runs / f"{name}-x{scale}.safetensors"
    if not file.exists():
        rate = 3e-4 if "srcnn" in name else 1e-3
        recipe = parse_recipe(RECIPE.format(name=name, scale=scale, rate=rate), name)
        print(f"training {name} x{scale}", file=sys.stderr, flush=True)
        train(recipe, photos, runs / f"{name}-x{scale}")
        collapse_run(runs / f"{name}-x{scale}", file)
    return file


def times_of(subject: Subject, runs: Path, modelled: bool) -> Profile:
    """Modelled times, or measured ones, which are kept in a folder."""
    if modelled:
        return modelled_profile(subject, MODELLED)
    file = runs / f"{subject.network}-x{subject.scale}-profile.json"
    return profile_in(file, subject, PROCESSORS, quick=True)


def judge_network(
    name: str,
    scale: int,
    photos: Path,
    runs: Path,
    objective: Objective,
    methods: Sequence[Method],
    modelled: bool = False,
) -> list[dict]:
    """All methods at all budgets of one network; what an earlier run did is read."""
    file = "rows-modelled.json" if modelled else "rows.json"
    done = runs / f"{name}-x{scale}-{objective}" / file
    rows = json.loads(done.read_text()) if done.exists() else []
    methods = [method for method in methods if method not in {row["method"] for row in rows}]
    if not methods:
        return rows
    source = find_source(name, scale, weights_of(name, scale, photos, runs))
    subject = Subject(name, scale, source.graph, *SIZE)
    label = f"{name}-x{scale}"
    folder = runs / f"{label}-{objective}"
    folder.mkdir(parents=True, exist_ok=True)
    profile = times_of(subject, runs, modelled)
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
    # Nothing is kept of the learner: what it takes is told.
    learner = PhotoLearner(replace(context, folder=None), quality)
    for share in SHARES:
        problem = open_problem.within(low + share * (high - low))
        best = min(known(split) for split in splits if problem.feasible(split))
        for method in methods:
            memory = Evaluations(known)
            started = time.monotonic()
            found = find_split(method, problem, memory, learner=learner, small=0, seed=1)
            rows.append(
                {
                    "network": label,
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
    done.write_text(json.dumps(rows))
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
            f"| {np.mean([row['judged'] for row in own]):.1f} |"
        )
    told = [Method.SEARCH, Method.FYE_SR, Method.FYE_SR_PAPER]
    lines += [
        "",
        "| network | units | splits | judged by search, fye-sr | seconds of fye-sr | "
        + " | ".join(f"regret of {method} by budget" for method in told)
        + " |",
        "|" + "---|" * (5 + len(told)),
    ]
    for name in dict.fromkeys(row["network"] for row in rows):
        by = {m: [r for r in rows if (r["network"], r["method"]) == (name, m)] for m in told}
        regrets = [", ".join(f"{row['regret']:.1%}" for row in by[method]) for method in told]
        judged = [f"{np.mean([row['judged'] for row in by[method]]):.1f}" for method in told[:2]]
        first, seconds = by[told[0]][0], np.mean([row["seconds"] for row in by[told[1]]])
        lines.append(
            f"| {name} | {first['units']} | {first['splits']} | {', '.join(judged)} "
            f"| {seconds:.0f} | {' | '.join(regrets)} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--modelled", action="store_true")
    parser.add_argument("--methods", nargs="*", type=Method, default=list(METHODS))
    parser.add_argument("--scales", nargs="*", type=int, default=[2, 4])
    parser.add_argument("--objectives", nargs="*", default=["guarded", "psnr"])
    given = parser.parse_args()
    parts, kept = [], {}
    for objective in given.objectives:
        rows = []
        for name, scale in product(given.networks, given.scales):
            rows += judge_network(
                name,
                scale,
                given.photos,
                given.runs,
                Objective(objective),
                given.methods,
                given.modelled,
            )
            print(f"{objective}: {name} x{scale}", file=sys.stderr, flush=True)
        parts.append(table_of(rows, objective))
        kept[objective] = rows
    names = MODELLED if given.modelled else PROCESSORS
    head = "# Searches against every split\n\n180x320 on " + ", ".join(names) + ".\n\n"
    table = head + "\n".join(parts)
    print(table)
    if given.out:
        write_results(given.out, "brute_force", {"rows": kept}, table)


if __name__ == "__main__":
    main()
