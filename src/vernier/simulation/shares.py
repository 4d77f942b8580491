"""Shares of precisions in each unit: numbers where a split is fixed, tensors where it is learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vernier.errors import UsageError
from vernier.quantization.pair_bound import ARITHMETICS
from vernier.simulation.narrow_floats import NARROW

Share = float | Tensor


def mixtures(
    shares: Sequence[Share] | Tensor, precisions: Sequence[str], units: int
) -> list[dict[str, Share]]:
    """For each unit the share of each precision.

    Args:
        shares: of INT8 in each unit, `(M,)`; or of each precision, `(M, P)`.
        precisions: of the columns; empty for shares of INT8.
        units: M.

    Raises:
        UsageError: shares are too many or too few or not in [0, 1], or a precision is unknown.
    """
    # Numbers where nothing is learnt: asking each one of a tensor costs more.
    given = list(shares) if is_learnt(shares) or not isinstance(shares, Tensor) else shares.tolist()
    if len(given) != units:
        raise UsageError(f"expected {units} shares, one per unit, found {len(given)}")
    if not precisions:
        _check_shares(given)
        return [{"float32": 1.0 - share, "int8": share} for share in given]
    known = ("float32", *ARITHMETICS, *NARROW)
    unknown = [name for name in precisions if name not in known]
    if unknown:
        raise UsageError(f"expected {', '.join(known)}, found {unknown[0]!r}")
    rows = torch.as_tensor(shares)
    if rows.shape != (units, len(precisions)):
        raise UsageError(
            f"expected shares of {units} units and {len(precisions)} precisions, found "
            f"{tuple(rows.shape)}"
        )
    for row in rows:
        _check_shares(row)
    found = rows if is_learnt(rows) else rows.tolist()
    return [dict(zip(precisions, row, strict=True)) for row in found]


def _check_shares(shares: Sequence[Share] | Tensor) -> None:
    wrong = [index for index, share in enumerate(shares) if not 0.0 <= number(share) <= 1.0]
    if wrong:
        raise UsageError(
            f"a share is in [0, 1], that of unit {wrong[0]} is {number(shares[wrong[0]])}"
        )


def number(share: Share) -> float:
    """A share's value."""
    return float(share.item()) if isinstance(share, Tensor) else share


def is_learnt(share: object) -> bool:
    """Whether it needs a gradient."""
    return isinstance(share, Tensor) and share.requires_grad and torch.is_grad_enabled()


def weighted(exits: Mapping[str, Tensor], share: Share) -> dict[str, Tensor]:
    """A path's exits times its share; as they are where the share is the number 1."""
    if not is_learnt(share) and number(share) == 1.0:
        return dict(exits)
    weight = share.reshape(()) if isinstance(share, Tensor) else share
    return {name: values * weight for name, values in exits.items()}


def integer_share(parts: Mapping[str, Share]) -> float:
    """The share of INT8 in a unit, of whichever arithmetic."""
    return sum(number(share) for name, share in parts.items() if name in ARITHMETICS)
