"""What this machine makes of the networks: every engine in float and INT8, and what others do.

    python benchmarks/machine.py --out benchmarks/results
    ONEDNN_MAX_CPU_ISA=AVX2 python benchmarks/machine.py --out benchmarks/results
    python benchmarks/machine.py --networks sesr-xl --out benchmarks/results

In pieces, as the last one: networks that were recorded on the same machine, with the same versions,
stay in the table.

All contenders run once per round, so that a drifting machine favours none; medians. The picture is
a quarter of 1080p, 540x960, the bare network. *dB*: PSNR to the float32 network by LiteRT. OpenVINO
imitates another CPU where ONEDNN_MAX_CPU_ISA says so; the others do not know that variable.
EDSR-baseline has random weights, as no file of it may be shipped.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import peers
from timing import as_json, cpu_kind, interleave, read_results, write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.cpu import usable_cores
from vernier.errors import VernierError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.images.bicubic import imresize
from vernier.networks.source import graph_of
from vernier.processors.discovery import present_processors
from vernier.processors.doctor import try_processor
from vernier.processors.machine import describe_machine
from vernier.processors.protocol import Executable
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate_picture_network

HEIGHT, WIDTH, SCALE = 540, 960, 2
NETWORKS = ("sesr-m5", "sesr-m5-hw", "sesr-m11", "sesr-xl", "edsr-baseline")
LARGE = ("sesr-xl", "edsr-baseline")
"""Run once after the warm-up: a run takes seconds, and all of them minutes."""
REFERENCE = "litert:cpu:float32"
LIMIT = "ONEDNN_MAX_CPU_ISA"


def picture(channels: int, seed: int = 7) -> np.ndarray[Any, Any]:
    """Noise at several scales, as bright as a photo: `(1, H, W, C)` float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    made = np.zeros((HEIGHT, WIDTH, channels), np.float32)
    for octave in range(1, 7):
        shape = (HEIGHT >> octave, WIDTH >> octave, channels)
        made += imresize(rng.normal(size=shape).astype(np.float32), HEIGHT, WIDTH) * 2.0**octave
    made -= made.min()
    return np.round(made / made.max() * 255)[None].astype(np.float32) / 255


def graphs(name: str) -> dict[str, Graph]:
    """The network by the precision of its file, at the size of the benchmark."""
    if SCALE in shipped_networks().get(name, ()):
        found = shipped_bundles(name, SCALE)
        return {
            precision: resized(open_bundle(path).segments[0].graph, HEIGHT, WIDTH)
            for precision, path in found.items()
        }
    graph = graph_of(name, SCALE, size=(HEIGHT, WIDTH))
    channels = graph.types[graph.inputs[0]].shape[3]
    tile = picture(channels)[:, :96, :128]
    ranges = calibrate_picture_network(resized(graph, 96, 128), [tile])
    return {
        "float32": resized(graph, HEIGHT, WIDTH),
        "int8": resized(quantize(resized(graph, 96, 128), ranges), HEIGHT, WIDTH),
    }


def fill(executable: Executable, plane: np.ndarray[Any, Any]) -> None:
    """The picture as the port wants it."""
    coding = executable.inputs[0].quantization
    codes = plane if coding is None else np.round(plane / coding.scale) + coding.zero_point
    low, high = (-128, 127) if coding is not None else (0, 1)
    executable.input_buffer(0)[...] = np.clip(codes, low, high)


def real(executable: Executable) -> np.ndarray[Any, Any]:
    """The result as samples."""
    coding, result = executable.outputs[0].quantization, executable.output_buffer(0)
    if coding is None:
        return np.array(result, np.float64)
    return (result.astype(np.float64) - coding.zero_point) * coding.scale


