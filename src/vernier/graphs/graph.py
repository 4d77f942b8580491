"""A network as a list of operators on named tensors: what all rooms mean by "operator".

Tensors are NHWC with a batch of one, as in `.tflite`. Operators have one output each and stand in
an order in which every input is computed before it is used. Nothing here needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError

Array = NDArray[np.float32] | NDArray[np.int8] | NDArray[np.int32]


class Kind(StrEnum):
    """The operators, by their names in `.tflite`.

    | kind | inputs | attributes |
    |---|---|---|
    | CONV_2D | x, weights (O, kh, kw, I/groups), bias (O) | stride, padding, dilation |
    | DEPTHWISE_CONV_2D | x, weights (1, kh, kw, O), bias (O) | stride, padding, multiplier |
    | TRANSPOSE_CONV | x, weights (O, kh, kw, I), bias (O) | stride (out = stride * in) |
    | ADD, SUB, MUL | a, b (NumPy broadcasting; either may be a constant) | |
    | RELU, TANH, LOGISTIC, SQRT, RSQRT | x | |
    | GELU | x | the exact form, x * Phi(x) with Phi of the normal distribution |
    | SOFTMAX | x, over channels | |
    | PRELU | x, slopes (1, 1, C) | |
    | LEAKY_RELU | x | alpha |
    | DEPTH_TO_SPACE, SPACE_TO_DEPTH | x | block (channel order (r, r, c), as in `.tflite`) |
    | RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR | x | factor; half-pixel centres |
    | RESHAPE | x | rows, columns, channels of the result, samples in the order in memory |
    | BATCH_MATMUL | a (1, N, T, D), b (1, N, D, S); b (1, N, S, D) where transposed | transposed |
    | CONCATENATION | any number | axis (1, 2 or 3; 3 where absent) |
    | SLICE | x | begin, size, axis (1, 2 or 3; 3 where absent) |
    | MEAN | x, over height and width, kept as 1x1 | axis (3: over channels instead, kept as 1) |
    | MIRROR_PAD | x | amount (pixels on all four sides, the border pixel repeated: "symmetric") |
    | QUANTIZE | x: float32 to int8, or int8 to int8 of another scale | |
    | DEQUANTIZE | x: int8 to float32 | |
    """

    CONV_2D = "CONV_2D"
    DEPTHWISE_CONV_2D = "DEPTHWISE_CONV_2D"
    TRANSPOSE_CONV = "TRANSPOSE_CONV"
    ADD = "ADD"
    SUB = "SUB"
    MUL = "MUL"
    RELU = "RELU"
    TANH = "TANH"
    LOGISTIC = "LOGISTIC"
    SQRT = "SQRT"
    RSQRT = "RSQRT"
    GELU = "GELU"
    SOFTMAX = "SOFTMAX"
    PRELU = "PRELU"
    LEAKY_RELU = "LEAKY_RELU"
    DEPTH_TO_SPACE = "DEPTH_TO_SPACE"
    SPACE_TO_DEPTH = "SPACE_TO_DEPTH"
    RESIZE_NEAREST_NEIGHBOR = "RESIZE_NEAREST_NEIGHBOR"
    RESIZE_BILINEAR = "RESIZE_BILINEAR"
    RESHAPE = "RESHAPE"
    BATCH_MATMUL = "BATCH_MATMUL"
    CONCATENATION = "CONCATENATION"
    SLICE = "SLICE"
    MEAN = "MEAN"
    MIRROR_PAD = "MIRROR_PAD"
    QUANTIZE = "QUANTIZE"
    DEQUANTIZE = "DEQUANTIZE"


class Activation(StrEnum):
    """What an operator may apply to its own output; the format fuses no others."""

    NONE = "NONE"
    RELU = "RELU"
    RELU6 = "RELU6"


# TRANSPOSE_CONV can as well since its version 4, but OpenVINO 2026.3 reads such a file and leaves
# the activation out without a word, so it is never asked to.
FUSES_ACTIVATION = frozenset({Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.ADD, Kind.SUB, Kind.MUL})
CONVOLUTIONS = frozenset({Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.TRANSPOSE_CONV})

ROWS, COLUMNS, CHANNELS = 1, 2, 3
"""Axes of an activation."""

Attribute = int | float | str


@dataclass(frozen=True)
class Quantization:
    """How integers stand for reals: `real = scale * (code - zero_point)`.

    Attributes:
        scale: float32, shape `(1,)` for a whole tensor or `(C,)` per channel.
        zero_point: int32, the same shape; all 0 where per channel (symmetric weights).
        axis: the axis of the channels, where there is more than one scale.
    """

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int32]
    axis: int | None = None


@dataclass(frozen=True)
class TensorType:
    """What a tensor is.

    Attributes:
        shape: of an activation `(1, H, W, C)`; of a constant, any.
        dtype: "float32", "int8", "int32" (the bias of an integer convolution), or "uint8" (a
            picture's own samples, which only QUANTIZE, DEQUANTIZE and layout operators touch).
        quantization: given exactly where the dtype is an integer.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    quantization: Quantization | None = None


@dataclass(frozen=True)
class Operator:
    """One operation. `inputs` and `attributes` are as the table of `Kind` says."""

    kind: Kind
    inputs: tuple[str, ...]
    output: str
    activation: Activation = Activation.NONE
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))
        if self.activation is not Activation.NONE and self.kind not in FUSES_ACTIVATION:
            raise GraphError(f"{self.output}: {self.kind} cannot fuse {self.activation}")

    def whole(self, attribute: str, default: int | None = None) -> int:
        """An integer attribute.

        Raises:
            GraphError: it is missing and has no default, or is not whole.
        """
        value = self.attributes.get(attribute, default)
        if not isinstance(value, int):
            raise GraphError(
                f"{self.output}: {self.kind} needs a whole {attribute!r}, found {value!r}"
            )
        return value

    @property
    def axis(self) -> int:
        """What a CONCATENATION joins, a SLICE cuts, or a MEAN is over: 1, 2 or 3.

        A MEAN without the attribute, which is over rows and columns both, has none.

        Raises:
            GraphError: the attribute is no axis of an activation.
        """
        axis = self.whole("axis", CHANNELS)
        if axis not in (ROWS, COLUMNS, CHANNELS):
            raise GraphError(f"{self.output}: an axis is 1, 2 or 3, found {axis}")
        return axis


