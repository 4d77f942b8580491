"""Times as sums, of many splits at once: all ties in one array operation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.splitting.time_model import TimeModel

Float64 = NDArray[np.float64]
NOWHERE = -1


class TieSums:
    """`TimeModel.totals_ms`, for a search that asks it often.

    Args:
        model: what is summed.
    """

    def __init__(self, model: TimeModel) -> None:
        self._fixed_ms, self._units_ms = model.fixed_ms, model.units_ms
        self._units = np.arange(len(model.units_ms))
        self._kinds = len(model.processors)
        self._sources = np.array([tie.source for tie in model.ties], np.intp)
        most = max((len(tie.readers) for tie in model.ties), default=0)
        rows = [(*tie.readers, *[NOWHERE] * (most - len(tie.readers))) for tie in model.ties]
        self._readers = np.array(rows, np.intp).reshape(len(rows), most)
        self._missing = self._readers == NOWHERE
        self._costs_ms = np.array([tie.cost_ms for tie in model.ties])
        self._ties = np.arange(len(rows))

    def __call__(self, places: NDArray[np.intp]) -> Float64:
        """In ms, `(N,)`, of places `(N, M)`."""
        totals: Float64 = self._fixed_ms + self._units_ms[self._units, places].sum(axis=1)
        if not len(self._sources):
            return totals
        here = places[:, self._sources]
        readers = np.where(self._missing, NOWHERE, places[:, self._readers])
        for there in range(self._kinds):
            read = (readers == there).any(axis=2)
            totals += np.where(read, self._costs_ms[self._ties, here, there], 0.0).sum(axis=1)
        return totals
