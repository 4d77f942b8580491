"""Networks with their last layer packed (`graphs/packed_convolutions.py`) against plainly loaded.

    python benchmarks/packed_last_layer.py [--out benchmarks/results]

1080p to 4K, every processor, the bare network and from an RGB picture to an RGB picture, in turn.
The largest difference of the two outputs is told: 0 in INT8.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from timing import interleave, write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cpu import usable_cores
from vernier.formats.tflite.writer import write
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.shapes import resized
from vernier.processors.soundness import sound_processors
from vernier.runtime.loading import wrapped_network
from vernier.runtime.step_times import fill_with_picture

HEIGHT, WIDTH = 1080, 1920


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", nargs="+", default=["sesr-m5", "sesr-m5-hw"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    threads = usable_cores()
    lines = [
        f"# The last layer packed, 1080p to 4K, {threads} threads, {given.rounds} rounds",
        "",
        "| network | processor | what | plain ms | packed ms | packed / plain | difference |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = []
    for network in given.networks:
        for processor in sound_processors():
            bundle = open_bundle(shipped_bundles(network, 2)[processor.id.model_precision])
            bare = resized(bundle.graph, HEIGHT, WIDTH)
            for what, graph in (
                ("network", bare),
                ("picture", wrapped_network(bare, 2, 3, codes=True)),
            ):
                loaded = {}
                for name, form in (("plain", graph), ("packed", packed_convolutions(graph))):
                    loaded[name] = processor.load(write(form), threads=threads)
                    fill_with_picture(loaded[name].input_buffer(0))
                    loaded[name].run()
                made = [one.output_buffer(0).astype(np.float32) for one in loaded.values()]
                apart = float(np.abs(made[0] - made[1]).max())
                times = interleave({n: e.run for n, e in loaded.items()}, given.rounds, warm_up=2)
                for executable in loaded.values():
                    executable.close()
                plain, packed = times["plain"].median_ms, times["packed"].median_ms
                rows.append({
                    "network": network, "processor": str(processor.id), "what": what,
                    "plain_ms": plain, "packed_ms": packed, "difference": apart,
                })  # fmt: skip
                lines.append(
                    f"| {network} | {processor.id} | {what} | {plain:.1f} | {packed:.1f} "
                    f"| {packed / plain:.2f} | {apart:.1e} |"
                )
                print(lines[-1], flush=True)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "packed_last_layer", {"rows": rows}, table)


if __name__ == "__main__":
    main()
