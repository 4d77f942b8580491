"""Vernier's search against what others do, on networks too large for brute force.

    python benchmarks/planning.py --data ../shared/data --runs DIR [--out benchmarks/results]

Budgets of 0.3, 0.5 and 0.7 of all-float (or as near as the fastest split allows), five objectives,
each optimised on its own: guarded PIQE, PIQE, and GMSD, SSIM and PSNR to the float picture. By
search, MILP, DP, greedy, first k, last k, random (the mean of five). All are judged alike by
simulation, on the photos of the search and on others. The split of the guarded search is then
exported and run: the clock's verdict.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.evaluation.network_source import find_source
from vernier.evaluation.objectives import EQUAL_DB, Objective
from vernier.evaluation.split_quality import SplitQuality
from vernier.planning.optimizing import Photographs, profiled, workshop
from vernier.planning.planner import Order, make_plan
from vernier.planning.verification import timed
from vernier.profiling.assembly import Subject
from vernier.splitting.budget import Budget
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Assignment, Problem
from vernier.splitting.starts import fastest

NETWORKS = (("sesr-m5-hw", 4), ("sesr-m11-hw", 2), ("carn_m.safetensors", 2),
            ("imdn_x2.safetensors", 2), ("realesr-animevideov3-x4.param", 4),
            ("upscayl-lite-4x.param", 4))  # fmt: skip
SHARES = (0.3, 0.5, 0.7)
SIZE = (180, 320)
PROCESSORS = {
    "litert": ("litert:cpu:float32", "litert:cpu:int8"),
    "openvino": ("openvino:cpu:float32", "openvino:cpu:int8"),
}
RIVALS = (Method.MILP, Method.DP, Method.GREEDY, Method.FIRST, Method.LAST, Method.RANDOM)
CHANCES = 5


class AllScores:
    """Judges for all objectives from one look at each split's pictures."""

    def __init__(self, quality: SplitQuality) -> None:
        self.quality = quality
        self.known: dict[Assignment, dict[str, float]] = {}

    def judge(self, objective: Objective) -> Evaluations:
        """One objective's."""
        return Evaluations(lambda split: self.worth(split, objective))

    def worth(self, split: Assignment, objective: Objective) -> float:
        """The mean over photos."""
        if split not in self.known:
            self.known[split] = self.quality.scores(split)
        found = self.known[split]
        return {
            Objective.GUARDED: found["guarded"],
            Objective.PIQE: found["piqe"] - found["piqe_float"],
            Objective.GMSD: found["gmsd"],
            Objective.SSIM: 1 - found["ssim"],
            Objective.PSNR: EQUAL_DB - found["psnr"],
        }[objective]


def judge_network(name: str, scale: int, engine: str, given: argparse.Namespace) -> list[dict]:
    """All budgets, objectives and methods of one network."""
    file = given.data / "weights" / name
    source = find_source(str(file) if file.exists() else name, scale)
    label = f"{source.name}-x{scale}-{engine}"
    subject = Subject(source.name, scale, source.graph, *SIZE)
    profile = profiled(subject, PROCESSORS[engine], given.runs / f"{label}-profile.json")
    photos = Photographs(given.data / "train" / "BSDS400", count=given.photos, side=given.side)
    shop = workshop(source, profile, subject, photos, given.runs / label)
    seen = AllScores(shop.quality())
    others = AllScores(SplitQuality(source, shop.ranges, shop.held_out, guard=shop.guard))
    open_problem = Problem(profile, math.inf)
    quickest = fastest(open_problem)
    assert quickest is not None
    whole, least = open_problem.time_ms(open_problem.finest), open_problem.time_ms(quickest)
    rows = []
    for share in SHARES:
        # Where the fastest split is slower than the share, the budget is a little above that.
        budget_ms = max(share * whole, 1.05 * least)
        problem = open_problem.within(budget_ms)
        for objective in Objective:
            judge = seen.judge(objective)
            started = time.monotonic()
            found = {Method.SEARCH: find_split(Method.SEARCH, problem, judge, most=given.most)}
            seconds = time.monotonic() - started
            for rival in RIVALS:
                found[rival] = find_split(rival, problem, judge)
            chances = [find_split(Method.RANDOM, problem, judge, seed=n) for n in range(CHANCES)]
            row = {
                "network": label,
                "units": len(open_problem.able),
                "share": round(budget_ms / whole, 3),
                "budget_ms": round(budget_ms, 3),
                "objective": objective.value,
                "seconds": round(seconds, 1),
                "judged": len(judge),
                "searched": {},
                "held_out": {},
            }
            for method, split in found.items():
                if split is not None and method is not Method.RANDOM:
                    row["searched"][method.value] = judge(split)
                    row["held_out"][method.value] = others.worth(split, objective)
            lucky = [split for split in chances if split is not None]
            if lucky:
                row["searched"]["random"] = float(np.mean([judge(s) for s in lucky]))
                row["held_out"]["random"] = float(
                    np.mean([others.worth(s, objective) for s in lucky])
                )
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
        if given.clock:
            plan = make_plan(shop, Order(Budget(budget_ms, "ms"), most=given.most))
            rows[-len(Objective)]["clock"] = {
                "predicted_ms": plan.predicted_ms,
                "measured_ms": plan.measured_ms,
                "again_ms": timed(shop.subject, [plan.processors], shop.ranges, 0)[0],
                "float_ms": plan.float_ms,
                "attempts": len(plan.attempts),
                "search_s": plan.search_s,
            }
    return rows


