"""What INT8 does to each network's pictures: every network that weights are at hand for.

Set5 luma PSNR of float and of INT8 on both engines, beside the published figure, and the PSNR of
the INT8 pictures to the float ones on Set5 and on ten photos of BSD100. INT8 is calibrated on the
training photos, never on these.

    python benchmarks/damage.py --data ../shared/data [--out benchmarks/results] [NETWORK ...]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from timing import write_results
from vernier.bundles.bundle import Bundle, in_memory
from vernier.bundles.shipped import shipped_networks
from vernier.export.networks import export_network, load_photos, ranges_on
from vernier.images.pairs import list_photos, load_rgb, network_input, shrink
from vernier.networks.source import Source, find_source
from vernier.quality.damage import damage_db, on
from vernier.runtime.planes import PlaneUpscaler
from vernier.scoring.luma_scores import luma_scores, network_upscale

ENGINES = ("litert", "openvino")
FEW = 10
# File, scale, published Set5 luma PSNR in dB (each paper's own table; GAN-trained ones have none).
BROUGHT = (
    ("carn_m.safetensors", 2, 37.53),
    ("carn_m.safetensors", 3, 33.99),
    ("carn_m.safetensors", 4, 31.92),
    ("imdn_x2.safetensors", 2, 38.00),
    ("imdn_x4.safetensors", 4, 32.21),
    ("realesr-animevideov3-x4.param", 4, None),
    ("upscayl-lite-4x.param", 4, None),
)
# SESR's table, trained on DIV2K; ours are trained on 400 photos.
PUBLISHED = {("sesr-m5", 2): 37.39, ("sesr-m11", 2): 37.58, ("sesr-m5", 4): 30.99}


@dataclass
class Row:
    """One network; decibels throughout."""

    network: str
    scale: int
    published: float | None
    set5: dict[str, float]
    to_float: dict[str, dict[str, float]]


def judge(source: Source, data: Path, published: float | None) -> Row:
    """Scores of one network."""
    shown = load_photos(data / "train" / "BSDS400", source)
    ranges = ranges_on(source, shown)
    bundles = {precision: _opened(source, precision, ranges) for precision in ("float32", "int8")}
    channels = bundles["float32"].manifest.network.channels
    set5 = list_photos(data / "eval" / "Set5")
    tests = {"Set5": set5, "BSD100": list_photos(data / "eval" / "BSD100")[:FEW]}
    scores, apart = {}, {}
    for name in ("litert:cpu:float32", *(f"{engine}:cpu:int8" for engine in ENGINES)):
        bundle = bundles[name.rpartition(":")[2]]
        planes = PlaneUpscaler(bundle, on(name))
        found = luma_scores(network_upscale(planes), set5, source.scale)
        planes.close()
        scores[name] = round(fmean(score.psnr_db for score in found), 3)
        if name.endswith("int8"):
            apart[name] = {
                test: round(_apart(bundle, bundles["float32"], name, photos, channels), 2)
                for test, photos in tests.items()
            }
    return Row(source.name, source.scale, published, scores, apart)


def _opened(source: Source, precision: str, ranges: object) -> Bundle:
    exported = export_network(source, precision, ranges=ranges)  # type: ignore[arg-type]
    return in_memory(exported.manifest, exported.models)


def _apart(
    bundle: Bundle, exact: Bundle, processor: str, photos: list[Path], channels: int
) -> float:
    scale = exact.manifest.network.scale
    inputs = [network_input(shrink(load_rgb(path), scale)[0], channels) for path in photos]
    believed = PlaneUpscaler(exact, on("litert:cpu:float32"))
    return damage_db(PlaneUpscaler(bundle, on(processor)), believed, inputs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = [
        "# What INT8 does to pictures",
        "",
        "Set5 luma PSNR in dB, and PSNR of the INT8 pictures to the float ones (Set5 / BSD100).",
        "Published figures are the papers'; SESR's own were trained on DIV2K, ours were not.",
        "",
        "| network | published | float32 | INT8 LiteRT | INT8 OpenVINO | LiteRT to float "
        "| OpenVINO to float |",
        "|---|---|---|---|---|---|---|",
    ]
    subjects = [
        (name, scale, PUBLISHED.get((name, scale)))
        for name, scales in shipped_networks().items()
        for scale in scales
    ]
    subjects += [(str(given.data / "weights" / file), s, db) for file, s, db in BROUGHT]
    rows = []
    for network, scale, published in subjects:
        if given.networks and Path(network).stem not in given.networks:
            continue
        row = judge(find_source(network, scale), given.data, published)
        label = row.network if "/" not in network else f"{row.network} ({Path(network).name})"
        apart = [" / ".join(f"{db:.1f}" for db in row.to_float[f"{e}:cpu:int8"].values())
                 for e in ENGINES]  # fmt: skip
        scores = " | ".join(f"{db:.2f}" for db in row.set5.values())
        told = "-" if published is None else f"{published:.2f}"
        lines.append(f"| {label} x{scale} | {told} | {scores} | {' | '.join(apart)} |")
        print(lines[-1], file=sys.stderr, flush=True)
        rows.append(asdict(row))
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "damage", {"networks": rows}, table)


if __name__ == "__main__":
    main()
