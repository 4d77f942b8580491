"""Operators put around a network's, one call each; shapes are inferred when all are there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Array, Attribute, Kind, Operator, TensorType

# Of a tensor whose shape `resized` will infer.
UNKNOWN = TensorType((1, 1, 1, 1))

# What tensors around the network are called; a network's own never begin so.
OWN_NAMES = "vernier/"


class GraphBuilder:
    """Collects operators, constants and types.

    Attributes:
        operators: so far, in order.
        constants: by name.
        types: by name; the shapes of computed tensors are yet to be inferred.
    """

    def __init__(self) -> None:
        self.operators: list[Operator] = []
        self.constants: dict[str, Array] = {}
        self.types: dict[str, TensorType] = {}

    def unseen(self, name: str) -> str:
        """Names of ours never meet the network's."""
        return OWN_NAMES + name

    def add(self, kind: Kind, inputs: tuple[str, ...], name: str, **attributes: Attribute) -> str:
        """An operator; returns the name of its output."""
        output = self.unseen(name)
        self.operators.append(Operator(kind, inputs, output, attributes=attributes))
        self.types[output] = UNKNOWN
        return output

    def constant(self, name: str, value: NDArray[np.float64]) -> str:
        """A float32 constant; returns its full name."""
        array = value.astype(np.float32)
        self.constants[self.unseen(name)] = array
        self.types[self.unseen(name)] = TensorType(array.shape)
        return self.unseen(name)

    def convolution(
        self,
        kind: Kind,
        x: str,
        weights: NDArray[np.float64],
        bias: NDArray[np.float64],
        name: str,
        **attributes: Attribute,
    ) -> str:
        """A convolution of stride 1; returns the name of its output."""
        inputs = (
            x,
            self.constant(f"{name}/weights", weights),
            self.constant(f"{name}/bias", bias),
        )
        return self.add(kind, inputs, name, stride=1, **attributes)

    def linear(
        self,
        x: str,
        matrix: NDArray[np.float64],
        offset: NDArray[np.float64] | None = None,
        *,
        name: str,
    ) -> str:
        """A 1x1 convolution: `matrix` of shape (out, in) applied to every pixel."""
        bias = np.zeros(len(matrix)) if offset is None else offset
        weights = matrix[:, None, None, :]
        return self.convolution(Kind.CONV_2D, x, weights, bias, name, padding="same")
