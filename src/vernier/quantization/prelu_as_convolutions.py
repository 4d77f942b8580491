"""An INT8 PRELU as operators that XNNPACK has: the same code for every code, and faster.

XNNPACK has no INT8 PRELU, so that LiteRT runs a plain loop on one thread and cuts the graph
there. With `p = relu(x)` and `m = relu(-x)`, PReLU is `p - slope * m`, of which one part is always
0. Three depthwise convolutions of 1x1 and a difference of equal scales compute just that: each part
is rounded once, to the output's own codes, and the difference rounds nothing. Without negative
slopes two are enough, `slope * m` being `relu(-slope * x)`.

What is left is where codes are rounded up. PRELU's kernel rounds twice, up from
`1/2 - 2**-(right + 1)` on (`Rounding.AWAY`), a convolution to the nearest: a bias makes up for it.
Bias and factor are then moved a little until all 256 codes come out alike; where they do not, the
PRELU stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Activation, Array, Graph, Kind, Operator, Quantization, TensorType
from vernier.quantization.arithmetic.elementwise import Coded, Target, prelu
from vernier.quantization.arithmetic.rounding import by_float, fixed_point
from vernier.quantization.scales import HIGHEST, LOWEST, per_tensor

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

WEIGHTS = (64, 96, 127)
"""Codes of weights, tried in turn. Of a power of two the scale is the factor, unrounded."""
NUDGES = (1.0, *(1 + sign * 2.0**-bits for bits in range(22, 7, -1) for sign in (1, -1)))
"""Of a factor, tried in turn."""
BIASES = (0, 1, -1, 2, -2)
"""What is added to a bias, tried in turn for each nudge."""
EVERY = np.arange(LOWEST, HIGHEST + 1, dtype=np.int8)


def without_prelu(graph: Graph) -> Graph:
    """The same codes without PRELU, where that can be had; the same graph where there is none.

    Args:
        graph: mixed or INT8; PRELUs in float stay.
    """
    if not any(_is_integer_prelu(graph, op) for op in graph.operators):
        return graph
    made = _Made(graph)
    for op in graph.operators:
        if not (_is_integer_prelu(graph, op) and made.replaced(op)):
            made.operators.append(op)
    if len(made.operators) == len(graph.operators):
        return graph
    read = {name for op in made.operators for name in op.inputs}
    constants = {name: kept for name, kept in made.constants.items() if name in read}
    dropped = set(graph.constants) - read
    types = {name: kept for name, kept in made.types.items() if name not in dropped}
    found = replace(graph, operators=tuple(made.operators), constants=constants, types=types)
    found.check()
    return found


def _is_integer_prelu(graph: Graph, op: Operator) -> bool:
    return op.kind is Kind.PRELU and graph.types[op.output].dtype == "int8"


class _Made:
    """Operators and tensors of the graph to come."""

    def __init__(self, graph: Graph) -> None:
        self.operators: list[Operator] = []
        self.constants: dict[str, Array] = dict(graph.constants)
        self.types: dict[str, TensorType] = dict(graph.types)

    def replaced(self, op: Operator) -> bool:
        """Append an operator's replacement; nothing where there is no exact one."""
        x, slopes = op.inputs
        given, of_slopes, wanted = (
            self.types[name].quantization for name in (*op.inputs, op.output)
        )
        if given is None or of_slopes is None or wanted is None:
            return False
        channels = self.types[x].shape[3]
        codes = np.asarray(self.constants[slopes], np.int8)
        if codes.size != channels:
            return False
        zero = int(of_slopes.zero_point[0])
        steps = codes.reshape(-1).astype(np.int64) - zero
        out, source = Target.of(wanted), Target.of(given)
        every = Coded(EVERY[:, None], source.scale, source.zero_point)
        exact = prelu(every, Coded(codes.reshape(1, -1), of_slopes.scale[0], zero), out)
        exact = np.clip(exact, LOWEST, HIGHEST) - out.zero_point
        scales, positive = (source.scale, out.scale), every.centred >= 0
        above = _fitted(
            np.maximum(every.centred, 0) * np.ones(channels, np.int64),
            np.ones(channels),
            1.0,
            scales,
            lambda found: np.clip(found, 0, HIGHEST - out.zero_point),
            np.where(positive, exact, 0),
        )
        below = _fitted(
            np.maximum(-every.centred, 0) * np.sign(steps),
            np.abs(steps) * np.float64(of_slopes.scale[0]),
            float(of_slopes.scale[0]),
            scales,
            lambda found: np.clip(found, out.zero_point - HIGHEST, out.zero_point - LOWEST),
            np.where(positive, 0, -exact),
        )
        if above is None or below is None:
            return False
        step, ends = float(out.scale), per_tensor(float(out.scale), LOWEST)
        signs = np.sign(steps)
        kept = self._scaled(op, "above", x, 1, above, ends, relu=True)
        if (steps >= 0).all():
            lift = self._scaled(op, "below", x, -signs, below, ends, relu=True)
        else:
            alone, centre = per_tensor(float(source.scale), LOWEST), -1 - out.zero_point
            turned = self._scaled(op, "turned", x, -1, _unchanged(channels), alone, relu=True)
            lift = self._scaled(
                op, "below", turned, signs, below, per_tensor(step, centre), relu=False
            )
        self.operators.append(Operator(Kind.SUB, (kept, lift), op.output))
        return True

    def _scaled(
        self,
        op: Operator,
        part: str,
        x: str,
        signs: Int64 | int,
        factors: _Factors,
        quantization: Quantization,
        *,
        relu: bool,
    ) -> str:
        """Each channel times its own factor."""
        name, channels = f"{op.output}/{part}", len(factors.weights)
        weights = (factors.weights * signs).astype(np.int8)
        given = self.types[x].quantization
        assert given is not None
        zeros = np.zeros(channels, np.int32)
        self.constants[f"{name}/weights"] = weights.reshape(1, 1, 1, -1)
        self.constants[f"{name}/bias"] = factors.biases.astype(np.int32)
        self.types[f"{name}/weights"] = TensorType(
            (1, 1, 1, channels), "int8", Quantization(factors.scales, zeros, 3)
        )
        self.types[f"{name}/bias"] = TensorType(
            (channels,), "int32", Quantization(given.scale[0] * factors.scales, zeros, 0)
        )
        self.types[name] = replace(self.types[op.output], quantization=quantization)
        self.operators.append(
            Operator(
                Kind.DEPTHWISE_CONV_2D,
                (x, f"{name}/weights", f"{name}/bias"),
                name,
                Activation.RELU if relu else Activation.NONE,
                {"stride": 1, "padding": "same", "multiplier": 1},
            )
        )
        return name


