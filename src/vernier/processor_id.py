"""The name of a processor, `ENGINE:DEVICE:PRECISION`, and the only reader of such names.

Files, profiles and splits hold names as text; what a name says of its processor is asked of
`ProcessorId`, which `ProcessorId.parse` makes of it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from vernier.errors import UsageError

PRECISIONS = ("float32", "float16", "bfloat16", "int8")


@dataclass(frozen=True, order=True)
class ProcessorId:
    """An engine, a device and a precision, written `litert:cpu:int8`."""

    engine: str
    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.engine}:{self.device}:{self.precision}"

    @property
    def is_integer(self) -> bool:
        """Whether it computes in INT8."""
        return self.precision == "int8"

    @property
    def model_precision(self) -> str:
        """What the `.tflite` that it runs holds: "int8", or "float32" for every float precision."""
        return "int8" if self.is_integer else "float32"

    def in_precision(self, precision: str) -> ProcessorId:
        """The same engine and device in another precision."""
        return replace(self, precision=precision)

    @staticmethod
    @functools.cache
    def parse(text: str) -> ProcessorId:
        """The inverse of `str`.

        Raises:
            UsageError: not three words, or an unknown precision.
        """
        words = text.split(":")
        if len(words) != 3 or words[2] not in PRECISIONS:
            raise UsageError(
                f"expected a processor as ENGINE:DEVICE:PRECISION, such as litert:cpu:int8, "
                f"found {text!r}; see: vernier devices"
            )
        return ProcessorId(*words)


def precision_of(processor: str) -> str:
    """A processor's precision, by its name.

    Raises:
        UsageError: it is no processor's name.
    """
    return ProcessorId.parse(processor).precision


def is_integer(processor: str) -> bool:
    """Whether a processor computes in INT8, by its name.

    Raises:
        UsageError: it is no processor's name.
    """
    return ProcessorId.parse(processor).is_integer
