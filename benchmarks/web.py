"""A picture in the browser's page against Python's LiteRT: file to file, and the network alone.

    python benchmarks/web.py --out benchmarks/results
    python benchmarks/web.py --kept

Debian's Chromium, headless, with the page's own worker: on WebAssembly by one thread, and by two
where the page is isolated. Python decodes with Pillow, computes on LiteRT's CPU by as many threads,
and encodes with Pillow as PNG. All run once per round, in turn; medians. The split is sesr-m5 as
float, INT8, float, INT8, float; *conversion* is what its four conversions take of the page's whole.

Each network has workers of its own; with `--kept` all share one of each thread count, as when a
visitor of the page changes networks.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from timing import cpu_kind, write_results
from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.images.bicubic import imresize
from vernier.quantization.ranges import calibrate_picture_network
from vernier.runtime.pictures import Upscaler
from vernier.units.cutting import cut
from vernier.units.split import Form
from vernier.web.serving import serving
from vernier.web.site import web_site

HEIGHT, WIDTH, SCALE = 360, 640, 2
THREADS = (1, 2)
BUDGET_BYTES = 256 << 20
ENLARGE = """async ([threads, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], 'a.png', { type: 'image/png' });
  const { answer } = sessions[threads].enlarge(file, 'png', BUDGET, () => {});
  return (await answer).report;
}""".replace("BUDGET", str(BUDGET_BYTES))
OPEN = """async ([threads, index, kept]) => {
  const { Session } = await import('/app/session.js');
  globalThis.sessions ??= {};
  if (!kept) {
    sessions[threads]?.worker.terminate();
    sessions[threads] = new Session();
  }
  sessions[threads] ??= new Session();
  return sessions[threads].open(index, 'web:wasm:float32', threads);
}"""


def picture() -> np.ndarray[Any, Any]:
    """Noise at several scales, about as hard to pack as a photo: `(H, W, 3)` uint8."""
    rng = np.random.default_rng(7)
    made = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for octave in range(1, 7):
        noise = rng.normal(size=(HEIGHT >> octave, WIDTH >> octave, 3)).astype(np.float32)
        made += imresize(noise, HEIGHT, WIDTH) * 2.0**octave
    made -= made.min()
    return np.round(made / made.max() * 255).astype(np.uint8)


def split_in_five(folder: Path, samples: np.ndarray[Any, Any]) -> Path:
    """sesr-m5 as float, INT8, float, INT8, float, as segments."""
    network = open_bundle(shipped_bundles("sesr-m5", SCALE)["float32"]).graph
    units = cut(network)
    luma = samples[:96, :128].astype(np.float32).mean(axis=2)[None, :, :, None] / 255
    ranges = calibrate_picture_network(network, [luma])
    precisions = ["float32", "int8", "int8", "float32", "int8", "int8", "float32"]
    split = tuple(f"litert:cpu:{precision}" for precision in precisions[: len(units)])
    facts = network_facts(network, "sesr-m5 split in five", SCALE)
    made = export_split(network, facts, units, split, ranges, form=Form.SEGMENTS)
    write_bundle(folder, made.manifest, made.models)
    return folder


def python_ms(upscaler: Upscaler, content: bytes) -> tuple[float, float]:
    """Milliseconds from file to file, and of these the network's."""
    begun = time.perf_counter()
    samples = np.asarray(Image.open(io.BytesIO(content)))
    computing = time.perf_counter()
    large = upscaler.enlarge(samples)
    computed = time.perf_counter()
    Image.fromarray(large).save(io.BytesIO(), "PNG")
    return (time.perf_counter() - begun) * 1e3, (computed - computing) * 1e3


def measure(
    page: Any, index: int, bundle: Path, content: bytes, rounds: int, kept: bool
) -> dict[str, Any]:
    """One network: medians by contender and thread count."""
    times: dict[str, list[tuple[float, float, float]]] = {}
    text = base64.b64encode(content).decode()
    options = (
        {} if bundle.name not in ("float32", "int8") else {"processor": f"litert:cpu:{bundle.name}"}
    )
    upscalers = {n: Upscaler(bundle=bundle, scale=SCALE, threads=n, **options) for n in THREADS}
    for threads in THREADS:
        opened = page.evaluate(OPEN, [threads, index, kept])
        if opened["threads"] != threads:
            raise SystemExit(f"expected {threads} threads in the page, found {opened['threads']}")
    for number in range(1 + rounds):
        for threads in THREADS:
            whole, network = python_ms(upscalers[threads], content)
            report = page.evaluate(ENLARGE, [threads, text])
            converting = sum(s["ms"] for s in report["steps"] if s["what"] == "conversion")
            if number:
                times.setdefault(f"python {threads}", []).append((whole, network, 0.0))
                times.setdefault(f"page {threads}", []).append(
                    (report["ms"], report["network_ms"], converting)
                )
    return {
        name: {
            key: round(statistics.median(one[place] for one in runs), 1)
            for place, key in enumerate(("whole_ms", "network_ms", "conversion_ms"))
        }
        for name, runs in times.items()
    }


def table(results: dict[str, Any], rounds: int) -> str:
    """For people."""
    lines = [
        f"# In the page and in Python: {WIDTH}x{HEIGHT} to twice that, PNG to PNG",
        "",
        f"Medians of {rounds} rounds in ms.",
        "",
        "| network | threads | page, whole | Python, whole | ratio | page, network | "
        "Python, network | ratio | conversion, of the page's whole |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, found in results.items():
        for threads in THREADS:
            page, python = found[f"page {threads}"], found[f"python {threads}"]
            cells = [name, str(threads)]
            for key in ("whole_ms", "network_ms"):
                ratio = page[key] / python[key]
                cells += [f"{page[key]:.0f}", f"{python[key]:.0f}", f"{ratio:.2f}"]
            cells.append(f"{page['conversion_ms'] / page['whole_ms']:.1%}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--kept", action="store_true", help="workers are kept between networks")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    samples = picture()
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        bundles = {
            f"{name} {precision}": path
            for name in ("sesr-m5", "fsrcnn")
            for precision, path in shipped_bundles(name, SCALE).items()
        }
        bundles["sesr-m5 split in five"] = split_in_five(Path(scratch, "split"), samples)
        web_site(list(bundles.values()), Path(scratch, "site"))
        with serving(Path(scratch, "site")) as server, sync_playwright() as playwright:
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/profile.html")
            for index, (name, bundle) in enumerate(bundles.items()):
                results[name] = measure(
                    page, index, bundle, file.getvalue(), arguments.rounds, arguments.kept
                )
                print(name, results[name], flush=True)
            browser.close()
    page_text = table(results, arguments.rounds)
    print(page_text)
    if arguments.out:
        write_results(arguments.out, f"web_{cpu_kind()}", results, page_text)


if __name__ == "__main__":
    main()
