"""What lowerings of all kinds of programs pass on: PyTorch's and ONNX's alike."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.errors import GraphError


@dataclass(frozen=True)
class Activation:
    """A value of the program that is a tensor of our graph, by its name there.

    To the program it is NCHW.
    """

    name: str


class UnsupportedError(GraphError):
    """Raised by a lowering; whoever called it adds the operator and its place."""
