"""Resizing by any ratio in a graph under construction; see `graphs.resampling`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Kind
from vernier.graphs.lowering_values import UnsupportedError
from vernier.graphs.resampling import MOST_PHASES, Taps, block_kernel, phase_weights

MOST_CUBIC_CHANNELS = 64


def ratio_of(factor: float) -> Fraction:
    """A factor as a ratio of small whole numbers.

    Raises:
        UnsupportedError: it is none.
    """
    if not 1 / MOST_PHASES <= factor <= 16:
        raise UnsupportedError(f"a factor of {factor:g}")
    ratio = Fraction(factor).limit_denominator(MOST_PHASES)
    if abs(float(ratio) - factor) > 1e-6 * factor:
        raise UnsupportedError(f"a factor of {factor:g}, which is no ratio of small whole numbers")
    return ratio


def resample(build: GraphBuilder, x: str, ratio: Fraction, taps: Taps, name: str) -> str:
    """Append the operators of a resize; gives the output's name.

    Raises:
        UnsupportedError: of more channels than a picture's features have.
    """
    channels = build.channels(x)
    if channels > MOST_CUBIC_CHANNELS:
        raise UnsupportedError(f"resizing {channels} channels by {ratio}")
    border, weights = phase_weights(ratio, taps)
    for number in range(border):
        x = build.add(Kind.MIRROR_PAD, (x,), f"{name}/border_{number}", {"amount": 1})
    kernel = build.constant(f"{name}/weights", block_kernel(weights, channels))
    bias = build.constant(f"{name}/bias", np.zeros(len(build.constants[kernel]), np.float32))
    # Without a border, "same" and "valid" are one, and "same" says that no pixel is lost.
    attributes: dict[str, int | float | str] = {
        "padding": "valid" if border or ratio.denominator > 1 else "same",
        "stride": ratio.denominator,
        "dilation": 1,
    }
    phases = build.add(Kind.CONV_2D, (x, kernel, bias), f"{name}/phases", attributes)
    if ratio.numerator == 1:
        return phases
    return build.add(Kind.DEPTH_TO_SPACE, (phases,), name, {"block": ratio.numerator})
