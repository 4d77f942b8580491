"""FYE-SR's main figure again, on a modelled Pixel 6: our networks and pictures, its times by MACs.

    python benchmarks/pixel6.py --data BSD100 --count 8 --out benchmarks/results \
        --weights EDSR=edsr.safetensors --weights ENet-PAT=enet.safetensors

Every time in it is modelled: a network's whole time on GPU and NPU is what the paper published, for
a picture of the size at which our network has that time, and units share it by their
multiply-accumulates. Pictures are computed here, with a phone's arithmetic. What the paper's bars
say stands beside it; they are read off a figure. The paper's networks do not come with Vernier:
give files of weights, as `vernier train` makes them. Without EDSR's, SESR-XL takes its place.
"""

from __future__ import annotations

import argparse
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from timing import write_results
from vernier.cli.console import progress_bar
from vernier.comparison.comparing import compare
from vernier.comparison.records import Comparison, Result
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import resized
from vernier.networks.source import find_source
from vernier.processors.machine import describe_machine
from vernier.profiling.modelled import pixel_macs_per_ms

PAIR = ("modelled:pixel-6-gpu:float16", "modelled:pixel-6-npu:int8")
METHODS = ("float", "int8", "mobisr", "mulayer", "codl", "plan")


@dataclass(frozen=True)
class Figure:
    """One network of the paper's figure, and its bars.

    Attributes:
        title: as the paper calls it.
        network: ours where no weights are given; empty for none.
        scale: of ours.
        gpu_ms: its time on the GPU alone, which fixes our picture's size.
        ms: bars of latency in the order of `METHODS`, by budget.
        piqe: bars of PIQE, likewise.
    """

    title: str
    network: str
    scale: int
    gpu_ms: float
    ms: dict[str, tuple[float, ...]]
    piqe: dict[str, tuple[float, ...]]


FIGURES = (
    Figure(
        "EDSR", "sesr-xl", 2, 215,
        {"66.6ms": (215, 20, 67, 242, 106, 67), "90ms": (215, 20, 88, 242, 106, 92)},
        {"66.6ms": (54.5, 77, 68, 60.5, 54.5, 56.5), "90ms": (54.5, 77, 63, 60, 54.5, 57)},
    ),
    Figure(
        "ESRGAN", "", 4, 460,
        {"250ms": (460, 74, 240, 600, 293, 250)},
        {"250ms": (26.8, 62.6, 47.1, 46, 26.8, 33)},
    ),
    Figure(
        "ENet-PAT", "", 4, 229,
        {"66.6ms": (229, 21, 66, 254, 135, 71)},
        {"66.6ms": (37, 68, 57, 54, 37, 43)},
    ),
)  # fmt: skip


def main() -> None:
    """Model, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "demo")
    parser.add_argument("--count", type=int)
    parser.add_argument("--weights", action="append", default=[], help="EDSR=FILE, and so on")
    parser.add_argument("--folder", type=Path, default=Path("runs/pixel6"))
    parser.add_argument("--out", type=Path, help="folder for the table and its JSON")
    asked = parser.parse_args()
    lines = [
        "# FYE-SR's figure on a modelled Pixel 6",
        "",
        f"Pictures were computed on {describe_machine().cpu}, with a phone's arithmetic. "
        "All times are modelled, from the paper's times of whole networks, by MACs; nothing here "
        "was measured on a phone. Pictures and PIQE are computed here; the paper's networks and "
        "photos are others, so that PIQE is to be compared within a row of ours or of the paper's. "
        "The paper's values are read off bars; its ESRGAN bar of muLayer is off the scale (> 600).",
    ]
    results: dict[str, Any] = {}
    given = dict(one.split("=", 1) for one in asked.weights)
    for figure in FIGURES:
        network = given.get(figure.title, figure.network)
        if not network:
            lines += ["", f"{figure.title}: no weights were given."]
        else:
            found = _compared(figure, network, asked.data, asked.count, asked.folder)
            lines += ["", *_section(figure, found)]
            shortened = [msgspec.structs.replace(one, scored=()) for one in found.results]
            results[figure.title] = {
                "size": [found.height, found.width],
                "verdict": found.verdict,
                "results": msgspec.to_builtins(shortened),
                "paper_ms": figure.ms,
                "paper_piqe": figure.piqe,
            }
    page = "\n".join(lines) + "\n"
    print(page)
    if asked.out is not None:
        write_results(asked.out, "pixel6", results, page)


def _compared(
    figure: Figure, network: str, data: Path, count: int | None, folder: Path
) -> Comparison:
    return compare(
        network,
        data,
        folder / figure.title,
        budgets=tuple(figure.ms),
        methods=METHODS,
        count=count,
        scale=figure.scale,
        size=_size(figure, network),
        processors=PAIR,
        metrics=("psnr", "ssim", "piqe"),
        quick=True,
        stages=functools.partial(progress_bar, quiet=False),
    )


def _size(figure: Figure, network: str) -> tuple[int, int]:
    """Height and width, as 9 to 16, at which our network takes the GPU's published time."""
    graph = find_source(network, figure.scale).graph
    per_pixel = count_macs(resized(graph, 36, 64)) / (36 * 64)
    pixels = figure.gpu_ms * pixel_macs_per_ms(graph.name, "gpu") / per_pixel
    unit = round((pixels / (9 * 16)) ** 0.5)
    return 9 * unit, 16 * unit


def _section(figure: Figure, found: Comparison) -> list[str]:
    lines = [
        f"## {figure.title}: ours is {found.network.name} x{figure.scale} at "
        f"{found.width}x{found.height}",
        "",
        f"**{found.verdict}.**",
        "",
        "| budget | method | modelled ms | the paper's | PIQE | the paper's | SSIM to the photo | "
        "visible change to float |",
        "|---|---|---|---|---|---|---|---|",
    ]
    titles = {one.name: one.title for one in found.methods}
    for budget, bars in figure.ms.items():
        for place, method in enumerate(METHODS):
            result = found.of(method, budget)
            cells = _cells(result)
            lines.append(
                f"| {budget} | {titles[method]} | {cells[0]} | ~{bars[place]:g} | {cells[1]} | "
                f"~{figure.piqe[budget][place]:g} | {cells[2]} | {cells[3]} |"
            )
    return lines


def _cells(result: Result | None) -> tuple[str, str, str, str]:
    if result is None or result.missing or result.modelled_ms is None:
        return ("-" if result is None else result.missing or "-", "", "", "")
    wanted = (("piqe", ""), ("ssim", "photo"), ("visible", "float"))
    means = {(one.metric, one.against): one.mean for one in result.means}
    shown = [f"{means[key]:.3f}" if key in means else "" for key in wanted]
    return f"{result.modelled_ms:.1f}", shown[0], shown[1], shown[2]


if __name__ == "__main__":
    main()
