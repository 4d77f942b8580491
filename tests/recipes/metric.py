"""Mean absolute error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError


def mae(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """The mean of `abs(first - second)`, in float64.

    Args:
        first: any shape.
        second: the same shape.

    Raises:
        UsageError: the shapes differ.
    """
    if first.shape != second.shape:
        raise UsageError(f"MAE expects one shape, found {first.shape} and {second.shape}")
    return float(np.mean(np.abs(first.astype(np.float64) - second.astype(np.float64))))
