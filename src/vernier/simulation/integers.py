"""INT8 operators in PyTorch, with the codes that LiteRT's kernels give.

A tensor is its *centred* codes, code less zero point, whole numbers in float32: zero padding and
ReLU are exact, and the sums of a convolution are too, as long as they stay below 2**24. Backwards,
rounding counts as the identity, and saturation as a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from vernier.errors import GraphError
from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator, Quantization
from vernier.quantization.arithmetic.elementwise import Coded, Target, table
from vernier.quantization.arithmetic.graph import bounds
from vernier.quantization.arithmetic.rounding import Rounding
from vernier.quantization.scales import HIGHEST, LOWEST
from vernier.simulation.floats import LAYOUT, Compute, Operands, convolution, prelu
from vernier.simulation.rounding import (
    Ends,
    Round,
    Within,
    as_fixed_point,
    fixed_point_addends,
    fixed_point_round,
    half_away,
    half_even,
    half_up,
    rounded,
    rounded_exactly,
    straight_through,
    tensor_of,
)

Make = Callable[[Operator, list[Target], Target, Within], Compute]


def integer_operator(
    op: Operator, mixed: Graph, device: torch.device, learnt: Tensor | None = None
) -> Compute:
    """What an INT8 operator computes from its operands in order: centred codes from centred codes.

    Activations are `(N, C, H, W)`; the centred codes of weights and biases come in the graph's
    layout, those of other constants as `simulation_float.as_operand` makes them.

    Args:
        op: of a graph as `quantize` makes it; its inputs and output are int8.
        mixed: that graph, for the scales.
        device: where the operands will be.
        learnt: the ends of the output's range, `(2,)`, where they learn.

    Raises:
        GraphError: the operator has no INT8 form.
    """
    if op.kind in LAYOUT:
        return LAYOUT[op.kind](op)
    out = Target.of(_quantization(mixed, op.output))
    within = _within(op, out, learnt)
    if op.kind in CONVOLUTIONS:
        return _convolution(op, mixed, out, within, device)
    make = INTEGER_OPERATORS.get(op.kind)
    if make is None:
        raise GraphError(f"{op.output}: {op.kind} has no INT8 form in the simulation")
    operands = [Target.of(_quantization(mixed, name)) for name in op.inputs]
    return make(op, operands, out, within)


def _within(op: Operator, out: Target, learnt: Tensor | None) -> Within:
    lowest, highest = bounds(op.activation, out)
    ends = None
    if learnt is not None:
        # Where an activation cuts, no range can be wider.
        own = op.activation == "NONE", highest == HIGHEST
        ends = Ends(learnt, float(out.scale), *own)
    return Within(lowest - out.zero_point, highest - out.zero_point, ends)


def encoder(
    quantization: Quantization, owed: float = 0.0, ends: Tensor | None = None
) -> Callable[[Tensor], Tensor]:
    """The float-to-int8 QUANTIZE: reals to centred codes.

    Args:
        quantization: per tensor.
        owed: what the codes lack of the reals, in the tensor's unit; see `quantize_with` on shifts.
        ends: of the range, `(2,)`, where they learn.
    """
    target = Target.of(quantization)
    factor = float(np.float32(1.0) / target.scale)
    learnt = None if ends is None else Ends(ends, float(target.scale))
    within = Within(LOWEST - target.zero_point, HIGHEST - target.zero_point, learnt)
    if owed:
        return lambda x: rounded((x - owed) * factor, half_even, within)
    return lambda x: rounded(x * factor, half_even, within)


def decoder(quantization: Quantization, owed: float = 0.0) -> Callable[[Tensor], Tensor]:
    """DEQUANTIZE: centred codes to reals; arguments as of `encoder`."""
    scale = float(quantization.scale[0])
    if owed:
        return lambda x: x * scale + owed
    return lambda x: x * scale


def _quantization(mixed: Graph, name: str) -> Quantization:
    found = mixed.types[name].quantization
    if found is None:
        raise GraphError(f"{mixed.name}: {name!r} is read as INT8 but has no quantisation")
    return found


def _convolution(
    op: Operator, mixed: Graph, out: Target, within: Within, device: torch.device
) -> Compute:
    compute = convolution(op)
    x, weights, _ = op.inputs
    scale = Target.of(_quantization(mixed, x)).scale
    # In the order and the precision in which XNNPACK multiplies.
    factor = scale * _quantization(mixed, weights).scale / out.scale
    per_channel = tensor_of(factor, device).reshape(1, -1, 1, 1)

    def run(operands: Operands) -> Tensor:
        sums = compute(*operands)
        return rounded(sums.mul_(per_channel), half_even, within)

    return run


def _taken(low: float, *factors: float, below: float) -> bool:
    """Whether XNNPACK takes these factors; it leaves other operators to the built-in kernels."""
    return all(low <= factor < below for factor in factors)


def _sum(sign: int) -> Make:
    def make(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
        factors = [float(operand.scale / out.scale) for operand in operands]
        taken = _taken(2**-10, *factors, below=2**8)
        if taken:
            one = 2.0 ** (20 - math.floor(math.log2(max(factors))))
            factors = [float(np.rint(factor * one)) / one for factor in factors]
        first, second = factors[0], sign * factors[1]

        def whole(x: Operands) -> Tensor:
            total = torch.add(x[0].double().mul_(first), x[1], alpha=second)
            return total.add_(0.5).floor_() if taken else half_away(total)

        return lambda x: rounded_exactly(
            x, lambda: torch.add(x[0] * first, x[1], alpha=second), lambda: whole(x), within
        )

    return make


def _product(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    ratio = float(operands[0].scale * operands[1].scale / out.scale)
    how: Round = half_even
    if not _taken(2**-16, ratio, below=2**8):
        ratio = float(operands[0].scale) * float(operands[1].scale) / float(out.scale)
        how = fixed_point_round(ratio)
    return lambda x: rounded(x[0] * x[1] * ratio, how, within)


def _relu(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    factor = float(operands[0].scale / out.scale)
    how, exact = fixed_point_round(factor), as_fixed_point(factor)
    ends = None if within.ends is None else replace(within.ends, lowest=False)
    above = Within(0, within.highest, ends)
    return lambda x: rounded_exactly(
        x, lambda: x[0] * factor, lambda: how(x[0].double() * exact), above
    )


def _prelu(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    factors = (
        float(operands[0].scale / out.scale),
        float(operands[0].scale * operands[1].scale / out.scale),
    )
    ratio = factors[1] / factors[0]

    def run(x: Operands) -> Tensor:
        return _two_sided(x, lambda: prelu(x[0], x[1] * ratio) * factors[0], x[1], factors, within)

    return run


def _two_sided(
    x: Operands,
    product: Callable[[], Tensor],
    slopes: Tensor | float,
    factors: tuple[float, float],
    within: Within,
) -> Tensor:
    """Positive inputs times one fixed-point factor, others times a slope and another factor."""
    (above, below), device = factors, x[0].device
    up, down = fixed_point_addends(below)

    def whole() -> Tensor:
        positive = x[0] >= 0
        slope = torch.as_tensor(slopes, dtype=torch.float64, device=device)
        # A negative slope makes the product of a negative input positive.
        addend = torch.where(slope < 0, up, down)
        first = torch.tensor(fixed_point_addends(above)[0], dtype=torch.float64, device=device)
        factor = torch.where(positive, as_fixed_point(above), slope * as_fixed_point(below))
        addends = torch.where(positive, first, addend.double())
        return addends.addcmul_(x[0].double(), factor).trunc_()

    return rounded_exactly(x, product, whole, within)


def _leaky_relu(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    slope, ratio = np.float32(op.attributes["alpha"]), operands[0].scale / out.scale
    above, below = float(ratio), float(ratio * slope)
    if _taken(2**-8, above, abs(below), below=2**7):
        above, below = (float(np.rint(np.float32(256.0 * f))) / 256.0 for f in (above, below))
        return lambda x: rounded(_bent(x[0], above, below), half_up, within)
    below = float(operands[0].scale * slope / out.scale)
    sign, factors = math.copysign(1.0, below), (above, abs(below))
    return lambda x: _two_sided(x, lambda: _bent(x[0], above, below), sign, factors, within)


def _bent(x: Tensor, above: float, below: float) -> Tensor:
    """Exact where `nn.functional.leaky_relu`, which knows one factor only, is not."""
    return torch.where(x >= 0, x * above, x * below)


def _rescale(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    ratio = float(operands[0].scale / out.scale)
    how: Round = half_up
    if _taken(2**-8, ratio, below=2**7):
        ratio = float(np.rint(np.float32(256.0 * ratio))) / 256.0
    else:
        ratio = float(operands[0].scale) / float(out.scale)
        how = fixed_point_round(ratio, Rounding.UP)
    return lambda x: rounded(x[0] * ratio, how, within)


def _function(function: Callable[[Tensor], Tensor]) -> Make:
    """A function of the reals that codes stand for: a table, and backwards its slope."""

    def make(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
        (source,), every = operands, np.arange(LOWEST, HIGHEST + 1, dtype=np.int8)
        with np.errstate(invalid="ignore"):
            codes = table(op.kind, Coded(every, source.scale, source.zero_point), out)
        entries = torch.from_numpy(np.clip(codes - out.zero_point, *within[:2]).astype(np.float32))
        first = source.zero_point - LOWEST
        scale, target = float(source.scale), float(out.scale)

        def run(x: Operands) -> Tensor:
            places = (x[0].detach() + first).long()
            whole = entries.to(places.device)[places]
            return straight_through(function(x[0] * scale) / target, whole, within)

        return run

    return make


def _root(x: Tensor) -> Tensor:
    # A code of 0 has no slope; one that a gradient can pass, and far below every code.
    return x.clamp(min=2.0**-60).sqrt()


def _mean(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    def run(x: Operands) -> Tensor:
        count = np.float32(x[0].shape[2] * x[0].shape[3])
        factor = float(operands[0].scale / (out.scale * count))
        sums = x[0].sum((2, 3), keepdim=True, dtype=torch.float64).to(torch.float32)
        return rounded(sums * factor, half_even, within)

    return run


def _bilinear(op: Operator, operands: list[Target], out: Target, within: Within) -> Compute:
    factor = op.whole("factor")

    def enlarged(x: Tensor) -> Tensor:
        return _enlarged(_enlarged(x, 2, factor), 3, factor)

    return lambda x: rounded_exactly(
        x, lambda: enlarged(x[0]), lambda: half_up(enlarged(x[0].double())), within
    )


def _enlarged(x: Tensor, axis: int, factor: int) -> Tensor:
    """One axis enlarged with weights of 11 bits, half-pixel centres."""
    size = x.shape[axis]
    place = (torch.arange(size * factor, device=x.device) + 0.5) / factor - 0.5
    place = place.clamp(0.0, size - 1)
    first = place.floor()
    weight = (((place - first) * 2048.0).round() / 2048.0).to(x.dtype)
    before = x.index_select(axis, first.long())
    after = x.index_select(axis, (first.long() + 1).clamp(max=size - 1))
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return torch.addcmul(before, after - before, weight.reshape(shape))


INTEGER_OPERATORS: Mapping[Kind, Make] = {
    Kind.ADD: _sum(1),
    Kind.SUB: _sum(-1),
    Kind.MUL: _product,
    Kind.RELU: _relu,
    Kind.PRELU: _prelu,
    Kind.LEAKY_RELU: _leaky_relu,
    Kind.QUANTIZE: _rescale,
    Kind.LOGISTIC: _function(torch.sigmoid),
    Kind.TANH: _function(torch.tanh),
    Kind.SQRT: _function(_root),
    Kind.MEAN: _mean,
    Kind.RESIZE_BILINEAR: _bilinear,
}
