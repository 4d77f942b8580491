"""Training linear blocks collapsed against expanded: time and memory of a step, and the result.

    python benchmarks/training_steps.py [--out benchmarks/results]

SESR-M5 x2, the paper's batch of 32 patches of 64x64, one thread, each form in a process of its own,
so that its peak memory is its own. The forms are the same function: loss and gradients of a first
step from equal weights are compared as well. Multiplications are of the forward pass, counted as
the paper does (`training/cost.py`).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional

from timing import write_results
from vernier.networks.architectures.linear_block import set_expanded
from vernier.networks.architectures.sesr import Sesr
from vernier.training.cost import forward_macs, training_cost

FORMS = (
    "collapsed",
    "collapsed, compiled",
    "collapsed, compiled, bfloat16",
    "expanded",
    "deployed network alone",
)
BATCH, PATCH = 32, 64


def network_of(form: str) -> Sesr:
    """Equal weights in each form of linear blocks."""
    torch.manual_seed(1)
    network = Sesr("m5", 2, trainable_form=not form.startswith("deployed"))
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    set_expanded(network, form == "expanded")
    return network


def run(form: str, steps: int) -> dict[str, Any]:
    """One form: median milliseconds of a step, peak megabytes beyond the start, gradients."""
    torch.set_num_threads(1)
    network = network_of(form)
    forward = torch.compile(network) if "compiled" in form else network
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True)
    rng = torch.Generator().manual_seed(0)
    low = torch.rand(BATCH, 1, PATCH, PATCH, generator=rng)
    high = torch.rand(BATCH, 1, 2 * PATCH, 2 * PATCH, generator=rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, first = [], None
    for _ in range(steps):
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=form.endswith("bfloat16")):
            made = forward(low)
        loss = functional.l1_loss(made.float(), high)
        optimiser.zero_grad()
        loss.backward()
        if first is None:
            norms = {n: p.grad.norm().item() for n, p in network.named_parameters()}
            first = {"loss": loss.item(), "gradients": norms}
        optimiser.step()
        times.append((time.perf_counter() - started) * 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "form": form,
        "step_ms": round(statistics.median(times[2:]), 1),
        "memory_mb": round((peak - before) / 1024, 1),
        "first": first,
    }


def main() -> None:
    """Every form in its own process, in turn; then the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--form", choices=FORMS)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.form:
        print(json.dumps(run(given.form, given.steps)))
        return
    found = {}
    for form in FORMS:
        command = [sys.executable, __file__, "--form", form, "--steps", str(given.steps)]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        found[form] = json.loads(told.stdout.splitlines()[-1])
    cost = training_cost(Sesr("m5", 2), BATCH, PATCH, PATCH)
    alone = forward_macs(Sesr("m5", 2, trainable_form=False), PATCH, PATCH, BATCH)
    narrow = cost.narrow + cost.collapse_by_product
    gmacs = {form: narrow for form in FORMS if form.startswith("collapsed")}
    gmacs |= {"expanded": cost.expanded, "deployed network alone": alone}
    one, other = found["collapsed"]["first"], found["expanded"]["first"]
    apart = max(
        abs(value - other["gradients"][name]) / max(abs(value), 1e-12)
        for name, value in one["gradients"].items()
    )
    lines = [
        f"# A training step of SESR-M5 x2, {BATCH} patches of {PATCH}x{PATCH}, one thread",
        "",
        "| form | forward G MACs | ms per step | to collapsed | peak MB of the steps |",
        "|---|---|---|---|---|",
    ]
    for form in FORMS:
        row = found[form]
        lines.append(
            f"| {form} | {gmacs[form] / 1e9:.2f} | {row['step_ms']:.0f} "
            f"| {row['step_ms'] / found['collapsed']['step_ms']:.2f} | {row['memory_mb']:.0f} |"
        )
    lines += [
        "",
        f"First loss collapsed {one['loss']:.7f}, expanded {other['loss']:.7f}; norms of gradients "
        f"apart by {apart:.1e} at the most.",
        f"The paper counts {cost.expanded / 1e9:.2f} G and {cost.collapsed / 1e9:.3f} G (it "
        "collapses by sending one-hot pictures through).",
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "training_steps", {"forms": list(found.values())}, table)


if __name__ == "__main__":
    main()
