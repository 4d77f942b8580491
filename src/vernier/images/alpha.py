"""Colours under transparency: what a network or a filter mixes into the visible edge beside it.

A fully transparent pixel's colour is whatever a program left there, black most often. Enlarging
reads it beside visible pixels, and the edge darkens. So before a picture is enlarged, transparent
pixels take the mean colour of their nearest visible neighbours, ring by ring, as far as any
network reaches; further away nothing can be seen of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.images.picture import Samples
from vernier.images.rows import Band, Window, apart

# Rings: a transposed convolution's or a bicubic's reach, and a network's where it has weight.
RINGS = 16
STRIP_ROWS = 512


def spread(colours: Samples, alpha: Samples) -> Samples:
    """Colours with those of visible pixels spread under full transparency.

    Args:
        colours: shape `(H, W, C)`, uint8, uint16 or float32.
        alpha: shape `(H, W)`, the same dtype; 0 is fully transparent.

    Returns:
        The same shape and dtype; unchanged where alpha is above 0, and, beyond `RINGS` pixels from
        there, as it was.
    """
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return colours
    result = colours.copy()
    height = colours.shape[0]
    for first in range(0, height, STRIP_ROWS):
        above, below = max(0, first - RINGS), min(height, first + STRIP_ROWS + RINGS)
        last = min(height, first + STRIP_ROWS)
        if hidden[first:last].any() and not hidden[above:below].all():
            strip = _spread(colours[above:below], hidden[above:below])
            result[first:last] = strip[first - above : last - above]
    return result


def spread_bands(bands: Iterator[Band], height: int) -> Iterator[Band]:
    """As `spread`, of rows that come in order."""
    colours, opacity = apart(bands)
    seen, cover = Window(colours), Window(opacity)
    for first in range(0, height, STRIP_ROWS):
        last = min(height, first + STRIP_ROWS)
        above, below = max(0, first - RINGS), min(height, last + RINGS)
        samples, alpha = seen.rows(above, below), cover.rows(above, below)
        hidden = alpha == 0
        if hidden[first - above : last - above].any() and not hidden.all():
            samples = _spread(samples, hidden)
        inner = slice(first - above, last - above)
        yield samples[inner], alpha[inner]


def _spread(colours: Samples, hidden: NDArray[np.bool_]) -> Samples:
    values: Any = colours.astype(np.float32)
    known = (~hidden).astype(np.float32)[:, :, None]
    values *= known
    for _ in range(RINGS):
        weights = _neighbours(known)
        new = (known == 0) & (weights > 0)
        if not new.any():
            break
        around = _neighbours(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(new, around / weights, values)
        known = np.where(new, np.float32(1), known)
    if colours.dtype != np.float32:
        values = np.rint(values)
    spread_colours: Samples = np.where(known > 0, values, colours).astype(colours.dtype)
    spread_colours[~hidden] = colours[~hidden]
    return spread_colours


def _neighbours(plane: NDArray[Any]) -> NDArray[Any]:
    """The sum over the 3x3 pixels around each."""
    padded = np.pad(plane, ((1, 1), (1, 1), (0, 0)))
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray(rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:])
