"""Float graphs to test with: one for each form of each operator, random ones, and SESR."""

from __future__ import annotations

import numpy as np
from typed import infer_types

from vernier.graphs.graph import Activation, Graph, Kind, Operator, TensorType

RELU, RELU6 = Activation.RELU, Activation.RELU6


class Sketch:
    """A graph while it grows. Operators take and give names."""

    def __init__(self, rng: np.random.Generator, **inputs: tuple[int, int, int]) -> None:
        self.rng = rng
        self.inputs = {name: TensorType((1, *shape)) for name, shape in inputs.items()}
        self.operators: list[Operator] = []
        self.constants: dict[str, np.ndarray] = {}
        self.types = dict(self.inputs)

    def shape(self, name):
        return self.types[name].shape

    def constant(self, *shape, scale=1.0):
        name = f"c{len(self.constants)}"
        self.constants[name] = (self.rng.normal(size=shape) * scale).astype(np.float32)
        return name

    def add(self, kind, *inputs, activation=Activation.NONE, **attributes):
        op = Operator(kind, inputs, f"t{len(self.operators)}", activation, attributes)
        types = infer_types(self.inputs, [*self.operators, op], self.constants)
        self.operators.append(op)
        self.types = types
        return op.output

    def convolve(self, x, channels, kernel, groups=1, activation=Activation.NONE, **attributes):
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        depth = self.shape(x)[3] // groups
        weights = self.constant(
            channels, height, width, depth, scale=(height * width * depth) ** -0.5
        )
        bias = self.constant(channels)
        return self.add(Kind.CONV_2D, x, weights, bias, activation=activation, **attributes)

    def depthwise(self, x, kernel, multiplier=1, **attributes):
        channels = self.shape(x)[3] * multiplier
        weights, bias = self.constant(1, kernel, kernel, channels), self.constant(channels)
        return self.add(
            Kind.DEPTHWISE_CONV_2D, x, weights, bias, multiplier=multiplier, **attributes
        )

    def transposed(self, x, channels, kernel, stride):
        depth = self.shape(x)[3]
        weights = self.constant(channels, kernel, kernel, depth, scale=depth**-0.5)
        bias = self.constant(channels)
        return self.add(Kind.TRANSPOSE_CONV, x, weights, bias, stride=stride)

    def windows(self, x, side):
        """A picture as `(1, windows, pixels of a window, C)`."""
        _, rows, columns, channels = self.shape(x)
        packed = self.add(Kind.SPACE_TO_DEPTH, x, block=side)
        count = rows * columns // side**2
        return self.add(Kind.RESHAPE, packed, rows=count, columns=side**2, channels=channels)

    def half(self):
        """The first 5 rows."""
        return self.add(Kind.SLICE, "x", begin=0, size=5, axis=1)

    def positive(self):
        self.constants["one"] = np.ones((1, 1, 1, 1), np.float32)
        return "one"

    def prelu(self, x):
        return self.add(Kind.PRELU, x, self.constant(1, 1, self.shape(x)[3], scale=0.3))

    def graph(self, *outputs, name="sample"):
        graph = Graph(
            name,
            tuple(self.inputs),
            outputs or (self.operators[-1].output,),
            tuple(self.operators),
            self.constants,
            self.types,
        )
        graph.check()
        return graph


def sketch(seed=0, height=10, width=12, channels=4):
    return Sketch(np.random.default_rng(seed), x=(height, width, channels))


def _case(make, **shape):
    s = sketch(**shape)
    make(s)
    return s.graph()


