"""What a split would be judged as, guessed from those that were: a ridge regression.

Features are "unit i is on processor p" and, for units that read from each other and for neighbours,
"both are in INT8", since damage adds up but for what they share: two INT8 units convert nothing
between them. So a guess is a sum over units and pairs, and many changes of a split can be priced at
once (`pairwise`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vernier.processor_id import is_integer
from vernier.splitting.pairwise import Pairwise, Places
from vernier.splitting.problem import Problem
from vernier.units.split import Split

Float64 = NDArray[np.float64]
RIDGE = 1e-3
PAIRS_SHRINK = 0.3
"""Interactions are smaller than effects; their features are scaled down, so ridge doubts them."""
TRUST = 3.0
"""What was predicted is a feature as well, scaled up, so that ridge hardly doubts its share."""


class Archive:
    """Judged splits as numbers, made once each.

    Args:
        problem: whose units and processors.
    """

    def __init__(self, problem: Problem) -> None:
        names = problem.profile.processors
        self._place = {name: number for number, name in enumerate(names)}
        self.kinds = len(names)
        self.integer = np.array([is_integer(name) for name in names])
        self.edges = read_edges(problem)
        self.first = np.array([one for one, _ in self.edges], np.intp)
        self.second = np.array([two for _, two in self.edges], np.intp)
        self._rows: dict[Split, int] = {}
        count = len(problem.able)
        self._features = np.empty((0, count * self.kinds + len(self.edges) + 1))
        self._places = np.empty((0, count), np.intp)

    def places(self, split: Split) -> Places:
        """Where each unit is, as a number of the profile's processors, shape `(M,)`."""
        return np.array([self._place[name] for name in split], np.intp)

    def rows(self, splits: Sequence[Split]) -> tuple[Places, Float64]:
        """Places `(N, M)` and features `(N, F)`."""
        new = [split for split in splits if split not in self._rows]
        if new:
            at = np.array([self.places(split) for split in new])
            self._rows |= {split: len(self._rows) + n for n, split in enumerate(new)}
            self._places = np.concatenate([self._places, at])
            self._features = np.concatenate([self._features, self._made(at)])
        order = [self._rows[split] for split in splits]
        return self._places[order], self._features[order]

    def _made(self, at: Places) -> Float64:
        single = (at[:, :, None] == np.arange(self.kinds)).reshape(len(at), -1)
        coarse = self.integer[at]
        both = (coarse[:, self.first] & coarse[:, self.second]) * PAIRS_SHRINK
        ones = np.ones((len(at), 1))
        return np.concatenate([single, both, ones], axis=1).astype(np.float64)


def read_edges(problem: Problem) -> list[tuple[int, int]]:
    """Units that read from each other, and neighbours, in order."""
    units = problem.profile.units
    reads = {(read.unit, at) for at, unit in enumerate(units) for read in unit.reads}
    chain = {(at, at + 1) for at in range(len(units) - 1)}
    return sorted((one, two) for one, two in reads | chain if one >= 0)


class Surrogate:
    """Guesses objectives.

    Args:
        archive: of the problem.
        known: objectives by split, at least one.
        near: splits like this one count for more.
        predicted: effects by unit and processor, `(M, K)`, that something else has taught; None for
            none. How far they hold is found out.
    """

    def __init__(
        self,
        archive: Archive,
        known: Mapping[Split, float],
        near: Split,
        predicted: Float64 | None = None,
    ) -> None:
        splits = list(known)
        places, x = archive.rows(splits)
        y = np.array([known[split] for split in splits])
        if predicted is not None:
            guess, unit = _standard(predicted, places)
            x = np.concatenate([x, TRUST * guess[:, None]], axis=1)
        apart = (places != archive.places(near)).sum(axis=1)
        weight = 1 / (1 + apart / max(1.0, len(near) / 8))
        mean = float(np.average(y, weights=weight))
        spread = float(y.std()) or 1.0
        effects = _ridge(x * np.sqrt(weight)[:, None], (y - mean) / spread * np.sqrt(weight))
        effects *= spread
        count, kinds = places.shape[1], archive.kinds
        units = effects[: count * kinds].reshape(count, kinds)
        pairs = effects[count * kinds : count * kinds + len(archive.edges)] * PAIRS_SHRINK
        if predicted is not None:
            units = units + effects[-1] * TRUST * unit
        both = np.outer(archive.integer, archive.integer)
        self.sums = Pairwise(units, archive.first, archive.second, pairs[:, None, None] * both)
        self._base = float(np.average(y - self.sums.totals(places), weights=weight))
        self._archive = archive

    def __call__(self, splits: Sequence[Split]) -> Float64:
        """Guesses of objectives, one for each."""
        places = np.array([self._archive.places(split) for split in splits])
        guessed: Float64 = self.sums.totals(places) + self._base
        return guessed


def _standard(predicted: Float64, places: Places) -> tuple[Float64, Float64]:
    """Predicted sums of splits with mean 0 and deviation 1, and the effects that give them."""
    predicted = np.where(np.isfinite(predicted), predicted, 0.0)
    sums = predicted[np.arange(places.shape[1]), places].sum(axis=1)
    spread = float(sums.std()) or 1.0
    return (sums - sums.mean()) / spread, predicted / spread


def _ridge(x: Float64, y: Float64) -> Float64:
    """Coefficients; by the smaller of two equal systems."""
    rows, columns = x.shape
    if rows <= columns:
        found = x.T @ np.linalg.solve(x @ x.T + RIDGE * np.eye(rows), y)
    else:
        found = np.linalg.solve(x.T @ x + RIDGE * np.eye(columns), x.T @ y)
    effects: Float64 = found
    return effects
