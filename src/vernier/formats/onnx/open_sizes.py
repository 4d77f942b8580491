"""What an ONNX model says of sizes that it leaves open: names, such as "2*height"."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vernier.graphs.graph import Graph
from vernier.graphs.shapes import own_size, resized


def open_sizes(graph: Graph) -> dict[str, tuple[Any, Any]]:
    """Rows and columns of each activation as ONNX says open ones: a name, or a number."""
    rows, columns = own_size(graph)
    # Two sizes that every stride divides tell the line on which each side lies.
    several = [resized(graph, rows * k, columns * k) for k in (2, 4)]
    found = {}
    for name in graph.activations():
        sides = []
        for axis, (own, word) in enumerate(((rows, "height"), (columns, "width")), 1):
            small, large = (one.types[name].shape[axis] for one in several)
            sides.append(_line(2 * own, small, 4 * own, large, word))
        found[name] = (sides[0], sides[1])
    return found


def _line(x0: int, y0: int, x1: int, y1: int, word: str) -> str | int:
    """`y` over `x` in words, "2*height" or "height/2 + 4"; a number where it is constant."""
    if y0 == y1:
        return y0
    ratio = Fraction(y1 - y0, x1 - x0)
    surplus = y0 - ratio * x0
    text = word if ratio.numerator == 1 else f"{ratio.numerator}*{word}"
    text += f"/{ratio.denominator}" if ratio.denominator > 1 else ""
    if surplus:
        text += f" {'+' if surplus > 0 else '-'} {abs(surplus)}"
    return text
