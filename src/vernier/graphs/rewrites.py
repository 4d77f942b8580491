"""Exact rewrites of a graph under construction: constants into weights, ReLU into its producer.

Each pass leaves a graph that computes the same function, up to the rounding of a float32 sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.builder import Float32, GraphBuilder, renamed
from vernier.graphs.graph import FUSES_ACTIVATION, Activation, Kind, Operator

ARITHMETIC = {Kind.ADD, Kind.SUB, Kind.MUL}
POINTWISE = {Kind.RELU, Kind.TANH, Kind.LOGISTIC, Kind.SQRT, Kind.LEAKY_RELU}
DENSE = {Kind.CONV_2D, Kind.TRANSPOSE_CONV}


def simplify(build: GraphBuilder) -> None:
    """All passes, in the order in which they help one another."""
    absorb_permutations(build)
    fold_constants(build)
    merge_pointwise_convolutions(build)
    fuse_activations(build)


def _current(build: GraphBuilder) -> Iterator[Operator]:
    """The operators in order, each as it is once the rewrites of those before it are done."""
    for output in [op.output for op in build.operators]:
        op = build.producer(output)
        if op is not None:
            yield op


def fuse_activations(build: GraphBuilder) -> None:
    """Let an operator apply the RELU that alone reads it."""
    for op in _current(build):
        source = build.producer(op.inputs[0]) if op.kind is Kind.RELU else None
        if (
            source is None
            or source.kind not in FUSES_ACTIVATION
            or source.activation is not Activation.NONE
            or build.only_consumer(source.output) is not op
        ):
            continue
        # The fused operator takes the name of the RELU: it computes the same tensor.
        build.operators.remove(op)
        fused = Operator(source.kind, source.inputs, op.output, Activation.RELU, source.attributes)
        build.replace(source, fused)


# Arithmetic with a constant, into the convolution before or after it.


def fold_constants(build: GraphBuilder) -> None:
    """Fold per-channel constants of ADD, SUB and MUL into a neighbouring convolution."""
    for op in _current(build):
        if op.kind not in ARITHMETIC:
            continue
        constants = [name for name in op.inputs if name in build.constants]
        if len(constants) == 1 and not _fold_into_producer(build, op, constants[0]):
            _fold_into_consumer(build, op, constants[0])


def _fold_into_producer(build: GraphBuilder, op: Operator, constant: str) -> bool:
    x = next(name for name in op.inputs if name != constant)
    source = build.producer(x)
    if (
        source is None
        or source.kind not in {*DENSE, Kind.DEPTHWISE_CONV_2D}
        or source.activation is not Activation.NONE
        or build.only_consumer(x) is not op
        or build.channels(x) != build.channels(op.output)
    ):
        return False
    value = np.broadcast_to(
        build.constants[constant].reshape(-1).astype(np.float64), (build.channels(x),)
    )
    scale, offset = np.ones_like(value), np.zeros_like(value)
    if op.kind is Kind.MUL:
        scale = value
    elif op.kind is Kind.ADD:
        offset = value
    elif op.inputs[1] == constant:
        offset = -value
    else:
        scale, offset = -scale, value
    axis = -1 if source.kind is Kind.DEPTHWISE_CONV_2D else 0
    weights = build.constants[source.inputs[1]].astype(np.float64)
    shape = [1] * 4
    shape[axis] = -1
    bias = build.constants[source.inputs[2]].astype(np.float64)
    _set_weights(build, source, weights * scale.reshape(shape), bias * scale + offset)
    build.permutations.pop(source.output, None)
    build.bypass(op, x)
    return True


def _fold_into_consumer(build: GraphBuilder, op: Operator, constant: str) -> None:
    """A factor before a convolution; an offset there would be wrong at the zero-padded border."""
    x = next(name for name in op.inputs if name != constant)
    readers = build.consumers(op.output)
    if (
        op.kind is not Kind.MUL
        or op.output in build.outputs
        or build.channels(x) != build.channels(op.output)
        or not readers
        or any(reader.kind not in DENSE or _groups(build, reader) != 1 for reader in readers)
    ):
        return
    scale = build.constants[constant].reshape(-1).astype(np.float64)
    for reader in readers:
        weights = build.constants[reader.inputs[1]] * scale
        _set_weights(build, reader, weights, build.constants[reader.inputs[2]])
        build.permutations.pop(reader.output, None)
    build.bypass(op, x)


def _set_weights(
    build: GraphBuilder, op: Operator, weights: NDArray[np.floating], bias: NDArray[np.floating]
) -> None:
    """Give an operator its own new weights; others may still read the old ones."""
    fresh = (
        build.constant(f"{op.output}/weights", weights),
        build.constant(f"{op.output}/bias", bias),
    )
    current = next(o for o in build.operators if o.output == op.output)
    build.replace(current, renamed(current, (current.inputs[0], *fresh), current.output))


def _groups(build: GraphBuilder, op: Operator) -> int:
    per_group: int = build.constants[op.inputs[1]].shape[3]
    return build.channels(op.inputs[0]) // per_group


# A 1x1 convolution after another convolution.


def merge_pointwise_convolutions(build: GraphBuilder) -> None:
    """Merge a 1x1 convolution into the dense one before it, where that costs no more products.

    The 1x1 one sees every pixel that the first computes and pads nothing, so the two contract over
    the channels between them (a colour shift after the last layer; SESR's linear block).
    """
    for op in _current(build):
        if not _is_pointwise(build, op):
            continue
        source = build.producer(op.inputs[0])
        if (
            source is None
            or source.kind not in DENSE
            or source.activation is not Activation.NONE
            or _groups(build, source) != 1
            or build.only_consumer(source.output) is not op
        ):
            continue
        first = build.constants[source.inputs[1]].astype(np.float64)
        second = build.constants[op.inputs[1]][:, 0, 0, :].astype(np.float64)
        merged = np.tensordot(second, first, axes=1)
        if merged.size > first.size + second.size:
            continue
        bias = second @ build.constants[source.inputs[2]] + build.constants[op.inputs[2]]
        inputs = (
            source.inputs[0],
            build.constant(f"{op.output}/weights", merged),
            build.constant(f"{op.output}/bias", bias),
        )
        build.operators.remove(op)
        build.replace(
            source, Operator(source.kind, inputs, op.output, op.activation, source.attributes)
        )


def _is_pointwise(build: GraphBuilder, op: Operator) -> bool:
    return (
        op.kind is Kind.CONV_2D
        and build.constants[op.inputs[1]].shape[1:3] == (1, 1)
        and op.attributes.get("stride", 1) == 1
        and _groups(build, op) == 1
    )


# Channel orders, into the weights around them.


def absorb_permutations(build: GraphBuilder) -> None:
    """Remove 1x1 convolutions that only reorder channels, by reordering weights.

    Forward into the convolutions that read it, or backward through elementwise operators into the
    convolution before it. One that can go neither way stays, and stays exact.
    """
    for output, order in list(build.permutations.items()):
        op = build.producer(output)
        if op is None:
            continue
        readers = build.consumers(output)
        source = op.inputs[0]
        if (
            readers
            and output not in build.outputs
            and all(reader.kind in DENSE and _groups(build, reader) == 1 for reader in readers)
        ):
            for reader in readers:
                weights = build.constants[reader.inputs[1]][..., np.argsort(order)]
                _set_weights(build, reader, weights, build.constants[reader.inputs[2]])
        elif build.only_consumer(source) is op and _absorbs(build, source):
            _reorder(build, source, order)
        else:
            continue
        build.bypass(op, source)
        del build.permutations[output]


def _absorbs(build: GraphBuilder, tensor: str) -> bool:
    """Whether a computed tensor's channels can be reordered for nothing."""
    op = build.producer(tensor)
    if op is None or tensor in build.outputs:
        return False
    if op.kind in DENSE:
        return _groups(build, op) == 1
    if op.kind is Kind.DEPTH_TO_SPACE or op.kind in POINTWISE or op.kind is Kind.PRELU:
        return _owns(build, op.inputs[0], op)
    if op.kind in ARITHMETIC:
        return all(_indifferent(build, name) or _owns(build, name, op) for name in op.inputs)
    return False


def _owns(build: GraphBuilder, tensor: str, reader: Operator) -> bool:
    return build.only_consumer(tensor) is reader and _absorbs(build, tensor)


def _indifferent(build: GraphBuilder, tensor: str) -> bool:
    return tensor in build.constants or build.channels(tensor) == 1


def _reorder(build: GraphBuilder, tensor: str, order: NDArray[np.intp]) -> None:
    """Reorder the channels of a tensor for which `_absorbs` holds."""
    op = build.producer(tensor)
    assert op is not None
    if op.kind in DENSE:
        weights, bias = build.constants[op.inputs[1]], build.constants[op.inputs[2]]
        _set_weights(build, op, weights[order], bias[order])
        if op.output in build.permutations:
            build.permutations[op.output] = build.permutations[op.output][order]
    elif op.kind is Kind.DEPTH_TO_SPACE:
        blocks = np.arange(op.whole("block") ** 2) * len(order)
        _reorder(build, op.inputs[0], (blocks[:, None] + order).reshape(-1))
    else:
        inputs = tuple(_reordered_input(build, op, name, order) for name in op.inputs)
        build.replace(op, renamed(op, inputs, op.output))


def _reordered_input(build: GraphBuilder, op: Operator, name: str, order: NDArray[np.intp]) -> str:
    if build.channels(name) == 1:
        return name
    if name not in build.constants:
        _reorder(build, name, order)
        return name
    value: Float32 = build.constants[name][..., order]
    return build.constant(f"{op.output}/reordered", value)
