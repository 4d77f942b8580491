"""What `.tflite` and LiteRT demand of the scales around each operator, and how to meet it.

LiteRT's XNNPACK delegate refuses a whole model, rather than fall back, when an operator that only
moves codes has another scale at its output than at its input; the built-in kernels ignore the
difference and give wrong values. A concatenation with unequal scales is refused by both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from vernier.errors import GraphError
from vernier.graphs.graph import (
    Graph,
    Kind,
    Operator,
    Quantization,
    is_channel_mean,
)
from vernier.graphs.operators.descriptor import IntegerForm
from vernier.graphs.operators.table import DESCRIPTORS, has_integer_form
from vernier.quantization.ranges import Range
from vernier.quantization.scales import asymmetric, per_tensor

MOVES_CODES = frozenset(
    kind for kind, descriptor in DESCRIPTORS.items() if descriptor.integer is IntegerForm.SAME_SCALE
)
"""Operators whose inputs must have the quantisation of their output."""

PRESCRIBED: Mapping[Kind, Quantization] = {
    kind: per_tensor(*descriptor.output_codes)
    for kind, descriptor in DESCRIPTORS.items()
    if descriptor.output_codes is not None
}
"""Operators whose output has one quantisation, whatever it is asked for."""


def operand(graph: Graph, op: Operator, index: int) -> float | None:
    """The single number that a constant operand holds; None for activations and larger ones."""
    constant = graph.constants.get(op.inputs[index])
    return float(constant.reshape(-1)[0]) if constant is not None and constant.size == 1 else None


def shift_of(graph: Graph, op: Operator) -> float | None:
    """What an ADD or SUB of one number adds to its first operand; None for anything else."""
    if op.kind not in (Kind.ADD, Kind.SUB) or op.activation != "NONE":
        return None
    number = operand(graph, op, 1)
    if number is None or op.inputs[0] in graph.constants:
        return None
    return number if op.kind is Kind.ADD else -number


def absorbs_shift(graph: Graph, op: Operator, integer: Collection[str]) -> bool:
    """Whether a small change of a shift can be made good in the biases of all that read it."""
    readers = graph.consumers(op.output)
    return (
        bool(readers)
        and op.output not in graph.outputs
        and all(
            reader.kind in (Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D) and reader.output in integer
            for reader in readers
        )
    )


@dataclass(frozen=True)
class Chosen(Mapping[str, Quantization]):
    """A quantisation for each activation that an integer operator reads or writes.

    Attributes:
        by_tensor: by name.
        owners: whose range each one's comes from; those with prescribed codes have none.
    """

    by_tensor: Mapping[str, Quantization]
    owners: Mapping[str, str]

    def __getitem__(self, tensor: str) -> Quantization:
        return self.by_tensor[tensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_tensor)

    def __len__(self) -> int:
        return len(self.by_tensor)


def choose_quantizations(
    graph: Graph, ranges: Mapping[str, Range], integer_operators: Collection[str] | None = None
) -> Chosen:
    """A quantisation for each activation that an integer operator reads or writes.

    Graph inputs and outputs keep their ranges, and prescribed outputs theirs. Elsewhere an
    operator that only moves codes shares one range with its input: its output's range, so that
    what is cut later is cut early, where it is the input's only reader, and the input's range
    otherwise. What still differs after this, `quantize_with` bridges by an int8-to-int8 QUANTIZE.

    A shift by one number, such as SESR's `x - 0.5`, keeps its input's scale and moves the zero
    point by whole codes, so that it loses nothing; `quantize_with` makes the remaining fraction
    of a code good in the biases that follow.

    Args:
        graph: float32.
        ranges: of activations, by name.
        integer_operators: outputs of the operators that run in INT8; None for all.

    Raises:
        GraphError: a needed range is missing, a name is not an operator's output, or the operator
            has no INT8 form.
    """
    integer = integer_outputs(graph, integer_operators)
    operators = [op for op in graph.operators if op.output in integer]
    chosen: dict[str, Quantization] = {}
    for op in operators:
        for name in (*op.inputs, op.output):
            if name in graph.constants or name in chosen:
                continue
            if name not in ranges:
                raise GraphError(
                    f"{graph.name}: the INT8 tensor {name!r} has no range; calibrate it first"
                )
            chosen[name] = asymmetric(*ranges[name])
    owners = {name: name for name in chosen}
    pinned = {*graph.inputs, *graph.outputs}
    for op in operators:
        if op.kind in PRESCRIBED:
            chosen[op.output] = PRESCRIBED[op.kind]
            pinned.add(op.output)
            del owners[op.output]

    def share(name: str, other: str) -> None:
        chosen[name] = chosen[other]
        owners.pop(name, None)
        if other in owners:
            owners[name] = owners[other]

    for op in reversed(operators):
        if op.kind in MOVES_CODES or op.kind is Kind.RELU:
            for name in op.inputs:
                if name in chosen and name not in pinned and graph.consumers(name) == (op,):
                    share(name, op.output)
    for op in operators:
        if op.output in pinned:
            continue
        if op.kind in MOVES_CODES and op.kind is not Kind.CONCATENATION:
            share(op.output, op.inputs[0])
        shift = shift_of(graph, op)
        if shift is not None and absorbs_shift(graph, op, integer):
            source = chosen[op.inputs[0]]
            scale = float(source.scale[0])
            zero_point = int(source.zero_point[0]) - round(shift / scale)
            if -128 <= zero_point <= 127:
                share(op.output, op.inputs[0])
                chosen[op.output] = per_tensor(scale, zero_point)
    return Chosen(chosen, owners)


def integer_outputs(graph: Graph, integer_operators: Collection[str] | None) -> frozenset[str]:
    """The outputs of the operators that run in INT8.

    Raises:
        GraphError: a name is not an operator's output, or the operator has no INT8 form.
    """
    every = frozenset(op.output for op in graph.operators)
    integer = every if integer_operators is None else frozenset(integer_operators)
    unknown = sorted(integer - every)
    if unknown:
        raise GraphError(f"{graph.name}: no operator computes {unknown[0]!r}")
    for op in graph.operators:
        if op.output in integer and not has_integer_form(op):
            raise GraphError(
                f"{graph.name}: {op.output!r} is a {op.kind}"
                f"{' over channels' if is_channel_mean(op) else ''}, which has no INT8 form; place "
                "its unit on a float processor"
            )
    return integer
