"""The main jobs on a real photo: enlarge it in several ways, and split a network for a budget.

Everything runs through the command line, as a user would; the results stay in `demo/out/`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from vernier.images.bicubic import downscale, imresize
from vernier.images.colour import luma
from vernier.metrics.psnr import psnr

HERE = Path(__file__).parent
OUT = HERE / "out"
DETAIL = (slice(60, 220), slice(90, 290))  # the cat's eyes


def vernier(*arguments: str) -> float:
    """Run the command line, show what it says, and return the seconds it took."""
    print("$ vernier", " ".join(arguments), flush=True)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "vernier.cli.main", *arguments], check=True)
    return time.perf_counter() - started


def luma_db(picture: np.ndarray, original: np.ndarray) -> float:
    """Luma PSNR in dB, two pixels cropped."""
    planes = [luma(p.astype(np.float32) / 255)[2:-2, 2:-2] for p in (picture, original)]
    return psnr(planes[0], planes[1])


def split_a_network(photo: np.ndarray) -> None:
    """The split of a small network that looks best in 0.7 of its time, from one photo's parts."""
    shutil.rmtree(OUT / "plan", ignore_errors=True)
    parts = OUT / "parts"
    parts.mkdir(exist_ok=True)
    for number, (top, left) in enumerate((y, x) for y in (0, 150) for x in (0, 150, 300)):
        part = photo[top : top + 150, left : left + 150]
        Image.fromarray(part).save(parts / f"{number}.png")
    vernier(
        "optimize", "sesr-m11-hw", "--budget", "0.7x", "--size", "320x180", "--quick",
        "--processors", "openvino:cpu:float32,openvino:cpu:int8",
        "--photos", str(parts), "--photo-count", "3", "-o", str(OUT / "plan"),
    )  # fmt: skip
    vernier("plan", "show", str(OUT / "plan"))


def main() -> None:
    """Make the pictures and print the table."""
    OUT.mkdir(exist_ok=True)
    with Image.open(HERE / "chelsea.png") as opened:
        original = np.asarray(opened.convert("RGB"))[:300, :450]
    small = downscale(original, 2)
    Image.fromarray(small).save(OUT / "small.png")

    cubic = imresize(small.astype(np.float64), *original.shape[:2])
    results = {"bicubic": np.clip(np.rint(cubic), 0, 255).astype(np.uint8)}
    for name, processor in (
        ("float32", "litert:cpu:float32"),
        ("INT8", "openvino:cpu:int8"),
        ("auto", "auto"),
    ):
        target = OUT / f"{name.lower()}.png"
        arguments = ("upscale", str(OUT / "small.png"), "-o", str(target), "--overwrite")
        vernier(*arguments, "--processor", processor)
        results[name] = np.asarray(Image.open(target))
    vernier(
        "upscale",
        str(HERE / "chelsea.png"),
        "-o",
        str(OUT / "chelsea_x4.webp"),
        "--scale",
        "4",
        "--overwrite",
    )

    split_a_network(original)

    print(f"\n{'':10} luma PSNR to the original")
    for name, picture in results.items():
        print(f"{name:10} {luma_db(picture, original):6.2f} dB")
    strips = [np.asarray(Image.fromarray(small).resize((450, 300), Image.Resampling.NEAREST))]
    strips += [results["bicubic"], results["float32"], results["INT8"], original]
    side_by_side = np.concatenate([strip[DETAIL] for strip in strips], axis=1)
    Image.fromarray(side_by_side).save(OUT / "side_by_side.png")
    print(f"\n{OUT / 'side_by_side.png'}: pixels | bicubic | float32 | INT8 | original")
    if luma_db(results["float32"], original) < luma_db(results["bicubic"], original) + 0.5:
        sys.exit("the network is no better than bicubic: something is wrong")


if __name__ == "__main__":
    main()
