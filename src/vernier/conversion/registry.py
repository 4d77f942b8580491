"""The ways to convert, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from vernier.conversion.protocol import Conversion, Method
from vernier.graphs.graph import Quantization
from vernier.quantization.scales import decode, encode


@dataclass(frozen=True)
class _Call:
    source: NDArray[Any]
    source_quantization: Quantization | None
    target: NDArray[Any]
    target_quantization: Quantization | None

    def run(self) -> None:
        before, after = self.source_quantization, self.target_quantization
        values = self.source if before is None else decode(self.source, before)
        self.target[...] = values if after is None else encode(values, after)

    def close(self) -> None:
        return


@dataclass(frozen=True)
class _Plain:
    name: str = "arithmetic"

    def availability(self) -> tuple[bool, str]:
        return True, "NumPy"

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        return _Call(source, source_quantization, target, target_quantization)


def default_method() -> Method:
    """The fastest that is here."""
    return _Plain()
