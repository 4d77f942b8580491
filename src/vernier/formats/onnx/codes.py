"""How 8 bits are written in ONNX."""

from __future__ import annotations

from enum import StrEnum


class Codes(StrEnum):
    """How the 8 bits of activations and of weights are written; the numbers are the same.

    U8U8: exact on every CPU that ONNX Runtime knows.
    U8S8: two to three times as fast where the CPU sums products of 8 bits in 32 (VNNI, AMX); ONNX
        Runtime saturates in 16 bits where it does not. What accelerators take.
    S8S8: our own codes as they are; ONNX Runtime leaves some of them in float on x86 unless told
        `session.qdqisint8allowed`, and is slow then.
    """

    U8U8 = "u8u8"
    U8S8 = "u8s8"
    S8S8 = "s8s8"

    @property
    def activations(self) -> str:
        """The dtype of activations, and of operands that are added or multiplied."""
        return "int8" if self is Codes.S8S8 else "uint8"

    @property
    def weights(self) -> str:
        """The dtype of convolutions' weights."""
        return "uint8" if self is Codes.U8U8 else "int8"
