"""A `.tflite` file that a page can fit to any picture: where its sizes are, and what they become.

LiteRT.js cannot resize an input. But the writer is deterministic, so files of one graph at two
sizes differ in nothing but the numbers that are sizes, each of 32 bits and growing evenly
with height and width. These places are found by comparing files, and the rule is held against a
file that was written anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError

# Of a file of two sizes that are no multiples of each other; checked at another pair.
FURTHER = (3, 5)


@dataclass(frozen=True)
class Resizable:
    """A file and where it holds sizes.

    Attributes:
        model: at the size that it was made at.
        rules: `(place, rows, columns, rest)`: at a byte offset stands the 32-bit number
            `rows * height + columns * width + rest`, both counted in steps.
        step: pixels; heights and widths are multiples of it.
    """

    model: bytes
    rules: tuple[tuple[int, int, int, int], ...]
    step: int

    def at(self, height: int, width: int) -> bytes:
        """The file for a picture of so many pixels."""
        data = bytearray(self.model)
        for place, rows, columns, rest in self.rules:
            value = rows * (height // self.step) + columns * (width // self.step) + rest
            data[place : place + 4] = value.to_bytes(4, "little", signed=True)
        return bytes(data)


def resizable(
    write: Callable[[int, int], bytes], height: int, width: int, step: int = 1
) -> Resizable:
    """Find the sizes in a file.

    Args:
        write: the file for a height and width.
        height: of the file to start from.
        width: likewise.
        step: heights and widths are multiples of it.

    Raises:
        GraphError: the files differ in something else than numbers that grow evenly.
    """
    first = _numbers(write(height, width))
    higher = _numbers(write(height + step, width))
    wider = _numbers(write(height, width + step))
    if not len(first) == len(higher) == len(wider):
        raise GraphError("files of two picture sizes differ in length; they cannot be resized")
    rules = []
    # A size may lie at any multiple of 4 bytes: flatbuffers align their numbers.
    for index in np.flatnonzero((first != higher) | (first != wider)):
        rows, columns = (int(other[index]) - int(first[index]) for other in (higher, wider))
        rest = int(first[index]) - rows * (height // step) - columns * (width // step)
        rules.append((int(index) * 4, rows, columns, rest))
    found = Resizable(write(height, width), tuple(rules), step)
    another = (height + FURTHER[0] * step, width + FURTHER[1] * step)
    if found.at(*another) != write(*another):
        raise GraphError(
            f"a file fitted to {another[1]}x{another[0]} pixels is not the one written for them"
        )
    return found


def _numbers(model: bytes) -> NDArray[np.int32]:
    return np.frombuffer(model + b"\0" * (-len(model) % 4), "<i4")