@dataclass(frozen=True)
class _Factors:
    """What a depthwise convolution does to each channel.

    Attributes:
        weights: their sizes in codes, `(C,)`.
        scales: of the weights, `(C,)`.
        biases: in units of the sums, `(C,)`.
    """

    weights: Int64
    scales: Float32
    biases: Int64


def _unchanged(channels: int) -> _Factors:
    """The factor 1, exactly."""
    weights = np.full(channels, WEIGHTS[0], np.int64)
    return _Factors(weights, (1 / weights).astype(np.float32), np.zeros(channels, np.int64))


def _fitted(
    sums: Int64,
    factors: NDArray[np.float64],
    unit: float,
    scales: tuple[np.float32, np.float32],
    bounded: Callable[[Int64], Int64],
    exact: Int64,
) -> _Factors | None:
    """With which all codes come out as they should; None where that cannot be had.

    Args:
        sums: of the convolution with weights of 1 and without bias, `(256, C)`, of one sign in each
            channel.
        factors: of each channel, from reals to reals.
        unit: whose whole multiples the factors are: what PRELU's kernel multiplies by.
        scales: of what is read and of what is made.
        bounded: to what the output can hold.
        exact: centred codes as they should be, `(256, C)`.
    """
    read, made = (np.float64(scale) for scale in scales)
    # A weight of 0 has any scale.
    factors = np.where(factors > 0, factors, made / read)
    whole = factors * read / made
    _, exponent = fixed_point(unit * read / made)
    early = 2.0 ** (float(exponent) - 1.0) if exponent < 0 else 0.0
    sign = np.sign(sums.sum(axis=0))
    count = len(factors)
    found = _Factors(
        np.zeros(count, np.int64), np.zeros(count, np.float32), np.zeros(count, np.int64)
    )
    left = np.arange(count)
    for weight, nudge, more in product(WEIGHTS, NUDGES, BIASES):
        tried = (factors[left] * nudge / weight).astype(np.float32)
        nearest = np.rint(early / whole[left] * weight).astype(np.int64)
        bias = sign[left] * (nearest + more)
        made_of = sums[:, left] * weight + bias
        codes = bounded(by_float(made_of, scales[0] * tried / scales[1]))
        fits = (codes == exact[:, left]).all(axis=0)
        fit = left[fits]
        found.weights[fit], found.scales[fit], found.biases[fit] = weight, tried[fits], bias[fits]
        left = left[~fits]
        if not left.size:
            return found
    return None
