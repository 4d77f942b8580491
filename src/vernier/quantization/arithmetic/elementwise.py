"""Integer arithmetic of all operators but convolutions, equal to LiteRT's kernels.

Every function takes `Coded` inputs and gives codes as int64, not yet bounded to what the output
can hold; `integer.run_integer` does that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Kind, Operator, Quantization
from vernier.graphs.operators.descriptor import along
from vernier.quantization.arithmetic.rounding import (
    Codes,
    Kernels,
    Rounding,
    by_eight_bits,
    by_fixed_point,
    by_float,
    by_multiplier,
    fixed_point,
)


@dataclass(frozen=True)
class Coded:
    """A per-tensor quantised tensor: `codes`, int8, any shape, and what they mean."""

    codes: NDArray[np.int8]
    scale: np.float32
    zero_point: int

    @property
    def centred(self) -> Codes:
        """Codes less the zero point: the values in units of the scale."""
        return self.codes.astype(np.int64) - self.zero_point


@dataclass(frozen=True)
class Target:
    """The quantisation that an operator's output shall have."""

    scale: np.float32
    zero_point: int

    @staticmethod
    def of(quantization: Quantization) -> Target:
        """Of a per-tensor quantisation."""
        return Target(quantization.scale[0], int(quantization.zero_point[0]))


def _taken(low: float, *factors: np.float32, below: float) -> bool:
    """Whether XNNPACK takes these factors; it leaves other operators to the built-in kernels."""
    return all(low <= float(factor) < below for factor in factors)


def add(a: Coded, b: Coded, out: Target, kernels: Kernels, sign: int = 1) -> Codes:
    """`a + sign * b`: XNNPACK with 21-bit factors, the others with 31-bit ones."""
    factors = a.scale / out.scale, b.scale / out.scale
    if kernels is Kernels.XNNPACK and _taken(2**-10, *factors, below=2**8):
        shift = 20 - math.floor(math.log2(max(factors)))
        first, second = (int(np.rint(float(factor) * 2.0**shift)) for factor in factors)
        sums = a.centred * first + sign * (b.centred * second) + (1 << (shift - 1))
        return (sums >> shift) + out.zero_point
    # Both operands are brought to twice the larger scale, with 20 bits to spare.
    common = 2.0 * max(float(a.scale), float(b.scale))
    optimised = kernels is not Kernels.REFERENCE and sign > 0
    rounding = Rounding.ONCE if optimised else Rounding.AWAY
    first_sum = by_fixed_point(a.centred << 20, float(a.scale) / common, rounding)
    second_sum = by_fixed_point(b.centred << 20, float(b.scale) / common, rounding)
    factor = common / (2.0**20 * float(out.scale))
    return by_fixed_point(first_sum + sign * second_sum, factor, Rounding.AWAY) + out.zero_point


def multiply(a: Coded, b: Coded, out: Target, kernels: Kernels) -> Codes:
    """`a * b`."""
    product = a.centred * b.centred
    ratio = a.scale * b.scale / out.scale
    if kernels is Kernels.XNNPACK and _taken(2**-16, ratio, below=2**8):
        return by_float(product, ratio) + out.zero_point
    factor = float(a.scale) * float(b.scale) / float(out.scale)
    return by_fixed_point(product, factor, Rounding.AWAY) + out.zero_point


def relu(x: Coded, out: Target) -> Codes:
    """`max(x, 0)`, in the built-in kernel: XNNPACK declines a RELU that stands alone in int8."""
    codes = by_fixed_point(x.centred, float(x.scale / out.scale), Rounding.AWAY)
    return np.maximum(codes, 0) + out.zero_point


def prelu(x: Coded, slopes: Coded, out: Target) -> Codes:
    """`x` where positive, else `slope * x`, in the built-in kernel: XNNPACK declines int8."""
    above = by_fixed_point(x.centred, float(x.scale / out.scale), Rounding.AWAY)
    factor = float(x.scale * slopes.scale / out.scale)
    below = by_fixed_point(x.centred * slopes.centred, factor, Rounding.AWAY)
    return np.where(x.centred >= 0, above, below) + out.zero_point


