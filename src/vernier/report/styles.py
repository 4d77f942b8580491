"""Which colour and shape each method has, the same in every plot of a page."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.comparison.records import Comparison, Method
from vernier.report.findings import END, PLAN
from vernier.report.plot import SHAPES

COLOURS = 8
"""Of other methods, in the style sheet; more begin anew with another shape."""
_OF_ENDS = ("square", "diamond", "triangle", "flag")
_OF_OTHERS = ("circle", "triangle", "square", "diamond", "flag", "cross")


@dataclass(frozen=True)
class Style:
    """How a method is drawn.

    Attributes:
        colour: a class of the style sheet.
        shape: of `plot.SHAPES`.
    """

    colour: str
    shape: str

    @property
    def path(self) -> str:
        """Of its shape, around 0."""
        return SHAPES[self.shape]


def styles(comparison: Comparison) -> dict[str, Style]:
    """By method."""
    ends = others = 0
    found = {}
    for method in comparison.methods:
        if method.kind == PLAN:
            found[method.name] = Style("plan", "star")
        elif method.kind == END:
            found[method.name] = Style("end", _OF_ENDS[ends % len(_OF_ENDS)])
            ends += 1
        else:
            shape = _OF_OTHERS[(others + others // COLOURS) % len(_OF_OTHERS)]
            found[method.name] = Style(f"rival{others % COLOURS}", shape)
            others += 1
    return found


def important_last(methods: tuple[Method, ...]) -> list[Method]:
    """What is drawn last lies above the others, and has its label first."""
    order = {PLAN: 2, END: 1}
    return sorted(methods, key=lambda method: order.get(method.kind, 0))
