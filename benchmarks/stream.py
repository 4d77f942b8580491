"""`vernier stream` beside processes that take its cores, come and go: who keeps the pace, and how.

    python benchmarks/stream.py --out benchmarks/results

The governor, the fastest plan always, and the plan that an idle machine would choose, in turns
under the same load: for a third of the time nothing, for a third other processes on half of the
cores, for a third on all of them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import films
from timing import write_results
from vernier.cpu import usable_cores
from vernier.video.streaming import FrameRecord, StreamReport, stream

BURN = "import time\nwhile True: sum(range(10000))"


class Load:
    """Other processes on the same cores, in phases of equal length."""

    def __init__(self, phase_s: float, counts: list[int]) -> None:
        self._phase_s, self._counts = phase_s, counts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            for count in self._counts:
                burning = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(count)]
                self._stop.wait(self._phase_s)
                for one in burning:
                    one.kill()
                    one.wait()
                if self._stop.is_set():
                    return

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def run(film: Path, policy: Any, fps: float, phase_s: float, counts: list[int], phases: int) -> Any:
    """A stream under the load; its report and its frames with the time of each."""
    seen: list[tuple[float, FrameRecord]] = []
    started: list[float] = []

    def note(_: Any, record: FrameRecord) -> None:
        if not started:
            started.append(time.perf_counter())
            load.__enter__()
        seen.append((time.perf_counter() - started[0], record))

    load = Load(phase_s, counts)
    try:
        report: StreamReport = stream(
            film, fps=fps, policy=policy, frames=round(phases * phase_s * fps), on_frame=note
        )
    finally:
        load.__exit__()
    return report, seen


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--height", type=int, default=270)
    parser.add_argument("--fps", type=float, default=24.0)
    parser.add_argument("--phase", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    cores = usable_cores()
    counts = [0, max(1, cores // 2), cores]
    phases = len(counts)
    folder = Path(tempfile.mkdtemp())
    height, width = arguments.height, arguments.height * 16 // 9 // 2 * 2
    frames = round(phases * arguments.phase * arguments.fps) + 24
    film = films.leaves(folder / "film.mp4", height, width, frames)
    found: dict[str, list[Any]] = {"governor": [], "fastest": [], "fixed": []}
    for _ in range(arguments.rounds):
        for policy, reports in found.items():
            report, seen = run(film, policy, arguments.fps, arguments.phase, counts, phases)
            reports.append((report, seen))
            print(policy, f"{report.on_time:.2%}", f"{report.quality:.2f} dB", flush=True)
    rungs = found["governor"][0][0].rungs
    lines = [
        f"# A stream beside other processes: {width}x{height} to twice that at "
        f"{arguments.fps:g} frames/s, {cores} threads, {arguments.rounds} rounds",
        "",
        f"Phases of {arguments.phase:g} s with {', '.join(map(str, counts))} other busy processes.",
        "",
        "| policy | on time | mean gain over bicubic, late ones 0 | switches a minute | "
        + " | ".join(f"on time with {count}" for count in counts)
        + " |",
        "|---|---|---|---|" + "---|" * phases,
    ]
    results: dict[str, Any] = {
        "rungs": [(r.name, r.predicted_ms, r.quality) for r in rungs],
        "policies": {},
    }
    for policy, reports in found.items():
        on_time = statistics.fmean(report.on_time for report, _ in reports)
        quality = statistics.fmean(report.quality for report, _ in reports)
        switches = statistics.fmean(report.switches_per_minute for report, _ in reports)
        parts = []
        for phase in range(phases):
            kept = [
                record.on_time
                for _, seen in reports
                for at, record in seen
                if int(at / arguments.phase) == phase
            ]
            parts.append(statistics.fmean(kept) if kept else float("nan"))
        results["policies"][policy] = {
            "on_time": on_time, "quality": quality, "switches": switches, "by_phase": parts,
        }  # fmt: skip
        cells = " | ".join(f"{part:.1%}" for part in parts)
        lines.append(f"| {policy} | {on_time:.1%} | {quality:.2f} dB | {switches:.1f} | {cells} |")
    lines += ["", "| plan | ms on an idle machine | gain over bicubic |", "|---|---|---|"]
    lines += [f"| {r.name} | {r.predicted_ms:.1f} | {r.quality:.2f} dB |" for r in rungs]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.out:
        write_results(arguments.out, "stream", results, table)


if __name__ == "__main__":
    main()
