"""What SESR and FSRCNN would take on NPUs that are not here: modelled, nothing is timed.

    python benchmarks/npu_estimates.py [--out benchmarks/results]

Our model of the Ethos-N78 beside Arm's own estimator and the SESR paper; tiles with and without a
halo, and the best tile for several sizes of SRAM; Arm's compiler Vela for Ethos-U where installed.
"""

from __future__ import annotations

import argparse
import importlib.util
from dataclasses import replace
from pathlib import Path

from timing import write_results
from vernier.estimates.ethos_n import ETHOS_N
from vernier.estimates.lowering import relu_form
from vernier.estimates.model import estimate
from vernier.estimates.tiling import best_tile, estimate_tiled
from vernier.estimates.vela import ETHOS_U, estimate_with_vela
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of

NPU = ETHOS_N["ethos-n78-4tops"]
FULL_HD, TILE = (1080, 1920), (300, 400)
# Network, scale, size, Arm's estimator (ms, MB; release 25.03, half of the activations' traffic
# compressed away), the paper (ms, MB).
ROWS = (
    ("sesr-m3-hw", 2, FULL_HD, 22.5, 215, None, None),
    ("sesr-m5-hw", 2, FULL_HD, 27.17, 289.2, 27.22, 282.03),
    ("sesr-m7-hw", 2, FULL_HD, 31.8, 363, None, None),
    ("sesr-m11-hw", 2, FULL_HD, 41.1, 512, None, None),
    ("sesr-xl-hw", 2, FULL_HD, 78.2, 1022, None, None),
    ("sesr-m5-hw", 4, FULL_HD, 43.77, 386.5, 45.09, 389.86),
    ("sesr-m5-hw", 2, TILE, 1.22, 7.92, 1.26, None),
    ("sesr-m5-hw", 4, TILE, 2.19, 12.74, 2.12, None),
    ("fsrcnn", 2, FULL_HD, 203.6, 1018.9, 167.38, 564.11),
)
SRAM_KIB = (256, 512, 1024, 2048)


def network(name: str, scale: int, size: tuple[int, int]) -> Graph:
    """As SESR's authors gave theirs to the NPU: every PReLU a ReLU."""
    return relu_form(resized(graph_of(name, scale), *size))


def against_arm() -> tuple[list[str], list[dict[str, object]]]:
    """The model beside Arm's estimator and the paper."""
    lines = [
        "| network | input | G MACs | M MAC cycles | DRAM MB | ms | FPS | Arm's estimator ms | "
        "| MB | | paper ms | MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows: list[dict[str, object]] = []
    for name, scale, size, arm_ms, arm_mb, paper_ms, paper_mb in ROWS:
        found = estimate(network(name, scale, size), NPU)
        megabytes = found.dram_bytes / 1e6
        lines.append(
            f"| {name} x{scale} | {size[1]}x{size[0]} | {found.macs / 1e9:.2f} "
            f"| {found.mac_cycles / 1e6:.1f} | {megabytes:.1f} | {found.time_ms:.2f} "
            f"| {found.frames_per_second:.1f} | {arm_ms} | {found.time_ms / arm_ms - 1:+.1%} "
            f"| {arm_mb} | {megabytes / arm_mb - 1:+.1%} | {paper_ms or '-'} | {paper_mb or '-'} |"
        )
        rows.append({"network": name, "arm_ms": arm_ms, **found.as_json(), "layers": []})
    return lines, rows


def tiles() -> list[str]:
    """SESR-M5 at 1080p in tiles: the paper's, and the best for a given SRAM."""
    graph = network("sesr-m5-hw", 2, FULL_HD)
    lines = [
        "| SRAM KiB | halo | tile | tiles | ms | FPS | by area alone, FPS |",
        "|---|---|---|---|---|---|---|",
    ]
    for exact in (False, True):
        found = estimate_tiled(graph, NPU, TILE, exact)
        cases = [("1024, the paper's tile", found)]
        cases += [
            (f"{kib}, best", best_tile(graph, replace(NPU, sram_bytes=kib << 10), exact))
            for kib in SRAM_KIB
        ]
        for label, case in cases:
            lines.append(
                f"| {label} | {case.halo} | {case.height}x{case.width} | {case.count} "
                f"| {case.time_ms:.2f} | {case.frames_per_second:.1f} "
                f"| {1000 / case.time_by_area_ms:.1f} |"
            )
    return lines


def second_opinion() -> list[str]:
    """Vela's, of the same networks as INT8 files."""
    if importlib.util.find_spec("ethosu") is None:
        return ["Vela is not installed (`pip install 'vernier-sr[vela]'`)."]
    lines = [
        "| network | NPU | shuffle | ms | DRAM MB | falls to the CPU |",
        "|---|---|---|---|---|---|",
    ]
    for name in ("sesr-m5-hw", "sesr-m5", "fsrcnn"):
        graph = resized(graph_of(name, 2), *FULL_HD)
        for npu in ("ethos-u65-512", "ethos-u85-2048"):
            for lower in (True, False):
                found = estimate_with_vela(graph, ETHOS_U[npu], lower_shuffles=lower)
                how = "as convolutions" if lower else "as it is"
                fallen = ", ".join(sorted({layer.kind for layer in found.on_the_cpu})) or "-"
                lines.append(
                    f"| {name} x2 | {npu} | {how} | {found.time_ms:.1f} "
                    f"| {found.dram_bytes / 1e6:.0f} | {fallen} |"
                )
    return lines


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines, rows = against_arm()
    table = "\n".join(
        [
            "# NPU estimates: modelled, not measured",
            "",
            f"Ethos-N78, {NPU.macs_per_cycle} MAC a cycle, {NPU.clock_hz / 1e9:g} GHz, "
            f"{NPU.dram_bytes_per_cycle:g} bytes a cycle of DRAM, {NPU.sram_bytes >> 10} KiB of "
            f"SRAM, {NPU.activation_compression:.0%} of feature-map traffic compressed away:",
            "",
            *lines,
            "",
            "SESR-M5 x2, 1080p to 4K, in tiles:",
            "",
            *tiles(),
            "",
            "A second opinion, Arm's compiler Vela on our INT8 files, 1080p to 4K:",
            "",
            *second_opinion(),
            "",
        ]
    )
    print(table)
    if given.out:
        write_results(given.out, "npu_estimates", {"ethos_n78": rows}, table)


if __name__ == "__main__":
    main()
