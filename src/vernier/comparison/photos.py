"""The photos that are compared, and those that methods may see before."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.images.pairs import (
    Float32,
    evenly_spread,
    list_photos,
    load_rgb,
    network_input,
    shrink,
)

Bytes = NDArray[np.uint8]
SMALLEST_SIDE = 64
FEWEST_OTHERS = 8
"""Photos of a folder that must be left to calibrate and to search with, or all are."""


@dataclass(frozen=True)
class HighPhoto:
    """A photo to compare on.

    Attributes:
        data_set: its folder's name.
        path: of its file.
        scale: of the network.
        channels: that the network takes.
        size: of the low-resolution picture: height and width.
    """

    data_set: str
    path: Path
    scale: int
    channels: int
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """Of the file, without its ending."""
        return self.path.stem

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def pair(self) -> tuple[Bytes, Bytes]:
        """Low resolution `(h, w, 3)` and the photo, cut to whole multiples, both RGB."""
        return _pair(self.path, self.scale)

    @property
    def planes(self) -> Float32:
        """What the network is given: `(h, w, channels)`, float32 in [0, 1]."""
        return network_input(self.pair[0], self.channels)


@functools.lru_cache(8)
def _pair(path: Path, scale: int) -> tuple[Bytes, Bytes]:
    """The last few are kept: all photos of a data set may be more than memory holds."""
    return shrink(load_rgb(path), scale)


def _checked(data_set: str, path: Path, scale: int, channels: int) -> HighPhoto:
    low, high = _pair(path, scale)
    if min(high.shape[:2]) < SMALLEST_SIDE:
        raise UsageError(
            f"{path}: {high.shape[1]}x{high.shape[0]} pixels are too few to compare on, expected "
            f"at least {SMALLEST_SIDE} on both sides"
        )
    return HighPhoto(data_set, path, scale, channels, (low.shape[0], low.shape[1]))


def chosen_photos(
    folders: Sequence[Path], scale: int, channels: int, count: int | None
) -> list[HighPhoto]:
    """The photos of some folders, evenly spread over each.

    Args:
        folders: data sets.
        scale: of the network.
        channels: that it takes.
        count: of each folder, at the most; all if None.

    Raises:
        ImageError: a folder is missing or has no photo, or one cannot be read.
        UsageError: two folders have one name, or a photo is too small.
    """
    names = [folder.resolve().name for folder in folders]
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise UsageError(f"two data sets are called {twice[0]!r}; give one folder another name")
    found = []
    for folder, name in zip(folders, names, strict=True):
        files = list_photos(folder)
        chosen = files if count is None else evenly_spread(files, count)
        stems = Counter(path.stem for path in chosen)
        double = [stem for stem, times in stems.items() if times > 1]
        if double:
            raise UsageError(f"{folder}: two photos are called {double[0]!r}; rename one")
        # What cannot be read is found before anything is computed.
        found += [_checked(name, path, scale, channels) for path in chosen]
    return found


def others(folders: Sequence[Path], chosen: Sequence[HighPhoto]) -> list[Path]:
    """The photos of some folders that are not compared on."""
    taken = {photo.path for photo in chosen}
    return [path for folder in folders for path in list_photos(folder) if path not in taken]


def folder_of(files: Sequence[Path], folder: Path) -> Path:
    """A folder with links to files, for what takes a folder of photos."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(files):
        link = folder / f"{number:04d}-{path.name}"
        if not link.exists():
            link.symlink_to(path.resolve())
    return folder


def commonest_size(photos: Sequence[HighPhoto]) -> tuple[int, int]:
    """Height and width of most low-resolution pictures."""
    return Counter(photo.size for photo in photos).most_common(1)[0][0]
