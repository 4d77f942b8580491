"""Conversion as arithmetic of whole arrays in NumPy: the plain way, and the measure of the others.

Quantising holds one float32 array of the tensor's size, so that the source stays as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.conversion.protocol import Conversion, Direction, Task, check
from vernier.conversion.tables import Encoding, Rescaled, eight_bit_factor, requantized
from vernier.errors import ProcessorError
from vernier.graphs.graph import Quantization
from vernier.quantization.arithmetic.elementwise import Target

SHIFT = np.float32(1.5 * 2.0**23)
"""A float32 from here to its double has the unit as its last bit: adding it to a product of up
to 2**22 rounds that to an integer, halves to even, and leaves it in the low bits."""
SHIFT_BITS = int(SHIFT.view(np.int32))


class Bound:
    """A conversion that is a function of no arguments."""

    def __init__(self, function: Callable[[], None], copies: bool = False) -> None:
        self._function: Callable[[], None] | None = function
        self.copies = copies

    def run(self) -> None:
        """See `Conversion.run`."""
        if self._function is None:
            raise ProcessorError("a conversion was run after it was closed; prepare it again")
        # Infinities and NaNs have defined codes.
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            self._function()

    def close(self) -> None:
        """See `Conversion.close`."""
        self._function = None


class NumPyMethod(ABC):
    """A way to convert that is NumPy's passes over the two buffers."""

    name: str
    cores = "one core"

    def availability(self) -> tuple[bool, str]:
        """Always."""
        return True, f"NumPy {np.__version__}, {self.cores}"

    @abstractmethod
    def function(self, task: Task) -> Callable[[], None]:
        """What fills the target."""

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        """See `Method.prepare`."""
        task = check(source, source_quantization, target, target_quantization)
        return Bound(self.function(task))


class Arithmetic(NumPyMethod):
    """Whole arrays, one pass after the other, on one core."""

    name = "arithmetic"

    def function(self, task: Task) -> Callable[[], None]:
        """See `NumPyMethod`."""
        source, target = task.source, task.target
        match task.direction:
            case Direction.COPY:
                return lambda: np.copyto(target, source)
            case Direction.DEQUANTIZE:
                return lambda: dequantize(source, target, task.coding)
            case Direction.QUANTIZE:
                encoding, scratch = Encoding.of(task.coding), np.empty_like(source)
                return lambda: quantize(source, target, encoding, scratch)
            case Direction.REQUANTIZE:
                return _requantize(task)


def quantize(
    x: NDArray[np.float32],
    codes: NDArray[np.int8],
    encoding: Encoding,
    scratch: NDArray[np.float32],
) -> None:
    """Fill `codes`; all three arrays have one length.

    The clamping is done on the bits of the shifted product, which order as the products do where
    these are positive, and are negative where the product is below `-SHIFT`. That leaves NaNs with
    a sign, which is why they are looked for.
    """
    np.multiply(x, encoding.inverse, out=scratch)
    if np.isnan(np.maximum.reduce(scratch, initial=-np.inf)):
        np.fmin(scratch, encoding.highest, out=scratch)
    np.add(scratch, SHIFT, out=scratch)
    bits = scratch.view(np.int32)
    low, high = SHIFT_BITS + int(encoding.lowest), SHIFT_BITS + int(encoding.highest)
    np.clip(bits, np.int32(low), np.int32(high), out=bits)
    np.copyto(codes, bits, casting="unsafe")
    np.add(codes, encoding.zero_point, out=codes)


def dequantize(codes: NDArray[np.int8], x: NDArray[np.float32], coding: Target) -> None:
    """Fill `x`."""
    np.copyto(x, codes)
    if coding.zero_point:
        np.subtract(x, np.float32(coding.zero_point), out=x)
    np.multiply(x, coding.scale, out=x)


def _requantize(task: Task) -> Callable[[], None]:
    source, target = task.source, task.target
    first, second = task.codings
    factor = eight_bit_factor(first, second)
    if factor is None:
        tables = requantized(first, second)
        return lambda: look_up(source, target, tables)
    # 32 bits hold (code - zero point) * factor, and the rounded quotient with the other zero point.
    scratch = np.empty(source.shape, np.int32)
    bias = np.int32(128 - first.zero_point * factor + (second.zero_point << 8))

    def run() -> None:
        np.multiply(source, np.int32(factor), out=scratch)
        np.add(scratch, bias, out=scratch)
        np.right_shift(scratch, 8, out=scratch)
        np.clip(scratch, np.int32(-128), np.int32(127), out=scratch)
        np.copyto(target, scratch, casting="unsafe")

    return run


def look_up(source: NDArray[np.int8], target: NDArray[np.int8], tables: Rescaled) -> None:
    """Fill `target` by tables of 256 codes."""
    np.take(tables.body, source.view(np.uint8), out=target, mode="wrap")
    if rest := tables.rest(source.size):
        np.take(tables.tail, source[-rest:].view(np.uint8), out=target[-rest:], mode="wrap")
