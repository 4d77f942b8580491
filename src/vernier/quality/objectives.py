"""What a split's picture is worth, against the float network's picture of the same photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.gmsd import gmsd
from vernier.metrics.piqe import SHIFTS, steady_piqe
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import ssim
from vernier.quality.guard import Guard, guarded

Bytes = NDArray[np.uint8]
Shifts = tuple[tuple[int, int], ...]
ONCE: Shifts = ((0, 0),)
"""PIQE as it is published."""
EQUAL_DB = 99.0
"""What two equal pictures count as in a mean."""


class Objective(StrEnum):
    """What is minimised; the mean over photos.

    PIQE is the mean over four grids of blocks here (`steady_piqe`), because its chance would lead a
    search.

    GUARDED: PIQE less the float picture's, where a gain counts only near the float picture.
    PIQE: the same without the guard: noise flatters it (docs/notes/2026-11-where-piqe-lies.md).
    GMSD: to the float picture.
    SSIM: one less SSIM to the float picture.
    PSNR: 99 dB less PSNR to the float picture.
    """

    GUARDED = "guarded"
    PIQE = "piqe"
    GMSD = "gmsd"
    SSIM = "ssim"
    PSNR = "psnr"


def to_float_db(picture: Bytes, exact: Bytes) -> float:
    """PSNR between two pictures of 8 bits; 99 where they are equal."""
    return min(EQUAL_DB, psnr(picture.astype(np.float64), exact.astype(np.float64), peak=255))


def objective_of(
    objective: Objective,
    picture: Bytes,
    exact: Bytes,
    exact_piqe: float,
    guard: Guard,
    shifts: Shifts = SHIFTS,
) -> float:
    """The objective of one grey picture; lower is better, and 0 for the float picture itself.

    Args:
        objective: which.
        picture: shape `(H, W)`.
        exact: the float network's picture, the same shape.
        exact_piqe: its `steady_piqe` of the same shifts.
        guard: of `Objective.GUARDED`.
        shifts: of PIQE's blocks; `ONCE` for PIQE as it is published.
    """
    if objective is Objective.GUARDED:
        mean_square = float(np.mean((picture.astype(np.float64) - exact) ** 2)) / 255**2
        return guarded(steady_piqe(picture, shifts), exact_piqe, mean_square, guard)
    if objective is Objective.PIQE:
        return steady_piqe(picture, shifts) - exact_piqe
    return _TO_FLOAT[objective](picture, exact)


_TO_FLOAT: Mapping[Objective, Callable[[Bytes, Bytes], float]] = {
    Objective.GMSD: gmsd,
    Objective.SSIM: lambda picture, exact: 1 - ssim(picture, exact),
    Objective.PSNR: lambda picture, exact: EQUAL_DB - to_float_db(picture, exact),
}


def scores(
    picture: Bytes,
    exact: Bytes,
    guard: Guard,
    shifts: Shifts = ONCE,
    exact_piqe: float | None = None,
) -> dict[str, float]:
    """Everything that is told of a split's picture, of one grey picture.

    Args:
        picture: shape `(H, W)`.
        exact: the float network's.
        guard: of the objective.
        shifts: of PIQE's blocks.
        exact_piqe: the float picture's under them, where it is known.

    Returns:
        "guarded" (the objective), "piqe", "piqe_float", and to the float picture "gmsd", "ssim" and
        "psnr".
    """
    if exact_piqe is None:
        exact_piqe = steady_piqe(exact, shifts)
    return {
        "guarded": objective_of(Objective.GUARDED, picture, exact, exact_piqe, guard, shifts),
        "piqe": steady_piqe(picture, shifts),
        "piqe_float": exact_piqe,
        "gmsd": gmsd(picture, exact),
        "ssim": ssim(picture, exact),
        "psnr": to_float_db(picture, exact),
    }
