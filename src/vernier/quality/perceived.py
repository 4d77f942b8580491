"""Objectives as what a learner descends: differentiable, in points of about 100.

PIQE's own gradient is 0 almost everywhere: what stands in has the same scores and other slopes, or
is a learned estimator; averaged over the same four grids of blocks that the judge's PIQE is
(`metrics.piqe.steady_piqe`). The others are twins of the judge's metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from vernier.errors import UsageError
from vernier.metrics.differentiable import gmsd, ssim
from vernier.metrics.differentiable_piqe import piqe
from vernier.metrics.flip import flip
from vernier.metrics.piqe import BLOCK, SHIFTS
from vernier.metrics.planes import GREY_WEIGHTS
from vernier.quality.guard import Guard, guarded_batch
from vernier.quality.objectives import EQUAL_DB, FLIP_POINTS, Objective, found_lpips
from vernier.quality.objectives import GMSD_POINTS as VISIBLE_GMSD_POINTS

Perception = Callable[[Tensor, Tensor], Tensor]
"""How much worse pictures `(N, 1, H, W)` look than the float network's, `(N,)`: the objective, or
an estimate of it, on a scale of about 100 points; 0 for the float network's own."""

GMSD_POINTS, SSIM_POINTS = 250.0, 100.0
"""What a distance of 1 counts: GMSD's largest is about 0.4."""
Naturalness = Callable[[Tensor], Tensor]
"""PIQE of grey pictures `(N, 1, H, W)` in [0, 1], with gradients: `(N,)`, less is better."""
_BY_PIQE = (Objective.GUARDED, Objective.PIQE)


def descendable(objective: Objective) -> bool:
    """Whether `perception` has something for an objective."""
    return objective in _TO_FLOAT or objective in _BY_PIQE


def perception(objective: Objective, guard: Guard, naturalness: Naturalness = piqe) -> Perception:
    """What is descended for an objective.

    Args:
        objective: of the search.
        guard: of `Objective.GUARDED`.
        naturalness: what stands for PIQE in `Objective.GUARDED` and `Objective.PIQE`.

    Raises:
        UsageError: nothing descends this objective.
    """
    if not descendable(objective):
        raise UsageError(
            f"{objective} cannot be descended; choose another method, or an objective of "
            f"{', '.join([*_BY_PIQE, *_TO_FLOAT])}"
        )
    if objective in _TO_FLOAT:
        return partial(_apart, _TO_FLOAT[objective])

    def points(picture: Tensor, exact: Tensor) -> Tensor:
        score = steady(naturalness, picture)
        with torch.no_grad():
            before = steady(naturalness, exact)
        if objective is Objective.PIQE:
            return score - before
        return guarded_batch(score, before, picture, exact, guard)

    return points


def steady(naturalness: Naturalness, picture: Tensor) -> Tensor:
    """The mean score under several grids of blocks, as `metrics.piqe.steady_piqe`.

    Args:
        naturalness: see there.
        picture: shape `(N, 1, H, W)`, sides of at least 16.

    Returns:
        Shape `(N,)`.
    """
    found = []
    for above, left in SHIFTS:
        part = picture[:, :, above:, left:]
        if (above, left) != (0, 0):
            rows, columns = (side - side % BLOCK for side in part.shape[2:])
            if min(rows, columns) < BLOCK:
                continue
            part = part[:, :, :rows, :columns]
        found.append(naturalness(part))
    return torch.stack(found).mean(dim=0)


def _apart(distance: Perception, picture: Tensor, exact: Tensor) -> Tensor:
    if torch.equal(picture, exact):
        # GMSD's slope is infinite there.
        return (picture - exact).square().mean(dim=(1, 2, 3))
    return distance(picture, exact)


def _decibels(picture: Tensor, exact: Tensor) -> Tensor:
    """99 dB less PSNR, each picture's own; 0 with slope 0 where two are equal."""
    error = (picture - exact).square().mean(dim=(1, 2, 3))
    return (EQUAL_DB + 10 * torch.log10(error.clamp_min(10 ** (-EQUAL_DB / 10)))).clamp_min(0)


def _visible(picture: Tensor, exact: Tensor) -> Tensor:
    """Without the bonus for PIQE, which is small and has no slope of use."""
    seen = FLIP_POINTS * flip(_coloured(picture), _coloured(exact))
    return seen + VISIBLE_GMSD_POINTS * gmsd(_grey(picture), _grey(exact))


def _grey(picture: Tensor) -> Tensor:
    if picture.shape[1] == 1:
        return picture
    weights = torch.tensor(GREY_WEIGHTS, dtype=picture.dtype).view(1, 3, 1, 1)
    return (picture * weights).sum(dim=1, keepdim=True)


def _coloured(picture: Tensor) -> Tensor:
    """RGB as it is; grey as RGB of equal channels."""
    return picture if picture.shape[1] == 3 else picture.expand(-1, 3, -1, -1)


_TO_FLOAT: Mapping[Objective, Perception] = {
    Objective.GMSD: lambda picture, exact: GMSD_POINTS * gmsd(picture, exact),
    Objective.SSIM: lambda picture, exact: SSIM_POINTS * (1 - ssim(picture, exact)),
    Objective.PSNR: _decibels,
    Objective.FLIP: lambda picture, exact: 100 * flip(_coloured(picture), _coloured(exact)),
    Objective.LPIPS: lambda picture, exact: (
        100 * found_lpips()(_coloured(picture), _coloured(exact))
    ),
    Objective.VISIBLE: _visible,
}
