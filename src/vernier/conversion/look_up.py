"""Conversion by tables, as FYE-SR's second format converter does it.

From codes a table of 256 entries gives reals or other codes. From reals there are 2**32 bit
patterns; here the 17 upper bits (sign, exponent, 8 of 23 bits of mantissa) choose a bucket. A
bucket is narrower than a step, since no product that is not saturated exceeds 255 in size and a
bucket spans at most 1/256 of its values' size; so at most one border between two codes lies in
it, and a comparison with that border gives the exact code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.conversion.arithmetic import NumPyMethod, look_up, quantize
from vernier.conversion.protocol import Direction, Task
from vernier.conversion.tables import Encoding, dequantized, requantized
from vernier.quantization.arithmetic.elementwise import Target
from vernier.quantization.scales import HIGHEST

DROPPED = 15
"""Lower bits of a float32 that do not choose its bucket."""
BUCKETS = 1 << (32 - DROPPED)
_SIGN = np.uint32(1 << 31)
_INFINITY = 0x7F800000
BLOCK = 1 << 14
"""Elements at a time, so that the places in the tables stay in the cache."""


class LookUp(NumPyMethod):
    """Tables, read by NumPy on one core."""

    name = "look-up"

    def function(self, task: Task) -> Callable[[], None]:
        """See `NumPyMethod`."""
        source, target = task.source, task.target
        match task.direction:
            case Direction.COPY:
                return lambda: np.copyto(target, source)
            case Direction.DEQUANTIZE:
                reals = dequantized(task.coding)
                return lambda: _by_blocks(
                    source,
                    target,
                    lambda x, y: np.take(reals, x.view(np.uint8), out=y, mode="wrap"),
                )
            case Direction.REQUANTIZE:
                tables = requantized(*task.codings)
                return lambda: look_up(source, target, tables)
            case Direction.QUANTIZE:
                buckets = bucket_tables(task.coding)
                return lambda: _by_blocks(source, target, buckets.encode)


def _by_blocks(
    source: NDArray[Any],
    target: NDArray[Any],
    function: Callable[[NDArray[Any], NDArray[Any]], object],
) -> None:
    for start in range(0, source.size, BLOCK):
        function(source[start : start + BLOCK], target[start : start + BLOCK])


@dataclass(frozen=True)
class BucketTables:
    """Codes by the upper bits of a float32.

    Attributes:
        borders: float32, shape (BUCKETS,): the least real of a bucket that takes the higher code.
        codes: int8, shape (2 * BUCKETS,): of each bucket the code below the border, and the other.
    """

    borders: NDArray[np.float32]
    codes: NDArray[np.int8]

    def encode(self, x: NDArray[np.float32], codes: NDArray[np.int8]) -> None:
        """Fill `codes`."""
        place = (x.view(np.uint32) >> np.uint32(DROPPED)).astype(np.intp)
        # A NaN is not below any border, so that it takes the higher code.
        above = ~(x < np.take(self.borders, place, mode="wrap"))
        np.take(self.codes, 2 * place + above, out=codes, mode="wrap")


def bucket_tables(coding: Target) -> BucketTables:
    """Build the tables; some ten milliseconds."""
    patterns = np.arange(BUCKETS, dtype=np.uint32) << np.uint32(DROPPED)
    ends = patterns | np.uint32((1 << DROPPED) - 1)
    negative = (patterns & _SIGN) != 0
    # The bits of a negative number grow with its distance from 0.
    lowest = np.where(negative, ends, patterns).view(np.float32)
    highest = np.where(negative, patterns, ends).view(np.float32)
    magnitudes = patterns & ~_SIGN
    finite = magnitudes < _INFINITY
    low, high = _codes(lowest, coding), _codes(highest, coding)
    borders = np.full(BUCKETS, -np.inf, np.float32)
    split = finite & (low != high)
    borders[split] = code_borders(coding)[high[split].astype(np.intp) + 128]
    # Buckets of NaN alone, and the two that an infinity shares with NaNs.
    low[~finite], high[~finite] = HIGHEST, HIGHEST
    shared = negative & (magnitudes == _INFINITY)
    low[shared], borders[shared] = -128, np.finfo(np.float32).min
    return BucketTables(borders, np.stack([low, high], axis=1).reshape(-1))


def code_borders(coding: Target) -> NDArray[np.float32]:
    """The least finite float32 that takes each code, found by bisection: shape (256,).

    The first, for -128, is -inf, and so is every code's that all reals exceed; a code that none
    reaches has +inf.
    """
    wanted = np.arange(-127, 128)
    low = np.full(255, _ordinal(np.float32(-np.inf)), np.int64)  # takes less than the code
    high = np.full(255, _ordinal(np.float32(np.inf)), np.int64)  # takes the code or more
    while np.any(high - low > 1):
        middle = (low + high) >> 1
        reached = _codes(_from_ordinal(middle), coding) >= wanted
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    return np.concatenate([[np.float32(-np.inf)], _from_ordinal(high)])


def _codes(x: NDArray[np.float32], coding: Target) -> NDArray[np.int8]:
    codes = np.empty(x.shape, np.int8)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        quantize(x, codes, Encoding.of(coding), np.empty_like(x))
    return codes


def _ordinal(x: np.float32) -> int:
    """The place of a float32 among all in order."""
    bits = int(x.view(np.int32))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFF)


def _from_ordinal(ordinals: NDArray[np.int64]) -> NDArray[np.float32]:
    negative = ordinals < 0
    bits = np.where(negative, -ordinals, ordinals).astype(np.uint32)
    return (bits | np.where(negative, _SIGN, np.uint32(0))).view(np.float32)
