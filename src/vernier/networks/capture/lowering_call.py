"""What a lowering is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Attribute, Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class SpatialSum:
    """A sum over rows, columns or both that only makes sense as part of a mean."""

    source: Activation
    axes: frozenset[int]


Value = Any
"""An `Activation`, a `SpatialSum`, a constant `torch.Tensor`, a number, or a list of those."""


@dataclass(frozen=True)
class Call:
    """One call of an ATen operator.

    Attributes:
        build: the graph under construction.
        name: for its output.
        args: by position, defaults filled in.
    """

    build: GraphBuilder
    name: str
    args: Sequence[Value]

    def x(self, place: int = 0) -> str:
        """The graph's name of an argument that must be a computed picture."""
        value = self.args[place]
        if not isinstance(value, Activation):
            raise UnsupportedError("expected a computed tensor, found a constant or a partial sum")
        return value.name

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """The NHWC shape of such an argument."""
        return self.build.types[self.x(place)].shape

    def array(self, place: int) -> Float32:
        """An argument that must be constant."""
        value = self.args[place]
        if not isinstance(value, torch.Tensor):
            raise UnsupportedError("its weights are computed from the picture")
        return np.asarray(value.detach().to(torch.float32).numpy())

    def emit(self, kind: Kind, *inputs: str, suffix: str = "", **attributes: Attribute) -> str:
        """Append an operator; gives its output's name."""
        return self.build.add(kind, inputs, self.name + suffix, attributes)

    def operand(self, value: Value, suffix: str) -> str:
        """An operand of arithmetic: an activation, or a constant turned to NHWC."""
        if isinstance(value, Activation):
            return value.name
        if isinstance(value, SpatialSum):
            raise UnsupportedError("a sum over the picture depends on its size unless it is a mean")
        array = np.asarray(torch.as_tensor(value, dtype=torch.float32).detach().numpy())
        if array.ndim > 4:
            raise UnsupportedError(f"a constant with {array.ndim} axes")
        array = array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(0, 2, 3, 1)
        if array.shape[:3] != (1, 1, 1):
            if not self.build.fixed_size:
                raise UnsupportedError(
                    "a constant of the picture's size, which fits no other size; if one size is "
                    "enough, set module.fixed_size"
                )
            # Such as a mask, which is large, and the same in every layer.
            return self.build.shared_constant(f"{self.name}/{suffix}", array)
        return self.build.constant(f"{self.name}/{suffix}", array)


def pair(value: Sequence[int] | int) -> tuple[int, int]:
    """Vertical and horizontal, of PyTorch's one number or two."""
    values = [value] if isinstance(value, int) else list(value)
    return (values[0], values[-1])


def one(value: Sequence[int] | int, what: str) -> int:
    """The number that vertical and horizontal must share."""
    vertical, horizontal = pair(value)
    if vertical != horizontal:
        raise UnsupportedError(
            f"different vertical and horizontal {what}: {vertical}, {horizontal}"
        )
    return vertical


def check_channels_axis(axis: int) -> None:
    """Raise unless a cut is over channels."""
    if axis not in (1, -3):
        raise UnsupportedError(f"cutting over axis {axis}; only channels can be cut")


def nchw(shape: Sequence[int]) -> tuple[int, ...]:
    """An NHWC shape in PyTorch's order."""
    return (shape[0], shape[3], shape[1], shape[2])
