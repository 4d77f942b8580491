"""A graph as the steps that an Ethos-N runs: what each multiplies, reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.estimates.ethos_n import (
    ADD_CYCLES,
    INTERLEAVE_CYCLES,
    LARGEST_UPSCALING_KERNEL,
    LEAKY_RELU_CYCLES,
    PASSTHROUGH_CYCLES,
    SIGMOID_CYCLES,
    EthosN,
    convolution_cycles,
    depthwise_cycles,
    elementwise_cycles,
)
from vernier.estimates.lowering import shuffles_as_convolutions
from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import CONVOLUTIONS, Activation, Graph, Kind, Operator

Shape = tuple[int, ...]

FUSED_CYCLES = {
    Kind.RELU: PASSTHROUGH_CYCLES,
    Kind.PRELU: LEAKY_RELU_CYCLES,
    Kind.LEAKY_RELU: LEAKY_RELU_CYCLES,
    Kind.TANH: SIGMOID_CYCLES,
    Kind.LOGISTIC: SIGMOID_CYCLES,
}
"""What the elementwise unit does to a convolution's result on its way out, cycles per patch."""


@dataclass(frozen=True)
class Read:
    """One tensor that a step reads; with `surroundings` where a kernel reaches beyond a pixel."""

    tensor: str
    surroundings: bool


@dataclass(frozen=True)
class Step:
    """One thing that the accelerator does.

    Attributes:
        name: of the tensor that it computes.
        kind: for people.
        macs: as `graphs.counts` counts them.
        mac_cycles: of the multipliers.
        elementwise_cycles: of the unit behind them.
        weight_bytes: weights in INT8, biases in INT32.
        reads: activations.
        slides: a plain convolution without stride, which can work on its predecessor's rows while
            they are still in SRAM.
    """

    name: str
    kind: str
    macs: int
    mac_cycles: int
    elementwise_cycles: int
    weight_bytes: int
    reads: tuple[Read, ...]
    slides: bool = False


@dataclass(frozen=True)
class Program:
    """The steps in order, the shapes of their tensors, and what was taken for granted."""

    steps: tuple[Step, ...]
    shapes: Mapping[str, Shape]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    remarks: tuple[str, ...]

    def readers(self, tensor: str) -> int:
        """How many steps read a tensor."""
        return sum(read.tensor == tensor for step in self.steps for read in step.reads)


def program(graph: Graph, npu: EthosN) -> Program:
    """The steps of a float graph of concrete size, as if it were INT8.

    Raises:
        GraphError: the graph is not float32 throughout.
    """
    for name, kind in graph.types.items():
        if kind.dtype != "float32":
            raise GraphError(
                f"{graph.name}: expected the float graph, which is counted as INT8, but {name!r} "
                f"is {kind.dtype}"
            )
    return _Builder(shuffles_as_convolutions(graph), npu).program()


