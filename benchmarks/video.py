"""`vernier video` against its own network alone, FFmpeg's lanczos, RGB and files of PNG; one run.

    python benchmarks/video.py --sizes 540 --out benchmarks/results
    python benchmarks/video.py --sizes 1080 --rounds 1 --out benchmarks/results

Milliseconds a frame, the medians of rounds in which every contender runs once. The film is a pan
over fallen leaves; the recorded screen is for what does not change. *Network alone*: the film's
luma planes, already decoded, through the same workers. *Planes alone*: chroma too. The encoder is
the same wherever there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

import films
from timing import write_results
from vernier.cpu import usable_cores
from vernier.runtime.choice import Prefer
from vernier.runtime.pictures import Upscaler
from vernier.video.converting import video
from vernier.video.encoder import SegmentEncoder, encoder_settings
from vernier.video.enlarging import FrameEnlarger, choose_engines
from vernier.video.passes import Picture
from vernier.video.pixel_format import planar_format
from vernier.video.planes import planes_of
from vernier.video.probing import probe

NETWORK = "sesr-m5"
PNG_FRAMES = 12
"""Of the way through files; it takes long."""


def frames_of(path: Path, most: int) -> list[Any]:
    """Decoded frames."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        stream.thread_type = "AUTO"
        return [frame for frame, _ in zip(film.decode(stream), range(most), strict=False)]


def through(enlarger: FrameEnlarger, frames: list[Any]) -> list[Any]:
    """Frames through the workers, two more begun than there are workers."""
    waiting: list[Any] = []
    made = []
    for frame in frames:
        waiting.append(enlarger.submit(frame))
        if len(waiting) > enlarger.workers + 1:
            made.append(waiting.pop(0).result().frame)
    return made + [one.result().frame for one in waiting]


def encode(path: Path, frames: list[Any]) -> None:
    """Frames through the encoder that `vernier video` uses, and no container."""
    film = probe(path)
    size = (frames[0].height, frames[0].width)
    encoder = SegmentEncoder(encoder_settings(film, size), True)
    for number, frame in enumerate(frames):
        list(encoder.encode(frame, number * 512, 512))
    list(encoder.finish())


class Contenders:
    """All that is timed at one size. Each gives the number of frames it did."""

    def __init__(self, film: Path, folder: Path, processor: str, held: int) -> None:
        self.film, self.folder, self.processor = film, folder, processor
        self.about = probe(film)
        self.frames = frames_of(film, held)
        self.size = (2 * self.about.height, 2 * self.about.width)
        engines, _ = choose_engines(NETWORK, None, 2, processor=processor)
        self.planes = self._enlarger(engines, "yuv420p")
        self.luma = self._enlarger(engines, "gray")
        self.grey = [
            av.VideoFrame.from_ndarray(
                np.ascontiguousarray(planes_of(f, self.about.layout)[0]), format="gray"
            )
            for f in self.frames
        ]
        self.large = through(self.planes, self.frames)
        self.rgb = Upscaler(NETWORK, 2, processor=processor)

    def _enlarger(self, engines: Any, name: str) -> FrameEnlarger:
        layout = planar_format(name)
        assert layout is not None
        picture = Picture(self.about.height, self.about.width, layout, False, "left")
        return FrameEnlarger(picture, engines, self.size, reuse=False)

    def network_alone(self) -> int:
        return len(through(self.luma, self.grey))

    def planes_alone(self) -> int:
        return len(through(self.planes, self.frames))

    def decode_alone(self) -> int:
        return len(frames_of(self.film, 1 << 30)) if self.about.height < 800 else self._held()

    def _held(self) -> int:
        return len(frames_of(self.film, len(self.frames)))

    def encode_alone(self) -> int:
        encode(self.film, self.large)
        return len(self.large)

    def whole(self) -> int:
        report = video(
            self.film, self.folder / "whole.mp4", processor=self.processor, overwrite=True
        )
        return report.frames

    def lanczos(self) -> int:
        """Decode, enlarge by swscale's lanczos, encode: the three one after another."""
        film = self.about
        encoder = SegmentEncoder(encoder_settings(film, self.size), True)
        count = 0
        with av.open(str(self.film)) as source:
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in source.decode(stream):
                made = frame.reformat(
                    height=self.size[0], width=self.size[1], interpolation="LANCZOS"
                )
                list(encoder.encode(made, count * 512, 512))
                count += 1
        list(encoder.finish())
        return count

    def by_rgb(self) -> int:
        """The trip that planes do not make: RGB, the picture's own graph, and back."""
        for frame in self.frames:
            large = self.rgb.enlarge_samples(frame.to_ndarray(format="rgb24"))
            av.VideoFrame.from_ndarray(large, format="rgb24").reformat(format="yuv420p")
        return len(self.frames)

    def by_files(self) -> int:
        """Frames to PNG files, `vernier upscale`, and the large files to the encoder."""
        inside, outside = self.folder / "small", self.folder / "large"
        inside.mkdir(exist_ok=True)
        for number, frame in enumerate(self.frames[:PNG_FRAMES]):
            frame.to_image().save(inside / f"{number:06}.png")
        command = [sys.executable, "-m", "vernier.cli.main", "upscale", inside, "-o", outside,
                   "--processor", self.processor, "--overwrite", "--quiet"]  # fmt: skip
        subprocess.run(list(map(str, command)), check=True)
        with av.open(str(outside / "*.png"), options={"pattern_type": "glob"}) as source:
            large = [f.reformat(format="yuv420p") for f in source.decode(video=0)]
        encode(self.film, large)
        return len(large)

    def close(self) -> None:
        self.planes.close()
        self.luma.close()
        self.rgb.close()


