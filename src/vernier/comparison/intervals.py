"""How sure a mean over photos is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000
CONFIDENCE = 0.95


def bootstrap(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """The mean and its percentile bootstrap interval (Efron 1979).

    Args:
        values: one of each photo, at least one.
        seed: of the resamples.

    Returns:
        Mean, lower and upper end; all equal for one photo.
    """
    known = np.asarray(values, np.float64)
    random = np.random.default_rng(seed)
    drawn = random.choice(known, (RESAMPLES, len(known))).mean(axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(known.mean()), float(low), float(high)