class _Builder:
    def __init__(self, graph: Graph, npu: EthosN) -> None:
        self._graph = graph
        self._npu = npu
        self._shapes: dict[str, Shape] = {
            name: graph.types[name].shape for name in graph.activations()
        }
        self._alias: dict[str, str] = {}
        self._steps: list[Step] = []
        self._remarks: list[str] = []

    def program(self) -> Program:
        for op in self._graph.operators:
            for step in self._steps_of(op):
                self._steps.append(step)
        return Program(
            tuple(self._steps),
            self._shapes,
            self._graph.inputs,
            tuple(self._alias.get(name, name) for name in self._graph.outputs),
            tuple(dict.fromkeys(self._remarks)),
        )

    def _steps_of(self, op: Operator) -> Iterator[Step]:
        if self._is_rescaling(op):
            activation = next(name for name in op.inputs if name not in self._graph.constants)
            self._alias[op.output] = self._resolve(activation)
        elif op.kind in FUSED_CYCLES and self._fuse(op):
            pass
        elif op.kind is Kind.CONV_2D:
            yield self._convolution(op)
        elif op.kind is Kind.DEPTHWISE_CONV_2D:
            yield self._depthwise(op)
        elif op.kind is Kind.TRANSPOSE_CONV:
            yield from self._transposed(op)
        else:
            yield self._elementwise(op)

    def _is_rescaling(self, op: Operator) -> bool:
        """One number added to or multiplied with all: a change of scale and zero point."""
        if op.kind not in (Kind.ADD, Kind.SUB, Kind.MUL):
            return False
        constants = [self._graph.constants.get(name) for name in op.inputs]
        sizes = [value.size for value in constants if value is not None]
        negated = op.kind is Kind.SUB and constants[0] is not None
        plain = op.activation is Activation.NONE and op.output not in self._graph.outputs
        return sizes == [1] and plain and not negated

    def _fuse(self, op: Operator) -> bool:
        """Let the step before compute an activation function, if that is all that reads it."""
        (source, *_) = op.inputs
        producer = self._graph.producer(source)
        if (
            producer is None
            or producer.kind not in CONVOLUTIONS
            or len(self._graph.consumers(source)) != 1
            or source in self._graph.outputs
        ):
            return False
        at = next(i for i, step in enumerate(self._steps) if step.name == source)
        if op.kind is Kind.PRELU:
            self._remarks.append(
                "PRELU is counted as the NPU's LEAKY_RELU, which has one slope for all channels"
            )
        step = self._steps[at]
        self._steps[at] = replace(
            step,
            name=op.output,
            kind=f"{step.kind} {op.kind}",
            elementwise_cycles=self._unit(op.output, FUSED_CYCLES[op.kind]),
        )
        return True

    def _convolution(self, op: Operator) -> Step:
        weights = self._graph.constants[op.inputs[1]]
        _, height, width, outputs = self._shapes[op.output]
        inputs = self._shapes[op.inputs[0]][3]
        groups = inputs // weights.shape[3]
        stride = op.whole("stride", 1)
        kernel = weights.shape[1], weights.shape[2]
        cycles = groups * convolution_cycles(
            self._npu,
            height,
            width,
            kernel,
            weights.shape[3],
            outputs // groups,
            winograd=stride == 1 and op.whole("dilation", 1) == 1,
        )
        if groups > 1:
            self._remarks.append("grouped convolutions are counted as one convolution per group")
        return self._step(op, cycles, max(kernel) > stride, groups == 1 and stride == 1)

    def _depthwise(self, op: Operator) -> Step:
        _, rows, columns, _ = self._graph.constants[op.inputs[1]].shape
        _, height, width, channels = self._shapes[op.output]
        cycles = depthwise_cycles(self._npu, height, width, (rows, columns), channels)
        return self._step(op, cycles, max(rows, columns) > op.whole("stride", 1), False)

    def _transposed(self, op: Operator) -> Iterator[Step]:
        """Upscaling is done by the multipliers on pixels with zeros between, without Winograd."""
        weights = _without_padding(self._graph.constants[op.inputs[1]])
        outputs, rows, columns, inputs = weights.shape
        _, height, width, _ = self._shapes[op.output]
        stride = op.whole("stride")
        if stride != 2:
            self._remarks.append(
                f"the NPU upscales by 2 only; a factor of {stride} is counted as if it could"
            )
        if max(rows, columns) <= LARGEST_UPSCALING_KERNEL:
            cycles = convolution_cycles(
                self._npu, height, width, (rows, columns), inputs, outputs, winograd=False
            )
            yield self._step(op, cycles, max(rows, columns) > stride, False)
            return
        enlarged = f"{op.output}/enlarged"
        self._shapes[enlarged] = (1, height, width, inputs)
        yield Step(
            enlarged,
            "enlargement with zeros",
            0,
            depthwise_cycles(self._npu, height, width, (1, 1), inputs),
            self._unit(enlarged, PASSTHROUGH_CYCLES),
            0,
            (Read(self._resolve(op.inputs[0]), False),),
        )
        cycles = convolution_cycles(
            self._npu, height, width, (rows, columns), inputs, outputs, winograd=True
        )
        step = self._step(op, cycles, True, False)
        yield replace(step, reads=(Read(enlarged, True),))

    def _elementwise(self, op: Operator) -> Step:
        cycles = {
            Kind.ADD: ADD_CYCLES,
            Kind.SUB: ADD_CYCLES,
            Kind.MUL: ADD_CYCLES,
            Kind.SPACE_TO_DEPTH: INTERLEAVE_CYCLES,
            **FUSED_CYCLES,
        }.get(op.kind)
        if cycles is None:
            self._remarks.append(f"{op.kind} is counted as a copy")
        return self._step(op, 0, False, False, cycles or PASSTHROUGH_CYCLES)

    def _step(
        self,
        op: Operator,
        mac_cycles: int,
        surroundings: bool,
        slides: bool,
        per_patch: int = PASSTHROUGH_CYCLES,
    ) -> Step:
        constants = [self._graph.constants[name] for name in op.inputs if self._constant(name)]
        weights = sum(value.size * (4 if place else 1) for place, value in enumerate(constants))
        fused = "" if op.activation is Activation.NONE else f" {op.activation}"
        return Step(
            op.output,
            f"{op.kind}{fused}",
            operator_macs(self._graph, op),
            mac_cycles,
            self._unit(op.output, per_patch),
            weights,
            tuple(
                Read(self._resolve(name), surroundings)
                for name in op.inputs
                if not self._constant(name)
            ),
            slides,
        )

    def _unit(self, tensor: str, per_patch: int) -> int:
        _, height, width, channels = self._shapes[tensor]
        return elementwise_cycles(self._npu, height, width, channels, per_patch)

    def _constant(self, name: str) -> bool:
        return name in self._graph.constants

    def _resolve(self, name: str) -> str:
        return self._alias.get(name, name)


def _without_padding(weights: NDArray[np.generic]) -> NDArray[np.generic]:
    """A transposed convolution's kernel without rows and columns that only capture put there."""
    while weights.shape[1] > 1 and not weights[:, -1].any():
        weights = weights[:, :-1]
    while weights.shape[2] > 1 and not weights[:, :, -1].any():
        weights = weights[:, :, :-1]
    return weights
