"""What every architecture has: weights that only it can have, as its own file says.

The idea is spandrel's: every architecture leaves a pattern in its state dict, and widths, depths
and mostly the scale can be read off the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isqrt

from torch import Tensor, nn

Weights = Mapping[str, Tensor]
Arguments = dict[str, int | float | bool | str | tuple[int, ...]]


@dataclass(frozen=True)
class Recognised:
    """What an architecture reads off weights of its own.

    Attributes:
        scales: that the weights allow.
        arguments: its other hyper-parameters.
        others: further arguments, each instead of its namesake, that names and shapes allow too.
    """

    scales: tuple[int, ...]
    arguments: Arguments = field(default_factory=dict)
    others: tuple[Arguments, ...] = ()


class Architecture(nn.Module):
    """A network of a paper, for several scales and sizes.

    Attributes:
        channels: 1 = luma only, 3 = RGB.
    """

    channels: int

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """What weights of this architecture say; None of any other's.

        Args:
            weights: a state dict; only names and shapes are looked at.

        Raises:
            KeyError, IndexError, StopIteration: a shape that this architecture cannot have.
        """
        raise NotImplementedError


def count(weights: Weights, pattern: str) -> int:
    """How many numbers stand where `pattern` has its group, over all names."""
    matches = (re.match(pattern, name) for name in weights)
    return len({match.group(1) for match in matches if match})


def root(channels: int, colours: int) -> tuple[int, ...]:
    """The factor of a pixel shuffle that turns so many channels into so many colours.

    Raises:
        KeyError: there is none.
    """
    side = isqrt(channels // colours)
    if colours * side**2 != channels:
        raise KeyError(channels)
    return (side,)


def shuffles(weights: Weights, width: int, first: str, second: str) -> tuple[int, ...]:
    """The factor of one or two pixel shuffles, whose convolutions have these names."""
    factor = root(weights[first].shape[0], width)[0]
    return (factor * 2,) if second in weights else (factor,)
