"""How long metrics take on a picture of 2048x1080, on one core, against what the work must take.

    OMP_NUM_THREADS=1 python benchmarks/metrics.py [--out benchmarks/results]

The floor of PIQE is its two separable filters of 7 taps: 28 multiply-adds for each sample, at the
rate at which NumPy multiplies and adds arrays that fit the cache, measured in the same run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from timing import interleave, write_results
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.gmsd import gmsd
from vernier.metrics.niqe import niqe
from vernier.metrics.piqe import piqe
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import ssim

HEIGHT, WIDTH = 1080, 2048
TAPS = 4 * 7
CACHED = 16 * (WIDTH + 6)
"""Samples of a strip that PIQE works on at a time."""


def multiply_adds() -> Callable[[], object]:
    """As many as PIQE's filters need, on arrays as large as theirs, in place."""
    source, into = np.ones(CACHED), np.empty(CACHED)
    total = np.zeros(CACHED)
    strips = HEIGHT * WIDTH // CACHED

    def run() -> None:
        for _ in range(strips * TAPS):
            np.multiply(source, 0.5, out=into)
            np.add(total, into, out=total)

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    true = np.rint(dead_leaves(HEIGHT, WIDTH, channels=1, seed=0)[:, :, 0] * 255)
    noise = np.random.default_rng(0).normal(size=true.shape) * 3
    picture = np.clip(np.rint(true + noise), 0, 255).astype(np.uint8)
    other = true.astype(np.uint8)
    contenders: dict[str, Callable[[], object]] = {
        "floor of PIQE": multiply_adds(),
        "PIQE": lambda: piqe(picture),
        "NIQE": lambda: niqe(picture),
        "PSNR": lambda: psnr(picture, other, peak=255),
        "SSIM": lambda: ssim(picture, other),
        "GMSD": lambda: gmsd(picture, other),
    }
    found = interleave(contenders, given.rounds)
    floor = found["floor of PIQE"].median_ms
    lines = [f"# Metrics of {WIDTH}x{HEIGHT}, one core", ""]
    lines += ["| | median | of PIQE's floor |", "|---|---|---|"]
    lines += [
        f"| {name} | {one.median_ms:.0f} ms | {one.median_ms / floor:.1f}x |"
        for name, one in found.items()
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "metrics", {n: asdict(t) for n, t in found.items()}, table)


if __name__ == "__main__":
    main()
