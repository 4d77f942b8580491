"""Plans against the clock: is the budget kept, is it used, and what does planning cost?

    python benchmarks/clock.py --data ../shared/data --runs DIR [--out benchmarks/results]

The networks of `planning.py`, budgets of 0.4, 0.6 and 0.8 of all-float, planned as `vernier split`
does it; then each plan's split is exported in its form and timed once more, beside all-float and at
the pace of the plan's. On a quiet machine: what is measured here is time.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

from planning import NETWORKS, OURS, PROCESSORS, known_rows, open_network
from timing import write_results
from vernier.errors import UsageError
from vernier.planning.context import Context
from vernier.planning.planner import make_plan
from vernier.planning.timed_search import MARGIN
from vernier.planning.verification import timed
from vernier.splitting.budget import Budget
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Problem
from vernier.splitting.starts import flips
from vernier.units.split import Form, Split

SHARES = (0.4, 0.6, 0.8)
FINER = 5
"""Splits that are judged again for being finer."""


def rows_of(context: Context, most: int) -> list[dict]:
    """All budgets of one network."""
    rows = []
    for share in SHARES:
        started = time.monotonic()
        row = {"network": f"{context.source.name} x{context.source.scale}", "share": share}
        try:
            plan = make_plan(context.asked(budget=Budget(share, "x"), most=most))
        except UsageError as error:
            rows.append({**row, "refused": str(error)})
            continue
        seconds = time.monotonic() - started
        pair = [tuple(plan.processors), Problem(context.profile, math.inf).finest]
        forms = [Form(plan.form), Form.SEGMENTS]
        times_ms = timed(context.subject, pair, context.ranges, 0, forms)
        again_ms = times_ms[0] / times_ms[1] * plan.float_ms
        rows.append(
            {
                **row,
                "budget_ms": plan.budget_ms,
                "float_ms": plan.float_ms,
                "predicted_ms": plan.predicted_ms,
                "measured_ms": plan.measured_ms,
                "again_ms": round(again_ms, 4),
                "finer_ms": finer_ms(context, plan.processors, plan.budget_ms),
                "attempts": len(plan.attempts),
                "form": plan.form,
                "switches": plan.switches,
                "integer": sum(name.endswith("int8") for name in plan.processors),
                "units": len(plan.processors),
                "judged": plan.judged,
                "seconds": round(seconds, 1),
                "objective": plan.simulated.objective,
                "held_out": None if plan.held_out is None else plan.held_out.objective,
                "psnr_db": None if plan.held_out is None else plan.held_out.psnr_db,
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def finer_ms(context: Context, split: Split, budget_ms: float) -> float | None:
    """The predicted time of a split that looks better and is predicted to keep the budget as well.

    Asked are the splits that differ in one unit, and MILP's. A split that looks better on the
    photos of the search has to do so on those of the last round of finals.
    """
    problem = Problem(context.profile, math.inf).within(budget_ms * (1 - MARGIN))
    judge = context.evaluations(context.quality())
    last = [judge, *context.finals()][-1]
    near = [*flips(problem, split), find_split(Method.MILP, problem, judge)]
    slower = [
        one
        for one in near
        if one is not None
        and problem.feasible(one)
        and problem.time_ms(one) > problem.time_ms(split)
        and judge(one) < judge(split)
    ]
    finer = [one for one in sorted(slower, key=judge)[:FINER] if last(one) < last(split)]
    return round(problem.time_ms(min(finer, key=last)), 4) if finer else None


def table_of(rows: list[dict]) -> str:
    """Every plan, and how many kept and used their budget."""
    done = [row for row in rows if "refused" not in row]
    kept = sum(row["again_ms"] <= row["budget_ms"] for row in done)
    used = sum(row["again_ms"] >= 0.92 * row["budget_ms"] for row in done)
    spare = [row for row in done if row["again_ms"] < 0.92 * row["budget_ms"]]
    better = sum(row["finer_ms"] is not None for row in spare)
    lines = [
        "# Plans against the clock",
        "",
        f"{kept} of {len(done)} plans kept their budget when timed again; {used} used 92 % of it. "
        f"{len(rows) - len(done)} budgets were refused. Of the {len(spare)} that used less, a",
        f"split that is slower, within the budget and looks better was found for {better}, among",
        "all that differ in one unit, and MILP's.",
        "",
        "| network | budget | of all-float | predicted | measured | again | of the budget | units "
        "in INT8 | switches | form | timed splits | judged | seconds | PSNR to float, held out "
        "| a finer split |",
        "|" + "---|" * 15,
    ]
    for row in rows:
        if "refused" in row:
            lines.append(f"| {row['network']} | {row['share']}x | refused: {row['refused']} |")
            continue
        finer = "none" if row["finer_ms"] is None else f"{row['finer_ms']:.2f} ms"
        lines.append(
            f"| {row['network']} | {row['budget_ms']:.2f} ms | {row['share']}x "
            f"| {row['predicted_ms']:.2f} | {row['measured_ms']:.2f} | {row['again_ms']:.2f} "
            f"| {row['again_ms'] / row['budget_ms']:.0%} | {row['integer']} of {row['units']} "
            f"| {row['switches']} | {row.get('form', 'segments')} | {row['attempts']} "
            f"| {row['judged']} | {row['seconds']:.0f} "
            f"| {row['psnr_db']:.1f} dB | {finer} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--engine", choices=list(PROCESSORS), default="openvino")
    parser.add_argument("--only", nargs="*")
    given = parser.parse_args()
    rows = known_rows(given.out, f"clock_{given.engine}")
    for name, scale in NETWORKS:
        trained = given.runs / f"{name}-x{scale}.safetensors"
        wanted = not given.only or any(part in name for part in given.only)
        if not wanted or (name in OURS and not trained.exists()):
            continue
        made = rows_of(open_network(name, scale, given), given.most)
        rows = [row for row in rows if row["network"] != made[0]["network"]] + made
        if given.out:
            write_results(given.out, f"clock_{given.engine}", {"rows": rows}, table_of(rows))
    print(table_of(rows))


if __name__ == "__main__":
    main()
