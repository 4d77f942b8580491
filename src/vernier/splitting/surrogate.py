"""What a split would be judged as, guessed from those that were: a ridge regression.

Features are "unit i is on processor p" and "units i and i+1 are both in INT8", since damage adds up
but for what neighbours share: two INT8 units convert nothing between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vernier.processor_id import is_integer
from vernier.splitting.problem import Problem
from vernier.units.split import Assignment

Float64 = NDArray[np.float64]
RIDGE = 1e-3
PAIRS_SHRINK = 0.3
"""Interactions are smaller than effects; their features are scaled down, so ridge doubts them."""


class Surrogate:
    """Guesses objectives.

    Args:
        problem: whose units and processors.
        known: objectives by assignment, at least one.
        near: assignments like this one count for more.
    """

    def __init__(
        self, problem: Problem, known: Mapping[Assignment, float], near: Assignment
    ) -> None:
        self._problem = problem
        splits = list(known)
        x = self._features(splits)
        y = np.array([known[split] for split in splits])
        apart = np.array(
            [sum(a != b for a, b in zip(split, near, strict=True)) for split in splits]
        )
        weight = 1 / (1 + apart / max(1.0, len(near) / 8))
        self._mean = float(np.average(y, weights=weight))
        self._spread = float(y.std()) or 1.0
        scaled = x * np.sqrt(weight)[:, None]
        target = (y - self._mean) / self._spread * np.sqrt(weight)
        kernel = scaled @ scaled.T + RIDGE * np.eye(len(splits))
        self._effects = scaled.T @ np.linalg.solve(kernel, target)

    def __call__(self, splits: Sequence[Assignment]) -> Float64:
        """Guesses of objectives, one for each."""
        guessed: Float64 = self._features(splits) @ self._effects * self._spread + self._mean
        return guessed

    def table(self) -> Float64:
        """Effects of single units, `(M, K)`: sensitivities as far as they add up."""
        names = self._problem.profile.processors
        base = self._problem.finest
        rows = np.full((len(base), len(names)), np.inf)
        for unit, able in enumerate(self._problem.able):
            options = [(*base[:unit], name, *base[unit + 1 :]) for name in able]
            guessed = self(options) - float(self([base])[0])
            for name, value in zip(able, guessed, strict=True):
                rows[unit, names.index(name)] = value
        return rows

    def _features(self, splits: Sequence[Assignment]) -> Float64:
        names = self._problem.profile.processors
        place = {name: number for number, name in enumerate(names)}
        at = np.array([[place[name] for name in split] for split in splits])
        single = (at[:, :, None] == np.arange(len(names))).reshape(len(splits), -1)
        integer = np.array([is_integer(name) for name in names])[at]
        both = (integer[:, 1:] & integer[:, :-1]) * PAIRS_SHRINK
        return np.concatenate([single, both, np.ones((len(splits), 1))], axis=1).astype(np.float64)
