"""Does an encoder give the same bits for the same frames? How many streams come of some runs.

    python benchmarks/encoder_repeats.py [--runs 12]

60 frames of 320x240 by two of FFmpeg's test sources, held in memory and encoded again and again.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from pathlib import Path
from typing import Any

import av

sys.path.append(str(Path(__file__).parents[1] / "tests/support"))
from clips import pictures

ENCODERS = (
    ("libx264", {}),
    ("libx264", {"x264-params": "threads=1"}),
    ("libx264", {"x264-params": "mbtree=0"}),
    ("libx265", {}),
    ("ffv1", {}),
)


def stream_of(frames: list[Any], codec: str, options: dict[str, str]) -> str:
    """A hash of all packets."""
    packets = hashlib.sha256()
    with av.open(io.BytesIO(), "w", format="matroska") as out:
        video = out.add_stream(codec, rate=24, options=options)
        video.width, video.height, video.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for number, frame in enumerate([*frames, None]):
            if frame is not None:
                frame.pts, frame.pict_type = number, 0
            for packet in video.encode(frame):
                packets.update(bytes(packet))
    return packets.hexdigest()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    runs = parser.parse_args().runs
    print(f"| encoder | options | film | streams of {runs} runs |\n|---|---|---|---|")
    for source in ("testsrc2", "mandelbrot"):
        frames = pictures(320, 240, 60, source=source)
        for codec, options in ENCODERS:
            found = {stream_of(frames, codec, dict(options)) for _ in range(runs)}
            print(f"| {codec} | {options or ''} | {source} | {len(found)} |", flush=True)


if __name__ == "__main__":
    main()
