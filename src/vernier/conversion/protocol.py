"""What a conversion between two segments is, and what is checked before one is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.graphs.graph import Quantization
from vernier.quantization.arithmetic.elementwise import Target
from vernier.quantization.scales import HIGHEST, LOWEST, same

SCALES = 2.0**-110, 2.0**110
"""Between these no product of a scale and a denormal is worth a code, so that it does not matter
whether an engine flushes denormals to 0, and no inverse is one."""


class Conversion(Protocol):
    """From one buffer to another, bound once and run for every picture. Not for two threads."""

    @property
    def copies(self) -> bool:
        """Whether data passes through memory other than the two buffers."""
        ...

    def run(self) -> None:
        """Fill the target from what is in the source now.

        Raises:
            ProcessorError: the device failed, or the conversion is closed.
        """
        ...

    def close(self) -> None:
        """Free what it holds; the buffers stay as they are."""
        ...


class Method(Protocol):
    """A way to convert. All methods give the same bits; see `vernier.conversion.tables`."""

    @property
    def name(self) -> str:
        """What plans and options call it."""
        ...

    def availability(self) -> tuple[bool, str]:
        """Whether it can be used here, and the device, or the reason why not. Never raises."""
        ...

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        """Bind to two buffers.

        Args:
            source: C-contiguous; float32 where its quantisation is None, else int8.
            source_quantization: per tensor.
            target: of the same shape, writable, sharing no memory with the source. `prepare` may
                write to it.
            target_quantization: per tensor.

        Raises:
            UsageError: the buffers are not as described, or a scale is out of `SCALES`.
            ProcessorError: the method is not available.
        """
        ...


class Direction(StrEnum):
    """What a conversion does."""

    COPY = "copy"
    QUANTIZE = "quantise"
    DEQUANTIZE = "dequantise"
    REQUANTIZE = "requantise"


@dataclass(frozen=True)
class Task:
    """A checked request.

    Attributes:
        direction: COPY where both sides mean the same.
        source: one-dimensional view of the buffer.
        target: one-dimensional view of the buffer.
        source_coding: scale and zero point; None for float32.
        target_coding: scale and zero point; None for float32.
    """

    direction: Direction
    source: NDArray[Any]
    target: NDArray[Any]
    source_coding: Target | None
    target_coding: Target | None

    @property
    def codings(self) -> tuple[Target, Target]:
        """Both codings of a requantisation."""
        assert self.source_coding is not None
        assert self.target_coding is not None
        return self.source_coding, self.target_coding

    @property
    def coding(self) -> Target:
        """The one coding of a quantisation or a dequantisation."""
        found = self.target_coding or self.source_coding
        assert found is not None
        return found


def check(
    source: NDArray[Any],
    source_quantization: Quantization | None,
    target: NDArray[Any],
    target_quantization: Quantization | None,
) -> Task:
    """What is asked for; arguments and errors as of `Method.prepare`."""
    first = _coding("source", source, source_quantization)
    second = _coding("target", target, target_quantization)
    if source.shape != target.shape:
        raise UsageError(
            f"expected a source and a target of one shape, found {source.shape} and {target.shape}"
        )
    if not target.flags.writeable:
        raise UsageError("expected a target that can be written, found a read-only array")
    if np.may_share_memory(source, target):
        raise UsageError(
            "expected a source and a target apart from each other, found them to share"
            " memory; give the target a buffer of its own"
        )
    if first is None:
        direction = Direction.COPY if second is None else Direction.QUANTIZE
    elif second is None:
        direction = Direction.DEQUANTIZE
    else:
        assert source_quantization is not None
        assert target_quantization is not None
        alike = same(source_quantization, target_quantization)
        direction = Direction.COPY if alike else Direction.REQUANTIZE
    return Task(direction, source.reshape(-1), target.reshape(-1), first, second)


def _coding(side: str, buffer: NDArray[Any], quantization: Quantization | None) -> Target | None:
    wanted = np.dtype(np.float32 if quantization is None else np.int8)
    if buffer.dtype != wanted:
        raise UsageError(
            f"expected a {side} of {wanted} {'with' if quantization else 'without'} a "
            f"quantisation, found {buffer.dtype}"
        )
    if not buffer.flags.c_contiguous:
        raise UsageError(
            f"expected a {side} without gaps (C-contiguous), found strides "
            f"{buffer.strides} for the shape {buffer.shape}"
        )
    if quantization is None:
        return None
    if quantization.axis is not None or quantization.scale.size != 1:
        raise UsageError(
            f"expected one scale for the whole {side}, found {quantization.scale.size}; only "
            f"weights have a scale per channel"
        )
    coding = Target.of(quantization)
    if not (math.isfinite(coding.scale) and SCALES[0] <= coding.scale <= SCALES[1]):
        raise UsageError(
            f"expected a {side} scale between 2**-110 and 2**110, found {coding.scale}"
        )
    if not LOWEST <= coding.zero_point <= HIGHEST:
        raise UsageError(
            f"expected a {side} zero point in [{LOWEST}, {HIGHEST}], found {coding.zero_point}"
        )
    return coding
