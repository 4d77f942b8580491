"""The main jobs on a real photo: enlarge it in several ways, and split a network for a budget.

Everything runs through the command line, as a user would; the results stay in `demo/out/`.
"""

from __future__ import annotations

import math
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
from vernier.planning.plan import Plan, load_plan
from vernier.processor_id import is_integer
from vernier.processors.soundness import sound_processors
from vernier.profiling.profile import load_profile
from vernier.splitting.problem import Problem
from vernier.splitting.starts import fastest

HERE = Path(__file__).parent
OUT = HERE / "out"
NETWORK, SIZE = "sesr-m5", "320x180"
PAYS = 0.9
"""Share of all-float that the fastest split may take for a split to be worth planning."""
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


def ways() -> list[tuple[str, str]]:
    """What the cat is enlarged with: float32, INT8 where it is right here, and what auto takes."""
    sound = [str(processor.id) for processor in sound_processors()]
    found = []
    for title, precision in (("float32", "float32"), ("INT8", "int8")):
        able = [name for name in sound if name.endswith(f"cpu:{precision}")]
        # OpenVINO's INT8 is the faster one on every x86 CPU that was tried.
        able.sort(key=lambda name: name.startswith("openvino") != (precision == "int8"))
        found += [(title, name) for name in able[:1]]
    return [*found, ("auto", "auto")]


def cut_photos(folder: Path) -> None:
    """Parts of photos that differ: dark and bright, dull and colourful, flat and busy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("chelsea.png", "coffee.jpg", "astronaut.jpg"):
        with Image.open(HERE / name) as opened:
            photo = np.asarray(opened.convert("RGB"))
        for number, (top, left) in enumerate((y, x) for y in (0, 150) for x in (0, 150, 300)):
            part = photo[top : top + 150, left : left + 150]
            # Numbers first: photos to search with and to judge by are taken in turns.
            Image.fromarray(part).save(folder / f"{number}-{name[:5]}.png")


def halfway(profile: Path) -> tuple[float, float]:
    """The share of all-float that lies between it and the fastest split, and the latter's share."""
    problem = Problem(load_profile(profile), math.inf)
    quickest = fastest(problem)
    if quickest is None:
        return 1.0, 1.0
    share = problem.time_ms(quickest) / problem.time_ms(problem.finest)
    return (1 + share) / 2, share


def split_a_network() -> list[str]:
    """A split of a small network for a time that this machine's all-INT8 keeps and all-float does
    not; returns what is to be said of it.
    """
    shutil.rmtree(OUT / "plan", ignore_errors=True)
    cut_photos(OUT / "parts")
    profile = OUT / "profile.json"
    vernier(
        "profile", NETWORK, "--size", SIZE, "--quick", "--check", "6", "-o", str(profile),
        "--overwrite",
    )  # fmt: skip
    share, quickest = halfway(profile)
    if quickest > PAYS:
        return [
            f"the fastest split of {NETWORK} would take {quickest:.2f} of all-float here: "
            "nothing to be gained from a split on this machine"
        ]
    vernier(
        "split", NETWORK, "--profile", str(profile), "--budget", f"{share:.2f}x", "--quick",
        "--nearest", "--photos", str(OUT / "parts"), "--photo-count", "6",
        "-o", str(OUT / "plan"),
    )  # fmt: skip
    vernier("plan", "show", str(OUT / "plan"))
    return summary(load_plan(OUT / "plan"))


def summary(plan: Plan) -> list[str]:
    """What a split brought on photos that were not searched with."""
    integer = sum(map(is_integer, plan.processors))
    lines = [
        f"{NETWORK}, {integer} of {len(plan.units)} units in INT8, form {plan.form}, on "
        f"{plan.held_out.photos if plan.held_out else 'no photos'} that were not searched with:",
        f"{'':10} {'time':>10} {'to float':>10} {'PIQE':>8}",
    ]
    rows = [("all-float", plan.float_ms, None, plan.held_out.piqe_float if plan.held_out else 0.0)]
    if plan.coarsest is not None:
        other = plan.coarsest.held_out
        rows.append(("all-INT8", plan.coarsest.measured_ms, other.psnr_db, other.piqe))
    if plan.held_out is not None and plan.measured_ms is not None:
        rows.append(("the split", plan.measured_ms, plan.held_out.psnr_db, plan.held_out.piqe))
    for name, ms, db, piqe in rows:
        near = "the same" if db is None else f"{db:.1f} dB"
        lines.append(f"{name:10} {ms:7.2f} ms {near:>10} {piqe:8.1f}")
    if not plan.within:
        lines.append(f"no split was timed within {plan.budget_ms:.2f} ms here; this is the nearest")
    elif integer == len(plan.units):
        lines.append("no real split was within the budget here: INT8 throughout was")
    return lines


def main() -> None:
    """Make the pictures and print the table."""
    OUT.mkdir(exist_ok=True)
    with Image.open(HERE / "chelsea.png") as opened:
        original = np.asarray(opened.convert("RGB"))[:300, :450]
    small = downscale(original, 2)
    Image.fromarray(small).save(OUT / "small.png")

    cubic = imresize(small.astype(np.float64), *original.shape[:2])
    results = {"bicubic": np.clip(np.rint(cubic), 0, 255).astype(np.uint8)}
    for name, processor in ways():
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

    said = split_a_network()

    print(f"\n{'':10} luma PSNR to the original")
    for name, picture in results.items():
        print(f"{name:10} {luma_db(picture, original):6.2f} dB")
    print("\n" + "\n".join(said))
    strips = [np.asarray(Image.fromarray(small).resize((450, 300), Image.Resampling.NEAREST))]
    shown = [name for name in ("bicubic", "float32", "INT8") if name in results]
    strips += [*(results[name] for name in shown), original]
    side_by_side = np.concatenate([strip[DETAIL] for strip in strips], axis=1)
    Image.fromarray(side_by_side).save(OUT / "side_by_side.png")
    print(f"\n{OUT / 'side_by_side.png'}: pixels | {' | '.join(shown)} | original")
    if luma_db(results["float32"], original) < luma_db(results["bicubic"], original) + 0.5:
        sys.exit("the network is no better than bicubic: something is wrong")


if __name__ == "__main__":
    main()
