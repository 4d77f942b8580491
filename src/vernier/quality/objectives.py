"""What a split's picture is worth, against the float network's picture of the same photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.metrics.gmsd import gmsd
from vernier.metrics.piqe import SHIFTS, steady_piqe
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import ssim
from vernier.quality.guard import Guard, guarded

if TYPE_CHECKING:
    from torch import Tensor

    from vernier.metrics.flip import Appearance
    from vernier.metrics.lpips import Lpips

Bytes = NDArray[np.uint8]
Shifts = tuple[tuple[int, int], ...]
ONCE: Shifts = ((0, 0),)
"""PIQE as it is published."""
FLIP_POINTS, GMSD_POINTS = 100.0, 200.0
"""What a distance of 1 counts in `Objective.VISIBLE`."""
PIQE_BONUS = 0.02
"""What a point of PIQE counts there: a point of FLIP is seen, a point of PIQE may be chance."""
EQUAL_DB = 99.0
"""What two equal pictures count as in a mean."""


class Objective(StrEnum):
    """What is minimised; the mean over photos.

    PIQE is the mean over four grids of blocks here (`steady_piqe`), because its chance would lead a
    search.

    VISIBLE: the default: what an eye sees change against the float picture, in colour, `100 FLIP +
    200 GMSD`: of all that was tried it orders the most pairs of known order rightly
    (`benchmarks/known_order.py`). A gain of PIQE counts a little where the picture is so near the
    float picture that the guard gives full credit.
    GUARDED: PIQE less the float picture's, where a gain counts only near the float picture.
    PIQE: the same without the guard: noise flatters it (docs/notes/2026-11-where-piqe-lies.md).
    GMSD: to the float picture.
    SSIM: one less SSIM to the float picture.
    PSNR: 99 dB less PSNR to the float picture.
    FLIP: to the float picture, in colour, 100 times the mean of the map.
    LPIPS: to the float picture, in colour, 100 times; needs weights (`metrics.lpips_weights`).
    """

    VISIBLE = "visible"
    GUARDED = "guarded"
    PIQE = "piqe"
    GMSD = "gmsd"
    SSIM = "ssim"
    PSNR = "psnr"
    FLIP = "flip"
    LPIPS = "lpips"

    @property
    def coloured(self) -> bool:
        """Whether it sees colours; the others see MATLAB's grey."""
        return self in (Objective.VISIBLE, Objective.FLIP, Objective.LPIPS)

    @property
    def needs_flip(self) -> bool:
        """Whether it compares with how the float picture looks to FLIP."""
        return self in (Objective.VISIBLE, Objective.FLIP)

    @property
    def needs_piqe(self) -> bool:
        """Whether it compares with the float picture's PIQE."""
        return self in (Objective.VISIBLE, Objective.GUARDED, Objective.PIQE)


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
    exact_look: Appearance | None = None,
) -> float:
    """The objective of one picture; lower is better, and 0 for the float picture itself.

    Args:
        objective: which.
        picture: shape `(H, W, 3)`; `(H, W)` for an objective that sees grey.
        exact: the float network's picture, the same shape.
        exact_piqe: its `steady_piqe` of the same shifts.
        guard: of `Objective.GUARDED`.
        shifts: of PIQE's blocks; `ONCE` for PIQE as it is published.
        exact_look: `look` of the float picture, where it is known.

    Raises:
        UsageError: the objective sees colours and the picture has none, or LPIPS has no weights.
    """
    if objective is Objective.LPIPS:
        return _lpips(picture, exact)
    if objective is Objective.FLIP:
        return _flip(picture, exact, exact_look)
    if objective is Objective.VISIBLE:
        return _visible(picture, exact, exact_piqe, guard, shifts, exact_look)
    picture, exact = as_grey(picture), as_grey(exact)
    if objective is Objective.GUARDED:
        mean_square = float(np.mean((picture.astype(np.float64) - exact) ** 2)) / 255**2
        return guarded(steady_piqe(picture, shifts), exact_piqe, mean_square, guard)
    if objective is Objective.PIQE:
        return steady_piqe(picture, shifts) - exact_piqe
    return _TO_FLOAT[objective](picture, exact)


