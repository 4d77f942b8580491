"""What an engine's memory grows by when it runs a tile, against the tensors alive at once.

The runtime multiplies `peak_bytes` by `engine_memory_factor` to keep to a budget; this prints
the factor that each engine really has. Every figure comes from a process of its own.

    python benchmarks/memory.py [--out benchmarks/results]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from timing import write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.runtime.loading import wrapped_network
from vernier.runtime.memory import engine_memory_factor, peak_bytes

PROCESSORS = (
    "litert:cpu:float32",
    "litert:cpu:int8",
    "openvino:cpu:float32",
    "openvino:cpu:bfloat16",
    "openvino:cpu:int8",
)
SIDES = (256, 512, 1024)


def _resident_bytes(field: str) -> int:
    """`VmRSS` or its high-water mark `VmHWM` of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def growth(processor: str, side: int) -> dict[str, float]:
    """In this process: what loading and running one tile adds to its memory, in MiB."""
    found = find_processor(processor)
    bundle = open_bundle(shipped_bundles("sesr-m5", 2)[found.id.model_precision])
    network = bundle.segments[0].graph

    def run(pixels: int) -> int:
        graph = wrapped_network(resized(network, pixels, pixels), 2, 3, codes=True)
        executable = found.load(write(graph), threads=1)
        executable.run()
        executable.run()
        executable.close()
        return peak_bytes(graph)

    # The engine's code and its own tables are there whatever the tile: they are not the tile's.
    run(32)
    before = _resident_bytes("VmRSS")
    alive = run(side)
    return {
        "alive_mib": alive / 2**20,
        "grown_mib": (_resident_bytes("VmHWM") - before) / 2**20,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("PROCESSOR", "SIDE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(growth(given.one[0], int(given.one[1]))))
        return
    lines = [
        "# Memory of a tile: sesr-m5 with colour, x2",
        "",
        "| processor | tile | tensors alive MiB | process grew by MiB | factor | reckoned with |",
        "|---|---|---|---|---|---|",
    ]
    results: dict[str, dict[str, float]] = {}
    for processor in PROCESSORS:
        for side in SIDES:
            answer = subprocess.run(
                [sys.executable, __file__, "--one", processor, str(side)],
                check=True,
                capture_output=True,
                text=True,
            )
            found = json.loads(answer.stdout.splitlines()[-1])
            results[f"{processor} {side}"] = found
            lines.append(
                f"| {processor} | {side}x{side} | {found['alive_mib']:.0f} "
                f"| {found['grown_mib']:.0f} | {found['grown_mib'] / found['alive_mib']:.2f} "
                f"| {engine_memory_factor(ProcessorId.parse(processor))} |"
            )
            print(lines[-1], file=sys.stderr)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "memory", results, table)


if __name__ == "__main__":
    main()
