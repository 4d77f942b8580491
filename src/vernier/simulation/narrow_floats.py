"""Float operators on a processor whose format is narrower than float32.

Engines multiply narrow operands and add up in float32; what costs precision is what they *store*.
Found by comparing with OpenVINO's bfloat16 (`benchmarks/narrow_floats.py`):

* a result is stored narrow, unless one elementwise operator alone reads it, which is then computed
  in the same breath;
* what follows the last convolution stays in float32, and so does an elementwise operator right
  behind the network's input;
* all constants are narrow, biases as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind, Operator

Compute = Callable[[Sequence[Tensor]], Tensor]

NARROW: Mapping[str, torch.dtype] = MappingProxyType(
    {"bfloat16": torch.bfloat16, "float16": torch.float16}
)
"""Formats by the precision's name."""
_ELEMENTWISE = frozenset(
    {Kind.ADD, Kind.SUB, Kind.MUL, Kind.RELU, Kind.PRELU, Kind.LEAKY_RELU}
)  # fmt: skip
_PRODUCTS = frozenset({*CONVOLUTIONS, Kind.BATCH_MATMUL})


@dataclass(frozen=True)
class Narrow:
    """A narrow format, and where a graph's tensors are held in it.

    Attributes:
        format: of what is stored.
        stored: outputs of operators whose results are held in it.
        raw: outputs of operators that read the network's input before it is held in it.
    """

    format: torch.dtype
    stored: frozenset[str]
    raw: frozenset[str]

    @staticmethod
    def of(graph: Graph, format: torch.dtype) -> Narrow:
        """Where engines hold a graph's tensors."""
        readers: dict[str, list[Operator]] = {}
        for op in graph.operators:
            for name in dict.fromkeys(op.inputs):
                readers.setdefault(name, []).append(op)
        wide = _after_the_last_convolution(graph)
        for op in graph.operators:
            reading = readers.get(op.output, [])
            if len(reading) == 1 and reading[0].kind in _ELEMENTWISE:
                wide.add(op.output)
        given = {*graph.inputs, *graph.constants}
        return Narrow(
            format,
            frozenset(op.output for op in graph.operators if op.output not in wide),
            frozenset(
                op.output
                for op in graph.operators
                if op.kind in _ELEMENTWISE and given.issuperset(op.inputs)
            ),
        )

    def hold(self, x: Tensor) -> Tensor:
        """Reals as the format holds them, still in float32; the gradient passes."""
        return x.to(self.format).to(torch.float32)

    def computing(self, op: Operator, compute: Compute, given: Collection[str]) -> Compute:
        """An operator's float arithmetic with what it reads and writes held narrow.

        Args:
            op: the operator.
            compute: its arithmetic in float32.
            given: what was computed elsewhere, and is stored before it is read.
        """
        reads = [name in given and op.output not in self.raw for name in op.inputs]
        writes = op.output in self.stored

        def narrow(x: Sequence[Tensor]) -> Tensor:
            held = [self.hold(one) if wanted else one for one, wanted in zip(x, reads, strict=True)]
            result = compute(held)
            return self.hold(result) if writes else result

        return narrow


def _after_the_last_convolution(graph: Graph) -> set[str]:
    """Outputs of the operators between the last convolutions and the graph's outputs."""
    made_by = {op.output: op for op in graph.operators}
    found: set[str] = set()
    todo = [name for name in graph.outputs if name in made_by]
    while todo:
        op = made_by[todo.pop()]
        if op.kind in _PRODUCTS or op.output in found:
            continue
        found.add(op.output)
        todo += [name for name in op.inputs if name in made_by]
    return found
