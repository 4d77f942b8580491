"""Vernier's search against what others do, on networks too large for brute force.

    python benchmarks/planning.py --data ../shared/data --runs DIR [--out benchmarks/results]

Budgets of 0.3, 0.5 and 0.7 of all-float (or as near as the fastest split allows), five objectives,
each optimised on its own: guarded PIQE, PIQE, and GMSD, SSIM and PSNR to the float picture. By
search, MILP, DP, greedy, first k, last k, random (the mean of five). All are judged alike by
simulation, on the photos that the search decides by and on photos of another collection.
`benchmarks/clock.py` times plans.

The weights of EDSR-baseline, RRDBNet-light and ENet are ours: `vernier train edsr-baseline-x2`,
then `vernier collapse` into RUNS/edsr-baseline-x2.safetensors, and so on; what is not there is left
out. RRDBNet is split by blocks, all others by layers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from timing import read_results, write_results
from vernier.metrics.piqe import SHIFTS
from vernier.networks.source import Source, find_source
from vernier.planning.context import Context, open_context
from vernier.planning.optimizing import profile_in
from vernier.planning.planner import PhotoLearner
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import EQUAL_DB, ONCE, Objective, Shifts
from vernier.quality.split_quality import SplitQuality, load_crops
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest
from vernier.units.cutting import Granularity
from vernier.units.split import Split

NETWORKS = (("sesr-m5-hw", 4), ("sesr-m11-hw", 2), ("carn_m.safetensors", 2),
            ("imdn_x2.safetensors", 2), ("realesr-animevideov3-x4.param", 4),
            ("upscayl-lite-4x.param", 4), ("edsr-baseline", 2), ("rrdbnet-light", 4),
            ("enet", 4))  # fmt: skip
OURS = ("edsr-baseline", "rrdbnet-light", "enet")
BY_BLOCKS = ("rrdbnet-light",)
SHARES = (0.3, 0.5, 0.7)
SIZE = (180, 320)
PROCESSORS = {
    "litert": ("litert:cpu:float32", "litert:cpu:int8"),
    "openvino": ("openvino:cpu:float32", "openvino:cpu:int8"),
    "openvino-bfloat16": (
        "openvino:cpu:float32",
        "openvino:cpu:bfloat16",
        "openvino:cpu:int8",
    ),
}
WORTH = {
    Objective.VISIBLE: lambda found: found["visible"],
    Objective.FLIP: lambda found: 100 * found["flip"],
    Objective.LPIPS: lambda found: 100 * found["lpips"],
    Objective.GUARDED: lambda found: found["guarded"],
    Objective.PIQE: lambda found: found["piqe"] - found["piqe_float"],
    Objective.GMSD: lambda found: found["gmsd"],
    Objective.SSIM: lambda found: 1 - found["ssim"],
    Objective.PSNR: lambda found: EQUAL_DB - found["psnr"],
}
RIVALS = (Method.MILP, Method.DP, Method.GREEDY, Method.FIRST, Method.LAST, Method.RANDOM)
LEARNT = Method.FYE_SR
CHANCES = 5
STRANGE = 32
"""Photos of another collection that all methods are judged on at last."""


class AllScores:
    """Judges for all objectives from one look at each split's pictures.

    Args:
        quality: on some photos.
        shifts: of PIQE's blocks.
    """

    def __init__(self, quality: SplitQuality, shifts: Shifts = SHIFTS) -> None:
        self.quality, self.shifts = quality, shifts
        self.known: dict[Split, list[dict[str, float]]] = {}

    def judge(self, objective: Objective) -> Evaluations:
        """One objective's."""
        return Evaluations(lambda split: self.worth(split, objective))

    def worth(self, split: Split, objective: Objective) -> float:
        """The mean over photos."""
        return float(np.mean(self.each(split, objective)))

    def each(self, split: Split, objective: Objective) -> np.ndarray:
        """By photo."""
        if split not in self.known:
            self.known[split] = self.quality.photo_scores(split, self.shifts)
        return np.array([WORTH[objective](found) for found in self.known[split]])