def table_of(rows: list[dict]) -> str:
    """Wins and leads by objective, and every row."""
    lines = [
        "# The search against what others do",
        "",
        "Objectives are means over photos, less is better, judged by simulation. A rival is ahead",
        "where its objective is lower by more than 1e-9.",
        "",
        "| objective | cases | rivals ahead, searched | mean lead over the best rival "
        "| rivals ahead, held out | mean lead over the best rival, held out |",
        "|---|---|---|---|---|---|",
    ]
    for objective in Objective:
        own = [row for row in rows if row["objective"] == objective.value]
        counts, leads = [], []
        for kind in ("searched", "held_out"):
            best = [min(v for k, v in row[kind].items() if k != "search") for row in own]
            mine = [row[kind]["search"] for row in own]
            counts.append(sum(m > b + 1e-9 for m, b in zip(mine, best, strict=True)))
            leads.append(float(np.mean([b - m for m, b in zip(mine, best, strict=True)])))
        lines.append(
            f"| {objective} | {len(own)} | {counts[0]} | {leads[0]:.4g} | {counts[1]} "
            f"| {leads[1]:.4g} |"
        )
    methods = ["search", *(m.value for m in RIVALS)]
    lines += ["", "| network | units | budget | objective | seconds | "
              + " | ".join(methods) + " |", "|" + "---|" * (5 + len(methods))]  # fmt: skip
    for row in rows:
        values = [f"{row['searched'][m]:.4g}" if m in row["searched"] else "-" for m in methods]
        lines.append(
            f"| {row['network']} | {row['units']} | {row['budget_ms']:.1f} ms ({row['share']:.2f}x)"
            f" | {row['objective']} | {row['seconds']:.0f} | {' | '.join(values)} |"
        )
    clocked = [row for row in rows if "clock" in row]
    if clocked:
        lines += ["", "The guarded search's split, exported and run:", "",
                  "| network | budget | foreseen | measured | measured again | of the budget "
                  "| all-float | timed splits |", "|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for row in clocked:
            clock = row["clock"]
            lines.append(
                f"| {row['network']} | {row['budget_ms']:.2f} ms | {clock['predicted_ms']:.2f} "
                f"| {clock['measured_ms']:.2f} | {clock['again_ms']:.2f} "
                f"| {clock['again_ms'] / row['budget_ms']:.0%} "
                f"| {clock['float_ms']:.2f} | {clock['attempts']} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True, help="Profiles and ranges stay here")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--most", type=int, default=120, help="Judgements of a search")
    parser.add_argument("--engine", choices=list(PROCESSORS), default="openvino")
    parser.add_argument("--clock", action="store_true", help="Time plans; on a quiet machine")
    parser.add_argument("--only", nargs="*", help="Names that contain one of these")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    rows: list[dict] = []
    for name, scale in NETWORKS:
        if given.only and not any(part in name for part in given.only):
            continue
        rows += judge_network(name, scale, given.engine, given)
        table = table_of(rows)
        if given.out:
            write_results(given.out, f"planning_{given.engine}", {"rows": rows}, table)
    print(table_of(rows))


if __name__ == "__main__":
    main()
