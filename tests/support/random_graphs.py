"""Random float graphs over all operators that have an INT8 form, with ranges for their tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vernier.errors import GraphError
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Activation, Graph, Kind, Operator
from vernier.quantization.ranges import Range

LARGEST_SIDE = 40


class Growing(GraphBuilder):
    """A graph that grows from the input "x" by random weights."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__("random")
        self.input("x", (1, height, width, channels))

    def add(self, kind, inputs, output, activation=Activation.NONE, **attributes) -> str:
        return self.append(Operator(kind, tuple(inputs), output, activation, attributes))

    def convolve(self, rng, x, output, channels, kernel, activation=Activation.NONE, **attributes):
        inputs = self.types[x].shape[3]
        shape = (channels, kernel, kernel, inputs)
        weights = rng.normal(size=shape) / np.sqrt(kernel * kernel * inputs)
        operands = [
            x,
            self.constant(f"{output}.weights", weights),
            self.constant(f"{output}.bias", rng.normal(size=channels) * 0.2),
        ]
        attributes = {"stride": 1, "padding": "same", "dilation": 1, **attributes}
        return self.add(Kind.CONV_2D, operands, output, activation, **attributes)

    def graph(self) -> Graph:
        """With the tensors that nothing reads as outputs."""
        self.outputs = [op.output for op in self.operators if not self.consumers(op.output)]
        return super().graph()


def sesr_like(
    rng: np.random.Generator, height: int, width: int, channels: int = 16, middle: int = 3
) -> Graph:
    """SESR with PReLU and random weights: shift, skips, broadcast and pixel shuffle included."""
    b = Growing(height, width, 1)
    shifted = b.add(Kind.SUB, ["x", b.constant("half", np.full((1, 1, 1, 1), 0.5))], "shifted")
    y = first = b.convolve(rng, shifted, "first", channels, 5)
    for i in range(middle):
        y = b.convolve(rng, y, f"middle{i}", channels, 3)
        slopes = b.constant(f"slopes{i}", rng.uniform(-0.1, 0.4, (1, 1, channels)))
        y = b.add(Kind.PRELU, [y, slopes], f"active{i}")
    y = b.add(Kind.ADD, [y, first], "skip")
    y = b.convolve(rng, y, "last", 4, 5)
    b.constants["last.weights"] *= np.float32(0.1)
    b.constants["last.bias"] *= np.float32(0.1)
    y = b.add(Kind.ADD, [y, "x"], "input_skip")
    b.add(Kind.DEPTH_TO_SPACE, [y], "y", block=2)
    return b.graph()


def random_graph(rng: np.random.Generator, depth: int = 6) -> tuple[Graph, dict[str, Range]]:
    """A graph of at most `depth` random operators on recent tensors, and random ranges."""
    height, width = (2 * int(rng.integers(4, 12)) for _ in range(2))
    b = Growing(height, width, int(rng.choice([1, 3, 4, 8, 12, 16, 20, 33])))
    live = ["x"]
    makers = [*MAKERS, *[_convolution] * 3]
    for index in range(depth):
        x = live[int(rng.integers(max(0, len(live) - 2), len(live)))]
        maker = makers[int(rng.integers(len(makers)))]
        try:
            live.append(maker(b, rng, live, x, f"t{index}"))
        except GraphError:  # the operator cannot follow a tensor of this shape
            b.types.pop(f"t{index}", None)
    if not b.operators:
        live.append(_convolution(b, rng, live, "x", "t"))
    ranges = {"x": (-1.0, 1.3)}
    for op in b.operators:
        rectified = op.activation is not Activation.NONE or op.kind in (Kind.RELU, Kind.SQRT)
        low = 0.0 if rectified else -float(rng.uniform(0.3, 2.5))
        ranges[op.output] = (low, float(rng.uniform(0.3, 2.5)))
    return b.graph(), ranges


def _activation(rng: np.random.Generator) -> Activation:
    return Activation(str(rng.choice(["NONE", "RELU", "RELU6"])))


def _convolution(b, rng, live, x, output):
    stride = int(rng.choice([1, 1, 2]))
    dilation = int(rng.choice([1, 2])) if stride == 1 else 1
    return b.convolve(
        rng,
        x,
        output,
        int(rng.choice([1, 4, 8, 16])),
        int(rng.choice([1, 3, 5])),
        _activation(rng),
        stride=stride,
        dilation=dilation,
        padding=str(rng.choice(["same", "valid"])),
    )