def leaky_relu(x: Coded, alpha: float, out: Target, kernels: Kernels) -> Codes:
    """`x` where positive, else `alpha * x`."""
    slope, ratio = np.float32(alpha), x.scale / out.scale
    steep = abs(ratio * slope)
    if kernels is Kernels.XNNPACK and _taken(2**-8, ratio, steep, below=2**7):
        above = by_eight_bits(x.centred, ratio)
        below = by_eight_bits(x.centred, ratio * slope)
    else:
        above = by_fixed_point(x.centred, float(x.scale / out.scale), Rounding.AWAY)
        below = by_fixed_point(x.centred, float(x.scale * slope / out.scale), Rounding.AWAY)
    return np.where(x.centred >= 0, above, below) + out.zero_point


def rescale(x: Coded, out: Target, kernels: Kernels) -> Codes:
    """The int8-to-int8 QUANTIZE."""
    ratio = x.scale / out.scale
    if kernels is Kernels.XNNPACK and _taken(2**-8, ratio, below=2**7):
        return by_eight_bits(x.centred, ratio) + out.zero_point
    factor = float(x.scale) / float(out.scale)
    centred = x.centred.reshape(-1)
    codes = by_fixed_point(centred, factor, Rounding.AWAY)
    if kernels is not Kernels.REFERENCE:
        # Sixteen at a time by vector instructions, the rest one by one.
        whole = codes.size - codes.size % 16
        codes[:whole] = by_fixed_point(centred[:whole], factor, Rounding.UP)
    return codes.reshape(x.codes.shape) + out.zero_point


def quantize(x: NDArray[np.float32], out: Target, kernels: Kernels) -> Codes:
    """The float-to-int8 QUANTIZE of finite values."""
    if kernels is Kernels.REFERENCE:
        scaled = (x / out.scale).astype(np.float64)
        whole = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    else:
        whole = np.rint(x * (np.float32(1.0) / out.scale)).astype(np.float64)
    # Bounded before it is made whole: a float beyond 64 bits has no integer.
    return np.clip(whole, -512, 512).astype(np.int64) + out.zero_point


def dequantize(x: Coded, kernels: Kernels) -> NDArray[np.float32]:
    """DEQUANTIZE. The built-in kernel multiplies out the bracket, which moves the last bit."""
    if kernels is Kernels.BUILTIN:
        return x.scale * x.codes.astype(np.float32) - x.scale * np.float32(x.zero_point)
    return x.scale * x.centred.astype(np.float32)


def table(kind: Kind, x: Coded, out: Target) -> Codes:
    """LOGISTIC, TANH and SQRT: one code for each of 256, from the function in float32.

    SQRT is rounded downwards in the engine, the others to the nearest.
    """
    reals = x.scale * x.centred.astype(np.float32)
    if kind is Kind.SQRT:
        roots: Codes = np.floor(np.sqrt(reals) / out.scale).astype(np.int64)
        return roots + out.zero_point
    wide = reals.astype(np.float64)
    values = np.tanh(wide) if kind is Kind.TANH else 1.0 / (1.0 + np.exp(-wide))
    return np.rint(values / float(out.scale)).astype(np.int64) + out.zero_point


def mean(x: Coded, out: Target, kernels: Kernels) -> Codes:
    """The mean over height and width, kept as 1x1."""
    count = x.codes.shape[1] * x.codes.shape[2]
    sums = x.centred.sum(axis=(1, 2), keepdims=True)
    if kernels is Kernels.XNNPACK:
        factor = x.scale / (out.scale * np.float32(count))
        return by_float(sums, factor) + out.zero_point
    ratio = float(x.scale) / float(out.scale)
    if kernels is Kernels.BUILTIN:
        # The zero point is brought to the output's scale and rounded by itself, which costs up to
        # half a code where the two scales differ.
        raw = x.codes.astype(np.int64).sum(axis=(1, 2), keepdims=True)
        shifted = out.zero_point - int(np.rint(x.zero_point * ratio))
        codes = by_fixed_point(raw, ratio / count, Rounding.AWAY)
        whole = raw.shape[3] - raw.shape[3] % 16
        codes[..., :whole] = by_fixed_point(raw[..., :whole], ratio / count, Rounding.UP)
        return codes + shifted
    # The division by the count is folded into the multiplier, rounded down.
    multiplier, exponent = fixed_point(float(x.scale / out.scale))
    bits = min(count.bit_length() - 1, 31 + int(exponent))
    folded = (multiplier << bits) // count
    return by_multiplier(sums, folded, exponent - bits, Rounding.AWAY) + out.zero_point


