"""Roundings of the INT8 kernels on codes held in float32, with straight-through gradients.

`quantization.arithmetic.rounding` says in integers what each kernel does; these are the same
functions of the product `sum * factor`. Where a kernel's factor has more bits than float32 can
multiply, the product that is rounded is taken in float64, and the one that the gradient passes
through in float32: one code that falls to the other side of a half stirs up a deep network's whole
output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vernier.quantization.arithmetic.rounding import Rounding, fixed_point

Round = Callable[[Tensor], Tensor]
"""Reals to whole numbers, of one shape and dtype; the result is a new tensor."""
STEPS = 255
"""Of the codes of a range."""


@dataclass(frozen=True)
class Ends:
    """A range that is learnt with the weights.

    Attributes:
        reals: its ends, shape `(2,)`, in the tensor's unit; where the gradient goes.
        scale: of a code.
        lowest: whether the lowest code is the range's own; an activation's stays where it is.
        highest: likewise.
    """

    reals: Tensor
    scale: float
    lowest: bool = True
    highest: bool = True


class Within(NamedTuple):
    """What centred codes saturate at, and the range behind it where that is learnt."""

    lowest: int
    highest: int
    ends: Ends | None = None


def half_even(product: Tensor) -> Tensor:
    """To the nearest, halves to even (XNNPACK's float scaling)."""
    return torch.round(product)


def half_up(product: Tensor) -> Tensor:
    """To the nearest, halves upwards."""
    return (product + 0.5).floor_()


def half_away(product: Tensor) -> Tensor:
    """To the nearest, halves away from 0."""
    return product.abs().add_(0.5).floor_().copysign_(product)


def fixed_point_addends(factor: float) -> tuple[float, float]:
    """What is added to positive and to negative products, before the fraction is cut off.

    So rounds a kernel with a 31-bit factor (`Rounding.AWAY`). A factor of 1/2 or more is applied in
    one rounding, halves upwards. A smaller one takes two: to multiples of `2**-right`, halves
    upwards, and from there to whole numbers, halves away from 0; together, away from 0 from
    `1/2 - 2**-(right + 1)` on.
    """
    _, exponent = fixed_point(factor)
    right = max(-int(exponent), 0)
    if right == 0:
        return 0.5, -(0.5 - 2.0**-40)
    early = 0.5 + 2.0 ** -(right + 1)
    return early, -early


def fixed_point_round(factor: float, rounding: Rounding = Rounding.AWAY) -> Round:
    """How a 31-bit fixed-point factor rounds a product, which should be in float64."""
    above, below = fixed_point_addends(factor)
    if rounding is Rounding.UP or above == 0.5:
        return lambda product: (product + above).floor_()
    return lambda product: (product + torch.where(product >= 0, above, below)).trunc_()


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, product: Tensor, whole: Tensor, lowest: float, highest: float) -> Tensor:
        ctx.save_for_backward(product)
        ctx.ends = lowest - 0.5, highest + 0.5
        return whole.clamp_(lowest, highest)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (product,) = ctx.saved_tensors
        passed = torch.ops.aten.hardtanh_backward(gradients[0], product, *ctx.ends)
        return passed, None, None, None


class _LearntRange(torch.autograd.Function):
    """`_StraightThrough` whose range learns.

    A code c of a product u stands for c times the scale. Where u saturates that is an end of the
    range, with slope 1. Between, the scale is the range's length over 255 steps, and rounding
    counts as the identity: slope (c - u) / 255 by the upper end, and the opposite by the lower one
    (Esser et al., "Learned step size quantization", ICLR 2020; Bhalgat et al., "LSQ+", CVPRW 2020).
    """

    @staticmethod
    def forward(ctx: Any, product: Tensor, whole: Tensor, reals: Tensor, within: Within) -> Tensor:
        codes = whole.clamp_(within.lowest, within.highest)
        # A copy: what follows may work on the codes in place.
        ctx.save_for_backward(product, codes - product)
        ctx.within = within
        return codes

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, Tensor, None]:
        product, rest = ctx.saved_tensors
        within: Within = ctx.within
        ends = within.ends
        assert ends is not None
        bounds = within.lowest - 0.5, within.highest + 0.5
        passed = torch.ops.aten.hardtanh_backward(gradients[0], product, *bounds)
        reals = gradients[0] / ends.scale
        inside = (passed * rest).sum() / (ends.scale * STEPS)
        low = reals[product <= bounds[0]].sum() if ends.lowest else reals.new_zeros(())
        high = reals[product >= bounds[1]].sum() if ends.highest else reals.new_zeros(())
        return passed, None, torch.stack([low - inside, high + inside]), None


def straight_through(product: Tensor, whole: Tensor, bounds: Within) -> Tensor:
    """Whole numbers, saturated; the gradient goes to the product wherever nothing saturates.

    Args:
        product: what was rounded, float32.
        whole: it rounded, the same shape, without gradient; overwritten.
        bounds: the lowest and the highest that the result may be; ends that are learnt have their
            gradient, too.
    """
    if torch.is_grad_enabled():
        result: Tensor
        if bounds.ends is not None:
            reals = bounds.ends.reals
            result = _LearntRange.apply(product, whole, reals, bounds)  # type: ignore[no-untyped-call]
            return result
        if product.requires_grad:
            result = _StraightThrough.apply(product, whole, *bounds[:2])  # type: ignore[no-untyped-call]
            return result
    return whole.clamp_(*bounds[:2])


def rounded(product: Tensor, how: Round, bounds: Within) -> Tensor:
    """`straight_through` of a product and its rounding."""
    return straight_through(product, how(product.detach()), bounds)


def rounded_exactly(
    operands: Sequence[Tensor],
    product: Callable[[], Tensor],
    whole: Callable[[], Tensor],
    bounds: Within,
) -> Tensor:
    """`straight_through` of a product that float32 cannot hold.

    Args:
        operands: what the product is of.
        product: it in float32, with its gradient; only called where one is wanted.
        whole: it rounded, a new tensor in float64.
        bounds: as of `straight_through`.
    """
    with torch.no_grad():
        result = whole().to(torch.float32)
    learnt = bounds.ends is not None or any(operand.requires_grad for operand in operands)
    if torch.is_grad_enabled() and learnt:
        return straight_through(product(), result, bounds)
    return result.clamp_(*bounds[:2])


def as_fixed_point(factor: float) -> float:
    """A factor rounded to the 31 bits that a fixed-point kernel has of it."""
    multiplier, exponent = fixed_point(factor)
    return math.ldexp(int(multiplier), int(exponent) - 31)


def held_at(values: Tensor, codes: Tensor) -> Tensor:
    """The codes, with the gradient of the reals (in units of the codes) that they stand for."""
    if not values.requires_grad:
        return codes
    return values + (codes - values.detach())


def tensor_of(values: np.ndarray[Any, Any] | np.floating[Any], device: torch.device) -> Tensor:
    """A constant as float32 on a device."""
    return torch.from_numpy(np.array(values, np.float32)).to(device)
