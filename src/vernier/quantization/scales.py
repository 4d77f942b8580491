"""From an interval of the reals to a scale and a zero point, and values to codes and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Quantization

LOWEST, HIGHEST = -128, 127
"""The codes of an activation. Weights use [-127, 127], so that negation is exact."""

PIXELS = (0.0, 1.0)
"""The range of a picture: its codes are `pixel - 128`, and saturation clips it."""


def asymmetric(low: float, high: float) -> Quantization:
    """The quantisation of an activation or a constant operand: 256 codes over `[low, high]`.

    The interval is widened to hold 0, and moved by less than half a step so that 0 is a code:
    zero padding and ReLU are exact then (Jacob et al., CVPR 2018, section 3). An interval of
    nothing but 0, or so short that float32 cannot hold its step, counts as [0, 1].
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 2.0**-100:
        low, high = 0.0, 1.0
    scale = (high - low) / (HIGHEST - LOWEST)
    zero_point = int(np.clip(np.rint(LOWEST - low / scale), LOWEST, HIGHEST))
    return per_tensor(scale, zero_point)


def per_tensor(scale: float, zero_point: int) -> Quantization:
    """One scale and zero point for a whole tensor."""
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int32))


def same(first: Quantization, second: Quantization) -> bool:
    """Whether two quantisations give every code the same meaning."""
    return np.array_equal(first.scale, second.scale) and np.array_equal(
        first.zero_point, second.zero_point
    )


def interval(quantization: Quantization) -> tuple[float, float]:
    """The reals that the lowest and the highest code of a per-tensor quantisation stand for."""
    scale, zero_point = float(quantization.scale[0]), int(quantization.zero_point[0])
    return scale * (LOWEST - zero_point), scale * (HIGHEST - zero_point)


def encode(values: NDArray[np.floating], quantization: Quantization) -> NDArray[np.int8]:
    """Reals to codes, rounded to the nearest, halves to even, and saturated.

    Args:
        values: any shape, in the tensor's own unit.
        quantization: per tensor, or per channel along `axis`; then codes are in [-127, 127].
    """
    scale, zero_point = _along(quantization, values.ndim)
    lowest = LOWEST if quantization.axis is None else -HIGHEST
    codes = np.rint(values / scale) + zero_point
    saturated: NDArray[np.int8] = np.clip(codes, lowest, HIGHEST).astype(np.int8)
    return saturated


def decode(codes: NDArray[np.integer], quantization: Quantization) -> NDArray[np.float32]:
    """Codes to reals, as the format defines them: `scale * (code - zero_point)`, in float32."""
    scale, zero_point = _along(quantization, codes.ndim)
    return scale * (codes.astype(np.int32) - zero_point).astype(np.float32)


def _along(
    quantization: Quantization, dimensions: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Scale and zero point in a shape that broadcasts over a tensor."""
    shape = [1] * dimensions
    if quantization.axis is not None:
        shape[quantization.axis] = -1
    return quantization.scale.reshape(shape), quantization.zero_point.reshape(shape)


def weight_quantization(
    weights: NDArray[np.float32], axis: int, bias: NDArray[np.float32], input_scale: float
) -> Quantization:
    """The symmetric quantisation of a convolution's weights, one scale per output channel.

    The largest weight of a channel gets the code 127 or -127. The bias is stored in units of
    `input_scale * scale` in 32 bits, so the scale of a channel whose weights are tiny beside its
    bias is raised until the bias fits into 31 bits, and no scale is below 2**-16 of the layer's
    largest, which keeps the factor that an engine multiplies sums by within what it accepts.

    Args:
        weights: any shape, float32.
        axis: of the output channels.
        bias: shape `(C,)`.
        input_scale: of the convolution's input.
    """
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scale = np.abs(weights).max(axis=others).astype(np.float64) / HIGHEST
    scale = np.maximum(scale, scale.max() * 2.0**-16)
    scale = np.maximum(scale, np.abs(bias.astype(np.float64)) / (input_scale * 2.0**30))
    scale = np.where(scale > 0.0, scale, 1.0).astype(np.float32)
    return Quantization(scale, np.zeros(scale.shape, np.int32), axis)


def bias_quantization(input_scale: np.float32, weights: Quantization) -> Quantization:
    """What the format prescribes for an integer bias: the product of both scales, zero point 0."""
    return Quantization(input_scale * weights.scale, np.zeros(weights.scale.shape, np.int32), 0)


def encode_bias(bias: NDArray[np.float32], quantization: Quantization) -> NDArray[np.int32]:
    """Reals to 32-bit codes, rounded to the nearest."""
    return np.rint(bias.astype(np.float64) / quantization.scale).astype(np.int32)
