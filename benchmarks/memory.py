"""What an engine's memory grows by when it runs a tile, against the tensors alive at once.

The runtime keeps to a budget by `engine_bytes`; this prints what it reckons beside what each engine
really takes, for networks that come with Vernier and for bundles of large ones, such as exports of
ncnn's files. Every figure comes from a process of its own.

    python benchmarks/memory.py [--bundle x4plus.zip ...] [--out benchmarks/results]

With `--pictures` it is whole commands instead: the most memory that `vernier upscale` has resident
while a picture goes from a file to a file, which must not grow with the picture.

    python benchmarks/memory.py --pictures [--out benchmarks/results]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from timing import write_results
from vernier.bundles.bundle import Bundle, open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.shapes import resized
from vernier.images.dead_leaves import dead_leaves
from vernier.images.picture import Samples
from vernier.images.rows import PictureRows
from vernier.images.writing import format_of, write_picture
from vernier.processors.discovery import find_processor
from vernier.processors.machine import describe_machine
from vernier.runtime.loading import wrapped_network
from vernier.runtime.memory import engine_bytes, peak_bytes

PROCESSORS = (
    "litert:cpu:float32",
    "litert:cpu:int8",
    "openvino:cpu:float32",
    "openvino:cpu:bfloat16",
    "openvino:cpu:int8",
    "onnxruntime:cpu:float32",
    "onnxruntime:cpu:int8",
)
SIDES = (256, 512, 1024)
LARGE_NETWORKS_SIDES = (48, 96, 160)


def _resident_bytes(field: str) -> int:
    """`VmRSS` or its high-water mark `VmHWM` of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def growth(processor: str, side: int, place: str) -> dict[str, float]:
    """In this process: what loading and running one tile adds to its memory, in MiB."""
    found = find_processor(processor)

    def run(bundle: Bundle, pixels: int) -> Graph:
        network = resized(bundle.graph, pixels, pixels)
        graph = wrapped_network(network, bundle.manifest.network.scale, 3, codes=True)
        executable = found.load(write(packed_convolutions(graph)), threads=1)
        executable.run()
        executable.run()
        executable.close()
        return graph

    # The engine's code and its own tables are there whatever runs: they are not the tile's.
    run(open_bundle(shipped_bundles("sesr-m3", 2)[found.id.model_precision]), 32)
    before = _resident_bytes("VmRSS")
    graph = run(open_bundle(Path(place)), side)
    return {
        "alive_mib": peak_bytes(graph) / 2**20,
        "weights_mib": sum(value.nbytes for value in graph.constants.values()) / 2**20,
        "reckoned_mib": engine_bytes(graph, found.id) / 2**20,
        "grown_mib": (_resident_bytes("VmHWM") - before) / 2**20,
    }


def growth_apart(processor: str, side: int, place: Path) -> dict[str, float]:
    """`growth` in a process of its own."""
    answer = subprocess.run(
        [sys.executable, __file__, "--one", processor, str(side), str(place)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


# Width, height, scale, and the formats in and out.
PICTURES = (
    (1920, 1080, 2, "jpg", "jpg"),
    (6000, 4000, 2, "jpg", "png"),
    (6000, 4000, 4, "jpg", "png"),
    (6000, 4000, 4, "tif", "tif"),
    (6000, 4000, 4, "png", "jpg"),
    (16320, 12240, 2, "jpg", "jpg"),
    (16320, 12240, 2, "jpg", "png"),
    (16320, 12240, 2, "png", "png"),
    (16320, 12240, 2, "tif", "tif"),
)
GOAL_MIB = 1200


def make_picture(path: Path, width: int, height: int) -> None:
    """Write a picture with the texture of fallen leaves, in little memory."""
    patch = np.rint(dead_leaves(255, 1021, channels=3) * 255).astype(np.uint8)
    across = np.tile(patch, (1, -(-width // 1021), 1))[:, :width]

    def bands() -> Iterator[tuple[Samples, None]]:
        for first in range(0, height, len(across)):
            yield across[: height - first], None

    rows = PictureRows(height, width, 3, np.dtype(np.uint8), False, bands)
    write_picture(rows, path, format_of(path))


def command_peak(source: Path, target: Path, scale: int, processor: str) -> dict[str, float]:
    """What `vernier upscale` had resident at most, in MiB, and how long it took, in s."""
    arguments = ["upscale", str(source), "-o", str(target), "--scale", str(scale), "--quiet"]
    run = subprocess.Popen(
        [sys.executable, "-m", "vernier.cli.main", *arguments, "--processor", processor]
    )
    started = time.monotonic()
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise RuntimeError(f"{arguments} ended with {run.returncode}")
    return {"peak_mib": usage.ru_maxrss / 1024, "seconds": time.monotonic() - started}


def measure_pictures(processor: str, out: Path | None) -> None:
    """Print the table of whole commands."""
    lines = [
        f"# Memory of `vernier upscale`: sesr-m5, {processor}",
        "",
        f"{describe_machine().label}; the goal is {GOAL_MIB} MiB, whatever the picture.",
        "",
        "| picture | megapixels | scale | from | to | resident at most MiB | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for width, height, scale, given, made in PICTURES:
            source, target = Path(folder, f"in.{given}"), Path(folder, f"out.{made}")
            make_picture(source, width, height)
            found = command_peak(source, target, scale, processor)
            target.unlink()
            source.unlink()
            results[f"{width}x{height} x{scale} {given} {made}"] = found
            lines.append(
                f"| {width}x{height} | {width * height / 1e6:.0f} | x{scale} | {given} | {made} "
                f"| {found['peak_mib']:.0f} | {found['seconds']:.0f} |"
            )
            print(lines[-1], file=sys.stderr)
    table = "\n".join(lines) + "\n"
    print(table)
    if out:
        write_results(out, "memory_pictures", results, table)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--pictures", action="store_true", help="whole commands on large pictures")
    parser.add_argument("--processor", default="openvino:cpu:int8", help="of --pictures")
    parser.add_argument("--bundle", type=Path, action="append", default=[])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.pictures:
        measure_pictures(given.processor, given.out)
        return
    if given.one:
        print(json.dumps(growth(given.one[0], int(given.one[1]), given.one[2])))
        return
    lines = [
        "# Memory of a tile, with colour around the network",
        "",
        f"{describe_machine().label}; all figures but the factor in MiB.",
        "",
        "| network | processor | tile | tensors alive | weights | grew by | reckoned | factor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    results: dict[str, dict[str, float]] = {}
    places = [*shipped_bundles("sesr-m5", 2).values(), *given.bundle]
    for place in places:
        opened = open_bundle(place)
        is_integer = opened.manifest.name.endswith("int8")
        large = opened.manifest.network.channels == 3
        for processor in PROCESSORS:
            if processor.endswith("int8") != is_integer:
                continue
            for side in LARGE_NETWORKS_SIDES if large else SIDES:
                found = growth_apart(processor, side, place)
                results[f"{opened.manifest.network.name} {processor} {side}"] = found
                lines.append(
                    f"| {opened.manifest.network.name} | {processor} | {side}x{side} "
                    f"| {found['alive_mib']:.0f} | {found['weights_mib']:.1f} "
                    f"| {found['grown_mib']:.0f} | {found['reckoned_mib']:.0f} "
                    f"| {found['reckoned_mib'] / found['grown_mib']:.2f} |"
                )
                print(lines[-1], file=sys.stderr)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "memory", results, table)


if __name__ == "__main__":
    main()
