"""What all methods compute, once for each of the 256 codes.

The arithmetic is XNNPACK's (ai-edge-litert 2.3.0), which is what LiteRT computes by default:

- **quantise**: `round(x * (1 / scale)) + zero_point`, both products in float32, halves to even
  *before* the zero point is added, saturated to [-128, 127]. An infinity saturates; a NaN of
  either sign becomes 127.
- **dequantise**: `scale * (code - zero_point)`, the difference exact, the product in float32.
- **requantise**: the ratio of the scales in 1/256
  (`quantization.arithmetic.rounding.by_eight_bits`). XNNPACK declines ratios outside [2**-8, 2**7);
  LiteRT's built-in kernel then computes with 31 bits and rounds some halves otherwise in the last
  `size % 16` elements than in the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.quantization.arithmetic import elementwise
from vernier.quantization.arithmetic.elementwise import Coded, Target
from vernier.quantization.arithmetic.rounding import Kernels
from vernier.quantization.scales import HIGHEST, LOWEST

VECTOR = 16
"""Elements that LiteRT's built-in requantisation takes at a time."""

BYTES = np.arange(256, dtype=np.uint8)
"""A code's place in a table: its bits, read without sign."""


def all_codes(coding: Target) -> Coded:
    """The 256 codes in the order of the tables."""
    return Coded(BYTES.view(np.int8), coding.scale, coding.zero_point)


@dataclass(frozen=True)
class Encoding:
    """Quantisation, taken apart.

    Attributes:
        inverse: what to multiply by.
        lowest: the least product that is not saturated, an integer.
        highest: the largest, an integer; also what a NaN counts as.
        zero_point: to add to the rounded product.
    """

    inverse: np.float32
    lowest: np.float32
    highest: np.float32
    zero_point: np.int8

    @staticmethod
    def of(coding: Target) -> Encoding:
        """For a tensor's coding."""
        return Encoding(
            np.float32(1.0) / np.float32(coding.scale),
            np.float32(LOWEST - coding.zero_point),
            np.float32(HIGHEST - coding.zero_point),
            np.int8(coding.zero_point),
        )


def dequantized(coding: Target) -> NDArray[np.float32]:
    """The real of each code: shape (256,)."""
    return elementwise.dequantize(all_codes(coding), Kernels.XNNPACK)


@dataclass(frozen=True)
class Rescaled:
    """The new code of each code.

    Attributes:
        body: int8, shape (256,).
        tail: the same for the last `size % VECTOR` elements; equal to `body` but for extreme
            ratios.
    """

    body: NDArray[np.int8]
    tail: NDArray[np.int8]

    def rest(self, size: int) -> int:
        """How many elements at the end of a tensor take `tail`; 0 where it is the same."""
        return 0 if np.array_equal(self.body, self.tail) else size % VECTOR


def requantized(source: Target, target: Target) -> Rescaled:
    """From one coding to another."""
    factor = eight_bit_factor(source, target)
    codes = all_codes(source)
    tail = Kernels.XNNPACK if factor is not None else Kernels.REFERENCE
    return Rescaled(
        _bounded(elementwise.rescale(codes, target, Kernels.XNNPACK)),
        _bounded(elementwise.rescale(codes, target, tail)),
    )


def eight_bit_factor(source: Target, target: Target) -> int | None:
    """The ratio of the scales in 1/256 as XNNPACK takes it; None where it declines."""
    ratio = np.float32(source.scale) / np.float32(target.scale)
    if not 2.0**-8 <= float(ratio) < 2.0**7:
        return None
    return int(np.rint(np.float32(256.0) * ratio))


def _bounded(codes: NDArray[np.int64]) -> NDArray[np.int8]:
    bounded: NDArray[np.int8] = np.clip(codes, LOWEST, HIGHEST).astype(np.int8)
    return bounded
