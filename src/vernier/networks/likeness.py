"""What a network does to a test picture: how a file's silence about values is broken.

A file does not say whether its network takes samples up to 1 or up to 255, nor, of some
architectures, which activation they were trained with. A network that enlarges pictures gives back
nearly the picture, enlarged, only where both are right; where they are not, it gives noise, or all
white. So the test picture tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Graph, Kind, Operator
from vernier.graphs.reference import run
from vernier.graphs.rewrites import simplify
from vernier.graphs.shapes import fits_one_size, own_size, scale_of

Float32 = NDArray[np.float32]

SIDE = 24
# A network that does this well is in its element; on photos SR networks reach 25 to 40 dB.
PLAINLY_ALIKE_DB = 20.0
# Samples that are this far outside of their range, in ranges, are no picture.
FARTHEST_OUTSIDE = 1.0


@dataclass(frozen=True)
class ValueRange:
    """The samples that stand for black and white."""

    black: float
    white: float

    def __str__(self) -> str:
        return f"{self.black:g} to {self.white:g}"


UNIT, CODES = ValueRange(0, 1), ValueRange(0, 255)


def picture_of(height: int, width: int, channels: int) -> Float32:
    """A smooth picture with an edge, `(1, height, width, channels)`, in [0.15, 0.85]."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [
        0.5
        + 0.2 * np.sin(x / (5 + 2 * k) + k) * np.cos(y / (7 - k))
        + 0.15 * np.sign(x - y + 4 * k)
        for k in range(channels)
    ]
    picture: Float32 = np.clip(np.stack(planes, -1)[None], 0, 1).astype(np.float32)
    return picture


def likeness_db(graph: Graph, values: ValueRange = UNIT) -> tuple[float, float]:
    """How a network's enlargement of the test picture compares with repeated pixels.

    Args:
        graph: float32, of one picture in and one out.
        values: that its input and output have.

    Returns:
        PSNR in dB, and how far outside [0, 1] its samples lie, but for the outermost 5 % on either
        side; infinite where they are no numbers.
    """
    side = own_size(graph) if fits_one_size(graph) else (SIDE, SIDE)
    channels = graph.types[graph.inputs[0]].shape[3]
    scale, span = scale_of(graph), values.white - values.black
    picture = picture_of(*side, channels)
    with np.errstate(all="ignore"):
        (result,) = run(graph, {graph.inputs[0]: picture * span + values.black}).values()
        result = (result - values.black) / span
    if not np.isfinite(result).all():
        return -np.inf, np.inf
    low, high = np.percentile(result, (5, 95))
    if result.shape[3] != channels:
        return -np.inf, float(max(-low, high - 1, 0))
    wanted = picture.repeat(scale, 1).repeat(scale, 2)
    error = float(np.mean((result - wanted) ** 2))
    return float(-10 * np.log10(max(error, 1e-12))), float(max(-low, high - 1, 0))


def value_range(graph: Graph, ranges: Sequence[ValueRange] = (UNIT, CODES)) -> ValueRange:
    """The samples that a network takes and gives.

    The first of the ranges is taken where nothing speaks against it: an untrained network, which
    resembles nothing, stays inside.

    Raises:
        GraphError: it makes no picture of any of them.
    """
    best = None
    for values in ranges:
        alike_db, outside = likeness_db(graph, values)
        fits = outside <= FARTHEST_OUTSIDE
        if fits and alike_db >= PLAINLY_ALIKE_DB:
            return values
        if fits and best is None:
            best = values
    if best is None:
        raise GraphError(
            f"{graph.name}: makes no picture of a test picture, whether its samples go from "
            f"{', '.join(map(str, ranges[:-1]))} or {ranges[-1]}: much of the result is far "
            "outside; bring a network from RGB to RGB, with its normalisation inside the file"
        )
    return best


def in_unit_range(graph: Graph, values: ValueRange) -> Graph:
    """A network of other samples as one of samples in [0, 1]: scaled at both ends, exactly."""
    if values == UNIT:
        return graph
    span = values.white - values.black
    entry, end = graph.inputs[0], graph.outputs[0]
    types = {entry: graph.types[entry]}
    build = GraphBuilder(graph.name, [entry], types=types)
    x = _affine(build, entry, span, values.black, f"{entry}/as_{values.white:g}")
    names = {entry: x}
    for name, value in graph.constants.items():
        names[name] = build.constant(name, value.astype(np.float32))
    for op in graph.operators:
        inputs = tuple(names[name] for name in op.inputs)
        own = f"{op.output}/inner" if op.output == end else op.output
        names[op.output] = build.unique(own)
        made = Operator(op.kind, inputs, names[op.output], op.activation, op.attributes)
        build.types[made.output] = graph.types[op.output]
        build.operators.append(made)
    build.outputs = [_affine(build, names[end], 1 / span, -values.black / span, f"{end}/as_1")]
    simplify(build)
    build.rename(build.outputs[0], end)
    return build.graph()


def _affine(build: GraphBuilder, x: str, factor: float, offset: float, name: str) -> str:
    number = np.full((1, 1, 1, 1), factor)
    x = build.add(Kind.MUL, (x, build.constant(f"{name}/factor", number)), name)
    if not offset:
        return x
    shift = build.constant(f"{name}/offset", np.full((1, 1, 1, 1), offset))
    return build.add(Kind.ADD, (x, shift), f"{name}/shifted")