def _depthwise(b, rng, live, x, output):
    multiplier = int(rng.choice([1, 2]))
    channels = b.types[x].shape[3] * multiplier
    operands = [
        x,
        b.constant(f"{output}.weights", rng.normal(size=(1, 3, 3, channels)) / 3),
        b.constant(f"{output}.bias", rng.normal(size=channels) * 0.2),
    ]
    attributes = {"stride": 1, "padding": "same", "dilation": 1, "multiplier": multiplier}
    return b.add(Kind.DEPTHWISE_CONV_2D, operands, output, _activation(rng), **attributes)


def _transposed(b, rng, live, x, output):
    _, height, width, inputs = b.types[x].shape
    if max(height, width) > LARGEST_SIDE // 2:
        raise GraphError("large enough")
    kernel, channels = int(rng.choice([3, 4, 9, 10])), int(rng.choice([1, 4, 12, 17, 24]))
    weights = rng.normal(size=(channels, kernel, kernel, inputs)) / np.sqrt(kernel**2 * inputs / 4)
    operands = [
        x,
        b.constant(f"{output}.weights", weights),
        b.constant(f"{output}.bias", rng.normal(size=channels) * 0.2),
    ]
    return b.add(Kind.TRANSPOSE_CONV, operands, output, stride=int(rng.choice([2, 3])))


def _of_two(b, rng, live, x, output):
    shape = b.types[x].shape
    fitting = (shape, (*shape[:3], 1), (1, 1, 1, shape[3]))
    others = [name for name in live if b.types[name].shape in fitting]
    pair = [x, str(rng.choice(others))]
    if rng.integers(2):
        pair.reverse()
    kind = (Kind.ADD, Kind.SUB, Kind.MUL)[int(rng.integers(3))]
    return b.add(kind, pair, output, _activation(rng))


def _with_constant(b, rng, live, x, output):
    channels = int(rng.choice([1, b.types[x].shape[3]]))
    pair = [x, b.constant(f"{output}.operand", rng.normal(size=(1, 1, 1, channels)))]
    kind = (Kind.ADD, Kind.SUB, Kind.MUL)[int(rng.integers(3))]
    if kind is not Kind.SUB and rng.integers(2):
        pair.reverse()
    return b.add(kind, pair, output, _activation(rng))


def _prelu(b, rng, live, x, output):
    slopes = rng.uniform(-0.3, 0.6, (1, 1, b.types[x].shape[3]))
    return b.add(Kind.PRELU, [x, b.constant(f"{output}.slopes", slopes)], output)


def _leaky(b, rng, live, x, output):
    return b.add(Kind.LEAKY_RELU, [x], output, alpha=float(rng.uniform(0.01, 0.5)))


def _plain(kind: Kind) -> Callable[..., str]:
    return lambda b, rng, live, x, output: b.add(kind, [x], output)


def _shuffle(b, rng, live, x, output):
    if max(b.types[x].shape[1:3]) > LARGEST_SIDE:
        raise GraphError("large enough")
    return b.add(Kind.DEPTH_TO_SPACE, [x], output, block=2)


def _unshuffle(b, rng, live, x, output):
    return b.add(Kind.SPACE_TO_DEPTH, [x], output, block=2)


def _slice(b, rng, live, x, output):
    channels = b.types[x].shape[3]
    begin = int(rng.integers(0, channels))
    size = int(rng.integers(1, channels - begin + 1))
    return b.add(Kind.SLICE, [x], output, begin=begin, size=size)


def _concatenation(b, rng, live, x, output):
    sides = b.types[x].shape[:3]
    others = [name for name in live if b.types[name].shape[:3] == sides and name != x]
    return b.add(Kind.CONCATENATION, [x, *others[:2]], output)


def _resize(kind: Kind) -> Callable[..., str]:
    def make(b, rng, live, x, output):
        if max(b.types[x].shape[1:3]) > LARGEST_SIDE // 2:
            raise GraphError("large enough")
        return b.add(kind, [x], output, factor=int(rng.choice([2, 3])))

    return make


def _mirror(b, rng, live, x, output):
    return b.add(Kind.MIRROR_PAD, [x], output, amount=2)


MAKERS: list[Callable[..., str]] = [
    _convolution,
    _depthwise,
    _transposed,
    _of_two,
    _of_two,
    _with_constant,
    _with_constant,
    _prelu,
    _leaky,
    _plain(Kind.RELU),
    _plain(Kind.LOGISTIC),
    _plain(Kind.TANH),
    _plain(Kind.MEAN),
    _shuffle,
    _unshuffle,
    _slice,
    _concatenation,
    _resize(Kind.RESIZE_BILINEAR),
    _resize(Kind.RESIZE_NEAREST_NEIGHBOR),
    _mirror,
]
