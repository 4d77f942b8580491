"""Where metrics disagree on what INT8 does to a picture: networks, contents, and a close look.

    python benchmarks/where_piqe_lies.py --data ../shared/data [--out benchmarks/results]
        [--pictures docs/notes/pictures]

Each network enlarges photos in float and all in INT8. Each metric says which looks better:
PIQE and NIQE without a reference, GMSD and PSNR against the true photo; how far the INT8 picture is
from the float one (PSNR, GMSD) stands beside. Photos are grouped by how much of them is flat.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from timing import write_results
from vernier.bundles.shipped import shipped_networks
from vernier.export.networks import load_photos, ranges_on
from vernier.images.pairs import list_photos, load_rgb, shrink
from vernier.metrics.gmsd import gmsd
from vernier.metrics.niqe import niqe
from vernier.metrics.piqe import piqe
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.networks.source import find_source
from vernier.simulation.pictures import SimulatedPictures

Bytes = NDArray[np.uint8]
PHOTOS = 10
BROUGHT = (
    ("carn_m.safetensors", 2), ("carn_m.safetensors", 4), ("imdn_x2.safetensors", 2),
    ("imdn_x4.safetensors", 4), ("realesr-animevideov3-x4.param", 4), ("upscayl-lite-4x.param", 4),
)  # fmt: skip
# To look at: the two networks on which PIQE likes INT8 best.
SHOWN = ("realesr-animevideov3-x4.param", "upscayl-lite-4x.param")
PANEL = 96
ENLARGE = 4


@dataclass(frozen=True)
class Verdict:
    """One photo through one network. `_better`: INT8 less float, negative where INT8 is better."""

    network: str
    photo: str
    flat: float
    piqe_true: float
    piqe_float: float
    piqe_int8: float
    niqe_float: float
    niqe_int8: float
    gmsd_float: float
    gmsd_int8: float
    psnr_float: float
    psnr_int8: float
    psnr_to_float: float
    gmsd_to_float: float
    active_float: float
    active_int8: float


def judge(label: str, photo: Path, network: SimulatedPictures) -> tuple[Verdict, list[Bytes]]:
    """One photo."""
    low, true = shrink(load_rgb(photo), network.scale)
    exact = network.picture(low, [0.0] * network.units)
    coarse = network.picture(low, [1.0] * network.units)
    planes = [grey(picture) for picture in (true, exact, coarse)]
    found = [piqe(plane) for plane in planes]
    verdict = Verdict(
        label,
        photo.name,
        1 - float(found[0].activity.mean()),
        found[0].score,
        found[1].score,
        found[2].score,
        niqe(planes[1]),
        niqe(planes[2]),
        gmsd(planes[1], planes[0]),
        gmsd(planes[2], planes[0]),
        psnr(planes[1], planes[0], peak=255),
        psnr(planes[2], planes[0], peak=255),
        min(99.0, psnr(planes[2], planes[1], peak=255)),
        gmsd(planes[2], planes[1]),
        float(found[1].activity.mean()),
        float(found[2].activity.mean()),
    )
    return verdict, [true, exact, coarse]


def summary(label: str, rows: list[Verdict]) -> str:
    """One line of the table."""

    def mean(name: str) -> float:
        return float(np.mean([getattr(row, name) for row in rows]))

    likes = {
        "PIQE": [row.piqe_int8 < row.piqe_float for row in rows],
        "NIQE": [row.niqe_int8 < row.niqe_float for row in rows],
        "GMSD": [row.gmsd_int8 < row.gmsd_float for row in rows],
        "PSNR": [row.psnr_int8 > row.psnr_float for row in rows],
    }
    return (
        f"| {label} | {len(rows)} | {mean('piqe_true'):.1f} | {mean('piqe_float'):.1f} "
        f"| {mean('piqe_int8'):.1f} | {mean('niqe_float'):.2f} | {mean('niqe_int8'):.2f} "
        f"| {mean('gmsd_float'):.4f} | {mean('gmsd_int8'):.4f} | {mean('psnr_float'):.2f} "
        f"| {mean('psnr_int8'):.2f} | {mean('psnr_to_float'):.1f} | {mean('gmsd_to_float'):.4f} "
        f"| {mean('active_float'):.0%} | {mean('active_int8'):.0%} | "
        + " | ".join(f"{sum(likes[name])}" for name in likes)
        + " |"
    )


HEAD = (
    "| | photos | PIQE true | PIQE float | PIQE INT8 | NIQE float | NIQE INT8 | GMSD float "
    "| GMSD INT8 | PSNR float | PSNR INT8 | PSNR to float | GMSD to float | active float "
    "| active INT8 | PIQE likes INT8 | NIQE | GMSD | PSNR |\n" + "|---" * 19 + "|"
)


def flattest(picture: Bytes) -> tuple[int, int]:
    """Where a panel of the picture varies least, but for what is all black or white."""
    plane = grey(picture).astype(np.float64)
    best, place = np.inf, (0, 0)
    for top in range(0, plane.shape[0] - PANEL, 16):
        for left in range(0, plane.shape[1] - PANEL, 16):
            part = plane[top : top + PANEL, left : left + PANEL]
            if part.std() < best and 30 < part.mean() < 225:
                best, place = part.std(), (top, left)
    return place


def save_panel(path: Path, pictures: list[Bytes]) -> None:
    """The true photo, float and INT8 side by side, enlarged, with contrast raised four times."""
    top, left = flattest(pictures[0])
    parts = [p[top : top + PANEL, left : left + PANEL].astype(np.float64) for p in pictures]
    middle = parts[0].mean(axis=(0, 1))
    shown = [np.clip((part - middle) * 4 + 128, 0, 255).astype(np.uint8) for part in parts]
    gap = np.full((PANEL, 4, 3), 255, np.uint8)
    row = np.concatenate([shown[0], gap, shown[1], gap, shown[2]], axis=1)
    large = row.repeat(ENLARGE, axis=0).repeat(ENLARGE, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(large).save(path, optimize=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    given = parser.parse_args()
    subjects = [(name, scale) for name, scales in shipped_networks().items() for scale in scales]
    subjects += [(str(given.data / "weights" / file), scale) for file, scale in BROUGHT]
    photos = list_photos(given.data / "eval" / "BSD100")[: given.photos]
    rows: list[Verdict] = []
    lines = [
        "# Where metrics disagree on INT8",
        "",
        "All units in INT8, simulated, BSD100.",
        "",
        HEAD,
    ]
    for name, scale in subjects:
        source = find_source(name, scale)
        shown = load_photos(given.data / "train" / "BSDS400", source)
        network = SimulatedPictures(source, ranges_on(source, shown))
        stem = Path(name).name.partition(".")[0]
        label = f"{stem} x{scale}"
        own = []
        for photo in photos:
            verdict, pictures = judge(label, photo, network)
            own.append(verdict)
            if given.pictures and Path(name).name in SHOWN and photo == photos[0]:
                save_panel(given.pictures / f"{stem}-flat.png", pictures)
        rows += own
        lines.append(summary(label, own))
        print(lines[-1], file=sys.stderr, flush=True)
    lines += [
        "",
        "The same by content: thirds of the photos by their share of flat blocks.",
        "",
        HEAD,
    ]
    flat = sorted({row.photo: row.flat for row in rows}.items(), key=lambda item: item[1])
    for number, word in enumerate(("busy", "mixed", "flat")):
        part = flat[number * len(flat) // 3 : (number + 1) * len(flat) // 3]
        names = {photo for photo, _ in part}
        lines.append(summary(word, [row for row in rows if row.photo in names]))
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "where_piqe_lies", {"verdicts": [asdict(r) for r in rows]}, table)


if __name__ == "__main__":
    main()
