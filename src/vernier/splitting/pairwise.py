"""A value of a split as a sum over units and pairs of units: many changes priced at once.

A local search that builds every neighbour and asks a model about each pays M^2 neighbours times M
units. Moving units i to j to one processor changes what single units give, and what pairs give
where the first, the second or both are among i to j: for each unit and pair these are rectangles in
the plane of (i, j). Corners of all rectangles are summed up in one table, and running sums along
both axes give all M^2 changes in as many steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Pairwise:
    """A sum over units and pairs.

    Attributes:
        units: by unit and processor, shape `(M, K)`, finite.
        first: a unit of each pair, shape `(E,)`.
        second: the other one, behind the first.
        pairs: by pair and both processors, shape `(E, K, K)`.
    """

    units: Float64
    first: Places
    second: Places
    pairs: Float64

    @staticmethod
    def of(units: Float64, pairs: Mapping[tuple[int, int], Float64]) -> Pairwise:
        """From tables by pair, the first unit before the second."""
        count = units.shape[1]
        tables = np.array(list(pairs.values()), np.float64).reshape(-1, count, count)
        ends = np.array(list(pairs), np.intp).reshape(-1, 2)
        return Pairwise(units, ends[:, 0], ends[:, 1], tables)

    def totals(self, places: Places) -> Float64:
        """Values of many splits, shape `(N, M)` of places."""
        edges = np.arange(len(self.first))
        single = self.units[np.arange(places.shape[1]), places].sum(axis=1)
        both = self.pairs[edges, places[:, self.first], places[:, self.second]].sum(axis=1)
        found: Float64 = single + both
        return found

    def runs(self, places: Places, targets: Places) -> Float64:
        """How the value changes where units i to j go where `targets` says.

        Args:
            places: of the split, shape `(M,)`.
            targets: a place for each unit, shape `(M,)`.

        Returns:
            Shape `(M, M)` by i and j; what lies below the diagonal means nothing.
        """
        count, units, edges = len(places), np.arange(len(places)), np.arange(len(self.first))
        last = np.full(count, count - 1)
        single = self.units[units, targets] - self.units[units, places]
        here, there = places[self.first], places[self.second]
        to_here, to_there = targets[self.first], targets[self.second]
        now = self.pairs[edges, here, there]
        zero, end = np.zeros_like(self.first), np.full_like(self.first, count - 1)
        return _summed(
            count,
            (np.zeros(count, np.intp), units, units, last, single),
            (zero, self.first, self.first, self.second - 1,
             self.pairs[edges, to_here, there] - now),
            (self.first + 1, self.second, self.second, end,
             self.pairs[edges, here, to_there] - now),
            (zero, self.first, self.second, end, self.pairs[edges, to_here, to_there] - now),
        )  # fmt: skip

    def flips(self, places: Places) -> Float64:
        """How the value changes where one unit alone goes elsewhere, shape `(M, K)`."""
        units, edges = np.arange(len(places)), np.arange(len(self.first))
        found = self.units - self.units[units, places][:, None]
        here, there = places[self.first], places[self.second]
        now = self.pairs[edges, here, there][:, None]
        np.add.at(found, self.first, self.pairs[edges, :, there] - now)
        np.add.at(found, self.second, self.pairs[edges, here, :] - now)
        return found


_Rectangles = tuple[Places, Places, Places, Places, Float64]
"""First and last i, first and last j, value; one entry for each rectangle."""


def _summed(count: int, *groups: _Rectangles) -> Float64:
    """The sum of rectangles at each `(i, j)`."""
    top, bottom, left, right, value = (np.concatenate(part) for part in zip(*groups, strict=True))
    width = count + 1
    corners = np.concatenate(
        [top * width + left, (bottom + 1) * width + left,
         top * width + right + 1, (bottom + 1) * width + right + 1]
    )  # fmt: skip
    signed = np.concatenate([value, -value, -value, value])
    table = np.bincount(corners, signed, width * width).reshape(width, width)
    found: Float64 = table.cumsum(axis=0).cumsum(axis=1)[:count, :count]
    return found
