"""1080p to 4K: SESR-M5 against FSRCNN in INT8, each on the engine that suits it best.

    python benchmarks/sesr_against_fsrcnn.py [--out benchmarks/results]

The paper says 6 to 8 times faster on an NPU (SESR, MLSys 2022, table 3). Here: this CPU, every
engine, the bare network and the whole way from an RGB picture to an RGB picture, all in turn.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import vernier
from timing import as_json, interleave, write_results
from upscale_1080p import HEIGHT, WIDTH, test_picture
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cpu import usable_cores
from vernier.errors import PlacementError
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import resized
from vernier.processors.soundness import sound_processors
from vernier.runtime.loading import load_network, placed
from vernier.runtime.step_times import fill_with_picture

NETWORKS = ("sesr-m5", "sesr-m5-hw", "fsrcnn")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    threads, picture = usable_cores(), test_picture()
    contenders: dict[str, Any] = {}
    gmacs = {}
    told: list[str] = []
    for network in NETWORKS:
        bundles = {p: open_bundle(b) for p, b in shipped_bundles(network, 2).items()}
        graph = resized(bundles["float32"].segments[0].graph, HEIGHT, WIDTH)
        gmacs[network] = count_macs(graph) / 1e9
        for processor in sound_processors():
            bundle = bundles[processor.id.model_precision]
            try:
                load = placed(lambda _, p=processor: p, threads, False)
                chain, fallback = load_network(bundle, HEIGHT, WIDTH, load), False
            except PlacementError as error:
                # Its best engine may be one that runs a layer otherwise; that is told.
                told.append(f"{network}: {error}")
                load = placed(lambda _, p=processor: p, threads, True)
                chain, fallback = load_network(bundle, HEIGHT, WIDTH, load), True
            fill_with_picture(chain.input_buffer())
            contenders[f"{network} network {processor.id}"] = chain.run
            upscaler = vernier.Upscaler(
                network, 2, processor=str(processor.id), allow_fallback=fallback
            )
            contenders[f"{network} picture {processor.id}"] = lambda u=upscaler: u(picture)
    times = interleave(contenders, given.rounds, warm_up=2)
    lines = [
        f"# 1080p to 4K, SESR-M5 against FSRCNN, {threads} threads, {given.rounds} rounds",
        "",
        "Median ms, the best engine of each precision. The paper, on an NPU: 6.15x, tiled 8x.",
        "",
        f"| what | precision | {' | '.join(NETWORKS)} | fsrcnn / sesr-m5 | fsrcnn / sesr-m5-hw |",
        "|---|---|" + "---|" * (len(NETWORKS) + 2),
    ]
    ratios = {}
    for what in ("network", "picture"):
        for precision in ("int8", "float32", "bfloat16"):
            best = {}
            for network in NETWORKS:
                own = {
                    name: found.median_ms
                    for name, found in times.items()
                    if name.startswith(f"{network} {what} ") and name.endswith(precision)
                }
                if own:
                    name = min(own, key=own.__getitem__)
                    best[network] = own[name], name.split()[-1].split(":")[0]
            if len(best) < len(NETWORKS):
                continue
            cells = " | ".join(f"{ms:.1f} ({engine})" for ms, engine in best.values())
            found = [best["fsrcnn"][0] / best[n][0] for n in NETWORKS[:2]]
            ratios[f"{what} {precision}"] = found
            lines.append(f"| {what} | {precision} | {cells} | {found[0]:.2f} | {found[1]:.2f} |")
    counted = ", ".join(f"{name} {value:.1f}" for name, value in gmacs.items())
    lines += ["", f"G MACs (transposed convolutions at high resolution): {counted}."]
    lines += ["", *(f"* {line.split('; allow')[0]}: run with the fallback." for line in told)]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        results = {"times": as_json(times), "ratios": ratios, "gmacs": gmacs}
        write_results(given.out, "sesr_against_fsrcnn", results, table)


if __name__ == "__main__":
    main()