def resize_bilinear(x: Coded, factor: int, kernels: Kernels) -> Codes:
    """Half-pixel bilinear interpolation of codes: weights of 11 bits (XNNPACK) or 10."""
    _, height, width, _ = x.codes.shape
    bits = 11 if kernels is Kernels.XNNPACK else 10
    top, bottom, down = _between(height, factor, bits)
    left, right, along = _between(width, factor, bits)
    down, along = down[:, None, None], along[None, :, None]
    codes, one = x.codes[0].astype(np.int64), 1 << bits
    sums: Codes = (
        codes[top][:, left] * (one - down) * (one - along)
        + codes[bottom][:, left] * down * (one - along)
        + codes[top][:, right] * (one - down) * along
        + codes[bottom][:, right] * down * along
    )[None]
    half = 1 << (2 * bits - 1)
    if kernels is Kernels.XNNPACK:
        return (sums + half) >> (2 * bits)
    away: Codes = np.sign(sums) * ((np.abs(sums) + half) >> (2 * bits))
    return away


def _between(size: int, factor: int, bits: int) -> tuple[Codes, Codes, Codes]:
    """For each position of the enlarged axis: both neighbours and the second one's weight."""
    one, large = 1 << bits, size * factor
    if bits == 11:
        place = (np.arange(large) + np.float32(0.5)) * (np.float32(size) / np.float32(large))
        place = np.clip(place.astype(np.float32) - np.float32(0.5), 0.0, size - 1)
        first = np.floor(place).astype(np.int64)
        second = first + 1
        weight = np.rint((place - first) * one).astype(np.int64)
    else:
        step = (one * size + large // 2) // large
        fixed = np.arange(large) * step + step // 2 - one // 2
        first, second = np.maximum(fixed >> bits, 0), (fixed >> bits) + 1
        weight = fixed - (first << bits)
    return first, np.minimum(second, size - 1), weight


def moved(op: Operator, inputs: list[Coded]) -> Codes:
    """What only moves codes: shuffles, slices, nearest resizing, mirror padding, concatenation."""
    arrays = [x.codes.astype(np.int64) for x in inputs]
    x = arrays[0]
    n, height, width, channels = x.shape
    match op.kind:
        case Kind.CONCATENATION:
            joined: Codes = np.concatenate(arrays, axis=op.axis)
            return joined
        case Kind.DEPTH_TO_SPACE:
            r = op.whole("block")
            split = x.reshape(n, height, width, r, r, channels // (r * r))
            return split.transpose(0, 1, 3, 2, 4, 5).reshape(n, height * r, width * r, -1)
        case Kind.SPACE_TO_DEPTH:
            r = op.whole("block")
            split = x.reshape(n, height // r, r, width // r, r, channels)
            return split.transpose(0, 1, 3, 2, 4, 5).reshape(n, height // r, width // r, -1)
        case Kind.SLICE:
            begin = op.whole("begin")
            return x[along(op.axis, begin, begin + op.whole("size"))]
        case Kind.RESIZE_NEAREST_NEIGHBOR:
            factor = op.whole("factor")
            return x.repeat(factor, axis=1).repeat(factor, axis=2)
        case _:
            amount = op.whole("amount")
            return np.pad(x, ((0, 0), (amount, amount), (amount, amount), (0, 0)), mode="symmetric")
