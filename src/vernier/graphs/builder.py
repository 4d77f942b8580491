"""A graph while it is being built: the same operators, but changeable; shapes follow at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Activation, Attribute, Graph, Kind, Operator, TensorType
from vernier.graphs.shapes import output_shape

Float32 = NDArray[np.float32]


@dataclass
class GraphBuilder:
    """Operators, constants and types under construction; `graph()` gives the finished thing.

    Attributes:
        name: of the graph.
        inputs: names of the given activations.
        outputs: names of the asked activations.
        operators: in an order in which they can run.
        constants: by name; those that are added here are float32.
        types: of every activation; those of constants are derived.
        fixed_size: the graph is asked for at the size of its input only, so that what depends on
            that size may stand in it.
        prefix: of every name that is given from here on, so that names around a network never
            meet its own.
        permutations: for each 1x1 convolution that only reorders channels, by its output, the
            order: output channel k is input channel `order[k]`.
    """

    name: str
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)
    fixed_size: bool = False
    prefix: str = ""
    permutations: dict[str, NDArray[np.intp]] = field(default_factory=dict)

    def unique(self, name: str) -> str:
        """The name behind the prefix, with the lowest number that no tensor has yet if taken."""
        base = name or "tensor"
        if not base.startswith(self.prefix):
            base = self.prefix + base
        chosen, number = base, 1
        while chosen in self.types:
            number += 1
            chosen = f"{base}_{number}"
        return chosen

    def input(self, name: str, shape: tuple[int, int, int, int]) -> str:
        """Declare a given activation of NHWC `shape`."""
        self.types[name] = TensorType(shape)
        self.inputs.append(name)
        return name

    def constant(self, name: str, value: NDArray[np.floating]) -> str:
        """Add a constant; gives the name that it got."""
        name = self.unique(name)
        self.constants[name] = np.ascontiguousarray(value, np.float32)
        self.types[name] = TensorType(self.constants[name].shape)
        return name

    def shared_constant(self, name: str, value: NDArray[np.floating]) -> str:
        """As `constant`, but gives the name of an equal one where there is one already."""
        wanted = np.ascontiguousarray(value, np.float32)
        for known, held in self.constants.items():
            if held.shape == wanted.shape and np.array_equal(held, wanted):
                return known
        return self.constant(name, wanted)

    def add(
        self,
        kind: Kind,
        inputs: tuple[str, ...],
        name: str,
        attributes: Mapping[str, Attribute] | None = None,
        of: TensorType | None = None,
    ) -> str:
        """Append an operator; gives the name that its output got.

        Args:
            kind: what it computes.
            inputs: names of activations and constants.
            name: wanted for its output.
            attributes: as the table of `Kind` says.
            of: a type with the output's dtype and quantisation; float32 if absent.

        Raises:
            GraphError: the inputs do not fit the operator.
        """
        op = Operator(kind, inputs, self.unique(name), Activation.NONE, attributes or {})
        return self.append(op, of)

    def append(self, op: Operator, of: TensorType | None = None) -> str:
        """Append an operator as it is, under a name that is free; `of` as for `add`.

        Raises:
            GraphError: the inputs do not fit the operator.
        """
        self.types[op.output] = replace(of or TensorType(()), shape=output_shape(op, self.types))
        self.operators.append(op)
        return op.output

    def convolution(
        self,
        kind: Kind,
        x: str,
        weights: NDArray[np.floating],
        bias: NDArray[np.floating],
        name: str,
        attributes: Mapping[str, Attribute],
    ) -> str:
        """Append a convolution of stride 1; gives the name that its output got.

        Raises:
            GraphError: the weights do not fit the input.
        """
        inputs = (
            x,
            self.constant(f"{name}/weights", weights),
            self.constant(f"{name}/bias", bias),
        )
        return self.add(kind, inputs, name, {"stride": 1, **attributes})

    def linear(
        self,
        x: str,
        matrix: NDArray[np.floating],
        offset: NDArray[np.floating] | None = None,
        *,
        name: str,
    ) -> str:
        """Append a 1x1 convolution: `matrix` of shape (out, in) applied to every pixel."""
        bias = np.zeros(len(matrix)) if offset is None else offset
        weights = matrix[:, None, None, :]
        return self.convolution(Kind.CONV_2D, x, weights, bias, name, {"padding": "same"})

    def permute(self, x: str, order: NDArray[np.intp], name: str) -> str:
        """Reorder channels by a 1x1 convolution of ones and zeros, which is exact.

        `rewrites.absorb_permutations` moves it into neighbouring weights wherever it can.
        """
        if np.array_equal(order, np.arange(len(order))):
            return x
        output = self.unique(f"{name}/permuted")
        weights = np.eye(len(order), dtype=np.float32)[order][:, None, None, :]
        self.add(
            Kind.CONV_2D,
            (
                x,
                self.constant(f"{output}/weights", weights),
                self.constant(f"{output}/bias", np.zeros(len(order), np.float32)),
            ),
            output,
            {"padding": "valid", "stride": 1, "dilation": 1},
        )
        self.permutations[output] = order
        return output

    def channels(self, tensor: str) -> int:
        """The size of the last axis; 1 for a constant without axes."""
        shape = self.types[tensor].shape
        return shape[-1] if shape else 1

    def producer(self, tensor: str) -> Operator | None:
        """The operator that computes a tensor; None for inputs and constants."""
        return next((op for op in self.operators if op.output == tensor), None)

    def consumers(self, tensor: str) -> list[Operator]:
        """The operators that read a tensor."""
        return [op for op in self.operators if tensor in op.inputs]

    def only_consumer(self, tensor: str) -> Operator | None:
        """The one operator that reads a tensor that is no output; None where there is not one."""
        readers = self.consumers(tensor)
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    def replace(self, old: Operator, new: Operator) -> None:
        """Put an operator in another's place; a new output name is of the old one's type."""
        self.operators[self.operators.index(old)] = new
        self.types.setdefault(new.output, self.types[old.output])

    def bypass(self, op: Operator, tensor: str) -> None:
        """Remove an operator and let its readers read another tensor."""
        self.operators.remove(op)
        self.outputs = [tensor if name == op.output else name for name in self.outputs]
        for reader in self.consumers(op.output):
            inputs = tuple(tensor if name == op.output else name for name in reader.inputs)
            self.replace(reader, renamed(reader, inputs, reader.output))

    def rename(self, old: str, new: str) -> None:
        """Give a computed tensor another name, free or its own."""
        op = self.producer(old)
        if op is None or old == new:
            return
        self.replace(op, renamed(op, op.inputs, new))
        self.outputs = [new if name == old else name for name in self.outputs]
        for reader in self.consumers(old):
            inputs = tuple(new if name == old else name for name in reader.inputs)
            self.replace(reader, renamed(reader, inputs, reader.output))

    def graph(self) -> Graph:
        """The finished graph, without what nothing reads; checked.

        Raises:
            GraphError: it is malformed.
        """
        wanted = set(self.outputs)
        kept = []
        for op in reversed(self.operators):
            if op.output in wanted:
                wanted |= set(op.inputs)
                kept.append(op)
        graph = Graph(
            self.name,
            tuple(self.inputs),
            tuple(self.outputs),
            tuple(reversed(kept)),
            {name: value for name, value in self.constants.items() if name in wanted},
            {
                name: kind
                for name, kind in self.types.items()
                if name in wanted or name in self.inputs
            },
        )
        graph.check()
        return graph


def renamed(op: Operator, inputs: tuple[str, ...], output: str) -> Operator:
    """The same operation on other tensors."""
    return Operator(op.kind, inputs, output, op.activation, op.attributes)