def is_channel_mean(op: Operator) -> bool:
    """Whether an operator is a MEAN over channels, at every pixel by itself."""
    return op.kind is Kind.MEAN and "axis" in op.attributes


@dataclass(frozen=True)
class Graph:
    """A network, or a segment of one.

    Attributes:
        name: for people; goes into the exported file.
        inputs: names of the activations that are given.
        outputs: names of the activations that are asked for.
        operators: in an order in which they can run.
        constants: weights, biases, slopes by name.
        types: of every activation and constant by name.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]
    constants: Mapping[str, Array]
    types: Mapping[str, TensorType]

    def producer(self, tensor: str) -> Operator | None:
        """The operator that computes a tensor; None for inputs and constants."""
        return next((op for op in self.operators if op.output == tensor), None)

    def consumers(self, tensor: str) -> tuple[Operator, ...]:
        """The operators that read a tensor."""
        return tuple(op for op in self.operators if tensor in op.inputs)

    def activations(self) -> Iterable[str]:
        """The names of inputs and computed tensors, in order."""
        yield from self.inputs
        yield from (op.output for op in self.operators)

    def with_types(self, types: Mapping[str, TensorType]) -> Graph:
        """The same graph with some types replaced."""
        return replace(self, types={**self.types, **types})

    def check(self) -> None:
        """Raise GraphError unless well formed: order, names, types, one writer each."""
        known = set(self.inputs) | set(self.constants)
        for op in self.operators:
            missing = [name for name in op.inputs if name not in known]
            if missing:
                raise GraphError(
                    f"{self.name}: {op.kind} {op.output!r} reads {missing[0]!r} too early"
                )
            if op.output in known:
                raise GraphError(f"{self.name}: {op.output!r} is computed twice")
            known.add(op.output)
        for name in (*self.outputs, *known):
            if name not in known:
                raise GraphError(f"{self.name}: the output {name!r} is never computed")
            if name not in self.types:
                raise GraphError(f"{self.name}: {name!r} has no type")
        for name, constant in self.constants.items():
            found = TensorType(constant.shape, str(constant.dtype))
            wanted = self.types[name]
            if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
                raise GraphError(
                    f"{self.name}: the constant {name!r} is {found.dtype}{found.shape}, "
                    f"its type says {wanted.dtype}{wanted.shape}"
                )
