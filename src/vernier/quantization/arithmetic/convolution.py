"""Integer convolutions: sums of products of codes in 32 bits, and their way back to codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Kind, Operator, Quantization
from vernier.graphs.operators.convolutions import same_padding
from vernier.quantization.arithmetic.elementwise import Coded, Target
from vernier.quantization.arithmetic.rounding import (
    Codes,
    Kernels,
    Rounding,
    by_fixed_point,
    by_float,
)

VECTOR = 8
"""Channels that the built-in depthwise and transposed convolutions bring to codes at a time."""


def convolve(
    op: Operator,
    x: Coded,
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    of_weights: Quantization,
    out: Target,
    kernels: Kernels,
) -> Codes:
    """CONV_2D, DEPTHWISE_CONV_2D or TRANSPOSE_CONV, not yet bounded to 8 bits.

    Args:
        op: for its kind, stride, padding and dilation.
        x: shape `(1, H, W, I)`.
        weights: as `Kind` lays them out.
        bias: shape `(O,)`, in units of `x.scale * of_weights.scale`.
        of_weights: per output channel.
        out: what the codes shall mean.
        kernels: whose rounding.
    """
    sums = accumulate(op, x.centred, weights) + bias
    if kernels is Kernels.XNNPACK:
        return by_float(sums, x.scale * of_weights.scale / out.scale) + out.zero_point
    factor = float(x.scale) * of_weights.scale.astype(np.float64) / float(out.scale)
    codes = by_fixed_point(sums, factor, Rounding.AWAY)
    if kernels is Kernels.BUILTIN:
        # Vector instructions round upwards; what is left of the channels is done one by one.
        channels = sums.shape[3]
        whole = channels if op.kind is Kind.CONV_2D else channels - channels % VECTOR
        codes[..., :whole] = by_fixed_point(sums[..., :whole], factor[:whole], Rounding.UP)
    return codes + out.zero_point


def accumulate(op: Operator, x: Codes, weights: NDArray[np.int8]) -> Codes:
    """The sums of products without bias; padding contributes 0, as the format defines it."""
    if op.kind is Kind.TRANSPOSE_CONV:
        return _transposed(op, x, weights)
    _, kernel_height, kernel_width, _ = weights.shape
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    rows = _padding(op, x.shape[1], kernel_height, stride, dilation)
    columns = _padding(op, x.shape[2], kernel_width, stride, dilation)
    # float64 holds every sum of 32 bits exactly, and BLAS is fast with it.
    padded = np.pad(x.astype(np.float64), ((0, 0), rows, columns, (0, 0)))
    height = (padded.shape[1] - dilation * (kernel_height - 1) - 1) // stride + 1
    width = (padded.shape[2] - dilation * (kernel_width - 1) - 1) // stride + 1
    wide = weights.astype(np.float64)
    total: NDArray[np.float64] | float = 0.0
    for i in range(kernel_height):
        for j in range(kernel_width):
            top, left = i * dilation, j * dilation
            taken = padded[
                :,
                top : top + (height - 1) * stride + 1 : stride,
                left : left + (width - 1) * stride + 1 : stride,
            ]
            total = total + _tap(op, taken, wide[:, i, j])
    return np.asarray(total).astype(np.int64)


def _tap(op: Operator, x: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """One kernel position: `(1, h, w, I)` to `(1, h, w, O)`."""
    if op.kind is Kind.DEPTHWISE_CONV_2D:
        multiplier = op.whole("multiplier", 1)
        depthwise: NDArray[np.float64] = x.repeat(multiplier, axis=3) * weights[0]
        return depthwise
    outputs, inputs_per_group = weights.shape
    groups = x.shape[3] // inputs_per_group
    if groups == 1:
        dense: NDArray[np.float64] = x @ weights.T
        return dense
    grouped = x.reshape(*x.shape[:3], groups, inputs_per_group)
    kernels = weights.reshape(groups, outputs // groups, inputs_per_group)
    product: NDArray[np.float64] = np.einsum("nhwgi,goi->nhwgo", grouped, kernels)
    return product.reshape(*x.shape[:3], outputs)


def _transposed(op: Operator, x: Codes, weights: NDArray[np.int8]) -> Codes:
    """Each input pixel spreads its kernel over the output, which is `stride` times as large."""
    stride = op.whole("stride")
    outputs, kernel_height, kernel_width, _ = weights.shape
    _, height, width, _ = x.shape
    full = np.zeros(
        (
            1,
            stride * height + max(kernel_height - stride, 0),
            stride * width + max(kernel_width - stride, 0),
            outputs,
        )
    )
    wide, taps = x.astype(np.float64), weights.astype(np.float64)
    for i in range(kernel_height):
        for j in range(kernel_width):
            full[
                :,
                i : i + stride * (height - 1) + 1 : stride,
                j : j + stride * (width - 1) + 1 : stride,
            ] += wide @ taps[:, i, j].T
    # "Same" padding cuts what overhangs, the odd row and column after the end.
    top, left = max(kernel_height - stride, 0) // 2, max(kernel_width - stride, 0) // 2
    cut = full[:, top : top + stride * height, left : left + stride * width]
    return cut.astype(np.int64)


def _padding(op: Operator, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    if op.attributes.get("padding") == "same":
        return same_padding(size, kernel, stride, dilation)
    return 0, 0