def _visible(
    picture: Bytes,
    exact: Bytes,
    exact_piqe: float,
    guard: Guard,
    shifts: Shifts,
    exact_look: Appearance | None = None,
) -> float:
    plane, truth = as_grey(picture), as_grey(exact)
    seen = _flip(picture, exact, exact_look) + GMSD_POINTS * gmsd(plane, truth)
    credit = guard.credit(float(np.mean((plane.astype(np.float64) - truth) ** 2)) / 255**2)
    if credit == 0 or np.array_equal(picture, exact):
        return seen
    gain = max(0.0, exact_piqe - steady_piqe(plane, shifts))
    return seen - PIQE_BONUS * credit * gain


def as_grey(picture: Bytes) -> Bytes:
    """MATLAB's grey of RGB; a plane as it is."""
    return picture if picture.ndim == 2 else grey(picture)


def look(picture: Bytes) -> Appearance:
    """What FLIP compares of a picture `(H, W, 3)`.

    Raises:
        UsageError: it has no colours.
    """
    import torch

    from vernier.metrics.flip import appearance

    with torch.no_grad():
        return appearance(_tensor(picture))


def _flip(picture: Bytes, exact: Bytes, exact_look: Appearance | None = None) -> float:
    import torch

    from vernier.metrics.flip import difference_map

    one, other = look(picture), exact_look or look(exact)
    with torch.no_grad():
        return FLIP_POINTS * float(difference_map(one, other).mean())


def _lpips(picture: Bytes, exact: Bytes) -> float:
    import torch

    with torch.no_grad():
        return 100 * float(found_lpips()(_tensor(picture), _tensor(exact)))


@lru_cache(maxsize=1)
def found_lpips() -> Lpips:
    """LPIPS with AlexNet, its weights found on this machine.

    Raises:
        UsageError: there are none; with what to do.
    """
    from vernier.metrics.lpips_weights import find_lpips

    return find_lpips()


def _tensor(picture: Bytes) -> Tensor:
    """RGB bytes to `(1, 3, H, W)` in [0, 1]."""
    import torch

    if picture.ndim != 3:
        raise UsageError(f"expected an RGB picture (H, W, 3), found shape {picture.shape}")
    return torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]


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
    """Everything that is told of a split's picture.

    Args:
        picture: shape `(H, W, 3)`, or `(H, W)`, which has no scores of colour.
        exact: the float network's.
        guard: of the objective.
        shifts: of PIQE's blocks.
        exact_piqe: the float picture's under them, where it is known.

    Returns:
        "guarded", "piqe", "piqe_float", and to the float picture "gmsd", "ssim" and "psnr" of grey,
        "visible" and "flip" in colour, and "lpips" where its weights are at hand.
    """
    plane, truth = as_grey(picture), as_grey(exact)
    if exact_piqe is None:
        exact_piqe = steady_piqe(truth, shifts)
    found = {
        "guarded": objective_of(Objective.GUARDED, plane, truth, exact_piqe, guard, shifts),
        "piqe": steady_piqe(plane, shifts),
        "piqe_float": exact_piqe,
        "gmsd": gmsd(plane, truth),
        "ssim": ssim(plane, truth),
        "psnr": to_float_db(plane, truth),
    }
    if picture.ndim == 3:
        found["visible"] = objective_of(
            Objective.VISIBLE, picture, exact, exact_piqe, guard, shifts
        )
        found["flip"] = _flip(picture, exact) / FLIP_POINTS
        if _has_lpips() and min(picture.shape[:2]) >= LEAST_LPIPS:
            found["lpips"] = _lpips(picture, exact) / 100
    return found


LEAST_LPIPS = 32


@lru_cache(maxsize=1)
def _has_lpips() -> bool:
    """Whether it can be told; where its weights are damaged a plan is still a plan."""
    try:
        found_lpips()
    except UsageError:
        return False
    return True
