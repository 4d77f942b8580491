"""What it costs to cut a network into segments.

(a) One processor, the network whole, in two files and in one file per unit: what hand-over and lost
fusion cost when nothing is converted. (b) Float and INT8 in turn at every unit: as segments with
Vernier's conversions, as segments whose engine converts, and fused into one file.

    python benchmarks/segments.py [--out benchmarks/results] [--rounds 15]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from timing import as_json, interleave, write_results
from vernier.bundles.bundle import in_memory
from vernier.conversion.registry import default_method
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.quantization.quantize import quantize
from vernier.runtime.chain import Chain
from vernier.runtime.loading import load_network, placed
from vernier.runtime.step_times import fill_with_picture, time_steps
from vernier.units.cutting import cut
from vernier.units.segments import segment
from vernier.units.split import Form
from vernier.units.unit import Unit

NETWORKS = (("sesr-m11", 2, 360, 640), ("edsr-baseline", 2, 180, 320))
ENGINES = ("litert", "openvino")
THREADS = 2


def cut_chain(graph: Graph, units: tuple[Unit, ...], processor: str, parts: int) -> Chain:
    """One processor's network in so many files, as even as whole units allow."""
    number = {
        output: place * parts // len(units)
        for place, unit in enumerate(units)
        for output in unit.operators
    }
    for op in reversed(graph.operators):
        readers = [number[r.output] for r in graph.consumers(op.output)]
        number.setdefault(op.output, min(readers, default=parts - 1))
    pieces = segment(graph, {name: f"{processor}#{part}" for name, part in number.items()})
    assert len(pieces.runs) == parts
    found = find_processor(processor)
    loaded = [found.load(write(run.graph), threads=THREADS) for run in pieces.runs]
    chain = Chain(graph, pieces, loaded, default_method())
    fill_with_picture(chain.input_buffer())
    return chain


def whole_against_parts(rounds: int) -> tuple[list[str], dict[str, object]]:
    """Part (a)."""
    lines = [
        "| network | processor | whole ms | 2 files | per unit | files |",
        "|---|---|---|---|---|---|",
    ]
    results: dict[str, object] = {}
    for name, scale, height, width in NETWORKS:
        graph = graph_of(name, scale)
        units = cut(graph)
        sized = resized(graph, height, width)
        for engine in ENGINES:
            for precision in ("float32", "int8"):
                processor = f"{engine}:cpu:{precision}"
                used = (
                    sized
                    if precision == "float32"
                    else quantize(sized, activations_of(graph).ranges)
                )
                chains = {
                    "whole": cut_chain(used, units, processor, 1),
                    "two": cut_chain(used, units, processor, 2),
                    "every": cut_chain(used, units, processor, len(units)),
                }
                runs: Mapping[str, Callable[[], object]] = {k: c.run for k, c in chains.items()}
                times = interleave(runs, rounds, warm_up=3)
                whole = times["whole"].median_ms
                lines.append(
                    f"| {name} {width}x{height} | {processor} | {whole:.1f} "
                    f"| {times['two'].median_ms / whole:.2f}x "
                    f"| {times['every'].median_ms / whole:.2f}x | {len(units)} |"
                )
                print(lines[-1], flush=True)
                results[f"{name} {processor}"] = as_json(times)
                for chain in chains.values():
                    chain.close()
    return lines, results


def alternating(rounds: int) -> tuple[list[str], dict[str, object]]:
    """Part (b)."""
    lines = [
        "| network | engine | fused ms | engine converts | segments | of which conversions, copies "
        "| segments without conversions / fused |",
        "|---|---|---|---|---|---|---|",
    ]
    results: dict[str, object] = {}
    for name, scale, height, width in NETWORKS:
        graph = graph_of(name, scale)
        units = cut(graph)
        ranges = activations_of(graph).ranges
        for engine in ENGINES:
            names = [f"{engine}:cpu:{('float32', 'int8')[n % 2]}" for n in range(len(units))]
            chains = {}
            for form in (Form.FUSED, Form.ENGINE, Form.SEGMENTS):
                facts = network_facts(graph, name, scale)
                exported = export_split(graph, facts, units, names, ranges, form=form)
                bundle = in_memory(exported.manifest, exported.models)
                load = placed(find_processor, THREADS, allow_fallback=False)
                chains[form.value] = load_network(bundle, height, width, load)
                fill_with_picture(chains[form.value].input_buffer())
            times = interleave({k: c.run for k, c in chains.items()}, rounds, warm_up=3)
            steps = time_steps(chains["segments"], rounds)
            apart = sum(step.median_ms for step in steps if step.kind != "segment")
            inside = sum(step.median_ms for step in steps if step.kind == "segment")
            fused = times["fused"].median_ms
            lines.append(
                f"| {name} {width}x{height} | {engine} | {fused:.1f} "
                f"| {times['engine'].median_ms / fused:.2f}x "
                f"| {times['segments'].median_ms / fused:.2f}x | {apart:.1f} ms "
                f"| {inside / fused:.2f}x |"
            )
            print(lines[-1], flush=True)
            results[f"{name} {engine}"] = {
                **as_json(times),
                "conversions_ms": apart,
                "segments_ms": inside,
                "method": chains["segments"].conversion_method,
            }
            for chain in chains.values():
                chain.close()
    return lines, results


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    first, parts = whole_against_parts(given.rounds)
    second, turns = alternating(given.rounds)
    table = "\n".join(
        [
            f"# Segments, {THREADS} threads, medians of {given.rounds} interleaved runs",
            "",
            "One processor, cut into files without conversions; ratios to the whole file:",
            "",
            *first,
            "",
            "Float and INT8 in turn at every unit; ratios to one fused file:",
            "",
            *second,
            "",
        ]
    )
    print(table)
    if given.out:
        write_results(given.out, "segments", {"parts": parts, "alternating": turns}, table)


if __name__ == "__main__":
    main()