def timed(runs: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Median milliseconds a frame."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            count = run()
            found[name].append((time.perf_counter() - started) * 1e3 / count)
            print(f"{name}: {found[name][-1]:.1f} ms a frame", file=sys.stderr, flush=True)
    return {name: round(statistics.median(ms), 2) for name, ms in found.items()}


def memory_mib(film: Path, folder: Path, processor: str) -> int:
    """The most memory that a run held, in a process of its own."""
    code = (
        "import re, vernier\n"
        f"vernier.video({str(film)!r}, {str(folder / 'memory.mp4')!r}, processor={processor!r}, "
        "overwrite=True)\n"
        # Not getrusage, whose peak a process inherits from the one that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) // 1024


def one_size(height: int, seconds: float, rounds: int, folder: Path, processor: str) -> Any:
    """The table of one size."""
    width = height * 16 // 9
    film = films.leaves(folder / f"leaves{height}.mp4", height, width, round(seconds * films.RATE))
    contenders = Contenders(film, folder, processor, held=24 if height < 800 else 12)
    times = timed(
        {
            "network alone": contenders.network_alone,
            "planes alone": contenders.planes_alone,
            "decoding alone": contenders.decode_alone,
            "encoding alone": contenders.encode_alone,
            "vernier video": contenders.whole,
            "decode, lanczos, encode": contenders.lanczos,
            "by way of RGB, no files": contenders.by_rgb,
            "by way of PNG files": contenders.by_files,
        },
        rounds,
    )
    contenders.close()
    return times


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="540")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    engines, _ = choose_engines(NETWORK, None, 2, prefer=Prefer.SPEED)
    processor = str(engines[0].processors[0])
    sizes = [int(size) for size in arguments.sizes.split(",")]
    lines = [
        f"# Video with {NETWORK} on {processor}, {usable_cores()} threads, "
        f"{arguments.rounds} rounds",
        "",
        f"A film of {arguments.seconds:g} s at {films.RATE} frames/s; milliseconds a frame.",
        "",
        "| what | " + " | ".join(f"{s}p to {2 * s}p | to network" for s in sizes) + " |",
        "|---|" + "---|---|" * len(sizes),
    ]
    results: dict[str, Any] = {"processor": processor, "seconds": arguments.seconds}
    for size in sizes:
        results[str(size)] = one_size(size, arguments.seconds, arguments.rounds, folder, processor)
        print(size, json.dumps(results[str(size)]), flush=True)
    for name in results[str(sizes[0])]:
        cells = []
        for size in sizes:
            times = results[str(size)]
            cells.append(f"{times[name]:.1f} | {times[name] / times['network alone']:.2f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    last = results[str(sizes[-1])]
    needed = 1000 / 24
    work = last["planes alone"] + last["decoding alone"] + last["encoding alone"]
    lines += [
        "",
        f"{2 * sizes[-1]}p: {1000 / last['vernier video']:.1f} frames/s of the 24 that a film has. "
        f"Its work alone is {work:.0f} ms a frame (planes {last['planes alone']:.0f}, decoding "
        f"{last['decoding alone']:.0f}, encoding {last['encoding alone']:.0f}) where {needed:.0f} "
        "may be taken, on the same cores.",
        "",
    ]
    lengths = [2, 8]
    peaks = [
        memory_mib(
            films.leaves(folder / f"length{s}.mp4", 360, 640, s * films.RATE), folder, processor
        )
        for s in lengths
    ]
    results["memory_mib"] = dict(zip(map(str, lengths), peaks, strict=True))
    lines += [
        f"Memory, 360p to 720p: {peaks[0]} MiB at {lengths[0]} s, {peaks[1]} at {lengths[1]} s."
    ]
    recorded = films.screen(folder / "screen.mp4", 540, 960, 5 * films.RATE)
    shares = {}

    def screen(reuse: bool) -> int:
        report = video(recorded, folder / "s.mp4", processor=processor, reuse=reuse, overwrite=True)
        shares[reuse] = report.reused
        return report.frames

    both = timed({"on": lambda: screen(True), "off": lambda: screen(False)}, arguments.rounds)
    results["screen"] = {**both, "reused": shares[True]}
    lines += [
        "",
        f"A recorded screen, 540p: {shares[True]:.1%} of the tiles reused, {both['on']:.1f} ms a "
        f"frame instead of {both['off']:.1f}.",
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.out:
        cpu = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
        name = f"video_{arguments.sizes.replace(',', '_')}{'_' + cpu.lower() if cpu else ''}"
        write_results(arguments.out, name, results, table)


if __name__ == "__main__":
    main()
