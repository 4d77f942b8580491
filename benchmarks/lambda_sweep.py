"""FYE-SR's weights lambda1 and lambda2 for SRCNN, in the paper's form and in ours.

    python benchmarks/lambda_sweep.py --photos DIR --runs DIR [--out benchmarks/results]

The paper found lambda1 = 0.001 and lambda2 = 0.25 best for SRCNN on a Pixel 6, with PIQE and PSNR
as metrics. Each pair of weights learns at three budgets; what is told is the learner's own split,
with nothing judged: the split that shares round to in the paper's form, the likeliest feasible one
in ours. Regret is above the optimum of every split, as a share of the span from best to worst.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from brute_force import MODELLED, PROCESSORS, SIZE, times_of, weights_of
from timing import write_results
from vernier.networks.source import find_source
from vernier.planning.context import open_context
from vernier.planning.planner import PhotoLearner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import Objective
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.learner import Recipe
from vernier.splitting.likeliest import likeliest
from vernier.splitting.paper_learner import PaperRecipe
from vernier.splitting.problem import Problem

PERCEPTUAL = (0.001, 0.02, 0.2, 1.0)
STRUCTURAL = (0.0, 0.25, 4.0)
SHARES = (0.3, 0.5, 0.7)
STEPS = 50


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--network", default="srcnn-915")
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--modelled", action="store_true", help="times of a modelled Pixel 6")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    name, scale = given.network, given.scale
    source = find_source(name, scale, weights_of(name, scale, given.photos, given.runs))
    subject, label = Subject(name, scale, source.graph, *SIZE), f"{name}-x{scale}"
    profile = times_of(subject, given.runs, given.modelled)
    request = Request(given.photos, objective=Objective.GUARDED, photo_count=4, side=128)
    context = open_context(request, source, subject, profile, given.runs / f"{label}-guarded")
    quality, problem = context.quality(), Problem(profile, math.inf)
    judge = context.evaluations(quality)
    splits = all_splits(problem)
    span = max(map(judge, splits)) - min(map(judge, splits))
    low, high = min(map(problem.time_ms, splits)), problem.time_ms(problem.finest)
    bare = PhotoLearner(replace(context, folder=None), quality)
    rows = []
    for one, two in product(PERCEPTUAL, STRUCTURAL):
        learner = replace(
            bare,
            recipe=Recipe(steps=STEPS, perceptual=one, structural=two),
            paper=PaperRecipe(steps=STEPS, perceptual=one, structural=two),
        )
        for share, seed in product(SHARES, given.seeds):
            within = problem.within(low + share * (high - low))
            best = min(judge(split) for split in splits if within.feasible(split))
            found = {
                "paper": learner.paper_split(within, seed),
                "ours": likeliest(within, learner.shares(within, seed).shares, 1)[0],
            }
            for form, split in found.items():
                assert split is not None
                scores = quality.scores(split)
                rows.append(
                    {"form": form, "lambda1": one, "lambda2": two, "share": share, "seed": seed,
                     "regret": (judge(split) - best) / span, "piqe": scores["piqe"],
                     "psnr": min(60.0, scores["psnr"])}
                )  # fmt: skip
        print(rows[-2:], file=sys.stderr, flush=True)
    lines = [
        f"# lambda1 and lambda2 for {label}",
        "",
        f"Times of {' and '.join(MODELLED if given.modelled else PROCESSORS)}.",
        f"Means over {len(SHARES)} budgets and {len(given.seeds)} seeds, {STEPS} steps; nothing is",
        "judged. PSNR is to the float picture, 60 dB where it is equal or nearer. The paper's",
        "weights are 0.001 and 0.25; ours 0.2 and 0.25.",
        "",
        "| lambda1 | lambda2 | paper's form: regret | PIQE | PSNR | ours: regret | PIQE | PSNR |",
        "|" + "---|" * 8,
    ]
    for one, two in product(PERCEPTUAL, STRUCTURAL):
        cells = []
        for form in ("paper", "ours"):
            own = [r for r in rows if (r["form"], r["lambda1"], r["lambda2"]) == (form, one, two)]
            means = [float(np.mean([r[key] for r in own])) for key in ("regret", "piqe", "psnr")]
            cells += [f"{means[0]:.1%}", f"{means[1]:.1f}", f"{means[2]:.1f}"]
        lines.append(f"| {one:g} | {two:g} | {' | '.join(cells)} |")
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "lambda_sweep", {"rows": rows}, table)


if __name__ == "__main__":
    main()
