"""Films for benchmarks, made here: a pan over fallen leaves, and a recorded screen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vernier.images.dead_leaves import dead_leaves

RATE = 24


def leaves(path: Path, height: int, width: int, frames: int) -> Path:
    """A camera that moves over leaves, two pixels a frame, with a little noise."""
    room = 4 * 48
    still = dead_leaves(height + room, width + room, seed=5)
    rgb = np.asarray(np.rint(still * 255), np.uint8)
    rng = np.random.default_rng(1)
    noise = rng.integers(-2, 3, (height, width, 1), dtype=np.int16)

    def picture(number: int) -> Any:
        place = abs((2 * number) % (2 * room) - room)
        part = rgb[place : place + height, place // 2 : place // 2 + width]
        moved = np.roll(noise, 7 * number, axis=(0, 1))
        return np.clip(part + moved, 0, 255).astype(np.uint8)

    return _write(path, height, width, (picture(n) for n in range(frames)))


def screen(path: Path, height: int, width: int, frames: int) -> Path:
    """A screen on which somebody types: a letter every third frame, a cursor, two scrolls."""
    rng = np.random.default_rng(2)
    page = np.full((height, width, 3), 245, np.uint8)
    page[:, : width // 6] = (52, 60, 78)
    line, column = 40, width // 6 + 40

    def glyph(at: tuple[int, int]) -> None:
        y, x = at
        page[y : y + 14, x : x + 9][rng.random((14, 9)) < 0.45] = 20

    for y in range(40, height - 60, 22):
        for x in range(width // 6 + 40, width - 200, 11):
            if rng.random() < 0.8:
                glyph((y, x))

    def pictures() -> Any:
        nonlocal line, column
        for number in range(frames):
            if number % 3 == 0:
                glyph((line, column))
                column += 11
                if column > width - 200:
                    line, column = line + 22, width // 6 + 40
            if number in (frames // 3, 2 * frames // 3):
                page[:, width // 6 :] = np.roll(page[:, width // 6 :], -66, axis=0)
            shown = page.copy()
            if number // 12 % 2:
                shown[line : line + 16, column : column + 2] = 0
            yield shown

    return _write(path, height, width, pictures())


def _write(path: Path, height: int, width: int, pictures: Any) -> Path:
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=RATE, options={"crf": "18", "g": "48"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = Fraction(1, RATE)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path