FORMS = {
    "conv 3x3": lambda s: s.convolve("x", 6, 3),
    "conv 5x3 relu": lambda s: s.convolve("x", 6, (5, 3), activation=RELU),
    "conv 4x4, an even kernel": lambda s: s.convolve("x", 6, 4),
    "conv 3x3 stride 2": lambda s: s.convolve("x", 6, 3, stride=2),
    "conv 3x3 stride 3 valid relu6": lambda s: s.convolve(
        "x", 6, 3, stride=3, padding="valid", activation=RELU6
    ),
    "conv 3x3 dilation 2": lambda s: s.convolve("x", 6, 3, dilation=2),
    "conv 3x3 in 2 groups": lambda s: s.convolve("x", 6, 3, groups=2),
    "depthwise 3x3": lambda s: s.depthwise("x", 3),
    "depthwise 3x3 dilation 2": lambda s: s.depthwise("x", 3, dilation=2),
    "depthwise 5x5 multiplier 2 stride 2": lambda s: s.depthwise("x", 5, 2, stride=2),
    "depthwise 3x3 relu": lambda s: s.depthwise("x", 3, activation=RELU),
    "depthwise 3x3 valid": lambda s: s.depthwise("x", 3, padding="valid"),
    "transposed 4x4 stride 2": lambda s: s.transposed("x", 5, 4, 2),
    "transposed 9x9 stride 2": lambda s: s.transposed("x", 1, 9, 2),
    "transposed 3x3 stride 3": lambda s: s.transposed("x", 5, 3, 3),
    "transposed 1x1 stride 2": lambda s: s.transposed("x", 5, 1, 2),
    "add of itself": lambda s: s.add(Kind.ADD, "x", "x"),
    "add of a constant relu": lambda s: s.add(
        Kind.ADD, "x", s.constant(1, 1, 1, 4), activation=RELU
    ),
    "subtraction from a constant": lambda s: s.add(Kind.SUB, s.constant(1, 1, 1, 1), "x"),
    "subtraction of one channel": lambda s: s.add(
        Kind.SUB, "x", s.add(Kind.SLICE, "x", begin=1, size=1), activation=RELU6
    ),
    "product with a mean": lambda s: s.add(Kind.MUL, "x", s.add(Kind.MEAN, "x")),
    "product relu6": lambda s: s.add(Kind.MUL, "x", s.constant(1, 1, 1, 4), activation=RELU6),
    "relu": lambda s: s.add(Kind.RELU, "x"),
    "tanh": lambda s: s.add(Kind.TANH, "x"),
    "logistic": lambda s: s.add(Kind.LOGISTIC, "x"),
    "square root": lambda s: s.add(Kind.SQRT, s.add(Kind.MUL, "x", "x")),
    "reciprocal root": lambda s: s.add(
        Kind.RSQRT, s.add(Kind.ADD, s.add(Kind.MUL, "x", "x"), s.positive())
    ),
    "gelu": lambda s: s.add(Kind.GELU, s.add(Kind.MUL, "x", s.constant(1, 1, 1, 4, scale=3.0))),
    "softmax": lambda s: s.add(Kind.SOFTMAX, s.add(Kind.MUL, "x", s.constant(1, 1, 1, 4))),
    "prelu": lambda s: s.prelu("x"),
    "leaky relu": lambda s: s.add(Kind.LEAKY_RELU, "x", alpha=0.2),
    "depth to space": lambda s: s.add(Kind.DEPTH_TO_SPACE, "x", block=2),
    "space to depth": lambda s: s.add(Kind.SPACE_TO_DEPTH, "x", block=2),
    "nearest": lambda s: s.add(Kind.RESIZE_NEAREST_NEIGHBOR, "x", factor=3),
    "bilinear by 2": lambda s: s.add(Kind.RESIZE_BILINEAR, "x", factor=2),
    "bilinear by 3": lambda s: s.add(Kind.RESIZE_BILINEAR, "x", factor=3),
    "concatenation": lambda s: s.add(Kind.CONCATENATION, "x", s.add(Kind.RELU, "x"), "x"),
    "slice": lambda s: s.add(Kind.SLICE, "x", begin=1, size=2),
    "concatenation of rows": lambda s: s.add(Kind.CONCATENATION, "x", s.half(), "x", axis=1),
    "concatenation of columns": lambda s: s.add(
        Kind.CONCATENATION, "x", s.add(Kind.RELU, "x"), axis=2
    ),
    "slice of rows": lambda s: s.add(Kind.SLICE, "x", begin=1, size=7, axis=1),
    "slice of columns": lambda s: s.add(Kind.SLICE, "x", begin=5, size=7, axis=2),
    "mean of channels": lambda s: s.add(Kind.MUL, "x", s.add(Kind.MEAN, "x", axis=3)),
    "windows": lambda s: s.windows("x", 2),
    "product of rows": lambda s: s.add(
        Kind.BATCH_MATMUL, s.windows("x", 2), s.windows(s.convolve("x", 4, 1), 2), transposed=1
    ),
    "product": lambda s: s.add(
        Kind.BATCH_MATMUL, s.windows("x", 2), s.windows(s.convolve("x", 4, 1), 2), transposed=0
    ),
    "product with a constant": lambda s: s.add(
        Kind.BATCH_MATMUL, "x", s.constant(1, 10, 4, 5), transposed=0
    ),
    "mean": lambda s: s.add(Kind.MEAN, "x"),
    "mirror": lambda s: s.add(Kind.MIRROR_PAD, "x", amount=2),
}


def form(name: str) -> Graph:
    """One operator (with what it needs before it) on a 10x12 picture of 4 channels."""
    return _case(FORMS[name])


