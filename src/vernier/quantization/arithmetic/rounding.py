"""How LiteRT's kernels bring 32-bit sums back to 8-bit codes.

A sum in units of `s_in` becomes a code in units of `s_out` by a factor `s_in / s_out`. The exact
product rarely lies half-way between two codes, and nearly everywhere all kernels agree; where it
comes close to half-way they differ by one code, because each carries the factor and the product
in its own way. These were found by comparing with the engine over all codes and are held by
tests that run it (ai-edge-litert 2.3.0, x86-64 with AVX-512).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


class Kernels(StrEnum):
    """Which of LiteRT's kernels to be equal to.

    XNNPACK is the delegate that the engine uses by default, together with built-in kernels where
    the delegate declines; BUILTIN are the optimised kernels without a delegate
    (`OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES`); REFERENCE the plain ones (`BUILTIN_REF`).
    """

    XNNPACK = "xnnpack"
    BUILTIN = "builtin"
    REFERENCE = "reference"


class Rounding(StrEnum):
    """How a 31-bit fixed-point factor is applied."""

    AWAY = "to the upper 32 bits, then shifted, each rounding halves away from 0 (gemmlowp)"
    UP = "to the upper 32 bits, then shifted, each rounding halves upwards"
    ONCE = "as one 64-bit product, rounding halves upwards"


def by_fixed_point(sums: Codes, factor: float | NDArray[np.float64], rounding: Rounding) -> Codes:
    """`sums * factor`, with the factor as a 31-bit fraction and an exponent.

    Args:
        sums: any shape, within 32 bits.
        factor: positive; one, or one per entry of the last axis.
        rounding: where and how the product is rounded.
    """
    multiplier, exponent = fixed_point(factor)
    return by_multiplier(sums, multiplier, exponent, rounding)


def fixed_point(factor: float | NDArray[np.float64]) -> tuple[Codes, Codes]:
    """`(multiplier, exponent)` with `factor = multiplier * 2**(exponent - 31)` to 31 bits."""
    fraction, exponent = np.frexp(np.asarray(factor, np.float64))
    multiplier = np.rint(fraction * 2.0**31).astype(np.int64)
    carried = multiplier == 1 << 31
    return np.where(carried, multiplier >> 1, multiplier), exponent.astype(np.int64) + carried


def by_multiplier(sums: Codes, multiplier: Codes, exponent: Codes, rounding: Rounding) -> Codes:
    """`sums * multiplier * 2**(exponent - 31)`; arguments as of `by_fixed_point`."""
    if rounding is Rounding.ONCE:
        shift = 31 - exponent
        return (sums * multiplier + (np.int64(1) << (shift - 1))) >> shift
    left, right = np.maximum(exponent, 0), np.maximum(-exponent, 0)
    upper: Codes = ((sums << left) * multiplier + (1 << 30)) >> 31
    mask = (np.ones_like(right) << right) - 1
    if rounding is Rounding.UP:
        half = (mask + 1) // 2
        return (upper + half) >> right
    threshold = (mask >> 1) + (upper < 0)
    away: Codes = (upper >> right) + ((upper & mask) > threshold).astype(np.int64)
    return away


def by_float(sums: Codes, factor: np.float32 | NDArray[np.float32]) -> Codes:
    """`sums * factor` in float32, rounded to the nearest, halves to even (XNNPACK)."""
    product: NDArray[np.float32] = sums.astype(np.float32) * factor
    return np.rint(product).astype(np.int64)


def by_eight_bits(sums: Codes, factor: np.float32 | NDArray[np.float32]) -> Codes:
    """`sums * factor` with the factor rounded to 1/256 (XNNPACK's int8 QUANTIZE, LEAKY_RELU).

    A factor near 1 is off by up to 0.2 %, which at the far end of the codes is half a code.
    """
    multiplier = np.rint(np.float32(256.0) * factor).astype(np.int64)
    return (sums * multiplier + 128) >> 8
