"""Where OpenVINO spends a 1080p picture of SESR, by layer, and the least that each could take.

    python benchmarks/layer_floors.py [--network sesr-m5] [--precision int8] [--out DIR]

OpenVINO's own counters, medians over runs. A convolution's floor is the larger of two: its
multiplications at the peak that this machine reaches on a wide convolution (`upscale_1080p.py`),
and the bytes of its input and output at the speed of a large copy. "padded" counts the
multiplications as a matrix unit does that takes input channels by 4 (VNNI) and output channels by
16 (a vector of 32-bit sums): 1 input channel costs as much as 4.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from timing import write_results
from upscale_1080p import HEIGHT, WIDTH, copy_bytes_per_ms, peak_macs_per_ms
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cpu import usable_cores
from vernier.formats.tflite.writer import write
from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import CONVOLUTIONS, Graph, Operator
from vernier.graphs.shapes import resized
from vernier.runtime.step_times import fill_with_picture

ROUNDS = 15
SAMPLE_BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}


def counters(model: Path, precision: str, threads: int) -> dict[str, tuple[float, str]]:
    """Median milliseconds and kernel of every executed node, by its name."""
    import openvino

    core = openvino.Core()
    settings = {"PERF_COUNT": True, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    if precision != "int8":
        settings["INFERENCE_PRECISION_HINT"] = "f32" if precision == "float32" else "bf16"
    compiled = core.compile_model(str(model), "CPU", settings)
    request = compiled.create_infer_request()
    fill_with_picture(request.get_input_tensor().data)
    times: dict[str, list[float]] = {}
    kernels: dict[str, str] = {}
    for number in range(ROUNDS + 3):
        request.infer()
        for node in request.profiling_info:
            if number >= 3 and node.real_time.total_seconds() > 0:
                times.setdefault(node.node_name, []).append(node.real_time.total_seconds() * 1e3)
                kernels[node.node_name] = f"{node.node_type} {node.exec_type}"
    return {name: (statistics.median(ms), kernels[name]) for name, ms in times.items()}


def padded_macs(graph: Graph, op: Operator) -> int:
    """Multiplications with input channels rounded up to 4 and output channels to 16."""
    inputs = graph.types[op.inputs[0]].shape[3]
    outputs = graph.types[op.output].shape[3]
    wide = -(-inputs // 4) * 4 * (-(-outputs // 16) * 16)
    return operator_macs(graph, op) // (inputs * outputs) * wide


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="sesr-m5")
    parser.add_argument("--precision", choices=list(SAMPLE_BYTES), default="int8")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    threads = usable_cores()
    kind = "int8" if given.precision == "int8" else "float32"
    bundle = open_bundle(shipped_bundles(given.network, 2)[kind])
    graph = resized(bundle.segments[0].graph, HEIGHT, WIDTH)
    peak, speed = peak_macs_per_ms(given.precision, threads), copy_bytes_per_ms()
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "network.tflite"
        model.write_bytes(write(graph))
        found = counters(model, given.precision, threads)
    size = SAMPLE_BYTES[given.precision]
    convs = [op for op in graph.operators if op.kind in CONVOLUTIONS]
    rows: list[dict[str, Any]] = []
    total = sum(ms for ms, _ in found.values())
    left = dict(found)
    for op in convs:
        names = [n for n, (_, kernel) in left.items() if "onv" in kernel.split()[0]]
        name = next((n for n in names if op.output in n), names[0] if names else None)
        if name is None:
            continue
        ms, kernel = left.pop(name)
        macs = operator_macs(graph, op)
        moved = size * sum(int(np.prod(graph.types[t].shape)) for t in (op.inputs[0], op.output))
        rows.append({
            "layer": op.output, "kernel": kernel.split()[-1], "ms": ms, "gmacs": macs / 1e9,
            "macs_ms": macs / peak, "padded_ms": padded_macs(graph, op) / peak,
            "bytes_ms": moved / speed,
        })  # fmt: skip
    lines = [
        f"# {given.network} x2, {given.precision}, 1080p: OpenVINO's time, {threads} threads",
        "",
        f"Peak {peak / 1e6:.2f} T MAC/s, a copy moves {speed / 1e6:.1f} GB/s.",
        "",
        "| layer | kernel | ms | G MACs | MACs at the peak, ms | padded, ms | bytes, ms "
        "| ms / larger of padded and bytes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        floor = max(row["padded_ms"], row["bytes_ms"])
        lines.append(
            f"| {row['layer']} | {row['kernel']} | {row['ms']:.2f} | {row['gmacs']:.2f} "
            f"| {row['macs_ms']:.2f} | {row['padded_ms']:.2f} | {row['bytes_ms']:.2f} "
            f"| {row['ms'] / floor:.2f} |"
        )
    for name, (ms, kernel) in sorted(left.items(), key=lambda item: -item[1][0]):
        if ms >= 0.2:
            lines.append(f"| {name} | {kernel} | {ms:.2f} | | | | | |")
    floor = sum(max(row["padded_ms"], row["bytes_ms"]) for row in rows)
    lines += [
        "",
        f"Sum {total:.1f} ms; convolutions {sum(r['ms'] for r in rows):.1f} ms, their floors "
        f"{floor:.1f} ms (by MACs alone {sum(r['macs_ms'] for r in rows):.1f} ms); "
        f"all else {sum(ms for ms, _ in left.values()):.1f} ms.",
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        name = f"layer_floors_{given.network}_{given.precision}"
        write_results(given.out, name, {"rows": rows, "total_ms": total}, table)


if __name__ == "__main__":
    main()
