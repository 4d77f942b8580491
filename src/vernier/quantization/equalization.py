"""The same float network with channels of like size, which an INT8 tensor's one scale fits better.

A tensor of INT8 activations has one scale for all its channels, so a channel of small values has
few codes. Where only convolutions, activations that keep proportions (ReLU, PReLU) and sums stand
around a tensor, its channels can be multiplied by any positive factors in the convolutions that
write it and divided by them in those that read it: the float network stays the same function. This
is the cross-layer equalisation of Nagel et al. (ICCV 2019), with the sizes of the activations
themselves for the sizes of the weights, and across the skips of residual networks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Activation, Graph, Kind, Operator
from vernier.graphs.operators.table import DESCRIPTORS
from vernier.graphs.reference import run

Float32 = NDArray[np.float32]

LARGEST = 32.0
"""The most by which a channel is enlarged against its tensor's largest."""
QUANTILE = 0.999
"""Of a channel's absolute values: what it is said to reach. The very largest is an accident."""

_SCALABLE = frozenset({Kind.CONV_2D, Kind.TRANSPOSE_CONV, Kind.DEPTHWISE_CONV_2D})
_KEEPS_PROPORTIONS = frozenset(
    kind for kind, descriptor in DESCRIPTORS.items() if descriptor.keeps_proportions
)
_SUMS = frozenset({Kind.ADD, Kind.SUB})


def channel_sizes(graph: Graph, pictures: Iterable[Float32]) -> dict[str, Float32]:
    """What each channel of each activation reaches on pictures: a mean of 99.9 % quantiles.

    Args:
        graph: float32.
        pictures: `(h, w, channels)`, float32 in [0, 1].

    Returns:
        By tensor, shape `(C,)`.
    """
    found: dict[str, list[Float32]] = {}

    def observe(name: str, value: NDArray[np.float32]) -> None:
        samples = np.abs(value).reshape(-1, value.shape[-1])
        place = min(len(samples) - 1, int(QUANTILE * len(samples)))
        found.setdefault(name, []).append(np.partition(samples, place, axis=0)[place])

    for picture in pictures:
        run(graph, {graph.inputs[0]: picture[None]}, observe)
    return {name: np.mean(sizes, axis=0) for name, sizes in found.items()}


def equalized(
    graph: Graph,
    sizes: Mapping[str, Float32],
    strength: float = 1.0,
    inside: Collection[str] | None = None,
) -> tuple[Graph, frozenset[str]]:
    """The same function, its channels nearer to one size.

    Args:
        graph: float32.
        sizes: of each activation's channels (`channel_sizes`).
        strength: 1 makes the channels of a tensor equal, up to a factor of 32; 0 changes nothing.
        inside: outputs of the operators whose weights may change; None for all.

    Returns:
        The graph, and the activations whose channels were scaled.
    """
    constants = {name: np.array(value, np.float32) for name, value in graph.constants.items()}
    groups = _groups(graph, inside)
    for group in groups:
        size = np.max([sizes[name] for name in group], axis=0)
        factors = np.ones_like(size)
        alive = size > size.max() / 1e6
        factors[alive] = np.minimum(size.max() / size[alive], LARGEST) ** np.float32(strength)
        for op in graph.operators:
            if op.kind not in _SCALABLE:
                continue
            weights = op.inputs[1]
            if op.output in group:
                constants[weights] = _of_outputs(op, constants[weights], factors)
                if len(op.inputs) > 2:
                    constants[op.inputs[2]] = constants[op.inputs[2]] * factors
            if op.inputs[0] in group:
                constants[weights] = _of_inputs(op, constants[weights], 1 / factors)
    whole = {name: np.asarray(value, np.float32) for name, value in constants.items()}
    return replace(graph, constants=whole), frozenset().union(*groups)


def _of_outputs(op: Operator, weights: NDArray[np.float32], factors: Float32) -> Float32:
    if op.kind is Kind.DEPTHWISE_CONV_2D:
        return np.asarray(weights * factors, np.float32)
    return np.asarray(weights * factors[:, None, None, None], np.float32)


def _of_inputs(op: Operator, weights: NDArray[np.float32], factors: Float32) -> Float32:
    if op.kind is Kind.DEPTHWISE_CONV_2D:
        return np.asarray(
            weights * np.repeat(factors, weights.shape[3] // len(factors)), np.float32
        )
    groups = len(factors) // weights.shape[3]
    share = len(weights) // groups
    rows = [
        weights[g * share : (g + 1) * share] * part
        for g, part in enumerate(np.split(factors, groups))
    ]
    return np.asarray(np.concatenate(rows), np.float32)


def _groups(graph: Graph, inside: Collection[str] | None) -> list[frozenset[str]]:
    """Tensors whose channels have to be scaled alike, where that is possible at all."""
    parent = {name: name for name in graph.activations()}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    fixed = {*graph.inputs, *graph.outputs}
    readers: dict[str, int] = {}
    for op in graph.operators:
        for name in op.inputs:
            readers[name] = readers.get(name, 0) + 1
    for op in graph.operators:
        read = [name for name in op.inputs if name in parent]
        if inside is not None and op.output not in inside:
            fixed |= {*read, op.output}
        if op.activation is Activation.RELU6:
            fixed.add(op.output)
        if op.kind in _SCALABLE:
            # Weights that two convolutions share would have to be scaled for both.
            if any(readers[name] > 1 for name in op.inputs[1:]):
                fixed |= {*read, op.output}
        elif op.kind in _KEEPS_PROPORTIONS or (op.kind in _SUMS and len(read) == 2):
            shapes = {graph.types[name].shape[3] for name in (*read, op.output)}
            if len(shapes) > 1:
                fixed |= {*read, op.output}
            for name in read:
                parent[root(name)] = root(op.output)
        else:
            fixed |= {*read, op.output}
    stuck = {root(name) for name in fixed}
    groups: dict[str, set[str]] = {}
    for name in parent:
        if root(name) not in stuck:
            groups.setdefault(root(name), set()).add(name)
    return [frozenset(found) for found in groups.values()]
