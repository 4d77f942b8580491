"""The public API with arguments of wrong types and values: Vernier's errors, before long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_harness import Attempt
from PIL import Image

import vernier
from vernier import Upscaler

WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 3.7, float("nan"), float("inf"), 10**30, "", "2", "\0", "x" * 300, b"2", (),
    (1,), (0, 0), (-1, 5), ("1", "2"), (1.5, 2.5), [], {}, object(), Path("gone"),
    np.float64("nan"), np.zeros(3), np.array(2), Path("/dev/null"), Path("/proc/self/mem"),
    {"a": 1}, len,
)  # fmt: skip
PICTURE = np.zeros((9, 7, 3), np.uint8)

# What each call takes, with values that are right, and quick to be refused beside a wrong one.
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Upscaler": (
        lambda **given: Upscaler(**given).close(),
        {
            "network": "sesr-m3", "scale": 2, "processor": "litert:cpu:float32", "bundle": None,
            "tile": None, "memory_bytes": None, "threads": 1, "halo": None, "prefer": "quality",
        },
    ),
    "upscale": (
        vernier.upscale,
        {"image": PICTURE, "scale": 2, "processor": "litert:cpu:float32", "network": "sesr-m3"},
    ),
    "enlarge": (
        lambda **given: Upscaler("sesr-m3", 2, processor="litert:cpu:float32").enlarge(**given),
        {"image": PICTURE, "size": None},
    ),
    "export": (
        vernier.export,
        {
            "network": "sesr-m3", "out": None, "scale": 2, "precision": None, "split": None,
            "weights": None, "photos": None, "ranges": None, "size": None, "method": "min-max",
            "fine_tune_minutes": 0.0, "form": "segments",
        },
    ),
    "metrics": (
        vernier.metrics,
        {"pictures": "in.png", "references": "in.png", "names": ("psnr",), "on": "luma", "crop": 0},
    ),
    "optimize": (
        vernier.optimize,
        {
            "network": "gone", "budget": "0.8x", "photos": ".", "out": None, "scale": None,
            "size": (48, 64), "processors": ("litert:cpu:float32",), "fine_tune_minutes": 0.0,
        },
    ),
    "profile": (
        vernier.profile,
        {
            "network": "gone", "out": None, "scale": None, "size": (48, 64), "check": None,
            "processors": ("litert:cpu:float32",), "threads": 1, "device": "",
        },
    ),
}  # fmt: skip


def call(rng: np.random.Generator, folder: Path) -> Attempt:
    """A call with one or two arguments that cannot be meant."""
    name = list(CALLS)[int(rng.integers(len(CALLS)))]
    function, right = CALLS[name]
    given = dict(right)
    for place in ("pictures", "references"):
        if place in given:
            Image.new("RGB", (9, 7), "teal").save(folder / "in.png")
            given[place] = folder / "in.png"
    changed = []
    for _ in range(int(rng.integers(1, 3))):
        key = list(given)[int(rng.integers(len(given)))]
        given[key] = WRONG[int(rng.integers(len(WRONG)))]
        changed.append(f"{key}={given[key]!r}"[:100])
    return Attempt(lambda: function(**given), f"{name}({', '.join(changed)})")
