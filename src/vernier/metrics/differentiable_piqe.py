"""PIQE on PyTorch tensors: the metric's own score, with slopes where it has steps.

PIQE asks each block three questions with a threshold each: is there contrast, is a stretch of an
edge flat, does it look like noise. What it then sums is smooth. So the score here is that of
`metrics.piqe`, and only the gradient is another: through a threshold it passes as through a
sigmoid of the same middle, and the flattest stretch of an edge shares it with its rivals (a
straight-through gradient; Bengio, Leonard and Courville 2013, arXiv 1308.3432). FYE-SR imitates
PIQE by a learned network instead (`perceptual/estimator.py`), which errs by some points.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vernier.errors import UsageError
from vernier.metrics.filters import gaussian
from vernier.metrics.piqe import (
    ACTIVITY_THRESHOLD,
    BLOCK,
    CENTRE,
    IMPAIRMENT_THRESHOLD,
    LEFT_OUT_OF_SURROUND,
    SEGMENT,
    WINDOW,
    WINDOW_SIGMA,
)

ACTIVITY_STEEPNESS = 20.0
"""Of the sigmoid that carries the slope, per unit of a block's variance."""
FLATNESS_STEEPNESS = 2.0
"""Per factor e of a stretch's variance."""
NOISE_STEEPNESS = 10.0
"""Per unit of deviation less twice the contrast of centre to surround."""
_LEAST = 1e-9
"""Variance that is added under a root, whose slope at 0 is infinite."""
_LEAST_LOCAL = 1e-4
"""Likewise, where samples are 0 to 255: a hundredth of a grey level."""


def piqe(picture: Tensor) -> Tensor:
    """The score of `metrics.piqe`, with gradients.

    Args:
        picture: shape `(N, 1, H, W)`, grey in [0, 1], sides of at least 16. Samples are rounded to
            whole numbers of 0 to 255, which the gradient passes over.

    Returns:
        Shape `(N,)`, 0 (excellent) to 100 (bad).

    Raises:
        UsageError: another shape.
    """
    if picture.ndim != 4 or picture.shape[1] != 1 or min(picture.shape[2:]) < BLOCK:
        raise UsageError(
            f"expected grey pictures (N, 1, H, W) of at least {BLOCK}x{BLOCK}, found "
            f"{tuple(picture.shape)}"
        )
    samples = picture * 255
    samples = samples + (torch.floor(samples + 0.5) - samples).detach()
    below, right = (-side % BLOCK for side in picture.shape[2:])
    if below or right:
        samples = functional.pad(samples, (0, right, 0, below), mode="replicate")
    blocks = _blocks(_normalised(samples)[:, 0])
    columns = (blocks.sum(dim=3), blocks.square().sum(dim=3))
    variance = _variance(columns, range(BLOCK))
    active = _step(variance - ACTIVITY_THRESHOLD, ACTIVITY_STEEPNESS)
    flat = _step(_flatness(blocks), FLATNESS_STEEPNESS)
    noisy = _step(_noise(columns, variance), NOISE_STEEPNESS)
    distortion = active * ((1 - variance) * flat + variance * noisy)
    return 100 * (distortion.sum((1, 2)) + 1) / (active.sum((1, 2)) + 1)


class _Step(torch.autograd.Function):
    """1 above 0, else 0; the slope of a sigmoid."""

    @staticmethod
    def forward(ctx: Any, over: Tensor, steepness: float) -> Tensor:
        ctx.save_for_backward(over)
        ctx.steepness = steepness
        return (over > 0).to(over.dtype)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (over,) = ctx.saved_tensors
        soft = torch.sigmoid(ctx.steepness * over)
        return slopes[0] * ctx.steepness * soft * (1 - soft), None


def _step(over: Tensor, steepness: float) -> Tensor:
    found: Tensor = _Step.apply(over, steepness)  # type: ignore[no-untyped-call]
    return found


def _normalised(samples: Tensor) -> Tensor:
    """Local mean off, divided by local deviation plus 1."""
    taps, reach = gaussian(WINDOW, WINDOW_SIGMA), WINDOW // 2

    def blurred(x: Tensor) -> Tensor:
        # Sums of shifted planes: a convolution of one channel is five times slower.
        height, width = x.shape[2:]
        padded = functional.pad(x, (reach, reach, reach, reach), mode="replicate")
        rows = torch.stack([t * padded[:, :, n : n + height] for n, t in enumerate(taps)]).sum(0)
        return torch.stack([t * rows[:, :, :, n : n + width] for n, t in enumerate(taps)]).sum(0)

    mean = blurred(samples)
    variance = blurred(samples.square()) - mean.square()
    return (samples - mean) / ((variance.clamp_min(0) + _LEAST_LOCAL).sqrt() + 1)


def _blocks(plane: Tensor) -> Tensor:
    """Planes `(N, H, W)` as blocks `(N, H/16, W/16, 16, 16)`, rows before columns."""
    count, height, width = plane.shape
    cut = plane.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return cut.transpose(2, 3)


def _variance(columns: tuple[Tensor, Tensor], chosen: range | list[int]) -> Tensor:
    """Unbiased, of some columns of blocks, from sums and sums of squares of each column."""
    count = BLOCK * len(chosen)
    sums, squares = (x[..., list(chosen)].sum(dim=-1) for x in columns)
    return ((squares - sums * sums / count) / (count - 1)).clamp_min(0)


def _flatness(blocks: Tensor) -> Tensor:
    """How far the flattest stretch of a block's edges is under the threshold, as a logarithm."""
    edges = [blocks[..., 0, :], blocks[..., -1, :], blocks[..., :, 0], blocks[..., :, -1]]
    stretches = torch.stack(edges, dim=3).unfold(-1, SEGMENT, 1)
    over = (IMPAIRMENT_THRESHOLD**2 / (stretches.var(dim=-1) + _LEAST)).log().flatten(3)
    shared = torch.logsumexp(FLATNESS_STEEPNESS * over, dim=-1) / FLATNESS_STEEPNESS
    return shared + (over.amax(dim=-1) - shared).detach()


def _noise(columns: tuple[Tensor, Tensor], variance: Tensor) -> Tensor:
    """How far a block's deviation exceeds twice the contrast of its centre to its surround."""
    surround = [column for column in range(BLOCK) if column not in LEFT_OUT_OF_SURROUND]
    inner, outer, deviation = (
        (x + _LEAST).sqrt()
        for x in (_variance(columns, list(CENTRE)), _variance(columns, surround), variance)
    )
    ratio = inner / outer
    return deviation - 2 * (deviation - ratio).abs() / torch.maximum(deviation, ratio)
