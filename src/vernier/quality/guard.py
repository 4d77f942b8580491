"""The guarded objective: a perceptual score that distance to the float picture cannot buy.

A metric without a reference likes some damage: quantisation noise fills flat blocks and looks like
detail to PIQE, which then calls INT8 better than the float network that it imitates badly. So a
*gain* over the float picture counts only while the picture stays near it; a loss always counts, and
so does every step beyond the bound.

With s the score of the picture, s0 the float picture's (lower is better), m the mean squared error
between the two, b the bound on it, and x = m / b:

    gain      = max(s0 - s, 0)             credit = min(1, max(0, 2 - x))
    loss      = max(s - s0, 0)             excess = max(0, 10 log10(x))
    objective = loss - credit * gain + PRICE * span * excess

Inside the bound this is s - s0, beyond twice the bound nothing is gained any more, and each decibel
beyond it costs a hundredth of the metric's span, so that nearer is better there.

The bound is where gains end that the true photo does not confirm: between 36 and 52 dB from the
float picture PIQE finds three splits of four better by more than a point, and PSNR to the photo
agrees with one in eight at best; from 52 dB on the mean gain is about a point, and nothing to be
told by (`benchmarks/results/guard.md`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vernier.errors import UsageError

BOUND_DB = 52.0
PRICE = 0.01


@dataclass(frozen=True)
class Guard:
    """How near to the float picture a gain must be.

    Attributes:
        bound_db: PSNR to the float picture down to which a gain counts in full, samples of [0, 1].
        span: of the metric's scores; see `estimator.Imitated`.
        price: of each decibel beyond the bound, as a share of the span.
    """

    bound_db: float = BOUND_DB
    span: float = 100.0
    price: float = PRICE

    def __post_init__(self) -> None:
        if not (self.span > 0 and self.price >= 0 and 0 < self.bound_db < 100):
            raise UsageError(
                "expected a bound of 0 to 100 dB, a positive span and a price of at least 0, found "
                f"{self.bound_db}, {self.span} and {self.price}"
            )

    @property
    def bound(self) -> float:
        """The same as a mean squared error."""
        return float(10 ** (-self.bound_db / 10))

    def credit(self, mean_square: float) -> float:
        """How much of a gain counts: all within the bound, nothing beyond twice the error."""
        return min(1.0, max(0.0, 2 - mean_square / self.bound))


def guarded(score: float, float_score: float, mean_square: float, guard: Guard) -> float:
    """The objective of one picture; lower is better, 0 for the float picture.

    Args:
        score: the metric's of the picture, lower being better.
        float_score: of the float network's picture.
        mean_square: error between the two, samples of [0, 1].
        guard: see `Guard`.
    """
    beyond = max(1.0, mean_square / guard.bound)
    credit = guard.credit(mean_square)
    better = float_score - score
    far = guard.price * guard.span * 10 * math.log10(beyond)
    return max(-better, 0.0) - credit * max(better, 0.0) + far


def guarded_batch(
    scores: Tensor, float_scores: Tensor, pictures: Tensor, float_pictures: Tensor, guard: Guard
) -> Tensor:
    """The objective of a batch, differentiable by scores and pictures.

    Args:
        scores: shape `(N,)`.
        float_scores: shape `(N,)`.
        pictures: shape `(N, C, H, W)`, in [0, 1].
        float_pictures: the same shape.
        guard: see `Guard`.

    Returns:
        Shape `(N,)`.
    """
    mean_square = (pictures - float_pictures).square().mean(dim=(1, 2, 3))
    beyond = (mean_square / guard.bound).clamp_min(1)
    credit = (2 - beyond).clamp_min(0)
    better = float_scores - scores
    far = guard.price * guard.span * 10 * torch.log10(beyond)
    return (-better).clamp_min(0) - credit * better.clamp_min(0) + far
