"""How many photos are several grids of PIQE's blocks worth?

    python benchmarks/steady_piqe.py --data ../shared/data [--out benchmarks/results]

Random splits of some networks are judged on photos by the mean PIQE over 1 to 16 grids of blocks
(`metrics.piqe.steady_piqe`). Two splits are told apart by the mean of their difference by photo;
what the deviation of that difference falls to says how many photos a further grid is worth. And:
how well the means over one half of the photos, over so many grids, foretell PIQE as it is published
on the other half.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.export.networks import load_photos, ranges_on
from vernier.metrics.piqe import SHIFTS, steady_piqe
from vernier.networks.source import find_source
from vernier.quality.split_quality import SplitQuality, load_crops

NETWORKS = (("sesr-m11-hw", 2), ("carn_m.safetensors", 2), ("realesr-animevideov3-x4.param", 4))
GRIDS = (1, 2, 4, 8, 16)
SPLITS = 12
HALVES = 200


def judge_network(name: str, scale: int, given: argparse.Namespace) -> dict:
    """Deviations and foretelling of one network, by the number of grids."""
    file = given.data / "weights" / name
    source = find_source(str(file) if file.exists() else name, scale)
    photos = given.data / "train" / "BSDS400"
    crops = load_crops(photos, scale, given.photos, side=given.side)
    quality = SplitQuality(source, ranges_on(source, load_photos(photos, source)), crops)
    rng = np.random.default_rng(0)
    # The search's own four first, then others by chance.
    shifts = [*SHIFTS, *map(tuple, rng.integers(0, 16, (max(GRIDS) - len(SHIFTS), 2)))]
    float_scores = np.array([[steady_piqe(p, (one,)) for one in shifts] for p in quality.exact])
    rows = []
    for number in range(SPLITS):
        kinds = rng.choice(["x:y:float32", "x:y:int8"], quality.units)
        pictures = quality.pictures(tuple(map(str, kinds)))
        scores = np.array([[steady_piqe(p, (one,)) for one in shifts] for p in pictures])
        rows.append(scores - float_scores)
        print(f"{name}: split {number + 1} of {SPLITS}", file=sys.stderr, flush=True)
    table = np.array(rows)  # splits, photos, grids
    one, other = np.triu_indices(SPLITS, 1)
    published = table[:, :, 0]
    found = {"network": f"{source.name} x{scale}", "spread": float(published.mean(axis=1).std())}
    for count in GRIDS:
        means = table[:, :, :count].mean(axis=2)
        deviation = float(np.median((means[one] - means[other]).std(axis=1, ddof=1)))
        alike = []
        for _ in range(HALVES):
            order = rng.permutation(means.shape[1])
            here, there = np.array_split(order, 2)
            alike.append(
                np.corrcoef(means[:, here].mean(axis=1), published[:, there].mean(axis=1))[0, 1]
            )
        found[str(count)] = {"deviation": deviation, "foretold": float(np.mean(alike))}
    return found


def table_of(rows: list[dict], photos: int) -> str:
    """By network and number of grids."""
    lines = [
        "# PIQE over several grids",
        "",
        f"{SPLITS} random splits, {photos} photos. Deviation: of the difference of two splits'",
        "PIQE by photo, the median over pairs. Worth: photos that would lower the standard error",
        "as much. Foretold: the correlation of means over half of the photos with published PIQE",
        "on the other half.",
        "",
        "| network | grids | deviation | worth | foretold |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        for count in GRIDS:
            own = row[str(count)]
            worth = (row["1"]["deviation"] / own["deviation"]) ** 2
            lines.append(
                f"| {row['network']} | {count} | {own['deviation']:.2f} | {worth:.1f}x "
                f"| {own['foretold']:.3f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=32)
    parser.add_argument("--side", type=int, default=192)
    given = parser.parse_args()
    rows = [judge_network(name, scale, given) for name, scale in NETWORKS]
    table = table_of(rows, given.photos)
    if given.out:
        write_results(given.out, "steady_piqe", {"rows": rows}, table)
    print(table)


if __name__ == "__main__":
    main()
