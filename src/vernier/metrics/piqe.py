"""PIQE: how distorted a picture looks, without a reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.filters import gaussian, separable_filter
from vernier.metrics.planes import Picture, grey, plane_of_255

Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

BLOCK = 16
WINDOW = 7
WINDOW_SIGMA = 7 / 6
ACTIVITY_THRESHOLD = 0.1
IMPAIRMENT_THRESHOLD = 0.1
SEGMENT = 6
SHIFTS = ((0, 0), (8, 8), (4, 12), (12, 4))
"""Of the grid of blocks, in rows and columns, for `steady_piqe`."""
# The columns that MATLAB's function compares: its "surround" leaves out the second one by mistake
# (it deletes column 7, and then column 8 of what is left), and the published scores contain that.
CENTRE = (7, 8)
LEFT_OUT_OF_SURROUND = (7, 9)


@dataclass(frozen=True)
class Piqe:
    """A score, and where it comes from.

    Attributes:
        score: 0 (excellent) to 100 (bad); see `piqe` for the edges of that.
        activity: shape `(H, W)`, bool: blocks with enough contrast to be looked at.
        artefacts: shape `(H, W)`, bool: active blocks with a flat stretch along an edge, as
            compression and blur leave.
        noise: shape `(H, W)`, bool: active blocks that look like Gaussian noise.
    """

    score: float
    activity: Mask
    artefacts: Mask
    noise: Mask


def piqe(picture: Picture) -> Piqe:
    """Perception-based image quality evaluator, as MATLAB's function `piqe`.

    The grey picture, rounded to whole numbers of 0 to 255, has its local mean taken off and is
    divided by its local deviation plus 1 (Gaussian window 7x7, sigma 7/6, borders repeated). Blocks
    of 16x16 whose variance `v` then exceeds 0.1 are active. An active block adds `1 - v` to the
    distortion if one of the 6-pixel segments of its edges deviates by less than 0.1, and `v` if it
    looks noisy; the score is `100 (distortion + 1) / (active blocks + 1)`. Sizes that are no
    multiple of 16 are padded on the right and below by repetition, and the masks cut again.

    A picture without an active block, such as a constant or a very blurred one, scores 100. The
    best that `n` active blocks can score is `100 / (n + 1)`, so tiny pictures score badly.

    Source: N. Venkatanath, D. Praneeth, M. Chandrasekhar, S. S. Channappayya, S. S. Medasani,
    "Blind image quality evaluation using perception based features", NCC 2015, and MATLAB's
    documented behaviour of 2018 and later, whose scores it reproduces.

    Args:
        picture: shape `(H, W)` or `(H, W, 3)`, of any size from 1x1; uint8, uint16 or float in
            [0, 1]. Colours are turned to grey as MATLAB does (`planes.grey`).

    Raises:
        UsageError: another shape or dtype, samples outside the range or not finite.
    """
    if picture.ndim == 3 and picture.shape[2] == 3:
        picture = grey(picture)
    plane = np.floor(plane_of_255(picture, "PIQE", 1) + 0.5)
    height, width = plane.shape
    blocks = _examine(plane)
    distortion = float(blocks.distortion.sum())
    score = 100.0 * (distortion + 1.0) / (np.count_nonzero(blocks.active) + 1.0)
    masks = (blocks.active, blocks.artefacts, blocks.noise)
    activity, artefacts, noise = (_per_pixel(mask, height, width) for mask in masks)
    return Piqe(float(score), activity, artefacts, noise)


def steady_piqe(picture: Picture, shifts: Sequence[tuple[int, int]] = SHIFTS) -> float:
    """The mean score of a picture under several grids of blocks.

    A block has a flat segment or has none, and which it is may hang on where the grid happens to
    lie. To tell two networks' pictures of one scene apart, the mean over four grids is worth two to
    three times as many photos (`benchmarks/steady_piqe.py`); it costs no further picture.

    Args:
        picture: as of `piqe`.
        shifts: rows and columns that are left out above and on the left, each below 16. A shifted
            picture is cut to whole blocks; one without a whole block is not looked at. (0, 0) is
            `piqe` itself.
    """
    if picture.ndim == 3 and picture.shape[2] == 3:
        picture = grey(picture)
    found = []
    for above, left in shifts:
        part = picture
        if (above, left) != (0, 0):
            rows, columns = picture.shape[0] - above, picture.shape[1] - left
            rows, columns = rows - rows % BLOCK, columns - columns % BLOCK
            if min(rows, columns) < BLOCK:
                continue
            part = picture[above : above + rows, left : left + columns]
        found.append(piqe(part).score)
    return float(np.mean(found))


def piqe_blocks(picture: Picture) -> tuple[Mask, Float64]:
    """What `piqe` sums over, block by block.

    Args:
        picture: as of `piqe`, grey.

    Returns:
        Which blocks are active, and what each adds to the distortion, `(rows, columns)` of blocks;
        the latter is 0 where a block is inactive.
    """
    blocks = _examine(np.floor(plane_of_255(picture, "PIQE", 1) + 0.5))
    return blocks.active, blocks.distortion


@dataclass(frozen=True)
class _Blocks:
    """Per block, shape `(rows of blocks, columns of blocks)`."""

    variance: Float64
    active: Mask
    artefacts: Mask
    noise: Mask

    @property
    def distortion(self) -> Float64:
        return (1.0 - self.variance) * self.artefacts + self.variance * self.noise


def _examine(plane: Float64) -> _Blocks:
    """Judge all blocks. The picture is normalised one row of blocks at a time, to stay in cache."""
    height, width = plane.shape
    down, across = -(-height // BLOCK), -(-width // BLOCK)
    reach = WINDOW // 2
    right, below = across * BLOCK - width, down * BLOCK - height
    padded = np.pad(plane, ((reach, below + reach), (reach, right + reach)), mode="edge")
    taps = gaussian(WINDOW, WINDOW_SIGMA)
    sums, squares = np.empty((2, down, across, BLOCK))
    # Edges lie along the first axis, so that segments of all blocks are summed together.
    edges = np.empty((BLOCK, 4, down, across))
    for row in range(down):
        strip = padded[row * BLOCK : (row + 1) * BLOCK + 2 * reach]
        normal = _normalised(strip, taps, reach)
        sums[row] = normal.sum(axis=0).reshape(across, BLOCK)
        squares[row] = np.einsum("ij,ij->j", normal, normal).reshape(across, BLOCK)
        edges[:, 0, row] = normal[0].reshape(across, BLOCK).T
        edges[:, 1, row] = normal[-1].reshape(across, BLOCK).T
        edges[:, 2, row] = normal[:, ::BLOCK]
        edges[:, 3, row] = normal[:, BLOCK - 1 :: BLOCK]
    variance = _variance(sums.sum(axis=2), squares.sum(axis=2), BLOCK * BLOCK)
    active = variance > ACTIVITY_THRESHOLD
    return _Blocks(
        variance,
        active,
        active & _has_flat_segment(edges),
        active & _looks_noisy(sums, squares, variance),
    )


def _normalised(strip: Float64, taps: tuple[float, ...], reach: int) -> Float64:
    """Local mean off, divided by local deviation plus 1: the strip without its margin."""
    mean = separable_filter(strip, taps)
    deviation = separable_filter(strip * strip, taps)
    deviation -= mean * mean
    np.abs(deviation, out=deviation)
    np.sqrt(deviation, out=deviation)
    deviation += 1.0
    np.subtract(strip[reach:-reach, reach:-reach], mean, out=mean)
    mean /= deviation
    return mean


def _variance(sums: Float64, squares: Float64, count: int) -> Float64:
    """Unbiased, of `count` samples, from their sum and the sum of their squares."""
    variance = (squares - sums * sums / count) / (count - 1)
    return np.maximum(variance, 0.0)


def _has_flat_segment(edges: Float64) -> Mask:
    """Whether some 6 neighbours along some edge deviate by less than the threshold."""
    # Exact sums of few: a running sum would carry its rounding along the edge.
    starts = BLOCK - SEGMENT + 1
    sums = np.zeros((starts, *edges.shape[1:]))
    squares = np.zeros_like(sums)
    squared = edges * edges
    for offset in range(SEGMENT):
        sums += edges[offset : offset + starts]
        squares += squared[offset : offset + starts]
    flat = _variance(sums, squares, SEGMENT) < IMPAIRMENT_THRESHOLD**2
    return np.asarray(flat.any(axis=(0, 1)))


def _looks_noisy(sums: Float64, squares: Float64, variance: Float64) -> Mask:
    """Whether a block deviates by more than twice the contrast of its centre to its surround."""
    centre = list(CENTRE)
    surround = [column for column in range(BLOCK) if column not in LEFT_OUT_OF_SURROUND]
    inner, outer = (
        np.sqrt(
            _variance(
                sums[:, :, columns].sum(axis=2),
                squares[:, :, columns].sum(axis=2),
                BLOCK * len(columns),
            )
        )
        for columns in (centre, surround)
    )
    deviation = np.sqrt(variance)
    # Inactive blocks may divide by zero; they are not asked. 0/0 counts as 0, x/0 as no noise.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = inner / outer
        ratio[np.isnan(ratio)] = 0.0
        contrast = np.abs(deviation - ratio) / np.maximum(deviation, ratio)
        return np.asarray(deviation > 2.0 * contrast)


def _per_pixel(blocks: Mask, height: int, width: int) -> Mask:
    return blocks.repeat(BLOCK, axis=0)[:height].repeat(BLOCK, axis=1)[:, :width]
