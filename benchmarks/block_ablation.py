"""SESR's linear blocks against RepVGG's, ExpandNet's and plain convolutions, at equal steps.

    python benchmarks/block_ablation.py --photos DIR --runs DIR [--out benchmarks/results]

Trains once per network, style of block and seed, by one recipe, from random weights: held-out PSNR
of the averaged weights at the end. Runs are resumable; one thread each, so that two can go side by
side (`--seeds`). The deployed network is the same in all cases
(`networks/architectures/block_styles.py`).
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

import torch

from timing import write_results
from vernier.networks.architectures.block_styles import STYLES
from vernier.training.loop import train
from vernier.training.recipe import Recipe

NAMES = {
    "linear": "linear blocks with short residuals (SESR)",
    "expandnet": "linear blocks without residuals (ExpandNet)",
    "repvgg": "k x k, 1x1 and identity side by side (RepVGG)",
    "plain": "plain convolutions",
}


def recipe_of(style: str, seed: int, steps: int, network: str) -> Recipe:
    """The same for all but the style and the seed."""
    return Recipe(
        network=network,
        scale=2,
        seed=seed,
        steps=steps,
        batch=16,
        patch=48,
        learning_rate=5e-4,
        warmup_steps=200,
        decay_steps=steps // 2,
        shrink=(1.0,),
        validate_every=500,
        compiled=True,
        blocks=style,
    )


def main() -> None:
    """Train what is not trained yet, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--network", nargs="+", default=["sesr-m5", "sesr-m11"])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for network in given.network:
        for seed in given.seeds:
            for style in STYLES:
                recipe = recipe_of(style, seed, given.steps, network)
                folder = given.runs / f"{network}-{style}-{seed}-{given.steps}"
                train(recipe, given.photos, folder)
                log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
                curve = {row["step"]: row["validation_psnr_db"] for row in log}
                rows.append({"network": network, "style": style, "seed": seed, "curve": curve})
                print(json.dumps(rows[-1]), flush=True)
    lines = [
        f"# Styles of block, x2, {given.steps} steps each, {len(given.seeds)} seeds",
        "",
        "Mean held-out luma PSNR in dB (20 photos), and the standard deviation over seeds.",
        "",
        "| network | blocks | after 500 steps | at the end | sd | to linear blocks |",
        "|---|---|---|---|---|---|",
    ]
    for network in given.network:
        ends = {
            style: [
                list(r["curve"].values())[-1]
                for r in rows
                if (r["style"], r["network"]) == (style, network)
            ]
            for style in STYLES
        }
        for style in STYLES:
            early = [
                next(iter(r["curve"].values()))
                for r in rows
                if (r["style"], r["network"]) == (style, network)
            ]
            spread = statistics.stdev(ends[style]) if len(ends[style]) > 1 else 0.0
            lead = statistics.fmean(ends[style]) - statistics.fmean(ends["linear"])
            lines.append(
                f"| {network} | {NAMES[style]} | {statistics.fmean(early):.2f} "
                f"| {statistics.fmean(ends[style]):.3f} | {spread:.3f} | {lead:+.3f} |"
            )
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "block_ablation", {"steps": given.steps, "rows": rows}, table)


if __name__ == "__main__":
    main()
