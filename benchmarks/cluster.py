"""Pictures per second on Ray, against one process with all cores; and what Ray costs a picture.

    python benchmarks/cluster.py --out benchmarks/results

Three ways over the same folder, in turns: `vernier upscale` in one process with all cores, on a Ray
cluster of this machine with one worker that has all cores, and with a worker for each core. Times
are of the pictures alone, from the first result to the last, by the files' own times: starting
Ray is not in them, and shown apart. *Ray's share* is what a picture takes longer with one worker
on Ray than in one process: sending tasks, waiting for results, writing the journal.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from timing import cpu_kind, write_results
from vernier.cluster.upscaling import upscale_on_cluster
from vernier.cpu import usable_cores
from vernier.images.dead_leaves import dead_leaves
from vernier.images.sources import plan_jobs
from vernier.runtime.batches import Upscalers, enlarge_jobs
from vernier.runtime.pictures import Upscaler

ALONE, ONE_WORKER = "one process, all cores", "Ray, 1 worker with all cores"


def make_pictures(folder: Path, count: int, height: int, width: int) -> None:
    """PNG files."""
    folder.mkdir()
    for number in range(count):
        samples = np.round(dead_leaves(height, width, seed=number) * 255).astype(np.uint8)
        Image.fromarray(samples).save(folder / f"p{number:04}.png")


def between(folder: Path) -> tuple[float, int]:
    """Seconds from the first result to the last, and how many came after the first."""
    times = sorted(file.stat().st_mtime for file in folder.rglob("*_x2.png"))
    return times[-1] - times[0], len(times) - 1


def alone(pictures: Path, out: Path, processor: str) -> dict[str, Any]:
    """One process with all cores."""
    started = time.perf_counter()
    upscalers = Upscalers(lambda factor: Upscaler("sesr-m5", factor, processor=processor))
    jobs = plan_jobs([str(pictures)], f"{out}/", "_x2")
    for outcome in enlarge_jobs(jobs, upscalers, 2.0):
        assert outcome.fault is None, outcome.fault
    seconds, count = between(out)
    return {"per_s": count / seconds, "whole_s": time.perf_counter() - started}


def on_ray(pictures: Path, out: Path, processor: str, threads: int) -> dict[str, Any]:
    """A cluster of this machine, with workers of so many threads."""
    started = time.perf_counter()
    report = upscale_on_cluster(
        str(pictures), str(out), cluster="local", processor=processor, threads=threads
    )
    assert not report.faults, report.faults
    seconds, count = between(out)
    return {"per_s": count / seconds, "whole_s": time.perf_counter() - started}


def driver_ms(processor: str, few: int = 100, many: int = 500) -> float:
    """CPU time that a picture costs the process that hands out tasks, by two numbers of them."""
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (few, many):
            pictures = Path(folder) / f"pictures{count}"
            make_pictures(pictures, count, 48, 64)
            before = time.process_time()
            report = upscale_on_cluster(
                str(pictures), f"{folder}/large{count}", processor=processor, threads=1
            )
            spent.append(time.process_time() - before)
            assert len(report.results) == count
    return (spent[1] - spent[0]) / (many - few) * 1e3


def table(kept: dict[str, Any]) -> str:
    """For people."""
    lines = [
        f"# {kept['count']} pictures on Ray and without, medians of {kept['rounds']}",
        "",
        f"sesr-m5 x2 on {kept['processor']}; the whole run of Ray starts a cluster.",
        "",
        "| size | way | pictures/s | whole run s | Ray's share, ms a picture |",
        "|---|---|---|---|---|",
    ]
    for size, rows in kept["sizes"].items():
        alone_per_s = rows[ALONE]["per_s"]
        for name, row in rows.items():
            share = f"{1e3 / row['per_s'] - 1e3 / alone_per_s:.1f}" if name == ONE_WORKER else ""
            lines.append(
                f"| {size} | {name} | {row['per_s']:.1f} | {row['whole_s']:.1f} | {share} |"
            )
    lines += [
        "",
        f"The process that hands out tasks spends {kept['driver_ms']:.2f} ms of CPU on a picture, "
        "by two runs of different length.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--sizes", default="64x48,320x240")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processor", default="litert:cpu:float32")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    cores = usable_cores()
    ways = {
        ALONE: None,
        ONE_WORKER: cores,
        f"Ray, {cores} workers with one core each": 1,
    }
    found: dict[str, Any] = {}
    for size in arguments.sizes.split(","):
        width, height = map(int, size.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            pictures = Path(folder) / "pictures"
            make_pictures(pictures, arguments.count, height, width)
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
            for number in range(arguments.rounds):
                for name, threads in ways.items():
                    out = Path(folder) / f"{number}-{threads}"
                    if threads is None:
                        made = alone(pictures, out, arguments.processor)
                    else:
                        made = on_ray(pictures, out, arguments.processor, threads)
                    runs[name].append(made)
            found[size] = {
                name: {
                    key: round(statistics.median(run[key] for run in several), 3)
                    for key in several[0]
                }
                for name, several in runs.items()
            }
    kept = {
        "count": arguments.count,
        "rounds": arguments.rounds,
        "processor": arguments.processor,
        "sizes": found,
        "driver_ms": round(driver_ms(arguments.processor), 3),
    }
    print(table(kept))
    if arguments.out:
        write_results(arguments.out, f"cluster_{cpu_kind()}", kept, table(kept))


if __name__ == "__main__":
    main()
