"""A second opinion: what Arm's compiler Vela says of our INT8 file on an Ethos-U.

Vela is an optional package. Its figures steer the compiler; Arm says that they are not a device's.
"""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from vernier.errors import GraphError, MissingExtraError, ProcessorError
from vernier.estimates.lowering import packings_as_convolutions, shuffles_as_convolutions
from vernier.estimates.table import Bound, Estimate, LayerEstimate
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.receptive_field import halo
from vernier.graphs.shapes import resized
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate

SOURCE = "Arm's Vela"
SMALLEST_NOISE = 32
"""Side of the noise that INT8 ranges are taken from, in pixels: they do not change the figures."""

# Column of the per-layer CSV that counts cycles -> what the layer then waits for.
_BOUNDS = {
    "NPU": Bound.MAC,
    "SRAM AC": Bound.SRAM,
    "DRAM AC": Bound.DRAM,
    "OnFlash AC": Bound.DRAM,
    "OffFlash AC": Bound.DRAM,
}


@dataclass(frozen=True)
class EthosU:
    """An accelerator with its surroundings, in Vela's words.

    Attributes:
        name: what the user types, which is Vela's name of the accelerator.
        system: clock and memory speeds, a section of Vela's own `Arm/vela.ini`.
        memory: how SRAM is used, likewise.
    """

    name: str
    system: str
    memory: str


ETHOS_U = {
    npu.name: npu
    for npu in (
        EthosU("ethos-u65-256", "Ethos_U65_High_End", "Dedicated_Sram_384KB"),
        EthosU("ethos-u65-512", "Ethos_U65_High_End", "Dedicated_Sram_384KB"),
        EthosU("ethos-u85-512", "Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
        EthosU("ethos-u85-1024", "Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
        EthosU("ethos-u85-2048", "Ethos_U85_SYS_DRAM_High", "Dedicated_Sram_512KB"),
    )
}


def estimate_with_vela(graph: Graph, npu: EthosU, lower_shuffles: bool = True) -> Estimate:
    """What Vela says of a network in INT8, one picture of the graph's size at a time.

    Args:
        graph: float32, of concrete size; quantised with ranges from noise, which suffices to count.
        npu: the accelerator.
        lower_shuffles: DEPTH_TO_SPACE as transposed convolutions, which the NPU can run.

    Raises:
        GraphError: the graph has no INT8 form.
        MissingExtraError: Vela is not installed.
        ProcessorError: Vela refuses the network.
    """
    side = SMALLEST_NOISE + 2 * halo(graph)
    channels = graph.types[graph.inputs[0]].shape[3]
    noise = np.random.default_rng(0).random((1, side, side, channels), np.float32)
    integer = quantize(graph, calibrate(resized(graph, side, side), [noise]))
    if lower_shuffles:
        integer = packings_as_convolutions(shuffles_as_convolutions(integer))
    return compile_with_vela(integer, npu)


def compile_with_vela(graph: Graph, npu: EthosU) -> Estimate:
    """What Vela says of an INT8 graph. Errors as `estimate_with_vela`."""
    if not any(kind.dtype == "int8" for kind in graph.types.values()):
        raise GraphError(
            f"{graph.name}: Vela compiles INT8 graphs, and this one has no INT8 tensor"
        )
    if importlib.util.find_spec("ethosu") is None:
        raise MissingExtraError("ethos-u-vela", "vela", f"an estimate for {npu.name}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "network.tflite").write_bytes(write(graph))
        _run(folder, npu)
        layers = _rows(folder / "network_per-layer.csv")
        (summary,) = _rows(folder / f"network_summary_{npu.system}.csv")
    return read_tables(graph.name, npu, layers, summary)


def read_tables(
    network: str, npu: EthosU, layers: Iterable[Mapping[str, str]], summary: Mapping[str, str]
) -> Estimate:
    """Vela's tables as ours: its rows of the per-layer file and the one row of its summary."""
    clock = float(summary["core_clock"])
    rows = tuple(
        _layer(row, clock, number) for number, row in enumerate(layers) if _takes_part(row)
    )
    on_the_cpu = [f"{row.kind} {row.name}" for row in rows if row.runs_on == "CPU"]
    remarks = ["Vela's figures steer the compiler; Arm does not call them a device's performance"]
    if on_the_cpu:
        remarks.append(f"the time is without what falls to the CPU: {', '.join(on_the_cpu)}")
    return Estimate(
        network,
        npu.name,
        SOURCE,
        {
            "system": npu.system,
            "memory": npu.memory,
            "clock_hz": clock,
            "dram_gib_per_second": float(summary["dram_bandwidth"]),
            "sram_cache_kib": float(summary["arena_cache_size"]),
        },
        rows,
        1000.0 * float(summary["inference_time"]),
        int(summary["dram_total_bytes"]),
        tuple(remarks),
    )


def _run(folder: Path, npu: EthosU) -> None:
    arguments = {
        "--accelerator-config": npu.name,
        "--config": "Arm/vela.ini",
        "--system-config": npu.system,
        "--memory-mode": npu.memory,
        "--output-dir": str(folder),
    }
    command = [sys.executable, "-m", "ethosu.vela", str(folder / "network.tflite")]
    for name, value in arguments.items():
        command += [name, value]
    command.append("--verbose-performance")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode or not (folder / "network_per-layer.csv").exists():
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ProcessorError(
            f"Vela did not compile the network for {npu.name}: {said[-1] if said else 'no reason'}"
        )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _takes_part(row: Mapping[str, str]) -> bool:
    """Whether the row is work of its own; an operator fused into another has neither."""
    return row["Target"] == "CPU" or any(float(row[column]) for column in _BOUNDS)


def _layer(row: Mapping[str, str], clock: float, number: int) -> LayerEstimate:
    cycles = {column: int(float(row[column])) for column in _BOUNDS}
    macs = int(float(row["MAC Count"]))
    longest = max(cycles, key=lambda column: cycles[column])
    bound = _BOUNDS[longest]
    if row["Target"] == "CPU":
        bound = Bound.UNKNOWN
    elif bound is Bound.MAC and not macs:
        bound = Bound.ELEMENTWISE
    original, made = row["Original Operator"], row["NNG Operator"]
    return LayerEstimate(
        name=row["Name"].strip(),
        kind=original if original == made else f"{original} as {made}",
        runs_on=row["Target"],
        macs=macs,
        mac_cycles=cycles["NPU"] if macs else 0,
        elementwise_cycles=0 if macs else cycles["NPU"],
        dram_cycles=cycles["DRAM AC"],
        dram_bytes=None,
        bound=bound,
        time_ms=1000.0 * float(row["Op Cycles"]) / clock,
        pass_number=number,
    )
