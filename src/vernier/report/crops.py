"""Crops of pictures that methods made: where they differ most, and where chance says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Reals = NDArray[np.float64]
Key = tuple[str, str]
"""Data set and photo."""
MOST, RANDOM = "most", "random"


@dataclass(frozen=True)
class Spot:
    """A crop of a photo.

    Attributes:
        data_set: of the photo.
        photo: its name.
        top: first row.
        left: first column.
        side: in pixels.
        why: `MOST` or `RANDOM`.
        difference: root of the mean square of what methods differ by there, in grey levels.
    """

    data_set: str
    photo: str
    top: int
    left: int
    side: int
    why: str
    difference: float

    def of(self, picture: Bytes) -> Bytes:
        """The crop of a picture of this photo."""
        return picture[self.top : self.top + self.side, self.left : self.left + self.side]


def spread(pictures: Sequence[Bytes]) -> Reals:
    """The variance of pictures of one photo over methods, by pixel: shape `(H, W)`."""
    total = np.zeros(pictures[0].shape[:2], np.float64)
    squares = np.zeros_like(total)
    for picture in pictures:
        values = picture.astype(np.float64).mean(axis=2)
        total += values
        squares += values**2
    count = len(pictures)
    return np.maximum(0.0, squares / count - (total / count) ** 2)


def windows(spreads: Reals, height: int, width: int) -> Reals:
    """The mean of every window of that size, by its top left corner."""
    sums = np.zeros((spreads.shape[0] + 1, spreads.shape[1] + 1))
    sums[1:, 1:] = spreads.cumsum(axis=0).cumsum(axis=1)
    inner = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
    return np.maximum(0.0, (inner + sums[:-height, :-width]) / (height * width))


def spots(
    sizes: Mapping[Key, tuple[int, int]],
    spread_of: Callable[[Key], Reals],
    *,
    side: int,
    most: int,
    random: int,
    seed: int,
) -> list[Spot]:
    """Crops that do not overlap: first those where methods differ most, then those of chance.

    Args:
        sizes: height and width of each photo.
        spread_of: `spread` of a photo's pictures; asked once for each photo.
        side: of a crop; at most half of the smallest photo's.
        most: how many where they differ most; from different photos while there are enough.
        random: how many at random; each pixel of each photo is as likely as any other.
        seed: of the random numbers.
    """
    side = max(1, min(side, *(edge // 2 for size in sizes.values() for edge in size)))
    means = {key: windows(spread_of(key), side, side) for key in sizes}
    found: list[Spot] = []
    while len(found) < most and (best := _greatest(means, found, side)) is not None:
        found.append(best)
    rng = np.random.default_rng(seed)
    for spot in _random(means, side, rng):
        if len(found) >= most + random:
            break
        if not any(_overlap(spot, other) for other in found):
            found.append(spot)
    return found


def _greatest(means: Mapping[Key, Reals], taken: Sequence[Spot], side: int) -> Spot | None:
    """The best of the photos that have the fewest spots yet."""
    counts = {key: sum((spot.data_set, spot.photo) == key for spot in taken) for key in means}
    best: Spot | None = None
    for key, values in means.items():
        if counts[key] > min(counts.values()):
            continue
        free = values.copy()
        for spot in taken:
            if (spot.data_set, spot.photo) == key:
                rows = slice(max(0, spot.top - side + 1), spot.top + side)
                free[rows, max(0, spot.left - side + 1) : spot.left + side] = -1
        top, left = (int(at) for at in np.unravel_index(int(free.argmax()), free.shape))
        value = float(free[top, left])
        if value >= 0 and (best is None or value > best.difference**2):
            best = Spot(*key, top, left, side, MOST, value**0.5)
    return best


def _random(means: Mapping[Key, Reals], side: int, rng: np.random.Generator) -> Iterator[Spot]:
    keys = list(means)
    places = np.array([means[key].size for key in keys], np.float64)
    for _ in range(1000):
        key = keys[int(rng.choice(len(keys), p=places / places.sum()))]
        rows, columns = means[key].shape
        top, left = int(rng.integers(rows)), int(rng.integers(columns))
        yield Spot(*key, top, left, side, RANDOM, float(means[key][top, left]) ** 0.5)


def _overlap(one: Spot, other: Spot) -> bool:
    return (
        (one.data_set, one.photo) == (other.data_set, other.photo)
        and abs(one.top - other.top) < one.side
        and abs(one.left - other.left) < one.side
    )
