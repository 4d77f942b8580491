"""Which picture becomes which file, and what a worker says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from vernier.cluster.addresses import Found
from vernier.images.sources import READABLE, SIDECAR
from vernier.images.writing import EXTENSIONS, FORMATS


class PictureTask(msgspec.Struct, frozen=True):
    """A picture to enlarge.

    Attributes:
        source: its name below the address of the pictures.
        state: see `Found`.
        target: the result's name below the address of results.
        format: of the result.
    """

    source: str
    state: str
    target: str
    format: str


class PictureResult(msgspec.Struct, frozen=True):
    """What became of a task.

    Attributes:
        source: see `PictureTask`.
        state: likewise.
        target: likewise.
        fault: why there is no result; "" where there is one.
        bytes: of the result.
        crc32: likewise.
        size: its height and width.
        seconds: that it took.
        processor: that computed it.
        machine: that computed it.
        notes: what was changed on reading and writing.
    """

    source: str
    state: str
    target: str
    fault: str = ""
    bytes: int = 0
    crc32: int = 0
    size: tuple[int, int] | None = None
    seconds: float = 0.0
    processor: str = ""
    machine: str = ""
    notes: tuple[str, ...] = ()

    @property
    def trial(self) -> None:
        """Made apart."""


class Settings(msgspec.Struct, frozen=True):
    """What all pictures of a command have in common; see `Upscaler`."""

    network: str
    bundle: str | None
    scale: float
    size: tuple[int, int] | None
    processor: str
    prefer: str
    quality: int
    max_pixels: int
    memory_bytes: int | None
    allow_inexact: bool


def picture_tasks(
    files: Sequence[Found], suffix: str, format_: str | None
) -> tuple[list[PictureTask], list[str]]:
    """Tasks for the pictures among files, and the names of what is no picture.

    Two pictures that would have one result are told apart by their endings, as by `plan_jobs`.
    """
    pictures = [file for file in files if _is_picture(file.name)]
    others = [file.name for file in files if not _is_picture(file.name)]
    named = [_target(file.name, suffix, format_, whole=False) for file in pictures]
    counts = Counter(named)
    tasks = []
    for file, name in zip(pictures, named, strict=True):
        target = _target(file.name, suffix, format_, whole=True) if counts[name] > 1 else name
        tasks.append(PictureTask(file.name, file.state, target, format_ or _format_like(file.name)))
    return tasks, others


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in READABLE and not path.name.startswith(SIDECAR)


def _format_like(name: str) -> str:
    return FORMATS.get(PurePosixPath(name).suffix.lower(), "PNG")


def _target(name: str, suffix: str, format_: str | None, *, whole: bool) -> str:
    path = PurePosixPath(name)
    chosen = format_ or _format_like(name)
    same = FORMATS.get(path.suffix.lower()) == chosen
    ending = path.suffix if same else EXTENSIONS[chosen]
    return str(path.with_name(f"{path.name if whole else path.stem}{suffix}{ending}"))
