"""What the lowering of an ONNX operator is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vernier.formats.onnx.arrangement import Arrangement
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Attribute, Kind
from vernier.graphs.lowering_values import Activation, UnsupportedError

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Padded:
    """Zeros around an activation, which only the padding of a convolution can express.

    Attributes:
        source: the activation without them.
        pads: rows above, columns left, rows below, columns right.
    """

    source: str
    pads: tuple[int, int, int, int]


@dataclass(frozen=True)
class SpatialSum:
    """A sum over rows, columns or both that only makes sense as part of a mean."""

    source: str
    axes: frozenset[int]


@dataclass(frozen=True)
class Arranged:
    """An activation between the reshapes and transposes of a pixel shuffle."""

    source: str
    arrangement: Arrangement


Computed: TypeAlias = Activation | Padded | SpatialSum | Arranged
"""A value that depends on the picture."""

Value: TypeAlias = Computed | NDArray[Any]

Lowered: TypeAlias = Value | str | list[str]
"""What a lowering answers: a value, or the name of its one output, or the names of several."""


@dataclass(frozen=True)
class Call:
    """One node of the file.

    Attributes:
        build: the graph under construction.
        name: for its output.
        inputs: by position; None where one is left out.
        attributes: as the file gives them.
        outputs: how many it has.
        opset: of ONNX's own operators.
    """

    build: GraphBuilder
    name: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int
    opset: int

    def given(self, place: int) -> Value | None:
        """An input, or None where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    def x(self, place: int = 0) -> str:
        """The graph's name of an input that must be a computed picture."""
        value = self.given(place)
        if isinstance(value, Activation):
            return value.name
        raise UnsupportedError(f"its input {place} is {_described(value)}")

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """The NHWC shape of such an input."""
        return self.build.types[self.x(place)].shape

    def constant(self, place: int) -> NDArray[Any] | None:
        """An input that must be constant, or None where it is left out or empty."""
        value = self.given(place)
        if value is None:
            return None
        if not isinstance(value, np.ndarray):
            raise UnsupportedError(f"its input {place} is computed from the picture")
        return value if value.size else None

    def array(self, place: int) -> Float32:
        """An input that must be there, constant and of numbers."""
        value = self.constant(place)
        if value is None:
            raise UnsupportedError(f"its input {place} is missing")
        check_floating(value, f"its input {place}")
        return np.asarray(value, np.float32)

    def wholes(
        self, attribute: str, place: int | None = None, default: tuple[int, ...] | None = None
    ) -> tuple[int, ...] | None:
        """Whole numbers from an attribute, or from the input that newer versions have for it."""
        value = None if place is None else self.constant(place)
        if value is None:
            value = self.attributes.get(attribute)
        if value is None:
            return default
        array = np.asarray(value)
        if array.dtype.kind not in "iu":
            raise UnsupportedError(f"{attribute} {value!r}, expected whole numbers")
        return tuple(int(number) for number in array.reshape(-1))

    def whole(self, attribute: str, default: int) -> int:
        """A whole number."""
        value = self.attributes.get(attribute, default)
        if not isinstance(value, int):
            raise UnsupportedError(f"{attribute} {value!r}, expected a whole number")
        return value

    def number(self, attribute: str, default: float | None) -> float:
        """A number."""
        value = self.attributes.get(attribute, default)
        if not isinstance(value, int | float):
            raise UnsupportedError(f"{attribute} {value!r}, expected a number")
        return float(value)

    def text(self, attribute: str, default: str) -> str:
        """A word, as ONNX writes its modes."""
        value = self.attributes.get(attribute, default)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def emit(self, kind: Kind, *inputs: str, suffix: str = "", **attributes: Attribute) -> str:
        """Append an operator; gives its output's name."""
        return self.build.add(kind, inputs, self.name + suffix, attributes)

    def operand(self, place: int, suffix: str) -> str:
        """An operand of arithmetic: an activation, or a constant turned to NHWC."""
        value = self.given(place)
        if not isinstance(value, np.ndarray):
            return self.x(place)
        return self.build.constant(f"{self.name}/{suffix}", per_channel(value))


def check_floating(value: NDArray[Any], what: str) -> None:
    """Raise UnsupportedError unless these are weights, and no codes of some quantised network's."""
    # bfloat16 is no floating kind to NumPy.
    if value.dtype.kind in "iub":
        raise UnsupportedError(f"{what} is {value.dtype}, expected floating point")


def per_channel(value: NDArray[Any]) -> Float32:
    """A constant that broadcasts over NCHW, as `(1, 1, 1, C)`.

    Raises:
        UnsupportedError: it differs from pixel to pixel, or is not floating point.
    """
    check_floating(value, "a constant")
    if value.ndim > 4:
        raise UnsupportedError(f"a constant with {value.ndim} axes")
    value = value.reshape((1,) * (4 - value.ndim) + value.shape)
    if (value.shape[0], *value.shape[2:]) != (1, 1, 1):
        raise UnsupportedError(
            f"a constant of shape {value.shape}, which fits one picture size alone"
        )
    return np.asarray(value.transpose(0, 2, 3, 1), np.float32)


def _described(value: Value | None) -> str:
    match value:
        case None:
            return "missing"
        case Padded():
            return "padded with zeros, which only a convolution can take"
        case SpatialSum():
            return "a sum over the picture, which depends on its size unless it is made a mean"
        case Arranged():
            return "reshaped or transposed otherwise than for a pixel shuffle"
        case _:
            return "a constant, expected a computed picture"
