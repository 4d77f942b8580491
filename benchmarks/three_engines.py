"""Every shipped network in float32, whole in INT8, and split, on all three engines in one run.

    python benchmarks/three_engines.py --out benchmarks/results
    python benchmarks/three_engines.py --networks sesr-m5,fsrcnn --rounds 9
    python benchmarks/three_engines.py --rounds 0          # on a busy machine: all but the times

The split keeps the first and the last unit in float and has all others in INT8, in one file of
mixed precision. All nine contenders of a network run once per round; medians. *codes*: samples of
the 8-bit picture that differ from LiteRT's of the same file, and by how much at most. *dB*: PSNR of
the 8-bit picture to LiteRT's in float32. *convolutions*: what the engine itself says that it ran.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from timing import as_json, interleave, write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.cpu import usable_cores
from vernier.errors import VernierError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.images.bicubic import imresize
from vernier.networks import shipped as weights
from vernier.processors.discovery import find_processor
from vernier.processors.machine import describe_machine
from vernier.processors.protocol import Executable, Placement
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import cut

HEIGHT, WIDTH = 180, 320
ENGINES = ("litert", "openvino", "onnxruntime")
FORMS = {"float32": "float32", "int8": "int8", "split": "int8"}
"""Of a network, and the precision of the processor that runs it."""
CONVOLUTIONS = frozenset(
    ("CONV_2D", "TRANSPOSE_CONV", "DEPTHWISE_CONV_2D", "Convolution", "Deconvolution", "Conv",
     "FusedConv", "ConvTranspose", "QLinearConv", "GroupConvolution")
)  # fmt: skip


def graphs(name: str, scale: int) -> dict[str, Graph]:
    """The network in its three forms, at the size of the benchmark."""
    files = shipped_bundles(name, scale)
    exact = open_bundle(files["float32"]).graph
    folder = Path(weights.__file__).parent / "weights" / f"{name}-x{scale}"
    ranges = Ranges.load(folder / "ranges-int8.json")
    inside = {output for unit in cut(exact)[1:-1] for output in unit.operators}
    made = {
        "float32": exact,
        "int8": open_bundle(files["int8"]).graph,
        "split": quantize(exact, ranges, frozenset(inside)),
    }
    return {form: resized(graph, HEIGHT, WIDTH) for form, graph in made.items()}


def picture() -> np.ndarray[Any, Any]:
    """Noise at several scales, as bright as a photo: `(1, H, W, 1)`, whole numbers to 255."""
    rng = np.random.default_rng(7)
    made = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    for octave in range(1, 7):
        shape = (HEIGHT >> octave, WIDTH >> octave, 1)
        made += imresize(rng.normal(size=shape).astype(np.float32), HEIGHT, WIDTH) * 2.0**octave
    made -= made.min()
    return np.round(made / made.max() * 255)[None]


def fill(executable: Executable, plane: np.ndarray[Any, Any]) -> None:
    """The picture as the port wants it."""
    integer = executable.inputs[0].dtype == "int8"
    executable.input_buffer(0)[...] = plane - 128 if integer else plane / np.float32(255)


def seen(executable: Executable) -> np.ndarray[Any, Any]:
    """The result as a picture of 8 bits."""
    result = executable.output_buffer(0)
    samples = result.astype(np.float64) + 128 if result.dtype == np.int8 else result * 255.0
    return np.clip(np.rint(samples), 0, 255)


def convolutions(placement: Placement) -> str:
    """How many ran in which precision, by the engine's own account."""
    counts = Counter(op.precision for op in placement.operators if op.kind in CONVOLUTIONS)
    return ", ".join(f"{number} {precision}" for precision, number in sorted(counts.items()))


def measure(name: str, scale: int, rounds: int, threads: int) -> dict[str, Any]:
    """Times, codes, dB and placement of the nine contenders; text for one that does not run."""
    plane, executables, refused = picture(), {}, {}
    for form, graph in graphs(name, scale).items():
        for engine in ENGINES:
            processor = find_processor(f"{engine}:cpu:{FORMS[form]}")
            try:
                made = processor.load(write(graph), threads=threads)
                fill(made, plane)
                made.run()
                executables[form, engine] = made
            except VernierError as error:
                refused[f"{form} {engine}"] = str(error)
    runs = {" ".join(key): made.run for key, made in executables.items()}
    times = interleave(runs, rounds) if rounds else {}
    pictures = {key: seen(made) for key, made in executables.items()}
    found = {}
    for (form, engine), result in pictures.items():
        apart = np.abs(result - pictures[form, "litert"])
        error = float(np.mean((result - pictures["float32", "litert"]) ** 2))
        found[f"{form} {engine}"] = {
            "differ_percent": round(100 * float(np.mean(apart > 0)), 3),
            "largest": int(apart.max()),
            "db": None if error == 0 else round(10 * float(np.log10(255**2 / error)), 2),
            "convolutions": convolutions(executables[form, engine].placement),
        }
    for made in executables.values():
        made.close()
    return {"times": times, "found": found, "refused": refused}


def rows(name: str, scale: int, result: dict[str, Any]) -> list[str]:
    """The network's part of the table."""
    table = []
    for label, of in result["found"].items():
        form, engine = label.split()
        decibel = "same" if of["db"] is None else f"{of['db']:.1f}"
        differ = "0" if not of["largest"] else f"{of['differ_percent']:.2f} % by {of['largest']}"
        time = result["times"].get(label)
        median = "not timed" if time is None else f"{time.median_ms:.1f}"
        table.append(
            f"| {name} x{scale} | {form} | {engine} | {median} | {differ} | {decibel} | "
            f"{of['convolutions']} |"
        )
    for label, why in result["refused"].items():
        table.append(f"| {name} x{scale} | {' | '.join(label.split())} | {why} | | | |")
    return table


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", default=",".join(shipped_networks()))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    threads, machine = usable_cores(), describe_machine()
    lines = [
        f"# Three engines, {HEIGHT}x{WIDTH}, {arguments.rounds} rounds, {threads} threads",
        "",
        f"{machine.label}; {' '.join(machine.flags)}.",
        "",
        *__doc__.split("\n\n")[2].strip().splitlines(),
        "",
        "| network | form | engine | median ms | codes | dB | convolutions |",
        "|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    results: dict[str, Any] = {}
    for name in arguments.networks.split(","):
        for scale in shipped_networks()[name]:
            result = measure(name, scale, arguments.rounds, threads)
            results[f"{name}-x{scale}"] = {**result, "times": as_json(result["times"])}
            more = rows(name, scale, result)
            lines += more
            print("\n".join(more), flush=True)
    if arguments.out:
        kind = re.sub(r"[^a-z0-9]+", "-", machine.cpu.lower()).strip("-")
        table = "\n".join(lines) + "\n"
        write_results(arguments.out, f"three_engines_{kind}", results, table)


if __name__ == "__main__":
    main()
