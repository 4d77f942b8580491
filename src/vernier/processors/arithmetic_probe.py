"""Finds out in which float format an engine really computes, where it does not say.

A convolution with weights that each format rounds differently: `1 + 2**-12` needs float32's 23
mantissa bits, `1 + 2**-9` survives in float16's 10 but not in bfloat16's 7.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator, TensorType

_SIDE = 8
_FINE, _COARSE = 2.0**-12, 2.0**-9
_SHAPE = (1, _SIDE, _SIDE, 1)


@functools.cache
def probe_model() -> bytes:
    """A `.tflite` with one 1x1 convolution, from `(1, 8, 8, 1)` to `(1, 8, 8, 2)`."""
    weights = np.array([1 + _FINE, 1 + _COARSE], np.float32).reshape(2, 1, 1, 1)
    graph = Graph(
        name="arithmetic probe",
        inputs=("x",),
        outputs=("y",),
        operators=(
            Operator(
                Kind.CONV_2D,
                ("x", "weights", "bias"),
                "y",
                attributes={"stride": 1, "padding": "same"},
            ),
        ),
        constants={"weights": weights, "bias": np.zeros(2, np.float32)},
        types={
            "x": TensorType(_SHAPE),
            "weights": TensorType(weights.shape),
            "bias": TensorType((2,)),
            "y": TensorType((*_SHAPE[:3], 2)),
        },
    )
    return write(graph)


def probe_input() -> NDArray[np.float32]:
    """What to give the probe: ones, `(1, 8, 8, 1)`."""
    return np.ones(_SHAPE, np.float32)


def measured_precision(result: NDArray[Any]) -> str:
    """The format in which the probe's result `(1, 8, 8, 2)` was computed.

    Returns:
        "float32", "float16", "bfloat16", or "unknown" where the result is none of theirs.
    """
    fine, coarse = (np.asarray(result, np.float64) - 1).reshape(-1, 2).mean(axis=0)
    keeps_fine = bool(np.isclose(fine, _FINE, rtol=0.25))
    keeps_coarse = bool(np.isclose(coarse, _COARSE, rtol=0.25))
    if keeps_fine and keeps_coarse:
        return "float32"
    if keeps_coarse and abs(fine) < _FINE / 4:
        return "float16"
    if abs(fine) < _FINE / 4 and abs(coarse) < _COARSE / 4:
        return "bfloat16"
    return "unknown"