def psnr_db(result: object, reference: np.ndarray[Any, Any]) -> float:
    """Of samples clipped to [0, 1], as a picture is."""
    one, other = (np.clip(np.asarray(a, np.float64), 0, 1) for a in (result, reference))
    error = float(np.mean((one - other) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def measure(name: str, rounds: int, threads: int) -> dict[str, Any]:
    """Times and dB of every contender on one network; text for one that does not run."""
    forms = graphs(name)
    plane = picture(forms["float32"].types[forms["float32"].inputs[0]].shape[3])
    runs: dict[str, Any] = {}
    refused: dict[str, str] = {}
    executables: dict[str, Executable] = {}
    for processor in present_processors():
        label = str(processor.id)
        try:
            model = write(forms[processor.id.model_precision])
            executables[label] = processor.load(model, threads=threads)
            fill(executables[label], plane)
            executables[label].run()
            runs[label] = executables[label].run
        except VernierError as error:
            refused[label] = str(error)
    for label, start in peers.peers(forms["float32"], plane, threads).items():
        if isinstance(start, str):
            refused[label] = start
        else:
            runs[label] = start
    times = interleave(runs, rounds)
    reference = real(executables[REFERENCE])
    decibels = {
        label: psnr_db(real(executables[label]) if label in executables else run(), reference)
        for label, run in runs.items()
    }
    for executable in executables.values():
        executable.close()
    return {"times": times, "db": decibels, "refused": refused}


def rows(name: str, found: dict[str, Any], verdicts: dict[str, str]) -> list[str]:
    """The network's part of the table."""
    times: dict[str, dict[str, float]] = found["times"]
    best = min(t["median_ms"] for label, t in times.items() if label.endswith(":float32"))
    table = []
    for label, time in sorted(times.items(), key=lambda item: item[1]["median_ms"]):
        own, median = f"{':'.join(label.split(':')[:2])}:float32", time["median_ms"]
        ratio = f"{median / times[own]['median_ms']:.2f}" if own in times else ""
        decibel = found["db"][label]
        shown = "same" if decibel == float("inf") else f"{decibel:.1f}"
        table.append(
            f"| {name} | {label} | {median:.1f} | {time['fastest_ms']:.1f} | "
            f"{time['slowest_ms']:.1f} | {ratio} | {median / best:.2f} | {shown} | "
            f"{verdicts.get(label, '')} |"
        )
    told = found["refused"].items()
    return [*table, *(f"| {name} | {label} | {why} | | | | | | |" for label, why in told)]


def recorded(file: Path, like: dict[str, Any]) -> dict[str, Any]:
    """Networks that were measured on this machine, with the same versions of everything."""
    if not file.exists():
        return {}
    document, known = json.loads(file.read_text()), read_results(file)
    same = document["machine"] == json.loads(msgspec.json.encode(describe_machine()))
    return known["networks"] if same and known.get("setting") == like else {}


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    threads, machine = usable_cores(), describe_machine()
    limit = os.environ.get(LIMIT, "")
    verdicts = {str(p.id): str(try_processor(p).verdict) for p in present_processors()}
    others = ", ".join(f"{package} {version}" for package, version in peers.versions().items())
    lines = [
        f"# Engines here, {HEIGHT}x{WIDTH}, {arguments.rounds} rounds ({', '.join(LARGE)}: 1), "
        f"{threads} threads",
        "",
        f"{machine.label}; {' '.join(machine.flags)}"
        + (f"; {LIMIT}={limit}, which OpenVINO obeys" if limit else "")
        + f". Peers: {others}.",
        "",
        "Times in ms. *to own float*: to the same engine's float32. *to best*: to the fastest of "
        "Vernier's float32. *dB*: PSNR to the float32 network by LiteRT. EDSR: random weights.",
        "",
        "| network | engine | median | fastest | slowest | to own float | to best | dB | test |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    setting = {"limit": limit, "rounds": arguments.rounds, "threads": threads, "peers": others}
    name_of_all = f"machine_{cpu_kind()}"
    results = recorded(arguments.out / f"{name_of_all}.json", setting) if arguments.out else {}
    print("\n".join(lines))
    for name in arguments.networks.split(","):
        found = measure(name, 1 if name in LARGE else arguments.rounds, threads)
        results[name] = {**found, "times": as_json(found["times"])}
        print("\n".join(rows(name, results[name], verdicts)), flush=True)
        if arguments.out:  # after each: the last takes minutes on a slow machine
            known = [one for one in NETWORKS if one in results]
            table = [line for one in known for line in rows(one, results[one], verdicts)]
            kept = {"setting": setting, "self-test": verdicts, "networks": results}
            write_results(arguments.out, name_of_all, kept, "\n".join([*lines, *table]) + "\n")


if __name__ == "__main__":
    main()
