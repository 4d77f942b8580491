"""Hostile films: damaged and cut files of many containers and codecs."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from clips import make_film
from fuzz_harness import Attempt, flipped

from vernier.video.converting import video
from vernier.video.journal import journal_folder

KINDS: dict[str, dict[str, Any]] = {
    "mp4": {"audio": 1, "options": {"bf": "2"}},
    "mkv": {"audio": 1, "subtitles": 1},
    "avi": {"codec": "mpeg4"},
    "webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
    "nut": {"codec": "ffv1"},
    "ts": {"options": {"bf": "1"}},
    "h264": {},
    "gif": {"codec": "gif", "pix_fmt": "rgb8"},
}


@cache
def sound_film(suffix: str) -> bytes:
    """A small film of a kind."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_film(
            Path(folder) / f"film.{suffix}", width=48, height=32, frames=8, **KINDS[suffix]
        )
        return path.read_bytes()


def film(rng: np.random.Generator, folder: Path) -> Attempt:
    """A film with flipped bytes, a hole, an end that is missing, or a head of another."""
    suffix = list(KINDS)[int(rng.integers(len(KINDS)))]
    content = sound_film(suffix)
    way = ("flipped", "cut", "hole", "swapped")[int(rng.integers(4))]
    if way == "flipped":
        content = flipped(content, rng)
    elif way == "cut":
        content = content[: int(rng.integers(len(content)))]
    elif way == "hole":
        place = int(rng.integers(len(content)))
        content = content[:place] + bytes(int(rng.integers(1, 400))) + content[place + 200 :]
    else:
        other = sound_film(list(KINDS)[int(rng.integers(len(KINDS)))])
        place = int(rng.integers(1, min(len(content), len(other))))
        content = other[:place] + content[place:]
    source, target = folder / f"film.{suffix}", folder / "large.mkv"
    source.write_bytes(content)

    def call() -> Any:
        try:
            return video(source, target, processor="litert:cpu:float32", codec="ffv1", threads=1)
        finally:
            # What was finished is kept on purpose.
            shutil.rmtree(journal_folder(target), ignore_errors=True)

    def check(report: Any) -> None:
        assert report.frames > 0
        assert target.stat().st_size == report.bytes

    return Attempt(call, f"{suffix}, {way}", (target,), check)
