"""How far from the float picture a gain of PIQE may be believed: evidence for the guard's bound.

    python benchmarks/guard.py --data ../shared/data [--out benchmarks/results]

Random splits of several networks enlarge photos. Where PIQE says that a split looks better than the
float network by more than a point, the true photo is asked: is GMSD to it lower, is PSNR to it
higher than the float picture's? A gain is confirmed where GMSD agrees. Told by PSNR between the two
pictures, so that a bound can be read off.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.export.networks import load_photos, ranges_on
from vernier.images.pairs import evenly_spread, list_photos, load_rgb, shrink
from vernier.metrics.gmsd import gmsd
from vernier.metrics.piqe import piqe
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.networks.source import find_source
from vernier.simulation.pictures import SimulatedPictures

SPLITS = 6
EDGES = (0, 36, 40, 44, 48, 52, 56, 100)
CLEAR = 1.0
SHIPPED = (("sesr-m5", 2), ("sesr-m5-hw", 2), ("sesr-m11-hw", 2), ("sesr-m5", 4))
BROUGHT = (
    ("carn_m.safetensors", 2), ("imdn_x2.safetensors", 2), ("realesr-animevideov3-x4.param", 4),
    ("upscayl-lite-4x.param", 4),
)  # fmt: skip

Row = dict[str, float | str]


def rows_of(name: str, scale: int, data: Path, photos: list[Path], seed: int) -> list[Row]:
    """Random splits of one network on all photos."""
    source = find_source(name, scale)
    ranges = ranges_on(source, load_photos(data / "train" / "BSDS400", source))
    network = SimulatedPictures(source, ranges)
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for photo in photos:
        low, true = shrink(load_rgb(photo)[:256, :256], scale)
        truth, exact = grey(true), grey(network.picture(low, [0.0] * network.units))
        before = piqe(exact).score, gmsd(exact, truth), psnr(exact, truth, peak=255)
        for _ in range(SPLITS):
            chance = rng.random()
            shares = [float(rng.random() < chance) for _ in range(network.units)]
            plane = grey(network.picture(low, shares))
            rows.append(
                {
                    "network": f"{Path(name).stem} x{scale}",
                    "to_float_db": min(99.0, psnr(plane, exact, peak=255)),
                    "piqe": piqe(plane).score - before[0],
                    "gmsd": gmsd(plane, truth) - before[1],
                    "psnr": psnr(plane, truth, peak=255) - before[2],
                    "gmsd_to_float": gmsd(plane, exact),
                }
            )
    return rows


def table_of(rows: list[Row]) -> str:
    """By distance, and by network."""
    head = (
        "| {} | splits | PIQE better by > 1 | mean PIQE | GMSD confirms | PSNR confirms "
        "| mean PSNR change | GMSD to float |\n|" + "---|" * 8
    )

    def line(label: str, part: list[Row]) -> str:
        def column(key: str, some: list[Row]) -> np.ndarray:
            return np.array([float(row[key]) for row in some])

        gains = [row for row in part if float(row["piqe"]) < -CLEAR]
        share = [
            f"{(column('gmsd', gains) < 0).mean():.0%}" if gains else "-",
            f"{(column('psnr', gains) > 0).mean():.0%}" if gains else "-",
        ]
        return (
            f"| {label} | {len(part)} | {len(gains)} | {column('piqe', part).mean():+.1f} "
            f"| {share[0]} | {share[1]} | {column('psnr', part).mean():+.2f} dB "
            f"| {column('gmsd_to_float', part).mean():.4f} |"
        )

    lines = ["# How far a gain of PIQE may be believed", "", head.format("PSNR to float, dB")]
    for low, high in pairwise(EDGES):
        part = [row for row in rows if low <= float(row["to_float_db"]) < high]
        if part:
            lines.append(line(f"{low} to {high}", part))
    lines += ["", head.format("network")]
    for label in dict.fromkeys(str(row["network"]) for row in rows):
        lines.append(line(label, [row for row in rows if row["network"] == label]))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=20)
    given = parser.parse_args()
    files = list_photos(given.data / "eval" / "BSD100")
    photos = evenly_spread(files, given.photos)
    brought = [(str(given.data / "weights" / file), scale) for file, scale in BROUGHT]
    rows: list[Row] = []
    for number, (name, scale) in enumerate([*SHIPPED, *brought]):
        rows += rows_of(name, scale, given.data, photos, number)
        print(f"{name} x{scale}", file=sys.stderr, flush=True)
    table = table_of(rows)
    print(table)
    if given.out:
        write_results(given.out, "guard", {"rows": rows}, table)


if __name__ == "__main__":
    main()
