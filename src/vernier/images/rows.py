"""A picture file that is open: what its header says, and its rows from top to bottom.

So a picture of any size goes through in little memory: rows are read, enlarged and written band by
band. `Picture` is the same with all rows in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vernier.images.picture import Picture, Samples

# Of the samples that a band holds; more only costs memory.
BAND_BYTES = 1 << 22

Band = tuple[Samples, Samples | None]


@dataclass
class PictureRows:
    """A picture's header, and where its rows come from. Upright, as `Picture` is.

    Attributes:
        height: in pixels.
        width: likewise.
        channels: 1 (grey) or 3 (RGB).
        dtype: uint8 or uint16.
        has_alpha: whether bands come with opacity.
        bands: reads the rows, once: samples `(rows, W, channels)` and opacity `(rows, W)` or None.
            Raises what the decoder raises on damage.
        icc_profile: see `Picture`, as all that follow.
        cicp: likewise.
        exif: likewise.
        dpi: likewise.
        format: likewise.
        notes: grows while rows are read.
    """

    height: int
    width: int
    channels: int
    dtype: np.dtype[Any]
    has_alpha: bool
    bands: Callable[[], Iterator[Band]]
    icc_profile: bytes | None = None
    cicp: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "PNG"
    notes: list[str] = field(default_factory=list)

    def picture(self) -> Picture:
        """All rows."""
        samples: Samples = np.empty((self.height, self.width, self.channels), self.dtype)
        alpha = np.empty((self.height, self.width), self.dtype) if self.has_alpha else None
        row = 0
        for part, opacity in self.bands():
            samples[row : row + len(part)] = part
            if alpha is not None and opacity is not None:
                alpha[row : row + len(part)] = opacity
            row += len(part)
        if row != self.height:
            raise OSError(f"it holds {row} of {self.height} rows")
        return Picture(
            samples,
            alpha,
            self.icc_profile,
            self.exif,
            self.dpi,
            self.format,
            tuple(self.notes),
            self.cicp,
        )


def in_bands(samples: Samples, alpha: Samples | None) -> Iterator[Band]:
    """Rows that are in memory already, band by band."""
    row_bytes = max(1, samples[:1].nbytes)
    step = max(1, BAND_BYTES // row_bytes)
    for first in range(0, len(samples), step):
        part = None if alpha is None else alpha[first : first + step]
        yield samples[first : first + step], part


def rows_of(picture: Picture) -> PictureRows:
    """A picture in memory as rows."""
    return PictureRows(
        picture.height,
        picture.width,
        int(picture.samples.shape[2]),
        picture.samples.dtype,
        picture.alpha is not None,
        lambda: in_bands(picture.samples, picture.alpha),
        picture.icc_profile,
        picture.cicp,
        picture.exif,
        picture.dpi,
        picture.format,
        list(picture.notes),
    )


class Window:
    """Rows by number from bands that come in order: what was passed is forgotten.

    Args:
        bands: arrays of any number of rows each, of one shape besides.
    """

    def __init__(self, bands: Iterator[Samples]) -> None:
        self._bands = bands
        self._held: deque[tuple[int, Samples]] = deque()
        self._next = 0

    def rows(self, first: int, last: int) -> Samples:
        """Rows `[first, last)`; no later call may ask for rows before `first`.

        Raises:
            OSError: the bands end before.
        """
        while self._next < last:
            band = next(self._bands, None)
            if band is None:
                raise OSError(f"it holds {self._next} of at least {last} rows")
            # A decoder's memory is its own: it may be used again for the next band.
            self._held.append((self._next, np.array(band)))
            self._next += len(band)
        while self._held and self._held[0][0] + len(self._held[0][1]) <= first:
            self._held.popleft()
        parts = [
            band[max(0, first - start) : last - start] for start, band in self._held if start < last
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def in_steps(bands: Iterator[Samples], height: int, step: int) -> Iterator[Samples]:
    """The same rows in bands of `step`, the last one of what is left."""
    window = Window(bands)
    for first in range(0, height, step):
        yield window.rows(first, min(height, first + step))
    # So that what gives the rows comes to its end.
    if next(bands, None) is not None:
        raise OSError(f"it holds more than {height} rows")


def apart(bands: Iterator[Band]) -> tuple[Iterator[Samples], Iterator[Samples]]:
    """Samples and opacity, each to be read at its own pace; what one is ahead is kept."""
    waiting: tuple[deque[Samples], deque[Samples]] = (deque(), deque())

    def side(number: int) -> Iterator[Samples]:
        while True:
            while not waiting[number]:
                band = next(bands, None)
                if band is None:
                    return
                samples, alpha = band
                assert alpha is not None
                waiting[0].append(np.array(samples))
                waiting[1].append(np.array(alpha))
            yield waiting[number].popleft()

    return side(0), side(1)


def interleaved(rows: PictureRows, step: int) -> Iterator[Samples]:
    """Samples with opacity as their last channel, `(step, W, C)`."""
    bands = rows.bands()
    if not rows.has_alpha:
        yield from in_steps((samples for samples, _ in bands), rows.height, step)
        return
    joined = (
        samples if alpha is None else np.concatenate([samples, alpha[:, :, None]], axis=2)
        for samples, alpha in bands
    )
    yield from in_steps(joined, rows.height, step)
