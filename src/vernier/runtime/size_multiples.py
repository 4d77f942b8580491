"""Pictures widened to sizes that a network takes: mirrored below and on the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]


def widened(picture: Any, below: int, right: int) -> Samples:
    """A picture `(H, W, C)` with mirrored rows and columns after its last ones.

    The border pixel itself is not repeated, so that no edge appears; a picture of fewer pixels than
    are asked for is mirrored to and fro.
    """
    if not below and not right:
        return picture  # type: ignore[no-any-return]
    rows = _mirrored(picture.shape[0], below)
    columns = _mirrored(picture.shape[1], right)
    wide: Samples = np.ascontiguousarray(picture[rows][:, columns])
    return wide


def _mirrored(length: int, more: int) -> NDArray[np.intp]:
    """Indices `0 .. length - 1` and then back."""
    return np.pad(np.arange(length), (0, more), "reflect" if length > 1 else "edge")


def widened_bands(bands: Iterator[Samples], below: int, right: int) -> Iterator[Samples]:
    """As `widened`, of rows that come in order."""
    if not below and not right:
        yield from bands
        return
    last: Any = None
    for band in bands:
        wide = widened(band, 0, right)
        last = wide if last is None else np.concatenate([last, wide])[-below - 1 :]
        last = last[-below - 1 :]
        yield wide
    if last is not None and below:
        yield widened(last, below, 0)[len(last) :]


def cropped_bands(bands: Iterator[Samples], height: int, width: int) -> Iterator[Samples]:
    """The first rows and columns of a picture whose rows come in order."""
    left = height
    for band in bands:
        kept = band[:left, :width]
        left -= len(kept)
        if len(kept):
            yield kept


def first_rows(bands: Iterator[Samples], rows: int) -> tuple[Samples, Iterator[Samples]]:
    """The first rows of a picture, up to so many, and all of its rows again."""
    taken: list[Samples] = []
    while sum(map(len, taken)) < rows:
        band = next(bands, None)
        if band is None:
            break
        taken.append(band)
    joined: Any = np.concatenate(taken)
    return joined[:rows], (band for source in (taken, bands) for band in source)
