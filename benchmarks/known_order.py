"""Which score sees what an eye sees: pairs of known order, by kind.

    python benchmarks/known_order.py --photos DIR --network sesr-m5:2 --network FILE:4

Prints a table and writes `benchmarks/results/known_order.md`, with `--add` below what that holds;
`--page FILE` writes a page of the pairs for people to judge without knowing which is which (ABX).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from timing import write_results
from vernier.cli.train_estimator import _enlarger
from vernier.files import write_whole
from vernier.metrics.flip import PIXELS_PER_DEGREE, flip_map
from vernier.metrics.gmsd import gmsd
from vernier.metrics.lpips import Backbone
from vernier.metrics.lpips_weights import at_hand, find_lpips
from vernier.metrics.ms_ssim import ms_ssim
from vernier.metrics.piqe import steady_piqe
from vernier.metrics.planes import grey
from vernier.metrics.ssim import ssim
from vernier.quality.guard import Guard, guarded
from vernier.quality.objectives import Objective, objective_of, to_float_db
from vernier.quality.split_quality import load_crops
from vernier.scoring.abx_page import abx_page
from vernier.scoring.known_order import (
    Bytes,
    KnownPair,
    Score,
    made_pairs,
    network_pairs,
    shares_right,
)
from vernier.simulation.pictures import SimulatedPictures

SIDE = 192
FEWEST, RESULT = 2, Path(__file__).parent / "results" / "known_order.md"


def tensor(picture: Bytes) -> torch.Tensor:
    return torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]


def by_flip(pixels_per_degree: float, *, features: bool = True) -> Score:
    def score(picture: Bytes, exact: Bytes) -> float:
        with torch.no_grad():
            planes = tensor(picture), tensor(exact)
            return float(flip_map(*planes, pixels_per_degree, features=features).mean())

    return score


def by_lpips(kind: Backbone) -> Score:
    distance = find_lpips(kind)

    def score(picture: Bytes, exact: Bytes) -> float:
        with torch.no_grad():
            return float(distance(tensor(picture), tensor(exact)))

    return score


def by_guard(picture: Bytes, exact: Bytes) -> float:
    one, other = grey(picture), grey(exact)
    square = float(np.mean((one.astype(float) - other) ** 2)) / 255**2
    return guarded(steady_piqe(one), steady_piqe(other), square, Guard())


def candidates() -> dict[str, Score]:
    found = {
        "psnr (grey)": lambda p, e: -to_float_db(grey(p), grey(e)),
        "psnr (rgb)": lambda p, e: -to_float_db(p, e),
        "ssim": lambda p, e: 1 - ssim(grey(p), grey(e)),
        "ms-ssim": lambda p, e: 1 - ms_ssim(grey(p), grey(e)),
        "gmsd": lambda p, e: gmsd(grey(p), grey(e)),
        "piqe": lambda p, e: steady_piqe(grey(p)),
        "guarded": by_guard,
        "flip": by_flip(PIXELS_PER_DEGREE),
        "flip, zoomed by 2": by_flip(PIXELS_PER_DEGREE / 2),
        "flip, zoomed by 4": by_flip(PIXELS_PER_DEGREE / 4),
        "visible": lambda p, e: objective_of(
            Objective.VISIBLE, p, e, steady_piqe(grey(e)), Guard()
        ),
        "flip, colours only": by_flip(PIXELS_PER_DEGREE, features=False),
    }
    for kind in Backbone:
        if at_hand(kind):
            found[f"lpips ({kind})"] = by_lpips(kind)
    return found


def pairs_of(photos: Path, networks: list[str], count: int, kept: Path) -> list[KnownPair]:
    pairs: list[KnownPair] = []
    for number, crop in enumerate(load_crops(photos, 1, count, side=SIDE).pictures):
        pairs += made_pairs(crop, np.random.default_rng((7, number)))
    for name in networks:
        enlarger = _enlarger(name, False, photos, kept)
        network = SimulatedPictures(enlarger.source, enlarger.ranges)
        for number, crop in enumerate(load_crops(photos, network.scale, count, side=SIDE).pictures):
            rng = np.random.default_rng((8, number))
            pairs += network_pairs(network, enlarger.label, crop, rng)
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--network", action="append", default=[])
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--kept", type=Path, default=Path("runs/known-order"))
    parser.add_argument("--page", type=Path)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--add", action="store_true", help="To what --out holds already.")
    given = parser.parse_args()
    pairs = pairs_of(given.photos, given.network or ["sesr-m5:2"], given.count, given.kept)
    kinds = list(dict.fromkeys(pair.kind for pair in pairs))
    rows = []
    print(f"{len(pairs)} pairs", flush=True)
    for name, score in candidates().items():
        found = shares_right(pairs, score)
        rows.append((np.mean(list(found.values())), name, found))
        print(f"{rows[-1][0]:.1%}  {name}", flush=True)
    rows.sort(key=lambda row: -row[0])
    counts = {kind: sum(pair.kind == kind for pair in pairs) for kind in kinds}
    networks = ", ".join(Path(name).name for name in given.network or ["sesr-m5:2"])
    lines = [
        "# Pairs of known order",
        "",
        f"{given.count} photos of {given.photos.name}; networks: {networks}. Share of pairs in the "
        "right order; half of them are right by chance.",
        "",
        "| score | mean of kinds | " + " | ".join(f"{k} ({counts[k]})" for k in kinds) + " |",
        "|---" * (2 + len(kinds)) + "|",
    ]
    lines += [
        f"| {name} | {mean:.0%} | " + " | ".join(f"{found[k]:.0%}" for k in kinds) + " |"
        for mean, name, found in rows
    ]
    print("\n".join(lines))
    before = given.out.read_text().splitlines() if given.add else []
    text = [*before, *lines[1:]] if given.add else lines
    scores = {name: {"mean": mean, **found} for mean, name, found in rows}
    runs = json.loads(given.out.with_suffix(".json").read_text())["results"] if given.add else {}
    results = {**runs, f"{given.photos.name}: {networks}": {"pairs": counts, "scores": scores}}
    write_results(given.out.parent, given.out.stem, results, "\n".join(text) + "\n")
    if given.page:
        chosen = [one for kind in kinds for one in [p for p in pairs if p.kind == kind][:FEWEST]]
        write_whole(given.page, abx_page(chosen).encode())
        print(f"{given.page}: {len(chosen)} pairs")


if __name__ == "__main__":
    main()
