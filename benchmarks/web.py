"""The page in Chromium against LiteRT in Python, picture to picture, in the same rounds.

    python benchmarks/web.py --out benchmarks/results

An RGB picture of 640x360 in, one of 1280x720 out: in the page by `enlarge.js`, without decoding and
encoding files; in Python by `Upscaler.enlarge_samples`. The split is f-i-f-i-f of sesr-m5.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from browser import chromium, opened, png, settled

from timing import write_results
from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.images.bicubic import imresize
from vernier.quantization.ranges import calibrate_picture_network
from vernier.runtime.pictures import Upscaler
from vernier.units.cutting import cut
from vernier.units.split import Form, Split
from vernier.web.site import web_site

HEIGHT, WIDTH = 360, 640
FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
PLACES = (FLOAT, INT8, INT8, FLOAT, INT8, INT8, FLOAT)
OPEN = """async ([key, network, threads]) => {
  const { Session } = await import('/app/session.js');
  window.sessions ??= {};
  window.sessions[key] = new Session();
  await window.sessions[key].open(network, 'web:wasm:float32', threads);
}"""
RUN = """async ([key, bytes]) => {
  window.file ??= new Blob([new Uint8Array(bytes)]);
  const session = window.sessions[key];
  const { answer } = session.enlarge(window.file, 'png', 2 ** 31, () => {});
  const { report } = await answer;
  const part = (kind) => report.steps.filter((s) => s.what === kind)
    .reduce((sum, s) => sum + s.ms, 0);
  return [report.network_ms, part('segment'), part('conversion'), report.tiles];
}"""


def picture() -> np.ndarray[Any, Any]:
    """Smooth noise at several scales, fixed by a seed."""
    random = np.random.default_rng(7)
    made = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for octave in range(1, 7):
        coarse = random.normal(size=(HEIGHT >> octave, WIDTH >> octave, 3)).astype(np.float32)
        made += imresize(coarse, HEIGHT, WIDTH) * 2.0 ** (octave - 4)
    made -= made.min()
    return (made / made.max() * 255).astype(np.uint8)


def split_bundle(folder: Path, samples: np.ndarray[Any, Any]) -> Path:
    """sesr-m5 in five segments."""
    network = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
    units = cut(network)
    luma = samples.astype(np.float32).mean(axis=2)[None, :90, :160, None] / 255
    ranges = calibrate_picture_network(network, [luma])
    split = Split.of(units, list(PLACES[: len(units)]))
    facts = network_facts(network, "sesr-m5 split f-i-f-i-f", 2)
    made = export_split(network, facts, units, split, ranges, form=Form.SEGMENTS)
    write_bundle(folder / "split", made.manifest, made.models)
    return folder / "split"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    samples = picture()
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        folder = Path(scratch)
        hw = shipped_bundles("sesr-m5-hw", 2)
        bundles = [hw["float32"], hw["int8"], split_bundle(folder, samples)]
        names = [open_bundle(path).manifest.name for path in bundles]
        web_site(bundles, folder / "site")
        processors = [FLOAT, INT8, None]
        here = {
            (index, threads): Upscaler(
                bundle=path, scale=2, threads=threads,
                **({} if processor is None else {"processor": processor}),
            )
            for index, (path, processor) in enumerate(zip(bundles, processors, strict=True))
            for threads in (1, 2)
        }  # fmt: skip
        with opened(browser, folder / "site") as page:
            settled(page)
            content = list(png(samples))
            for index, threads in here:
                page.evaluate(OPEN, [f"{index} {threads}", index, threads])
            rows = measured(page, here, samples, content, options.rounds)
    table = as_table(names, rows)
    print(table)
    if options.out:
        results = {f"{names[i]}, {t} threads": row for (i, t), row in rows.items()}
        write_results(options.out, "web", results, table)


def measured(
    page: Any, here: dict[Any, Upscaler], samples: Any, content: list[int], rounds: int
) -> dict[Any, dict[str, float]]:
    """Medians in ms, after a round that is not counted."""
    found: dict[Any, dict[str, list[float]]] = {}
    for number in range(rounds + 1):
        for (index, threads), upscaler in here.items():
            started = time.perf_counter()
            upscaler.enlarge_samples(samples)
            python_ms = (time.perf_counter() - started) * 1e3
            whole, segments, conversions, _ = page.evaluate(RUN, [f"{index} {threads}", content])
            if not number:
                continue
            row = found.setdefault((index, threads), {})
            for key, value in (
                ("python_ms", python_ms), ("page_ms", whole),
                ("segments_ms", segments), ("conversions_ms", conversions),
            ):  # fmt: skip
                row.setdefault(key, []).append(value)
    return {
        key: {name: round(statistics.median(values), 2) for name, values in row.items()}
        for key, row in found.items()
    }


def as_table(names: list[str], rows: dict[Any, dict[str, float]]) -> str:
    """For people."""
    lines = [
        "# The page against Python, 640x360 to 1280x720",
        "",
        "Medians in ms of interleaved rounds, in headless Chromium's WebAssembly.",
        "Segments and conversions are of the page.",
        "",
        "| network | threads | Python | page | page / Python | segments | conversions |",
        "|---|---|---|---|---|---|---|",
    ]
    for (index, threads), row in rows.items():
        ratio = row["page_ms"] / row["python_ms"]
        lines.append(
            f"| {names[index]} | {threads} | {row['python_ms']} | {row['page_ms']} | {ratio:.2f} "
            f"| {row['segments_ms']} | {row['conversions_ms']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