def sesr(m: int, f: int = 16, scale: int = 2, seed: int = 0, height: int = 24, width: int = 20):
    """SESR as the paper draws it, with random weights: figure 2 of arXiv 2103.09404."""
    s = sketch(seed, height, width, 1)
    s.constants["half"] = np.full((1, 1, 1, 1), 0.5, np.float32)
    y = first = s.convolve(s.add(Kind.SUB, "x", "half"), f, 5)
    for _ in range(m):
        y = s.prelu(s.convolve(y, f, 3))
    y = s.convolve(s.add(Kind.ADD, y, first), scale**2, 5)
    s.add(Kind.DEPTH_TO_SPACE, s.add(Kind.ADD, y, "x"), block=scale)
    return s.graph(name=f"sesr-m{m}")


def fsrcnn(scale: int, height: int, width: int):
    """FSRCNN(56, 12, 4): section 3.2 of arXiv 1608.00367."""
    s = sketch(0, height, width, 1)
    y = s.prelu(s.convolve("x", 56, 5))
    y = s.prelu(s.convolve(y, 12, 1))
    for _ in range(4):
        y = s.prelu(s.convolve(y, 12, 3))
    s.transposed(s.prelu(s.convolve(y, 56, 1)), 1, 9, scale)
    return s.graph(name="fsrcnn")


def random_graph(seed: int, depth: int, strided: bool = True, side: int = 8) -> Graph:
    """Random operators on a picture of `side` to `2 * side` pixels, back to the input's ratio.

    Skips and joins included; what no operator reads are its outputs.
    """
    rng = np.random.default_rng(seed)
    height, width = (4 * int(rng.integers(side // 4, side // 2)) for _ in range(2))
    s = Sketch(rng, x=(height, width, int(rng.choice([1, 3, 4, 8]))))
    live = ["x"]
    for _ in range(depth):
        x = live[-1 - int(rng.integers(min(2, len(live))))]
        live.append(_grown(s, rng, live, x, strided))
    read = {name for op in s.operators for name in op.inputs}
    return s.graph(*(op.output for op in s.operators if op.output not in read))


def _grown(s, rng, live, x, strided):
    shape = s.shape(x)
    channels = int(rng.choice([1, 4, 8]))
    activation = Activation(str(rng.choice(["NONE", "RELU", "RELU6"])))
    alike = [name for name in live if s.shape(name)[1:3] == shape[1:3]]
    other = str(rng.choice(alike))
    kernel = int(rng.integers(1, 6))
    choices = {
        "convolve": lambda: s.convolve(x, channels, kernel, activation=activation),
        "dilated": lambda: s.convolve(x, channels, 3, dilation=2),
        "depthwise": lambda: s.depthwise(x, kernel),
        "prelu": lambda: s.prelu(x),
        "leaky": lambda: s.add(Kind.LEAKY_RELU, x, alpha=0.1),
        "tanh": lambda: s.add(Kind.TANH, x),
        "join": lambda: s.add(Kind.CONCATENATION, x, other),
        "slice": lambda: s.add(Kind.SLICE, x, begin=shape[3] // 2, size=1),
        "padded": lambda: s.convolve(
            s.add(Kind.MIRROR_PAD, x, amount=1), channels, 3, padding="valid"
        ),
        "scaled": lambda: s.add(Kind.MUL, x, s.constant(1, 1, 1, shape[3])),
    }
    if s.shape(other) == shape or s.shape(other)[3] == 1:
        choices["sum"] = lambda: s.add(Kind.ADD, x, other, activation=activation)
        choices["difference"] = lambda: s.add(Kind.SUB, other, x)
    if strided and min(shape[1:3]) % 2 == 0 and min(shape[1:3]) >= 4:
        choices["strided"] = lambda: s.convolve(x, channels, kernel, stride=2)
        choices["unshuffled"] = lambda: s.add(Kind.SPACE_TO_DEPTH, x, block=2)
    if max(shape[1:3]) <= 40:
        choices["transposed"] = lambda: s.transposed(x, channels, 1 + kernel, 2)
        choices["nearest"] = lambda: s.add(Kind.RESIZE_NEAREST_NEIGHBOR, x, factor=2)
        choices["bilinear"] = lambda: s.add(Kind.RESIZE_BILINEAR, x, factor=int(rng.choice([2, 3])))
        if shape[3] % 4 == 0:
            choices["shuffled"] = lambda: s.add(Kind.DEPTH_TO_SPACE, x, block=2)
    return choices[str(rng.choice(list(choices)))]()


def picture(graph: Graph, seed: int = 1) -> dict[str, np.ndarray]:
    """Random inputs of a graph's own size, uniform in [-1, 1)."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.uniform(-1, 1, graph.types[name].shape).astype(np.float32)
        for name in graph.inputs
    }
