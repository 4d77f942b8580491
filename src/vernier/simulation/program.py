"""Operators of a graph that mixes INT8 and float, as a list of PyTorch calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator, Quantization
from vernier.quantization.constraints import shift_of
from vernier.quantization.scales import decode
from vernier.simulation.floats import Compute, as_operand, float_operator
from vernier.simulation.integers import decoder, encoder, integer_operator
from vernier.simulation.narrow_floats import Narrow
from vernier.simulation.rounding import held_at, tensor_of

Fetch = Callable[[], Tensor]
Convert = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Step:
    """One operator.

    Attributes:
        output: the name of what it computes.
        operands: names of activations, and for constants how to get them.
        compute: from the operands in order.
        last_reads: activations that nothing needs after it.
    """

    output: str
    operands: tuple[str | Fetch, ...]
    compute: Compute
    last_reads: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Some operators of a graph, from reals to reals `(N, C, H, W)`.

    Attributes:
        entries: for each activation that is given, how its reals become what the steps read.
        steps: in order; INT8 activations are centred codes in float32 between them.
        exits: for each activation that is asked for, how it becomes reals.
    """

    entries: Mapping[str, Convert]
    steps: tuple[Step, ...]
    exits: Mapping[str, Convert]

    def run(self, reals: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The activations that are asked for, by name."""
        held = {name: convert(reals[name]) for name, convert in self.entries.items()}
        for step in self.steps:
            operands = [held[x] if isinstance(x, str) else x() for x in step.operands]
            held[step.output] = step.compute(operands)
            for name in step.last_reads:
                del held[name]
        return {name: convert(held[name]) for name, convert in self.exits.items()}


def compile_program(
    source: Graph,
    mixed: Graph,
    inside: Collection[str],
    exits: Iterable[str],
    weights: Mapping[str, Tensor],
    device: torch.device,
    narrow: Narrow | None = None,
) -> Program:
    """One program of a `Compiler`, whose arguments these are."""
    return Compiler(source, mixed, weights, device, narrow).program(inside, exits)


class Compiler:
    """Makes programs of parts of a mixed graph; looks through the whole graph only once.

    Args:
        source: the float graph.
        mixed: what `quantize` made of it; the source itself for all float.
        weights: the source's constants by name, in its layout; where one requires a gradient, so
            do the codes made of it.
        device: where to compute.
        narrow: how float operators hold what they read and write; None for float32.
        learnt: ends of ranges that learn, by the source's activation.
    """

    def __init__(
        self,
        source: Graph,
        mixed: Graph,
        weights: Mapping[str, Tensor],
        device: torch.device,
        narrow: Narrow | None = None,
        learnt: Mapping[str, Tensor] | None = None,
    ) -> None:
        self._learnt = learnt or {}
        self._source, self._mixed, self._weights = source, mixed, weights
        self._device, self._narrow = device, narrow
        self._made_by_source = {op.output: op for op in source.operators}
        self._places = {op.output: place for place, op in enumerate(mixed.operators)}
        self._owed = _owed(source, mixed)

    def program(self, inside: Collection[str], exits: Iterable[str]) -> Program:
        """The operators that compute some of the source's operators.

        Args:
            inside: outputs of the source's operators to compute; conversions before them are added.
            exits: names of activations that are asked for.

        Raises:
            GraphError: an operator cannot be simulated.
        """
        mixed, narrow, owed = self._mixed, self._narrow, self._owed
        wanted = self._wanted(inside)
        computed = {op.output for op in wanted}
        given = [
            name
            for name in dict.fromkeys(name for op in wanted for name in op.inputs)
            if name not in computed and name not in mixed.constants
        ]
        exits = tuple(exits)
        last = {name: op.output for op in wanted for name in op.inputs if name not in exits}
        steps = []
        for op in wanted:
            origin = self._made_by_source.get(op.output, op)
            operands: list[str | Fetch] = [
                _constant(op, kept, self._weights[name], mixed, self._device, narrow)
                if kept in mixed.constants
                else kept
                for kept, name in zip(op.inputs, origin.inputs, strict=True)
            ]
            dead = tuple(
                name
                for name in dict.fromkeys(op.inputs)
                if name not in mixed.constants and last.get(name) == op.output
            )
            compute = _computation(op, mixed, self._device, self._learnt)
            if narrow is not None:
                compute = narrow.computing(op, compute, given)
            steps.append(Step(op.output, tuple(operands), compute, dead))
        return Program(
            {name: _entry(mixed.types[name].quantization, owed.get(name, 0.0)) for name in given},
            tuple(steps),
            {name: _exit(mixed.types[name].quantization, owed.get(name, 0.0)) for name in exits},
        )

    def _wanted(self, inside: Collection[str]) -> list[Operator]:
        """These operators and the conversions before them, in the graph's order."""
        found: set[int] = set()
        waiting = [name for name in inside if name in self._places]
        while waiting:
            place = self._places[waiting.pop()]
            if place not in found:
                found.add(place)
                waiting += [
                    name
                    for name in self._mixed.operators[place].inputs
                    if name in self._places and _is_inserted(name, self._source, self._mixed)
                ]
        return [self._mixed.operators[place] for place in sorted(found)]


def _is_inserted(name: str, source: Graph, mixed: Graph) -> bool:
    return name not in source.types and name not in mixed.constants


def _computation(
    op: Operator, mixed: Graph, device: torch.device, learnt: Mapping[str, Tensor]
) -> Compute:
    quantization = mixed.types[op.output].quantization
    before = mixed.types[op.inputs[0]].quantization
    if op.kind is Kind.DEQUANTIZE and before is not None:
        decode_first = decoder(before)
        return lambda x: decode_first(x[0])
    if op.kind is Kind.QUANTIZE and before is None and quantization is not None:
        # It has a name of its own, and the range of what it encodes.
        encode_first = encoder(quantization, ends=learnt.get(op.inputs[0]))
        return lambda x: encode_first(x[0])
    if quantization is None:
        return float_operator(op)
    return integer_operator(op, mixed, device, learnt.get(op.output))


def _constant(
    op: Operator,
    kept: str,
    weights: Tensor,
    mixed: Graph,
    device: torch.device,
    narrow: Narrow | None,
) -> Fetch:
    """How to get a constant: reals, or centred codes, in the layout that the operator wants."""

    def arranged(x: Tensor) -> Tensor:
        return x if op.kind in CONVOLUTIONS else as_operand(x)

    quantization = mixed.types[kept].quantization
    if quantization is None:
        if narrow is None:
            return lambda: arranged(weights)
        if weights.requires_grad:
            return lambda: arranged(narrow.hold(weights))
        held = arranged(narrow.hold(weights))
        return lambda: held
    shape = [1] * weights.ndim
    if quantization.axis is not None:
        shape[quantization.axis] = -1
    scale = quantization.scale.reshape(shape)
    zero_point = quantization.zero_point.reshape(shape)
    codes = tensor_of(np.asarray(mixed.constants[kept], np.float64) - zero_point, device)
    if not weights.requires_grad:
        laid = arranged(codes)
        return lambda: laid
    step = tensor_of(scale, device)
    return lambda: arranged(held_at(weights / step, codes))


def _entry(quantization: Quantization | None, owed: float) -> Convert:
    return _unchanged if quantization is None else encoder(quantization, owed)


def _exit(quantization: Quantization | None, owed: float) -> Convert:
    return _unchanged if quantization is None else decoder(quantization, owed)


def _unchanged(x: Tensor) -> Tensor:
    return x


def _owed(source: Graph, mixed: Graph) -> dict[str, float]:
    """What each integer shift lacks of the float one, for its readers' biases to make good."""
    made = {op.output: op for op in mixed.operators}
    owed = {}
    for op in source.operators:
        shift = shift_of(source, op)
        if shift is None or mixed.types[op.output].dtype != "int8":
            continue
        constant = made[op.output].inputs[1]
        quantization = mixed.types[constant].quantization
        assert quantization is not None
        number = float(decode(np.asarray(mixed.constants[constant]), quantization).reshape(-1)[0])
        lacking = shift - (number if op.kind is Kind.ADD else -number)
        if abs(lacking) > abs(shift) * 1e-5:
            owed[op.output] = lacking
    return owed
