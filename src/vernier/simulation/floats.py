"""The float arithmetic of all operators in PyTorch, equal to `graphs.reference`.

Activations are NCHW with any batch, in memory channels last, which is the graph's own NHWC; weights
stay in the graph's layout and are looked at through a permuted view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vernier.errors import GraphError
from vernier.graphs.graph import Activation, Kind, Operator, is_channel_mean
from vernier.graphs.operators.convolutions import same_padding

Operands = Sequence[Tensor]
Compute = Callable[[Operands], Tensor]


def float_operator(op: Operator) -> Compute:
    """What an operator computes from its operands in order.

    Activations are `(N, C, H, W)`; weights and biases come in the graph's layout, all other
    constants as `as_operand` makes them.

    Raises:
        GraphError: the kind has no float arithmetic here.
    """
    make = FLOAT_OPERATORS.get(op.kind)
    if make is None:
        raise GraphError(f"{op.output}: {op.kind} has no float arithmetic in the simulation")
    compute = make(op)
    if op.activation is Activation.RELU:
        return lambda x: compute(x).relu_()
    if op.activation is Activation.RELU6:
        return lambda x: compute(x).clamp(0.0, 6.0)
    return compute


def as_operand(x: Tensor) -> Tensor:
    """A constant of an elementwise operator, at most `(1, H, W, C)`, to go with NCHW."""
    wide = x.reshape((1,) * (4 - x.ndim) + tuple(x.shape))
    return wide.permute(0, 3, 1, 2)


def convolution(op: Operator) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    """CONV_2D, DEPTHWISE_CONV_2D or TRANSPOSE_CONV of x, weights (the graph's layout) and bias."""
    if op.kind is Kind.TRANSPOSE_CONV:
        return _transposed(op)
    stride, dilation = op.whole("stride", 1), op.whole("dilation", 1)
    same = op.attributes.get("padding", "same") == "same"
    depthwise = op.kind is Kind.DEPTHWISE_CONV_2D

    def compute(x: Tensor, weights: Tensor, bias: Tensor | None) -> Tensor:
        if depthwise:
            kernels, groups = weights.permute(3, 0, 1, 2), x.shape[1]
        else:
            kernels, groups = weights.permute(0, 3, 1, 2), x.shape[1] // weights.shape[3]
        padding = [0, 0]
        if same:
            rows, columns = (
                same_padding(size, side, stride, dilation)
                for size, side in zip(x.shape[2:], kernels.shape[2:], strict=True)
            )
            padding = [rows[0], columns[0]]
            if rows[0] != rows[1] or columns[0] != columns[1]:
                x, padding = F.pad(x, (*columns, *rows)), [0, 0]
        return F.conv2d(x, kernels, bias, stride, padding, dilation, groups)

    return compute


def _transposed(op: Operator) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    stride = op.whole("stride")

    def compute(x: Tensor, weights: Tensor, bias: Tensor | None) -> Tensor:
        kernels = weights.permute(3, 0, 1, 2)
        height, width = (stride * size for size in x.shape[2:])
        top, left = (max(side - stride, 0) // 2 for side in kernels.shape[2:])
        full = F.conv_transpose2d(x, kernels, None, stride)
        # A kernel smaller than the stride leaves the last rows and columns unpainted.
        below = max(top + height - full.shape[2], 0)
        right = max(left + width - full.shape[3], 0)
        if below or right:
            full = F.pad(full, (0, right, 0, below))
        kept = full[:, :, top : top + height, left : left + width]
        return kept if bias is None else kept + bias.reshape(1, -1, 1, 1)

    return compute


def _convolution(op: Operator) -> Compute:
    compute = convolution(op)
    return lambda x: compute(x[0], x[1], x[2] if len(x) > 2 else None)


def prelu(x: Tensor, slopes: Tensor) -> Tensor:
    """`x` where positive, else `slopes * x`; slopes of 4 axes, mostly `(1, C, 1, 1)`."""
    if slopes.numel() == slopes.shape[1]:
        return F.prelu(x, slopes.reshape(-1))
    return torch.where(x >= 0, x, x * slopes)


def _leaky_relu(op: Operator) -> Compute:
    alpha = float(op.attributes["alpha"])
    return lambda x: F.leaky_relu(x[0], alpha)


def root(x: Tensor) -> Tensor:
    """The square root, 0 with gradient 0 where there is nothing to take it of."""
    positive = x > 0
    return torch.where(positive, torch.where(positive, x, 1.0).sqrt(), 0.0)


def _bilinear(op: Operator) -> Compute:
    factor = op.whole("factor")
    return lambda x: F.interpolate(
        x[0], scale_factor=float(factor), mode="bilinear", align_corners=False
    )


def _mean(op: Operator) -> Compute:
    axes = (1,) if is_channel_mean(op) else (2, 3)
    return lambda x: x[0].mean(axes, keepdim=True)


# A Transformer's own. Channels last is what makes a reshape of NHWC a view.


def _reshape(op: Operator) -> Compute:
    shape = op.whole("rows"), op.whole("columns"), op.whole("channels")
    return lambda x: x[0].permute(0, 2, 3, 1).reshape(-1, *shape).permute(0, 3, 1, 2)


def _batch_matmul(op: Operator) -> Compute:
    transposed = bool(op.whole("transposed"))

    def compute(x: Operands) -> Tensor:
        # (N, channels, windows, tokens) to (N, windows, tokens, channels) and back.
        a, b = (operand.permute(0, 2, 3, 1) for operand in x)
        return (a @ (b.mT if transposed else b)).permute(0, 3, 1, 2)

    return compute


# Layout operators move values and codes alike.


def _depth_to_space(op: Operator) -> Compute:
    r = op.whole("block")

    def compute(x: Operands) -> Tensor:
        n, channels, height, width = x[0].shape
        split = x[0].reshape(n, r, r, channels // (r * r), height, width)
        shuffled = split.permute(0, 4, 1, 5, 2, 3).reshape(n, height * r, width * r, -1)
        return shuffled.permute(0, 3, 1, 2)

    return compute


def _space_to_depth(op: Operator) -> Compute:
    r = op.whole("block")

    def compute(x: Operands) -> Tensor:
        n, channels, height, width = x[0].shape
        split = x[0].reshape(n, channels, height // r, r, width // r, r)
        shuffled = split.permute(0, 2, 4, 3, 5, 1).reshape(n, height // r, width // r, -1)
        return shuffled.permute(0, 3, 1, 2)

    return compute


def _slice(op: Operator) -> Compute:
    axis, begin, size = _nchw(op.axis), op.whole("begin"), op.whole("size")
    return lambda x: x[0].narrow(axis, begin, size)


def _concatenation(op: Operator) -> Compute:
    axis = _nchw(op.axis)
    return lambda x: torch.cat(list(x), axis)


def _nchw(axis: int) -> int:
    """The place of an NHWC axis here."""
    return (0, 2, 3, 1)[axis]


def _nearest(op: Operator) -> Compute:
    factor = op.whole("factor")
    return lambda x: F.interpolate(x[0], scale_factor=float(factor), mode="nearest")


def _mirror_pad(op: Operator) -> Compute:
    amount = op.whole("amount")

    def compute(x: Operands) -> Tensor:
        result = x[0]
        if amount == 1:
            return F.pad(result, (1, 1, 1, 1), mode="replicate")
        for axis in (2, 3):
            inside = torch.arange(result.shape[axis], device=result.device)
            mirrored = [inside[:amount].flip(0), inside, inside[-amount:].flip(0)]
            result = result.index_select(axis, torch.cat(mirrored) if amount else inside)
        return result

    return compute


LAYOUT: Mapping[Kind, Callable[[Operator], Compute]] = {
    Kind.CONCATENATION: _concatenation,
    Kind.DEPTH_TO_SPACE: _depth_to_space,
    Kind.SPACE_TO_DEPTH: _space_to_depth,
    Kind.SLICE: _slice,
    Kind.RESIZE_NEAREST_NEIGHBOR: _nearest,
    Kind.MIRROR_PAD: _mirror_pad,
}
"""Operators that move values without computing; the same in INT8."""

FLOAT_OPERATORS: Mapping[Kind, Callable[[Operator], Compute]] = {
    **LAYOUT,
    Kind.CONV_2D: _convolution,
    Kind.DEPTHWISE_CONV_2D: _convolution,
    Kind.TRANSPOSE_CONV: _convolution,
    Kind.ADD: lambda op: lambda x: torch.add(x[0], x[1]),
    Kind.SUB: lambda op: lambda x: torch.sub(x[0], x[1]),
    Kind.MUL: lambda op: lambda x: torch.mul(x[0], x[1]),
    Kind.RELU: lambda op: lambda x: torch.relu(x[0]),
    Kind.TANH: lambda op: lambda x: torch.tanh(x[0]),
    Kind.LOGISTIC: lambda op: lambda x: torch.sigmoid(x[0]),
    Kind.SQRT: lambda op: lambda x: root(x[0]),
    Kind.PRELU: lambda op: lambda x: prelu(x[0], x[1]),
    Kind.LEAKY_RELU: _leaky_relu,
    Kind.RESIZE_BILINEAR: _bilinear,
    Kind.MEAN: _mean,
    Kind.RESHAPE: _reshape,
    Kind.BATCH_MATMUL: _batch_matmul,
    Kind.SOFTMAX: lambda op: lambda x: x[0].softmax(1),
    Kind.GELU: lambda op: lambda x: F.gelu(x[0]),
    Kind.RSQRT: lambda op: lambda x: x[0].rsqrt(),
}
