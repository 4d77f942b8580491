"""Float32 <-> INT8 between segments: every method against a memory copy of the same bytes.

    python benchmarks/conversion.py --out benchmarks/results

All contenders run once per round. The floor of a conversion is a copy that reads and writes as
many bytes as it does: 5 bytes an element between float32 and int8, 2 between int8 and int8. It
is done by one core and by all, and the faster counts. Results are compared bit by bit first.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timing import Times, as_json, interleave, write_results
from vernier.conversion.blocked import Blocked
from vernier.conversion.protocol import Method
from vernier.conversion.registry import METHODS, find_method
from vernier.cpu import usable_cores
from vernier.graphs.graph import Quantization
from vernier.processors.discovery import find_processor
from vernier.processors.machine import describe_machine
from vernier.quantization.scales import per_tensor

HEIGHT, WIDTH = 360, 640
FIRST, SECOND = per_tensor(0.05, 7), per_tensor(0.063, -20)
PHONE_MS = {
    (64, "quantise"): {"arithmetic": 46.4},
    (64, "dequantise"): {"arithmetic": 46.1, "look-up": 20.0},
    (32, "quantise"): {"arithmetic": 27.7},
    (32, "dequantise"): {"arithmetic": 28.9, "look-up": 10.5},
}
"""FYE-SR's converters on a phone (MobiCom 2024), same tensors; its tables only dequantise."""


@dataclass(frozen=True)
class Case:
    """One direction at one size."""

    channels: int
    direction: str
    source: NDArray[Any]
    before: Quantization | None
    target: NDArray[Any]
    after: Quantization | None

    @property
    def moved_bytes(self) -> int:
        """Read and written."""
        return self.source.nbytes + self.target.nbytes


def cases(channels: int) -> list[Case]:
    """The three directions, on memory that has been touched."""
    shape = (1, HEIGHT, WIDTH, channels)
    random = np.random.default_rng(7)
    reals = (random.normal(size=shape) * 2).astype(np.float32)
    codes = random.integers(-128, 128, shape).astype(np.int8)
    return [
        Case(channels, "quantise", reals, None, np.ones(shape, np.int8), FIRST),
        Case(channels, "dequantise", codes, FIRST, np.ones(shape, np.float32), None),
        Case(channels, "requantise", codes, FIRST, np.ones(shape, np.int8), SECOND),
    ]


def methods() -> dict[str, Method]:
    """Those that are here; OpenCL first, since its runtime may need its own libraries loaded."""
    found: dict[str, Method] = {}
    for name, method in METHODS.items():
        present, detail = method.availability()
        print(f"{name}: {detail}" if present else f"{name}: not here: {detail}")
        if present:
            found[name] = method
    processor = find_processor("litert:cpu:int8")
    found["engine"] = find_method(
        "engine", lambda model: processor.load(model, threads=usable_cores(), allow_fallback=True)
    )
    return found


def contenders(case: Case, available: dict[str, Method]) -> dict[str, Callable[[], None]]:
    """What to time, after all methods have been found to give the same bits."""
    half = case.moved_bytes // 2
    given, taken = np.ones(half, np.int8), np.ones(half, np.int8)
    runs: dict[str, Callable[[], None]] = {
        "copy, one core": lambda: np.copyto(taken, given),
        "copy, all cores": Blocked(block=half).prepare(given, FIRST, taken, FIRST).run,
    }
    results = {}
    for name, method in available.items():
        conversion = method.prepare(case.source, case.before, case.target, case.after)
        case.target.fill(0)
        conversion.run()
        results[name] = case.target.tobytes()
        runs[name + (" (copies)" if conversion.copies else "")] = conversion.run
    if len(set(results.values())) != 1:
        raise SystemExit(f"{case.direction}: the methods disagree")
    return runs


def rows(case: Case, times: dict[str, Times]) -> tuple[list[str], dict[str, Any]]:
    """The lines of the table, and the figures."""
    floor = min(t.median_ms for name, t in times.items() if name.startswith("copy"))
    plain, looked_up = times["arithmetic"].median_ms, times["look-up"].median_ms
    lines = []
    for name, value in times.items():
        phone = PHONE_MS.get((case.channels, case.direction), {}).get(name)
        lines.append(
            f"| {case.channels} | {case.direction} | {name} | {value.median_ms:.2f} "
            f"| {value.fastest_ms:.2f} | {value.slowest_ms:.2f} | {value.median_ms / floor:.2f} "
            f"| {plain / value.median_ms:.1f} | {looked_up / value.median_ms:.1f} "
            f"| {phone or ''} |"
        )
    figures = {
        "channels": case.channels,
        "direction": case.direction,
        "bytes_read_and_written": case.moved_bytes,
        "floor_ms": floor,
        "times": as_json(times),
    }
    return lines, figures


def package_version(name: str) -> str:
    """Installed version, or "absent"."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    available = methods()
    details = {name: method.availability()[1] for name, method in available.items()}
    details["engine"] = f"{find_processor('litert:cpu:int8').availability().detail}, all cores"
    load_before = os.getloadavg()[0]
    lines, figures = [], []
    for channels in (64, 32):
        for case in cases(channels):
            times = interleave(contenders(case, available), arguments.rounds, warm_up=3)
            more_lines, more_figures = rows(case, times)
            lines += more_lines
            figures.append(more_figures)
    machine = describe_machine()
    versions = {name: package_version(name) for name in ("numpy", "ai-edge-litert", "pyopencl")}
    table = "\n".join(
        [
            f"# Conversion at {WIDTH}x{HEIGHT}, {arguments.rounds} rounds",
            "",
            f"{machine.cpu}, {machine.cores} cores, {machine.system}; "
            + ", ".join(f"{name} {version}" for name, version in versions.items())
            + f"; load {load_before:.2f} at the start.",
            "",
            *(f"- {name}: {detail}" for name, detail in details.items()),
            "",
            "Times in ms. *to copy*: to the faster copy of as many bytes, read and written, in the "
            "same run. *x NumPy*, *x look-up*: how many times faster than those on one core. "
            "*phone*: what FYE-SR reports.",
            "",
            "| channels | direction | method | median | fastest | slowest | to copy | x NumPy "
            "| x look-up | phone |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )
    print(table)
    results = {
        "methods": details,
        "versions": versions,
        "load_before": round(load_before, 2),
        "fye_sr_phone_ms": [
            {"channels": channels, "direction": direction, **ms}
            for (channels, direction), ms in PHONE_MS.items()
        ],
        "cases": figures,
    }
    write_results(arguments.out, "conversion", results, table)


if __name__ == "__main__":
    main()
