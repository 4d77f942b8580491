"""SESR's tables: luma PSNR and SSIM, weights, multiplications and time, beside published figures.

    python benchmarks/sesr_tables.py --data ../shared/data [--no-times] [--out benchmarks/results]

Every shipped network in float32 and INT8, bicubic, and the networks of DATA/weights, on DATA/eval;
what papers publish (`published_sesr.toml`) stands between, marked. Times are of a picture of
1280x720 out on the fastest of the engines here, all networks interleaved. Writes the table and the
plot of PSNR against multiplications.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from timing import interleave, write_results
from vernier.bundles.bundle import Bundle, open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import PlacementError
from vernier.export.networks import bundle_of
from vernier.graphs.counts import count_macs, count_weights
from vernier.graphs.shapes import resized
from vernier.images.pairs import list_photos
from vernier.networks.shipped import FOLDER
from vernier.processors.discovery import find_processor
from vernier.processors.soundness import sound_processors
from vernier.runtime.loading import load_network, placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.scoring.luma_scores import Upscale, bicubic_upscale, luma_scores, network_upscale
from vernier.training.recipe import load_recipe

HERE = Path(__file__).parent
GIVEN = {2: ("carn_m.safetensors", "imdn_x2.safetensors"),
         4: ("carn_m.safetensors", "imdn_x4.safetensors")}  # fmt: skip
SETS = ("Set5", "BSD100")
OUT = (720, 1280)
ROUNDS = 15
AS_PUBLISHED = {"fsrcnn": "FSRCNN (SESR's set-up)", "sesr-m3": "SESR-M3", "sesr-m5": "SESR-M5",
                "sesr-m7": "SESR-M7", "sesr-m11": "SESR-M11", "sesr-xl": "SESR-XL",
                "carn-m": "CARN-M"}  # fmt: skip


def scores_of(upscale: Upscale, scale: int, data: Path) -> dict[str, dict[str, float]]:
    """PSNR and SSIM of every test set."""
    found = {}
    for title in SETS:
        scores = luma_scores(upscale, list_photos(data / "eval" / title), scale)
        found[title] = {
            "psnr_db": round(fmean(s.psnr_db for s in scores), 3),
            "ssim": round(fmean(s.ssim for s in scores), 4),
        }
    return found


def row_of(bundles: dict[str, Bundle], scale: int, data: Path) -> dict[str, Any]:
    """One network of ours, or of the data folder."""
    graph = bundles["float32"].graph
    row: dict[str, Any] = {
        "name": bundles["float32"].manifest.network.name,
        "scale": scale,
        "parameters": count_weights(graph),
        "gmacs": round(count_macs(resized(graph, OUT[0] // scale, OUT[1] // scale)) / 1e9, 3),
    }
    for precision, bundle in bundles.items():
        processor = find_processor(f"litert:cpu:{precision}")
        planes = PlaneUpscaler(bundle, placed(lambda _, p=processor: p, 0, False))
        row[precision] = scores_of(network_upscale(planes), scale, data)
        planes.close()
    return row


def times_of(rows: list[tuple[dict[str, Any], dict[str, Bundle]]], threads: int) -> None:
    """Adds to every row the median milliseconds of each processor."""
    for row, bundles in rows:
        chains = {}
        for processor in sound_processors():
            precision = processor.id.model_precision
            if precision in bundles:
                load = placed(lambda _, p=processor: p, threads, False)
                size = OUT[0] // row["scale"], OUT[1] // row["scale"]
                try:
                    chain = load_network(bundles[precision], *size, load)
                except PlacementError:
                    continue  # A layer would run in another precision than asked.
                filled = chain.input_buffer()
                filled[...] = np.ones(filled.shape, filled.dtype)
                chains[str(processor.id)] = chain
        times = interleave({name: chain.run for name, chain in chains.items()}, ROUNDS, warm_up=3)
        row["times_ms"] = {name: found.median_ms for name, found in times.items()}
        for chain in chains.values():
            chain.close()
        print(row["name"], row["scale"], row["times_ms"], flush=True)


def fastest(row: dict[str, Any], precision: str) -> str:
    """The fastest time of that precision (bfloat16 counts as its own), with its engine."""
    times = {k: ms for k, ms in row.get("times_ms", {}).items() if k.endswith(precision)}
    if not times:
        return "-"
    name = min(times, key=times.__getitem__)
    return f"{times[name]:.1f} ({name.split(':')[0]})"


def steps_of(row: dict[str, Any]) -> str:
    """How long ours was trained."""
    home = FOLDER / f"{row['name']}-x{row['scale']}"
    return f"{load_recipe(home / 'recipe.toml').steps:,}" if home.is_dir() else ""


def table_of(rows: list[dict[str, Any]], published: list[dict[str, Any]]) -> str:
    """Both scales, ours and published, by multiplications."""
    lines = [
        "# SESR's tables",
        "",
        f"Luma PSNR in dB / SSIM; MACs for {OUT[1]}x{OUT[0]} out; milliseconds for such a picture,",
        "fastest engine in brackets, 2 cores. *paper*: published, not run here: read in a public",
        "table, or recalled (see `published_sesr.toml`). The last columns are ours minus",
        "the paper's.",
    ]
    for scale in (2, 4):
        known = {one["name"]: one for one in published if one["scale"] == scale}
        lines += [
            "",
            f"## x{scale}",
            "",
            "| network | | weights | GMACs | Set5 float | Set5 INT8 | BSD100 float | BSD100 INT8 "
            "| float32 ms | bfloat16 ms | INT8 ms | steps | Set5 - paper | BSD100 - paper |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        mine = [row for row in rows if row["scale"] == scale]
        for row in sorted([*mine, *known.values()], key=lambda one: one["gmacs"]):
            origin = f"paper, {row['source']}" if "source" in row else ""
            told = f"| {row['name']} | {origin} | "
            told += f"{row['parameters']:,} | {row['gmacs']:.2f} | " if row["gmacs"] else "| | "
            if "source" in row:
                told += f"{pair(row['Set5'])} | | {pair(row['BSD100'])} | | | | | | | |"
                lines.append(told)
                continue
            for title in SETS:
                told += " | ".join(pair(row.get(p, {}).get(title)) for p in ("float32", "int8"))
                told += " | "
            told += " | ".join(fastest(row, p) for p in (":float32", ":bfloat16", ":int8"))
            paper = known.get(AS_PUBLISHED.get(row["name"], ""))
            told += f" | {steps_of(row)} | "
            told += " | ".join(
                f"{row['float32'][t]['psnr_db'] - paper[t]['psnr_db']:+.2f}" if paper else ""
                for t in SETS
            )
            lines.append(told + " |")
    return "\n".join(lines) + "\n"


def pair(found: dict[str, float] | None) -> str:
    """PSNR and SSIM as tables print them."""
    if not found:
        return ""
    ssim = f"/{found['ssim']:.4f}" if "ssim" in found else ""
    return f"{found['psnr_db']:.2f}{ssim}"


def plot(rows: list[dict[str, Any]], published: list[dict[str, Any]], file: Path) -> None:
    """PSNR on Set5 against multiplications, x2 and x4."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, both = pyplot.subplots(1, 2, figsize=(12, 5))
    for axes, scale in zip(both, (2, 4), strict=True):
        ours = [r for r in rows if r["scale"] == scale and r["gmacs"]]
        theirs = [r for r in published if r["scale"] == scale]
        for label, marker, points in (
            ("published", "x", [(r["name"], r["gmacs"], r["Set5"]["psnr_db"]) for r in theirs]),
            ("ours, float32", "o",
             [(r["name"], r["gmacs"], r["float32"]["Set5"]["psnr_db"]) for r in ours]),
            ("ours, INT8", "v",
             [("", r["gmacs"], r["int8"]["Set5"]["psnr_db"]) for r in ours if "int8" in r]),
        ):  # fmt: skip
            axes.scatter([p[1] for p in points], [p[2] for p in points], marker=marker, label=label)
            for name, x, y in points:
                axes.annotate(name, (x, y), fontsize=6, xytext=(3, 3), textcoords="offset points")
        axes.set_xscale("log")
        axes.set_xlabel("GMACs for 1280x720 out")
        axes.set_ylabel("Set5 luma PSNR, dB")
        axes.set_title(f"x{scale}")
        axes.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    published = tomllib.loads((HERE / "published_sesr.toml").read_text())["published"]
    opened, rows = [], []
    for scale in (2, 4):
        bicubic = scores_of(bicubic_upscale(scale), scale, given.data)
        rows.append({"name": "bicubic", "scale": scale, "gmacs": 0, "float32": bicubic})
        files = [str(given.data / "weights" / name) for name in GIVEN[scale]]
        known = [name for name, scales in shipped_networks().items() if scale in scales]
        for name in (*known, *files):
            bundles = (
                {p: open_bundle(path) for p, path in shipped_bundles(name, scale).items()}
                if name in known
                else {"float32": bundle_of(name, scale, "float32")}
            )
            row = row_of(bundles, scale, given.data)
            print(json.dumps(row), flush=True)
            rows.append(row)
            opened.append((row, bundles))
    if not given.no_times:
        times_of(opened, given.threads)
    table = table_of(rows, published)
    print(table)
    if given.out:
        write_results(given.out, "sesr_tables", {"rows": rows}, table)
        plot(rows, published, given.out / "sesr_tables.svg")


if __name__ == "__main__":
    main()