def open_source(name: str, scale: int, given: argparse.Namespace) -> Source:
    """A network with its weights: shipped, of DATA, or trained into RUNS."""
    file = given.data / "weights" / name
    trained = given.runs / f"{name}-x{scale}.safetensors"
    weights = trained if trained.exists() else None
    return find_source(str(file) if file.exists() else name, scale, weights)


def open_network(name: str, scale: int, given: argparse.Namespace) -> Context:
    """A network with its profile, ranges and photos; what is missing is measured."""
    source = open_source(name, scale, given)
    label = f"{source.name}-x{scale}-{given.engine}"
    granularity = Granularity.BLOCK if name in BY_BLOCKS else Granularity.LAYER
    subject = Subject(source.name, scale, source.graph, *SIZE, granularity)
    profile = profile_in(given.runs / f"{label}-profile.json", subject, PROCESSORS[given.engine])
    photos = given.data / "train" / "BSDS400"
    request = Request(photos, photo_count=given.photos, side=given.side)
    return open_context(request, source, subject, profile, given.runs / label)


def judge_network(context: Context, given: argparse.Namespace) -> list[dict]:
    """All budgets, objectives and methods of one network."""
    seen = AllScores(context.quality())
    finals = [AllScores(context.quality(crops)) for crops in context.final_crops]
    # Photos of another collection, and PIQE as it is published.
    strange = load_crops(
        given.data / "eval" / "BSD100", context.source.scale, STRANGE, side=given.side
    )
    others = AllScores(context.quality(strange), ONCE)
    open_problem = Problem(context.profile, math.inf)
    quickest = fastest(open_problem)
    assert quickest is not None
    whole, least = open_problem.time_ms(open_problem.finest), open_problem.time_ms(quickest)
    rows = []
    for share in SHARES:
        # Where the fastest split is slower than the share, the budget is a little above that.
        budget_ms = max(share * whole, 1.05 * least)
        problem = open_problem.within(budget_ms)
        for objective in map(Objective, given.objectives):
            judge = seen.judge(objective)
            started = time.monotonic()
            wider = [partial(one.worth, objective=objective) for one in finals]
            last = wider[-1]
            found = {
                Method.SEARCH: find_split(
                    Method.SEARCH, problem, judge, most=given.most, wider=wider
                )
            }
            seconds = time.monotonic() - started
            for rival in RIVALS:
                found[rival] = find_split(rival, problem, judge)
            if given.learn:
                own = Evaluations(judge)
                learner = learner_of(context, seen.quality, objective)
                found[LEARNT] = find_split(LEARNT, problem, own, learner=learner)
                learnt_judged = len(own)
            chances = [find_split(Method.RANDOM, problem, judge, seed=n) for n in range(CHANCES)]
            row = {
                "network": f"{context.source.name} x{context.source.scale}",
                "units": len(open_problem.able),
                "share": round(budget_ms / whole, 3),
                "budget_ms": round(budget_ms, 3),
                "objective": objective.value,
                "seconds": round(seconds, 1),
                "judged": len(judge),
                "photos": given.photos,
                "side": given.side,
                "most": given.most,
                "judged_by_fye_sr": learnt_judged if given.learn else None,
                "searched": {},
                "held_out": {},
                "behind": {},
                "error": {},
            }
            mine = others.each(found[Method.SEARCH], objective)
            known = {method.value: [split] for method, split in found.items() if split is not None}
            known["random"] = [split for split in chances if split is not None]
            for method, splits in known.items():
                if not splits:
                    continue
                row["searched"][method] = float(np.mean([last(split) for split in splits]))
                each = np.mean([others.each(split, objective) for split in splits], axis=0)
                row["held_out"][method] = float(each.mean())
                # By how much it is behind the search, and the standard error of that.
                row["behind"][method] = float((each - mine).mean())
                row["error"][method] = float((each - mine).std(ddof=1) / math.sqrt(len(each)))
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
    return rows


