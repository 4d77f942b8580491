"""The expected time of units that are placed by chance, in closed form and differentiable.

Each unit is placed on its own, by its row of shares. A tie costs between two processors where its
source is on one and any of its readers on the other, so that

    E = fixed + sum_u sum_p a[u, p] t[u, p]
        + sum_ties sum_pq a[source, p] cost[p, q] (1 - prod_readers (1 - a[reader, q]))

For two units in a row the last sum is FYE-SR's `(1 - a) b t^{G->N} + a (1 - b) t^{N->G}`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vernier.splitting.time_model import TimeModel


class ExpectedTime:
    """The expectation above, of one time model.

    Args:
        model: times as sums.
    """

    def __init__(self, model: TimeModel) -> None:
        able = np.isfinite(model.units_ms)
        self._fixed_ms = model.fixed_ms
        self._units_ms = torch.from_numpy(np.where(able, model.units_ms, 0.0)).float()
        self._sources = torch.tensor([tie.source for tie in model.ties], dtype=torch.long)
        most = max((len(tie.readers) for tie in model.ties), default=0)
        # Ties have different numbers of readers: shorter rows end with a reader that is nowhere.
        nowhere = len(model.units_ms)
        self._readers = torch.tensor(
            [[*tie.readers, *[nowhere] * (most - len(tie.readers))] for tie in model.ties],
            dtype=torch.long,
        )
        costs = [tie.cost_ms for tie in model.ties]
        self._costs_ms = torch.from_numpy(np.array(costs)).float()

    def __call__(self, shares: Tensor) -> Tensor:
        """In ms.

        Args:
            shares: shape `(M, K)`, rows that sum to 1.
        """
        total = self._fixed_ms + (shares * self._units_ms).sum()
        if not len(self._sources):
            return total
        padded = torch.cat([shares, torch.zeros_like(shares[:1])])
        nobody = torch.prod(1 - padded[self._readers], dim=1)
        paid = torch.einsum("tp,tpq,tq->", shares[self._sources], self._costs_ms, 1 - nobody)
        return total + paid
