"""Switches by the clock and by the kernel's trace: how much of a hand-over scheduling explains.

    python benchmarks/switch_trace.py [--out benchmarks/results]

Needs root and tracefs. Each pair of processors passes a tensor of three sizes; by the clock as a
profile does, then once more with the kernel traced.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from itertools import permutations
from pathlib import Path

from timing import write_results
from vernier.conversion.registry import fastest_method
from vernier.networks.source import graph_of
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.profiling.contenders import Bench
from vernier.profiling.kernel.switches import trace_switch
from vernier.profiling.switch_times import time_switch
from vernier.runtime.loading import placed

PROCESSORS = (
    "litert:cpu:float32", "litert:cpu:int8", "openvino:cpu:float32", "openvino:cpu:int8",
)  # fmt: skip
SIZES = ((45, 80), (180, 320), (360, 640))
ROUNDS = 41
THREADS = 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    graph = graph_of("sesr-m5", 2)
    bench = Bench(placed(find_processor, THREADS, allow_fallback=False), activations_of(graph))
    tensor = graph.operators[0].output
    method = fastest_method()
    lines = [
        f"# Hand-overs by the clock and by the kernel, {THREADS} threads, {ROUNDS} rounds, medians",
        "",
        "*Clock* is the profile's hand-over: pair against halves, without the conversion. The rest",
        "is from a traced run: the same by the trace's marks, and of that what the kernel shows:",
        "threads that waited for a core (added up over threads), interrupts, context switches; and",
        "how long the second segment's threads took to be running. All in ms, pair less halves.",
        "",
        "| from | to | tensor | conversion | clock (95 %) | traced | waiting | interrupts "
        "| switches | all awake after |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    results: list[dict[str, object]] = []
    for height, width in SIZES:
        shape = (1, height, width, 16)
        for source, target in permutations(PROCESSORS, 2):
            arguments = (shape, tensor, source, target, bench, method, ROUNDS)
            conversion, hand_over = time_switch(*arguments)
            seen = trace_switch(*arguments)
            lines.append(
                f"| {source} | {target} | {height}x{width}x16 | {conversion.ms:.3f} "
                f"| {hand_over.ms:+.3f} ({hand_over.low_ms:+.3f} to {hand_over.high_ms:+.3f}) "
                f"| {seen.marked_ms:+.3f} | {seen.waiting_ms:+.3f} | {seen.interrupts_ms:+.3f} "
                f"| {seen.switches:+.0f} | {seen.wake_up_ms:.3f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
            results.append(
                {
                    "source": source,
                    "target": target,
                    "shape": shape,
                    "conversion_ms": conversion.ms,
                    "hand_over_ms": hand_over.ms,
                    "hand_over_low_ms": hand_over.low_ms,
                    "hand_over_high_ms": hand_over.high_ms,
                    **asdict(seen),
                }
            )
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "switch_trace", {"switches": results}, table)


if __name__ == "__main__":
    main()
