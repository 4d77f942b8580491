"""ncnn's `.param`: text, one line for each layer.

A magic number, the counts of layers and tensors, then lines of a layer's type, its name, how many
tensors it reads and makes, their names, and its parameters `id=value`, where `-23300 - id` marks a
list: its length and its values with commas between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vernier.errors import NetworkError

MAGIC = "7767517"
LIST = -23300
MOST_LAYERS = 1 << 16
SHOWN = 120
# Hints of shapes and of how to compute, which change no result.
HINTS = {30, 31}
_WHOLE = re.compile(r"[+-]?\d{1,18}")

Number = int | float
Parameter = Number | tuple[Number, ...]


@dataclass(frozen=True)
class Parameters:
    """A layer's parameters by ncnn's numbers; remembers which of them were asked for."""

    given: Mapping[int, Parameter]
    asked: set[int] = field(default_factory=set)

    def whole(self, number: int, default: int = 0) -> int:
        """A whole number.

        Raises:
            ValueError: it is something else.
        """
        value = self._take(number, default)
        if not isinstance(value, int):
            raise ValueError(f"parameter {number} is {value}, expected a whole number")
        return value

    def real(self, number: int, default: float = 0.0) -> float:
        """A number.

        Raises:
            ValueError: it is a list.
        """
        value = self._take(number, default)
        if isinstance(value, tuple):
            raise ValueError(f"parameter {number} is a list, expected a number")
        return float(value)

    def several(self, number: int) -> tuple[Number, ...]:
        """A list; empty where it is absent.

        Raises:
            ValueError: it is a single number.
        """
        value = self._take(number, ())
        if not isinstance(value, tuple):
            raise ValueError(f"parameter {number} is {value}, expected a list")
        return value

    def left(self) -> list[str]:
        """Parameters that are set and that nothing asked for, as the file writes them."""
        return [
            f"{number}={value}"
            for number, value in self.given.items()
            if number not in self.asked | HINTS and value not in (0, 0.0, ())
        ]

    def _take(
        self, number: int, default: Number | tuple[Number, ...]
    ) -> Number | tuple[Number, ...]:
        self.asked.add(number)
        return self.given.get(number, default)


@dataclass(frozen=True)
class Layer:
    """One line: what is computed from which tensors."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Parameters

    def __str__(self) -> str:
        return f"the ncnn layer {self.kind} {self.name!r}"


def read_param(path: Path) -> tuple[Layer, ...]:
    """The layers of a file, in its order.

    Raises:
        NetworkError: the file is missing, damaged, or of another kind.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: expected a .param and a .bin file: {error}") from error
    lines = text.split("\n")
    if lines[0].strip() != MAGIC:
        raise NetworkError(f"{path}: expected ncnn's magic number {MAGIC} in the first line")
    layers = tuple(_layer(path, line) for line in lines[2:] if line.strip())
    counts = lines[1].split() if len(lines) > 1 else []
    if len(layers) > MOST_LAYERS or counts[:1] != [str(len(layers))]:
        raise NetworkError(
            f"{path}: the second line counts {' '.join(counts)[:SHOWN]!r}, and {len(layers)} "
            "layers follow: the file was cut short or edited"
        )
    return layers


def _layer(path: Path, line: str) -> Layer:
    words = line.split()
    try:
        kind, name = words[0], words[1]
        inputs, outputs = int(words[2]), int(words[3])
        names, rest = words[4 : 4 + inputs + outputs], words[4 + inputs + outputs :]
        if min(inputs, outputs) < 0 or len(names) != inputs + outputs:
            raise ValueError("fewer tensors than it counts")
        given = dict(_parameter(word) for word in rest)
    except (IndexError, ValueError) as error:
        raise NetworkError(f"{path}: damaged line: {line.strip()[:SHOWN]}: {error}") from error
    return Layer(kind, name, tuple(names[:inputs]), tuple(names[inputs:]), Parameters(given))


def _parameter(word: str) -> tuple[int, Parameter]:
    key, _, value = word.partition("=")
    number = int(key)
    if number > LIST:
        return number, _number(value)
    length, *values = value.split(",")
    if int(length) != len(values):
        raise ValueError(f"a list of {length} holds {len(values)} values")
    return LIST - number, tuple(_number(item) for item in values)


def _number(text: str) -> Number:
    return int(text) if _WHOLE.fullmatch(text) else float(text)
