"""What converts a tensor between two formats."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from vernier.graphs.graph import Quantization


class Conversion(Protocol):
    """Bound to two buffers once, run for every picture."""

    def run(self) -> None:
        """Read the source, write the target."""
        ...

    def close(self) -> None:
        """Free what it holds besides the two buffers."""
        ...


class Method(Protocol):
    """A way to convert.

    Attributes:
        name: what the user types.
    """

    @property
    def name(self) -> str:
        """What the user types."""
        ...

    def availability(self) -> tuple[bool, str]:
        """Whether it is here, and the device or the reason why not. Cheap."""
        ...

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        """Bind a conversion to two C-contiguous buffers of one shape.

        A buffer without quantisation is float32, with one int8.
        """
        ...
