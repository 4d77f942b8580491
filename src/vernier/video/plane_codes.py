"""Samples of video into a graph and out of it.

Graphs know one scale for all depths: BT.601's studio range of 8 bits, divided by 255.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Quantization
from vernier.quantization.scales import decode, encode

BLACK, WHITE = 16 / 255, 235 / 255

Conversion = Callable[[NDArray[Any], NDArray[Any]], None]


class Codes(Protocol):
    """How samples get into a graph and out of it."""

    def into(self, graph: NDArray[Any]) -> Conversion:
        """What fills a graph's input, of its dtype, from samples."""
        ...

    def out_of(self, graph: NDArray[Any]) -> Conversion:
        """What turns a graph's output, of its dtype, into samples."""
        ...

    def noise(self, height: int, width: int) -> NDArray[Any]:
        """Samples of all values, the same ones in each call."""
        ...


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

    def noise(self, height: int, width: int) -> NDArray[Any]:
        """Samples of all values, the same ones in each call: `(height, width)`."""
        dtype = np.uint8 if self.bits == 8 else np.uint16
        return np.random.default_rng(0).integers(0, 2**self.bits, (height, width), dtype=dtype)


@dataclass(frozen=True)
class ColourCodes:
    """RGB in reals, and the codes of an INT8 network's ends.

    Attributes:
        entry: of what the network takes; None where it takes reals.
        end: of what it gives.
    """

    entry: Quantization | None
    end: Quantization | None

    def into(self, graph: NDArray[Any]) -> Conversion:
        """What fills a graph's input `(H, W, 3)`."""
        del graph
        form = self.entry
        if form is None:
            return _copy

        def to_codes(samples: NDArray[Any], target: NDArray[Any]) -> None:
            target[...] = encode(samples, form)

        return to_codes

    def out_of(self, graph: NDArray[Any]) -> Conversion:
        """What turns a graph's output into RGB."""
        del graph
        form = self.end
        if form is None:
            return _copy

        def to_reals(result: NDArray[Any], target: NDArray[Any]) -> None:
            target[...] = decode(result, form)

        return to_reals

    def noise(self, height: int, width: int) -> NDArray[Any]:
        """Samples of all values, the same ones in each call: `(height, width, 3)`."""
        return np.random.default_rng(0).random((height, width, 3), np.float32)


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
