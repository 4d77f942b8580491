"""Every split of a small network: its time, and its distance to float before and after rounding.

    python benchmarks/every_split.py --photos DIR [--network sesr-m5] [--out benchmarks/results]
    ONEDNN_MAX_CPU_ISA=AVX2 python benchmarks/every_split.py --photos DIR --out benchmarks/results

Each split is exported in one file, as a plan is, and run by OpenVINO on the luma of small pictures
made of the photos (halves by averaging). *Network*: PSNR of what the network itself gives to what
it gives in float, in its own fractions of a level. *Picture*: the same after both are rounded to
8 bits, which is what a person receives and what plans are judged by: where two pictures differ by
less than a level, rounding makes them differ by a whole one here and there. Times are the
profile's, relative to all-float's. The table holds the splits that no faster one is nearer than.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from timing import cpu_kind, write_results
from vernier.bundles.bundle import in_memory
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.images.reading import read_picture
from vernier.networks.source import find_source
from vernier.planning.context import Context, open_context
from vernier.planning.optimizing import profile_in
from vernier.planning.request import Request
from vernier.processors.discovery import find_processor
from vernier.profiling.assembly import Subject
from vernier.profiling.prediction import Predictor
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.splitting.exhaustive import all_splits
from vernier.splitting.problem import Problem
from vernier.units.cutting import cut
from vernier.units.split import Form, Split

PROCESSORS = ("openvino:cpu:float32", "openvino:cpu:int8")
SIZE, SIDE, PEAK = (180, 320), 100, 255.0
LUMA = np.array([65.481, 128.553, 24.966]) / PEAK
"""BT.601 in studio range, of 8-bit colours."""


def planes(photos: Path, count: int) -> list[np.ndarray[Any, Any]]:
    """Small 8-bit luma planes in [0, 1], `(SIDE, SIDE)` each."""
    made = []
    for file in sorted(photos.iterdir())[:count]:
        luma = np.asarray(read_picture(file).samples, np.float64) @ LUMA + 16
        part = luma[: 2 * SIDE, : 2 * SIDE]
        if part.shape == (2 * SIDE, 2 * SIDE):
            halved = part.reshape(SIDE, 2, SIDE, 2).mean((1, 3))
            made.append(np.round(halved).astype(np.float32) / np.float32(PEAK))
    return made


def outputs(context: Context, split: Split, inputs: list[Any]) -> list[np.ndarray[Any, Any]]:
    """What the network gives by a split, in levels."""
    source, subject = context.source, context.subject
    facts = network_facts(source.graph, source.name, source.scale)
    units = cut(source.graph, subject.granularity)
    made = export_split(source.graph, facts, units, split, context.ranges, form=Form.FUSED)
    bundle = in_memory(made.manifest, made.models)
    network = PlaneUpscaler(bundle, placed(find_processor, 2, allow_fallback=False))
    found = [network(plane[..., None]).astype(np.float64) * PEAK for plane in inputs]
    network.close()
    return found


def psnr_db(pictures: list[Any], others: list[Any], *, rounded: bool) -> float:
    """The mean over pictures."""
    own = np.round if rounded else np.asarray
    errors = [float(np.mean((own(a) - own(b)) ** 2)) for a, b in zip(pictures, others, strict=True)]
    return statistics.mean(10 * math.log10(PEAK**2 / max(one, 1e-12)) for one in errors)


def rows_of(context: Context, photos: Path, count: int) -> list[dict[str, Any]]:
    """All splits, the fastest first."""
    problem = Problem(context.profile, math.inf)
    inputs, predictor = planes(photos, count), Predictor(context.profile)
    float_ms = predictor.predict(problem.finest).total_ms
    reference = outputs(context, problem.finest, inputs)
    rows = []
    for split in all_splits(problem):
        given = outputs(context, split, inputs)
        rows.append(
            {
                "split": "".join("I" if name.endswith("int8") else "f" for name in split),
                "share": round(predictor.predict(split).total_ms / float_ms, 4),
                "network_db": round(psnr_db(given, reference, rounded=False), 2),
                "picture_db": round(psnr_db(given, reference, rounded=True), 2),
            }
        )
    return sorted(rows, key=lambda row: row["share"])


def table_of(name: str, rows: list[dict[str, Any]]) -> str:
    """The splits that no faster one is nearer to float than, by either measure."""
    lines = [
        f"# Every split of {name} on {cpu_kind()}",
        "",
        f"{len(rows)} splits, {SIZE[0]}x{SIZE[1]}, OpenVINO in float32 (f) and INT8 (I), one file.",
        "",
        "| time / all-float | split | network, dB | picture, dB |",
        "|---|---|---|---|",
    ]
    best = [0.0, 0.0]
    for row in rows:
        both = [row["network_db"], row["picture_db"]]
        if any(new > old for new, old in zip(both, best, strict=True)):
            cells = ["same" if value > 99 else f"{value:.1f}" for value in both]
            lines.append(f"| {row['share']:.2f} | {row['split']} | {cells[0]} | {cells[1]} |")
        best = [max(pair) for pair in zip(both, best, strict=True)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--network", default="sesr-m5")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    source = find_source(given.network, 2, None)
    subject = Subject(source.name, source.scale, source.graph, *SIZE)
    profile = profile_in(None, subject, PROCESSORS)
    with tempfile.TemporaryDirectory() as folder:
        context = open_context(Request(given.photos), source, subject, profile, Path(folder))
    rows = rows_of(context, given.photos, given.count)
    table = table_of(source.name, rows)
    print(table)
    if given.out:
        results = {"network": source.name, "splits": rows}
        write_results(given.out, f"every_split_{source.name}_{cpu_kind()}", results, table)


if __name__ == "__main__":
    main()
