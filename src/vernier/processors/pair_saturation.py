"""Whether a processor adds two INT8 products in 16 bits here: tried, never told from CPU flags.

Two convolutions of one operator each, on codes and weights at their ends. Where all products are
added in 32 bits the results are exact; where pairs saturate, about half of that. 0.1 s, once per
process and processor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vernier.errors import GraphError, ProcessorError
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Array, Graph, Kind, Operator, Quantization, TensorType
from vernier.processors.protocol import Executable
from vernier.quantization.pair_bound import PairSums, bounded

SIDE, OUTPUTS, CODE, WEIGHT = 8, 16, 127, 127
CHANNELS, KERNEL = 16, 3
# Of what saturation takes away (it halves the sum); rounding to a code takes 1 of 200.
LOST = 0.1


def measured_sums(load: Callable[[bytes], Executable]) -> PairSums:
    """What a processor adds in 16 bits.

    Args:
        load: makes a `.tflite` file ready to run as it is, not bounded.

    Raises:
        ProcessorError: it refuses a convolution.
    """
    return PairSums(
        channels=_lost(load, channels=CHANNELS, kernel=1) > LOST,
        taps=_lost(load, channels=1, kernel=KERNEL) > LOST,
    )


def bounded_file(model: bytes, sums: PairSums) -> bytes:
    """A `.tflite` file that is exact on such a processor; the same bytes where it is already.

    Raises:
        ProcessorError: the file holds something that a graph cannot.
    """
    if not sums:
        return model
    try:
        graph = read(model)
    except GraphError as error:
        raise ProcessorError(
            f"this CPU adds INT8 products in 16 bits, and the file's weights cannot be bounded to "
            f"that: {error}; use litert:cpu:int8, which is exact"
        ) from error
    made = bounded(graph, sums)
    return model if made is graph else write(made)


def _lost(load: Callable[[bytes], Executable], channels: int, kernel: int) -> float:
    """The share of an exact sum that is missing, in the middle of a flat picture."""
    exact = (CODE + 128) * WEIGHT * channels * kernel**2
    scale = exact / 200
    executable = load(write(_probe(channels, kernel, scale)))
    try:
        given = np.full((1, SIDE, SIDE, channels), CODE, np.int8)
        codes = executable(given)[0][0, SIDE // 2, SIDE // 2]
    finally:
        executable.close()
    found = (codes.astype(np.float64) + 128) * scale
    return float(1 - found.min() / exact)


def _probe(channels: int, kernel: int, scale: float) -> Graph:
    weights = np.full((OUTPUTS, kernel, kernel, channels), WEIGHT, np.int8)
    of_weights = Quantization(np.ones(OUTPUTS, np.float32), np.zeros(OUTPUTS, np.int32), 0)
    given = TensorType((1, SIDE, SIDE, channels), "int8", _codes(1.0))
    types = {
        "x": given,
        "weights": TensorType(weights.shape, "int8", of_weights),
        "bias": TensorType((OUTPUTS,), "int32", of_weights),
        "y": replace(given, shape=(1, SIDE, SIDE, OUTPUTS), quantization=_codes(scale)),
    }
    attributes: dict[str, int | float | str] = {"stride": 1, "padding": "same"}
    op = Operator(Kind.CONV_2D, ("x", "weights", "bias"), "y", attributes=attributes)
    constants: dict[str, Array] = {"weights": weights, "bias": np.zeros(OUTPUTS, np.int32)}
    return Graph("pairs", ("x",), ("y",), (op,), constants, types)


def _codes(scale: float) -> Quantization:
    return Quantization(np.array([scale], np.float32), np.array([-128], np.int32))
