"""The first, the middle or the last three blocks in INT8, all else in float: FYE-SR's figure.

    python benchmarks/blocks_in_int8.py --photos DIR --runs DIR [--out benchmarks/results]

The paper says that the last three cost least. EDSR, an ESRGAN, ENet and SESR by blocks. The ESRGAN
is Real-ESRGAN's RRDBNet with 23 blocks, GAN-trained by others (`ncnn_weights.py` into
RUNS/rrdbnet-x4.safetensors). EDSR-baseline and ENet have the weights of
RUNS/NAME-xSCALE.safetensors where there are any; random ones, said so, are worth nothing as
pictures, and tell only how error travels through such a network.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from timing import write_results
from vernier.export.networks import load_photos, ranges_on
from vernier.networks.source import Weights, find_source
from vernier.quality.split_quality import SplitQuality, load_crops
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import Granularity, cut

NETWORKS = (("sesr-m11", 2), ("sesr-m11", 4), ("edsr-baseline", 2), ("enet", 4), ("rrdbnet", 4))
FLOAT, INT8 = "openvino:cpu:float32", "openvino:cpu:int8"
BLOCKS = 3


def rows_of(name: str, scale: int, given: argparse.Namespace) -> list[dict]:
    """Three places, and all of it, of a network."""
    trained = given.runs / f"{name}-x{scale}.safetensors"
    source = find_source(name, scale, trained if trained.exists() else None)
    file = given.runs / f"{name}-x{scale}-ranges.json"
    if file.exists():
        ranges = Ranges.load(file)
    else:
        ranges = ranges_on(source, load_photos(given.photos, source))
        ranges.save(file)
    crops = load_crops(given.photos, scale, given.count, side=given.side)
    quality = SplitQuality(source, ranges, crops, granularity=Granularity.BLOCK)
    blocks = len(cut(source.graph, Granularity.BLOCK))
    # The paper's blocks are those of the body: what comes before and after is no block of it.
    middle = (blocks - BLOCKS) // 2
    places = {
        "first": range(BLOCKS),
        "middle": range(middle, middle + BLOCKS),
        "last": range(blocks - BLOCKS, blocks),
        "all": range(blocks),
    }
    rows = []
    for told, chosen in places.items():
        split = tuple(INT8 if n in chosen else FLOAT for n in range(blocks))
        scores = quality.scores(split)
        random = source.weights is Weights.RANDOM
        rows.append(
            {"network": f"{name} x{scale}", "weights": "random" if random else "trained",
             "blocks": blocks, "in_int8": told, "guarded": scores["guarded"],
             "piqe": scores["piqe"], "piqe_float": scores["piqe_float"],
             "psnr": scores["psnr"], "gmsd": scores["gmsd"]}
        )  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def table_of(rows: list[dict], given: argparse.Namespace) -> str:
    """A row for each place, and which costs least by which measure."""
    lines = [
        "# Three blocks in INT8",
        "",
        f"{given.count} crops of {given.side} pixels. PIQE of the float picture is in brackets;",
        "PSNR and GMSD are to it.",
        "",
        "| network | weights | blocks | in INT8 | PIQE | PSNR dB | GMSD | guarded |",
        "|" + "---|" * 8,
    ]
    lines += [
        f"| {r['network']} | {r['weights']} | {r['blocks']} | {r['in_int8']} "
        f"| {r['piqe']:.2f} ({r['piqe_float']:.2f}) | {r['psnr']:.2f} | {r['gmsd']:.5f} "
        f"| {r['guarded']:.2f} |"
        for r in rows
    ]
    lines += ["", "| network | least harm by PIQE | by PSNR | by GMSD | guarded | paper |",
              "|" + "---|" * 6]  # fmt: skip
    for name in dict.fromkeys(r["network"] for r in rows):
        own = [r for r in rows if r["network"] == name and r["in_int8"] != "all"]
        least = [
            min(own, key=lambda r: sign * r[key])["in_int8"]
            for key, sign in (("piqe", 1), ("psnr", -1), ("gmsd", 1), ("guarded", 1))
        ]
        lines.append(f"| {name} | {' | '.join(least)} | last |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="Names that contain one of these")
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = []
    for name, scale in NETWORKS:
        if not given.only or any(part in name for part in given.only):
            rows += rows_of(name, scale, given)
    print(table_of(rows, given))
    if given.out:
        write_results(given.out, "blocks_in_int8", {"rows": rows}, table_of(rows, given))


if __name__ == "__main__":
    main()
