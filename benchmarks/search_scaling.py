"""What the search itself costs as networks grow, and whether it finds what long annealing finds.

    python benchmarks/search_scaling.py [--units 20 40 80 160] [--out benchmarks/results]

Made-up networks: times by chance, INT8 about five times faster, switches that cost; damage by unit,
and by neighbours that are both in INT8, with either sign. Chains, and nets in which every fourth
unit also reads what was computed three units before, with damage by these pairs as well. Judging
costs nothing, so that CPU seconds are the search's own. Annealing flips, shifts and swaps with the
true objective, `--anneal` steps from three starts, and asks for the exact time of all that it finds
better: a hundred times as many judgements as the search.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from splitting.conftest import FLOAT, INT8, make_profile
from timing import write_results
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.methods import Method, find_split
from vernier.splitting.pairwise import Pairwise
from vernier.splitting.problem import Problem
from vernier.splitting.surrogate import read_edges
from vernier.splitting.tie_sums import TieSums
from vernier.units.split import Split

KINDS = (FLOAT, INT8)
STARTS = 3


def made_up(units: int, nets: bool, share: float, seed: int) -> tuple[Problem, Pairwise]:
    """A problem, and the truth about its looks."""
    rng = np.random.default_rng(seed)
    speed = (1.0, 0.2)
    times = [
        {
            name: float(rng.uniform(0.5, 2) * factor)
            for name, factor in zip(KINDS, speed, strict=True)
        }
        for _ in range(units)
    ]
    skips = {n: n - 3 for n in range(4, units, 4)} if nets else None
    problem = Problem(make_profile(times, skips), math.inf)
    own = np.stack([np.zeros(units), rng.uniform(0.1, 2, units)], axis=1)
    both = {edge: np.diag([0.0, 0.4 * rng.normal()]) for edge in read_edges(problem)}
    budget_ms = share * problem.time_ms(problem.finest)
    return problem.within(budget_ms), Pairwise.of(own, both)


def annealed(problem: Problem, looks: Pairwise, steps: int, seed: int) -> float:
    """The best objective of a feasible split that annealing meets."""
    rng = np.random.default_rng(seed)
    count, sums = len(problem.able), TieSums(problem.sums)
    near = [[] for _ in range(count)]
    for first, second, table in zip(looks.first, looks.second, looks.pairs, strict=True):
        near[first].append((int(second), float(table[1, 1])))
        near[second].append((int(first), float(table[1, 1])))
    own = looks.units[:, 1]
    model = problem.sums
    touching = [[] for _ in range(count)]
    for tie in model.ties:
        for unit in {tie.source, *tie.readers}:
            touching[unit].append(tie)
    places = np.ones(count, int)
    value, spent = float(looks.totals(places[None])[0]), float(sums(places[None])[0])
    scale = problem.time_ms(tuple(KINDS[p] for p in places)) / spent
    best = math.inf
    price = 6 * own.sum() / problem.budget_ms

    def tie_ms(units: set[int]) -> float:
        total = 0.0
        for tie in {id(tie): tie for unit in units for tie in touching[unit]}.values():
            here = places[tie.source]
            elsewhere = {int(places[reader]) for reader in tie.readers} - {int(here)}
            total += sum(tie.cost_ms[here, there] for there in elsewhere)
        return total

    draws, dice = rng.integers(count, size=(steps, 2)), rng.random((steps, 2))
    for step in range(steps):
        heat = 1.5 * (1 - step / steps) ** 2 + 1e-3
        one = int(draws[step, 0])
        moved = {one} if dice[step, 0] < 0.5 else {one, int(draws[step, 1])}
        if dice[step, 0] > 0.9:
            moved = set(range(one, min(count, one + 1 + int(draws[step, 1]) % 4)))
        before_ms = tie_ms(moved)
        gain, change_ms = 0.0, 0.0
        for unit in moved:
            sign = -1 if places[unit] else 1
            gain += sign * (own[unit] + sum(v for other, v in near[unit] if places[other]))
            change_ms += sign * (model.units_ms[unit, 1] - model.units_ms[unit, 0])
            places[unit] ^= 1
        change_ms += tie_ms(moved) - before_ms
        late = max(0.0, scale * (spent + change_ms) - problem.budget_ms)
        late -= max(0.0, scale * spent - problem.budget_ms)
        if gain + price * late <= 0 or dice[step, 1] < math.exp(-(gain + price * late) / heat):
            value, spent = value + gain, spent + change_ms
            if value < best - 1e-9 and scale * spent <= 1.05 * problem.budget_ms:
                split = tuple(KINDS[place] for place in places)
                exact_ms = problem.time_ms(split)
                scale = exact_ms / spent
                best = value if exact_ms <= problem.budget_ms else best
        else:
            for unit in moved:
                places[unit] ^= 1
    return best


def row_of(units: int, nets: bool, share: float, seed: int, steps: int) -> dict:
    """One made-up network."""
    problem, looks = made_up(units, nets, share, seed)

    def judge(split: Split) -> float:
        return float(looks.totals(np.array([[KINDS.index(name) for name in split]]))[0])

    memory = Evaluations(judge)
    started = time.process_time()
    found = find_split(Method.SEARCH, problem, memory, small=0)
    seconds = time.process_time() - started
    known = [annealed(problem, looks, steps, start) for start in range(STARTS)]
    span = judge(problem.coarsest)
    return {
        "units": units, "kind": "net" if nets else "chain", "share": share, "seed": seed,
        "cpu_s": round(seconds, 1), "judged": len(memory), "found": judge(found),
        "annealed": float(min(known)), "behind": float((judge(found) - min(known)) / span),
    }  # fmt: skip


def table_of(rows: list[dict]) -> str:
    """A row for each network."""
    cpu = next((line.split(":")[1].strip() for line in _cpu() if "model name" in line), "")
    lines = [
        "# The search as networks grow",
        "",
        f"CPU seconds of the search alone, one thread ({cpu or platform.processor()}); judging is",
        "free. Behind: the objective above the best of three long annealings, as a share of the",
        "objective of all INT8; below 0 the search is ahead.",
        "",
        "| units | kind | budget | CPU s | judged | search | annealing | behind |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['units']} | {r['kind']} | {r['share']:.2f}x | {r['cpu_s']:.1f} | {r['judged']} "
        f"| {r['found']:.4f} | {r['annealed']:.4f} | {r['behind']:+.2%} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def _cpu() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--units", type=int, nargs="*", default=[20, 40, 80, 160])
    parser.add_argument("--shares", type=float, nargs="*", default=[0.4, 0.7])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--anneal", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = []
    for units in given.units:
        for nets in (False, True):
            for share in given.shares:
                for seed in given.seeds:
                    rows.append(row_of(units, nets, share, seed, given.anneal))
                    print(rows[-1], file=sys.stderr, flush=True)
    print(table_of(rows))
    if given.out:
        write_results(given.out, "search_scaling", {"rows": rows}, table_of(rows))


if __name__ == "__main__":
    main()
