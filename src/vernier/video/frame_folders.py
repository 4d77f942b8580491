"""Films as folders of PNG files: one file a frame, in the order of their names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from vernier.errors import UsageError, VideoError
from vernier.files import write_whole
from vernier.video.encoder import EncoderSettings
from vernier.video.library import av
from vernier.video.probing import Film


def is_folder(target: Path) -> bool:
    """Whether a result is meant as a folder of frames: it is one, or its name has no suffix."""
    return target.is_dir() or not target.suffix


def frame_path(folder: Path, number: int) -> Path:
    """The file of a frame, counted from 1."""
    return folder / f"{number:06}.png"


def finished_frames(folder: Path) -> int:
    """How many frames, from the first on, are there."""
    return next(n for n in itertools.count() if not frame_path(folder, n + 1).exists())


def png_settings(film: Film, size: tuple[int, int]) -> EncoderSettings:
    """What a film's frames are written with.

    Raises:
        UsageError: the film is HDR, which a PNG cannot say of itself.
    """
    if film.hdr:
        raise UsageError(
            f"{film.path}: is {film.hdr}, which PNG files cannot say; make a film of it instead"
        )
    return EncoderSettings(
        "png", film.layout, *size, film.time_base, film.rate, film.aspect, film.colours, ()
    )


class FolderWriter:
    """Writes frames as PNG: RGB of 8 bits, or of 16 where the film has more than 8.

    Args:
        folder: is made where it is not there.
        film: whose colours the frames have.
        done: frames that are there.

    Raises:
        VideoError: the folder cannot be made.
    """

    def __init__(self, folder: Path, film: Film, done: int) -> None:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise VideoError(f"{folder}: cannot be made ({error.strerror or error})") from error
        self._folder, self._film, self._done = folder, film, done
        self._format = "rgb24" if film.bits == 8 else "rgb48be"

    def add(self, frame: Any) -> int:
        """Write the next frame; its file's bytes."""
        made = frame.reformat(
            format=self._format,
            src_colorspace=self._film.matrix,
            src_color_range=2 if self._film.full_range else 1,
            dst_color_range=2,
        )
        made.pts, made.time_base = 0, Fraction(1, 24)
        encoder: Any = av.CodecContext.create("png", "w")
        encoder.height, encoder.width = made.height, made.width
        encoder.pix_fmt, encoder.time_base = self._format, Fraction(1, 24)
        encoder.thread_count = 1
        content = b"".join(bytes(p) for p in _packets(encoder, made))
        self._done += 1
        write_whole(frame_path(self._folder, self._done), content)
        return len(content)


def _packets(encoder: Any, frame: Any) -> Iterator[Any]:
    yield from encoder.encode(frame)
    yield from encoder.encode(None)
