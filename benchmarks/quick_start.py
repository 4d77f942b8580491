"""How long a user waits before anything happens: help, and a small picture against the bare engine.

    python benchmarks/quick_start.py --out benchmarks/results

Whole processes, in turn. "bare engine" is a program of its own that imports the engine, loads the
same file at the same size as its quick start says, and computes once. Bytecode is kept between
processes, as pip compiles what it installs, even where PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from timing import as_json, cpu_kind, interleave, write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized

HEIGHT, WIDTH = 80, 120
HELP_S, PICTURE_S = 0.3, 0.6
LITERT = """
import sys, numpy
from ai_edge_litert.interpreter import Interpreter
i = Interpreter(model_path=sys.argv[1]); i.allocate_tensors(); i.invoke()
"""
OPENVINO = """
import sys, numpy, openvino
r = openvino.Core().compile_model(sys.argv[1], "CPU").create_infer_request(); r.infer()
"""


def process(*arguments: str) -> Callable[[], object]:
    """A run of Python."""
    command = [sys.executable, *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        Image.fromarray(samples).save(folder / "small.png")
        graph = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).segments[0].graph
        (folder / "n.tflite").write_bytes(write(resized(graph, HEIGHT, WIDTH)))
        vernier, small = ("-m", "vernier.cli.main"), str(folder / "small.png")
        upscale = (*vernier, "upscale", small, "-o", str(folder / "o.png"), "--overwrite")
        times = interleave(
            {
                "python -c pass": process("-c", "pass"),
                "vernier --help": process(*vernier, "--help"),
                "bare litert": process("-c", LITERT, str(folder / "n.tflite")),
                "vernier upscale, litert": process(*upscale, "--processor", "litert:cpu:float32"),
                "bare openvino": process("-c", OPENVINO, str(folder / "n.tflite")),
                "vernier upscale, openvino": process(
                    *upscale, "--processor", "openvino:cpu:float32"
                ),
                "vernier upscale, auto": process(*upscale),
            },
            arguments.rounds,
        )
    beside = {
        "vernier --help": ("python -c pass", HELP_S),
        "vernier upscale, litert": ("bare litert", PICTURE_S),
        "vernier upscale, openvino": ("bare openvino", PICTURE_S),
        "vernier upscale, auto": ("bare openvino", PICTURE_S),
    }
    lines = [
        f"# Whole processes, a picture of {WIDTH}x{HEIGHT}, medians of {arguments.rounds} rounds",
        "",
        "| what | median s | fastest s | more than | by s | aim |",
        "|---|---|---|---|---|---|",
    ]
    for what, time in times.items():
        other, aim = beside.get(what, ("", 0.0))
        more = f"{(time.median_ms - times[other].median_ms) / 1e3:.2f}" if other else ""
        lines.append(
            f"| {what} | {time.median_ms / 1e3:.2f} | {time.fastest_ms / 1e3:.2f} | {other} | "
            f"{more} | {aim or ''} |"
        )
    print("\n".join(lines))
    if arguments.out:
        table = "\n".join(lines) + "\n"
        write_results(arguments.out, f"quick_start_{cpu_kind()}", as_json(times), table)


if __name__ == "__main__":
    main()
