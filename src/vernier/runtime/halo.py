"""A halo smaller than the receptive field, chosen by what it changes in the picture at hand.

A deep network's receptive field is mostly theory: of Real-ESRGAN's 349 pixels, those beyond the
nearest few dozen move no 8-bit sample. Where tiles with the exact halo do not fit into memory, the
busiest spot of the picture is computed with rising halos, and the smallest one is taken that
changes no sample there by more than one code against the largest that fits; or the largest that is
worth its time. Which it is, and by how much it differs, is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
Run = Callable[[Samples], Samples]

CANDIDATES = (8, 12, 16, 24, 32, 48, 64, 96, 128)
CORE = 32
"""Side of the spot, in low-resolution pixels."""
LEAST_CROP = 192
SHARE_OF_PICTURE = 8
"""A crop is at most one in so many of the picture's pixels, where that leaves `LEAST_CROP` a side:
measuring must not take longer than it saves."""
MOST_CODES = 1.0
_WHITE = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}


@dataclass(frozen=True)
class HaloChoice:
    """A halo, and what it costs.

    Attributes:
        halo: in low-resolution pixels.
        exact: the receptive field's radius.
        deviation_codes: the largest difference at the spot, in 8-bit codes; None where the user
            named the halo, or the picture or the memory is too small to measure.
        reference: the halo that it was measured against.
    """

    halo: int
    exact: int
    deviation_codes: float | None = None
    reference: int | None = None

    def explain(self) -> str:
        """One line for the user."""
        text = f"halo {self.halo} instead of the exact {self.exact}"
        if self.deviation_codes is None:
            return f"{text}, not measured"
        return (
            f"{text}: at most {self.deviation_codes:.2g} of 255 codes off at the picture's busiest "
            f"spot, measured against a halo of {self.reference}"
        )


def measured_halo(
    run: Run, sample: Samples, exact: int, side: int, step: int, factor: int
) -> HaloChoice:
    """The smallest halo that changes the picture by no more than a code.

    Args:
        run: the network on a crop `(h, w, C)`, to `(factor * h, factor * w, C)`.
        sample: the picture, or as many rows of it as there are, `(H, W, C)`.
        exact: the receptive field's radius.
        side: of the largest tile that fits into memory. A halo takes at most a quarter of it on
            each side, as more would be computed for halos than for the picture.
        step: sizes and places of crops are multiples of it.
        factor: of the network.
    """
    most = max(LEAST_CROP, math.isqrt(sample.shape[0] * sample.shape[1] // SHARE_OF_PICTURE))
    room = min((min(side, most, *sample.shape[:2]) - CORE) // 2, exact)
    halos = [halo for halo in (_up(h, step) for h in CANDIDATES) if halo <= room]
    affordable = [halo for halo in halos[:-1] if halo <= side // 4]
    if not affordable:
        return HaloChoice(_up(CANDIDATES[0], step), exact)
    core, widest = _up(CORE, step), halos[-1]
    top, left = busiest(sample, core, widest, step)
    crops = {h: sample[top - h : top + core + h, left - h : left + core + h].copy() for h in halos}
    believed = _inner(run(crops[widest]), widest, core, factor)

    def deviation_of(halo: int) -> float:
        found = _inner(run(crops[halo]), halo, core, factor)
        return float(np.abs(found - believed).max()) / _WHITE[sample.dtype.name] * 255

    # Every run is of a size of its own, which engines take seconds to get ready for: by halves.
    first, last = 0, len(affordable) - 1
    deviations: dict[int, float] = {}
    while first <= last:
        middle = (first + last) // 2
        deviations[affordable[middle]] = deviation_of(affordable[middle])
        if deviations[affordable[middle]] <= MOST_CODES:
            last = middle - 1
        else:
            first = middle + 1
    enough = [halo for halo, found in deviations.items() if found <= MOST_CODES]
    halo = min(enough, default=max(deviations))
    return HaloChoice(halo, exact, deviations[halo], widest)


def busiest(sample: Samples, core: int, margin: int, step: int) -> tuple[int, int]:
    """Row and column of the square whose neighbouring pixels differ most, inside a margin."""
    grey = sample.astype(np.float32).mean(2)
    change = np.zeros_like(grey)
    change[1:] += np.abs(np.diff(grey, axis=0))
    change[:, 1:] += np.abs(np.diff(grey, axis=1))
    sums = np.pad(change, ((1, 0), (1, 0))).cumsum(0, dtype=np.float64).cumsum(1)
    within = sums[core:, core:] - sums[:-core, core:] - sums[core:, :-core] + sums[:-core, :-core]
    first = _up(margin, step)
    places = within[first : grey.shape[0] - core - margin + 1 : step]
    places = places[:, first : grey.shape[1] - core - margin + 1 : step]
    row, column = np.unravel_index(int(places.argmax()), places.shape)
    return first + int(row) * step, first + int(column) * step


def _inner(result: Samples, halo: int, core: int, factor: int) -> NDArray[np.float32]:
    first, size = halo * factor, core * factor
    return result[first : first + size, first : first + size].astype(np.float32)


def _up(size: int, step: int) -> int:
    return -(-size // step) * step
