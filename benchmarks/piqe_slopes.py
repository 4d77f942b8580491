"""What stands for PIQE where a gradient is needed: PIQE with slopes, and a learned estimator.

    python benchmarks/piqe_slopes.py --data ../shared/data --runs DIR [--out benchmarks/results]

Photos of BSD100, which the estimator has not seen, enlarged by networks in float and with INT8 in
five splits each, such as searches meet. For each network: the mean error in points; the share of
pairs of splits of one photo, 2 points apart or more, whose order is right; the correlation of
predicted and true differences; of means over the four grids of blocks that objectives look at. At
the end: for how many pictures a small step down the slope is better than the step up, by PIQE.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from timing import write_results
from vernier.metrics.differentiable_piqe import piqe as with_slopes
from vernier.networks.source import find_source
from vernier.perceptual.damaged_photos import TRUE_METRICS, calibrated, make_damaged_photos
from vernier.perceptual.data import load_pictures
from vernier.perceptual.estimator import IMITATED, shipped_estimator
from vernier.perceptual.learning import by_network, slopes

LEARNT_ON = (
    *("sesr-m5-x2", "sesr-m11-hw-x2", "sesr-m5-x4"),
    *("carn-m-x2", "realesr-animevideov3-x4-x4"),
)
"""Networks whose pictures the shipped estimator has seen."""
NETWORKS = (
    *("sesr-m3:2", "sesr-m5:2", "sesr-xl:2", "fsrcnn:2", "edsr-baseline:2"),
    *("sesr-m3:4", "sesr-m7:4", "fsrcnn:4", "enet:4"),
    *("carn_m.safetensors:2", "carn_m.safetensors:3", "carn_m.safetensors:4"),
    *("imdn_x2.safetensors:2", "imdn_x4.safetensors:4"),
    *("realesr-animevideov3-x4.param:4", "upscayl-lite-4x.param:4"),
)
STEPPED = 48
"""Pictures whose slopes are followed."""


class WithSlopes:
    """PIQE with slopes, in an estimator's place."""

    imitated = IMITATED["piqe"]

    def __call__(self, picture: Tensor) -> Tensor:
        return with_slopes(picture)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True, help="keeps the pictures")
    parser.add_argument("--count", type=int, default=12, help="of photos")
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    enlargers = []
    for one in given.networks:
        name, _, scale = one.rpartition(":")
        file = given.data / "weights" / name
        source = find_source(str(file) if file.is_file() else name, int(scale))
        enlargers.append(
            calibrated(source, given.data / "train" / "BSDS400", True, given.runs / "ranges")
        )
    folder = given.runs / "pictures"
    samples = make_damaged_photos(
        given.data / "eval" / "BSD100", folder, enlargers, count=given.count, held_out_every=1,
        progress=lambda done, total, _: print(f"{done}/{total}", file=sys.stderr, flush=True),
    )  # fmt: skip
    pictures = load_pictures(folder, samples, "piqe")
    kinds: dict[str, Any] = {"with slopes": WithSlopes(), "estimator": shipped_estimator("piqe")}
    found = {
        name: {row.network: row for row in by_network(one, pictures, LEARNT_ON, steady=True)}
        for name, one in kinds.items()
    }
    every = max(1, len(pictures) // STEPPED)
    some = pictures.at(range(0, len(pictures), every))
    stepped = {name: slopes(one, some, TRUE_METRICS["piqe"], 1.0) for name, one in kinds.items()}
    photos = len({sample.photo for sample in samples})
    lines = [
        f"# What stands for PIQE, on {photos} photos of BSD100",
        "",
        "| network | the estimator has seen it | " + " | ".join(
            f"{name}: error, points | order | r" for name in kinds
        ) + " |",
        "|---|---|" + "---|---|---|" * len(kinds),
    ]  # fmt: skip
    for network in found["estimator"]:
        cells = [
            f"{row.mean_error:.3f} | {row.signs:.1%} of {row.pairs} | {row.differences:.3f}"
            for row in (found[name][network] for name in kinds)
        ]
        seen = "no" if found["estimator"][network].held_out else "yes"
        lines.append(f"| {network} | {seen} | {' | '.join(cells)} |")
    lines += ["", f"Steps of one grey level on {len(some)} pictures:", ""]
    lines += [
        f"* {name}: down is better than up for {one.sides:.1%}, better than before for "
        f"{one.downhill:.1%}; a step by chance is better than before for {one.chance:.1%}."
        for name, one in stepped.items()
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        rows = {name: [vars(row) for row in by.values()] for name, by in found.items()}
        steps = {name: vars(one) for name, one in stepped.items()}
        write_results(given.out, "piqe_slopes", {"networks": rows, "slopes": steps}, table)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