def learner_of(context: Context, quality: SplitQuality, objective: Objective) -> PhotoLearner:
    """FYE-SR's learner for an objective; nothing is kept of it."""
    asked = replace(context.asked(objective=objective), folder=None)
    return PhotoLearner(asked, quality)


def known_rows(folder: Path | None, name: str) -> list[dict]:
    """What an earlier run wrote; other networks' rows stay."""
    file = None if folder is None else folder / f"{name}.json"
    return read_results(file)["rows"] if file and file.exists() else []


def table_of(rows: list[dict]) -> str:
    """Wins and leads by objective, and every row."""
    lines = [
        "# The search against what others do",
        "",
        "Objectives are means over photos, less is better, judged by simulation: on the photos",
        "that have the last word in the search, where PIQE is the mean over four grids of blocks,",
        f"and on {STRANGE} photos of another collection (BSD100) with PIQE as it is published.",
        "A rival is ahead there where its objective is lower by more than 1e-9. On strange photos",
        "each rival in each case is a pair; one of the two is ahead where the mean of their",
        "differences by photo is more than twice its standard error.",
        "",
        "| objective | cases | rivals ahead there | mean lead over the best rival "
        "| pairs on strange photos | search ahead | neither | rival ahead | mean lead "
        "| cases with any rival ahead at all |",
        "|" + "---|" * 10,
    ]
    for objective in Objective:
        own = [row for row in rows if row["objective"] == objective.value]
        if not own:
            continue
        best = [min(v for k, v in row["searched"].items() if k != "search") for row in own]
        leads = [b - row["searched"]["search"] for b, row in zip(best, own, strict=True)]
        pairs = [
            (row["behind"][rival], row["error"][rival])
            for row in own
            for rival in row["behind"]
            if rival != "search"
        ]
        best_strange = [min(v for k, v in row["behind"].items() if k != "search") for row in own]
        at_all = sum(behind < -1e-9 for behind in best_strange)
        won = sum(behind > 2 * error + 1e-9 for behind, error in pairs)
        lost = sum(-behind > 2 * error + 1e-9 for behind, error in pairs)
        lines.append(
            f"| {objective} | {len(own)} | {sum(lead < -1e-9 for lead in leads)} "
            f"| {np.mean(leads):.4g} | {len(pairs)} | {won} | {len(pairs) - won - lost} | {lost} "
            f"| {np.mean([behind for behind, _ in pairs]):.4g} | {at_all} |"
        )
    methods = ["search", LEARNT.value, *(m.value for m in RIVALS)]
    lines += ["", "| network | units | budget | objective | seconds | "
              + " | ".join(methods) + " |", "|" + "---|" * (5 + len(methods))]  # fmt: skip
    for row in rows:
        values = [f"{row['searched'][m]:.4g}" if m in row["searched"] else "-" for m in methods]
        lines.append(
            f"| {row['network']} | {row['units']} | {row['budget_ms']:.1f} ms ({row['share']:.2f}x)"
            f" | {row['objective']} | {row['seconds']:.0f} | {' | '.join(values)} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True, help="Profiles and ranges stay here")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--most", type=int, default=120, help="Judgements of a search")
    parser.add_argument("--engine", choices=list(PROCESSORS), default="openvino")
    parser.add_argument("--objectives", nargs="*", default=[o.value for o in Objective])
    parser.add_argument("--learn", action="store_true", help="fye-sr as well")
    parser.add_argument("--only", nargs="*", help="Names that contain one of these")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    rows = known_rows(given.out, f"planning_{given.engine}")
    for name, scale in NETWORKS:
        if given.only and not any(part in name for part in given.only):
            continue
        if name in OURS and not (given.runs / f"{name}-x{scale}.safetensors").exists():
            continue
        made = judge_network(open_network(name, scale, given), given)
        new = {(row["network"], row["objective"]) for row in made}
        rows = [row for row in rows if (row["network"], row["objective"]) not in new] + made
        if given.out:
            write_results(given.out, f"planning_{given.engine}", {"rows": rows}, table_of(rows))
    print(table_of(rows))


if __name__ == "__main__":
    main()
