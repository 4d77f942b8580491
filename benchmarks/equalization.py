"""INT8 training with channels brought to like size first, against without.

    python benchmarks/equalization.py --photos DIR [--out benchmarks/results]

PSNR to the float network in dB of the whole network in INT8 on patches that are not trained on: as
calibrated, and after the same number of steps from each strength of equalisation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from timing import write_results
from vernier.export.networks import Photos, load_photos, ranges_on
from vernier.networks.source import find_source
from vernier.training.distillation import Distillation, distil

STRENGTHS = (0.0, 0.5, 1.0)


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--networks", nargs="+", default=["sesr-m5-hw", "sesr-m5", "fsrcnn"])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    titles = " | ".join(f"strength {strength:g}" for strength in STRENGTHS)
    lines = [
        f"# Channels of like size before {given.steps} steps of INT8 training, x2",
        "",
        "PSNR to the float network, dB.",
        "",
        f"| network | as calibrated | {titles} |",
        "|---|---|" + "---|" * len(STRENGTHS),
    ]
    rows = []
    for name in given.networks:
        source = find_source(name, 2)
        photos = load_photos(given.photos, source)
        photos = Photos(photos.inputs[::2], photos.description)
        ranges = ranges_on(source, photos)
        after = []
        for strength in STRENGTHS:
            recipe = Distillation(
                minutes=float("inf"), steps=given.steps, seed=1, equalization=strength
            )
            found = distil(source.graph, ranges, None, photos.inputs, recipe)
            after.append(round(found.after_db, 2))
        rows.append({"network": name, "before_db": found.before_db, "after_db": after})
        told = " | ".join(f"{db:.2f}" for db in after)
        lines.append(f"| {name} | {found.before_db:.2f} | {told} |")
        print(lines[-1], flush=True)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "equalization", {"steps": given.steps, "rows": rows}, table)


if __name__ == "__main__":
    main()
