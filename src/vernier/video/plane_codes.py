"""Samples of video into a graph and out of it.

Graphs know one scale for all depths: BT.601's studio range of 8 bits, divided by 255.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLACK, WHITE = 16 / 255, 235 / 255

Conversion = Callable[[NDArray[Any], NDArray[Any]], None]


@dataclass(frozen=True)
class PlaneCodes:
    """How the codes of a plane stand for reals: `real = gain * code + offset`.

    Attributes:
        bits: of each sample.
        gain: reals per code.
        offset: of code 0.
    """

    bits: int
    gain: float
    offset: float

    @property
    def integers(self) -> bool:
        """Whether the graph takes and gives the samples themselves."""
        return self.bits == 8

    def into(self, graph: NDArray[Any]) -> Conversion:
        """What fills a graph's input `(H, W)` of its dtype from a plane."""
        if graph.dtype == np.int8:
            return _to_signed
        if graph.dtype == np.uint8:
            return _copy
        gain, offset = np.float32(self.gain), np.float32(self.offset)

        def to_reals(plane: NDArray[Any], target: NDArray[Any]) -> None:
            np.multiply(plane, gain, out=target, casting="unsafe", dtype=np.float32)
            if offset:
                np.add(target, offset, out=target)

        return to_reals

    def out_of(self, graph: NDArray[Any]) -> Conversion:
        """What turns a graph's output of its dtype into samples of a plane."""
        if graph.dtype == np.int8:
            return _from_signed
        if graph.dtype == np.uint8:
            return _copy
        gain, offset = np.float32(1 / self.gain), np.float32(-self.offset / self.gain)
        most = np.float32(2**self.bits - 1)

        def from_reals(result: NDArray[Any], target: NDArray[Any]) -> None:
            codes = np.multiply(result, gain)
            if offset:
                np.add(codes, offset, out=codes)
            np.rint(codes, out=codes)
            np.clip(codes, 0, most, out=codes)
            target[...] = codes

        return from_reals


def luma_codes(bits: int, full_range: bool) -> PlaneCodes:
    """Of a luma plane: studio range from 16 to 235, times a power of two, or 0 to all ones."""
    if full_range:
        return PlaneCodes(bits, (WHITE - BLACK) / (2**bits - 1), BLACK)
    return PlaneCodes(bits, 1 / (255 * 2 ** (bits - 8)), 0.0)


def chroma_codes(bits: int) -> PlaneCodes:
    """Of a chroma plane; bicubic is linear, so that any scale would do."""
    return PlaneCodes(bits, 1 / (255 * 2 ** (bits - 8)), 0.0)


def _copy(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.copyto(target, source, casting="no")


def _to_signed(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.bitwise_xor(source, np.uint8(128), out=target.view(np.uint8))


def _from_signed(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.bitwise_xor(source.view(np.uint8), np.uint8(128), out=target)
