"""A histogram of values that arrive picture by picture, whose range is not known beforehand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BINS = 8192
_AT_ONCE = 1 << 16
"""Values that are counted while they are in the cache."""


class Histogram:
    """Counts of equal bins over `[-reach, reach)`.

    The reach is a power of two. When a value lies outside, the reach doubles and each pair of
    bins becomes one, so that a single pass over the data suffices, memory is constant and no
    count is lost. The resolution is always at least `largest magnitude / 2048`.

    Attributes:
        minimum: the smallest value seen, exactly; infinity where nothing was seen.
        maximum: the largest value seen, exactly; minus infinity where nothing was seen.
        zeros: how many values were exactly 0, which every quantisation represents exactly.
        total: how many values were seen, zeros included.
    """

    def __init__(self) -> None:
        self.minimum = math.inf
        self.maximum = -math.inf
        self.zeros = 0
        self.total = 0
        self._reach = 0.0
        self._counts: NDArray[np.int64] = np.zeros(BINS, np.int64)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Shape `(BINS,)`, int64: how many non-zero values fell into each bin."""
        return self._counts

    @property
    def centres(self) -> NDArray[np.float64]:
        """Shape `(BINS,)`, float64: the middle of each bin."""
        width = 2.0 * self._reach / BINS
        return (np.arange(BINS, dtype=np.float64) + 0.5) * width - self._reach

    def add(self, values: NDArray[np.floating]) -> None:
        """Count finite values, of any shape.

        Raises:
            ValueError: a value is NaN or infinite; the range of a tensor would be meaningless.
        """
        if values.size == 0:
            return
        low, high = float(values.min()), float(values.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError("a histogram holds finite values, found NaN or infinity")
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        self.total += values.size
        magnitude = max(-low, high)
        if magnitude > 0.0:
            self._grow(magnitude)
        zeros = values.size - int(np.count_nonzero(values))
        self.zeros += zeros
        if self._reach > 0.0:
            found = np.zeros(BINS, np.int64)
            flat = np.ascontiguousarray(values).reshape(-1)
            for first in range(0, flat.size, _AT_ONCE):
                found += self._binned(flat[first : first + _AT_ONCE])
            # Zero lies on a bin's edge and counts upwards.
            found[BINS // 2] -= zeros
            self._counts += found

    def _binned(self, values: NDArray[np.floating]) -> NDArray[np.int64]:
        """Counts of values below the reach; exact, as a bin's width is a power of two."""
        scaled = np.floor(values * values.dtype.type(BINS / 2 / self._reach))
        return np.bincount(scaled.astype(np.int64) + BINS // 2, minlength=BINS)

    def _grow(self, magnitude: float) -> None:
        """Double the reach until `magnitude` lies strictly below it."""
        needed = 2.0 ** (math.floor(math.log2(magnitude)) + 1)
        if self._reach == 0.0:
            self._reach = needed
        while self._reach < needed:
            pairs = self._counts.reshape(-1, 2).sum(axis=1)
            self._counts = np.zeros(BINS, np.int64)
            self._counts[BINS // 4 : BINS // 4 * 3] = pairs
            self._reach *= 2.0
