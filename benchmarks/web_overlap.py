"""Whether tiles overlap where a split runs on WebGPU and WebAssembly: two chains against one.

    python benchmarks/web_overlap.py --out benchmarks/results

sesr-m5 as float on WebGPU, INT8 on WebAssembly, by turns, in Debian's headless Chromium. The page
lets two chains take tiles, so that one may compute on the GPU while the other is on the CPU; a copy
of the site has one chain. Both run once per round, in turn; medians; the pictures must be equal.
SwiftShader, which is the GPU here, computes on the CPU's own cores: what this prints of a machine
without a GPU says what overlapping costs there, and nothing of what a GPU of its own would gain.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from timing import cpu_kind, write_results
from vernier.web.serving import serving
from vernier.web.site import web_site
from web import picture, split_in_five

FLAGS = (
    "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
TWO, ONE = "lanes: onGpu(processors) ? 2 : 1", "lanes: 1"
TILE_PIXELS = 96 * 96
OPEN = """async () => {
  const { Session } = await import('/app/session.js');
  globalThis.session = new Session();
  return session.open(0, 'web:webgpu:float32', 1);
}"""
ENLARGE = """async ([text, budget]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], 'a.png', { type: 'image/png' });
  const { blob, report } = await session.enlarge(file, 'png', budget, () => {}).answer;
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return { report, digest: String(new Uint8Array(digest)) };
}"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    samples = picture()[:180, :320]
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    text = base64.b64encode(file.getvalue()).decode()
    times: dict[str, list[float]] = {"two chains": [], "one chain": []}
    digests, tiles, gpu = set(), 0, ""
    with tempfile.TemporaryDirectory() as scratch:
        two, one = Path(scratch, "two"), Path(scratch, "one")
        web_site([split_in_five(Path(scratch, "split"), samples)], two)
        shutil.copytree(two, one)
        settling = one / "app" / "settling.js"
        if TWO not in settling.read_text():
            raise SystemExit(f"expected {TWO!r} in settling.js")
        settling.write_text(settling.read_text().replace(TWO, ONE))
        with serving(two) as first, serving(one) as second, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(FLAGS)
            )
            pages: dict[str, Any] = {}
            for name, server in zip(times, (first, second), strict=True):
                page = pages[name] = browser.new_page()
                page.goto(f"http://127.0.0.1:{server.server_address[1]}/profile.html")
                gpu = page.evaluate(OPEN)["float"]
                site = page.evaluate("async () => (await fetch('/site.json')).json()")
                budget = TILE_PIXELS * site["networks"][0]["bytes_per_pixel"]
            for number in range(1 + given.rounds):
                for name, page in pages.items():
                    found = page.evaluate(ENLARGE, [text, budget])
                    digests.add(found["digest"])
                    tiles = found["report"]["tiles"]
                    if number:
                        times[name].append(found["report"]["network_ms"])
            browser.close()
    if len(digests) != 1:
        raise SystemExit("the pictures differ")
    medians = {name: round(statistics.median(ms), 1) for name, ms in times.items()}
    ratio = medians["two chains"] / medians["one chain"]
    page_text = (
        f"# Tiles of a split on {gpu} (SwiftShader) and WebAssembly\n\n"
        f"320x180 to twice that in {tiles} tiles; medians of {given.rounds} rounds.\n\n"
        "| chains | ms of all tiles |\n|---|---|\n"
        + "".join(f"| {name} | {ms:.0f} |\n" for name, ms in medians.items())
        + f"\nTwo chains take {ratio:.2f} of one chain's time.\n"
    )
    print(page_text)
    if given.out:
        results = {"medians_ms": medians, "tiles": tiles, "rounds": given.rounds, "gpu": gpu}
        write_results(given.out, f"web_overlap_{cpu_kind()}", results, page_text)


if __name__ == "__main__":
    main()
