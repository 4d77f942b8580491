"""Models for the processors' tests, small enough to load in milliseconds."""

import numpy as np

from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.shapes import resized
from vernier.processors.self_test import self_test
from vernier.quantization.quantize import quantize


def with_one_convolution(
    kind: Kind, int8: bool, zero_point: int = 5, per_channel: bool = True
) -> Graph:
    """One convolution of any sort, stride 1 (2 where transposed), 8 to 8 channels at 10x12.

    Args:
        kind: which.
        int8: in int8 with the input's zero point, or in float32.
        zero_point: of the input.
        per_channel: a scale for each output channel, or the largest of them for all.
    """
    random = np.random.default_rng(3)
    height, width, channels = 10, 12, 8
    stride = 2 if kind is Kind.TRANSPOSE_CONV else 1
    shape = (1, 3, 3, channels) if kind is Kind.DEPTHWISE_CONV_2D else (channels, 3, 3, channels)
    attributes: dict[str, int | float | str] = {"stride": stride, "padding": "same"}
    if kind is Kind.DEPTHWISE_CONV_2D:
        attributes["multiplier"] = 1
    out_shape = (1, height * stride, width * stride, channels)
    weights = random.standard_normal(shape) * 0.1
    bias = random.standard_normal(channels) * 0.1
    if not int8:
        constants = {"w": weights.astype(np.float32), "b": bias.astype(np.float32)}
        types = {
            "x": TensorType((1, height, width, channels)),
            "w": TensorType(shape),
            "b": TensorType((channels,)),
            "y": TensorType(out_shape),
        }
    else:
        axis = 3 if kind is Kind.DEPTHWISE_CONV_2D else 0
        others = tuple(a for a in range(4) if a != axis)
        scales = (np.abs(weights).max(axis=others) / 127).astype(np.float32)
        if not per_channel:
            scales = np.full_like(scales, scales.max())
        spread = scales.reshape([-1 if a == axis else 1 for a in range(4)])
        zeros = np.zeros(channels, np.int32)
        stated = Quantization(scales, zeros, axis)
        products = Quantization(scales * np.float32(0.02), zeros, 0)
        if not per_channel:
            stated = Quantization(scales[:1], zeros[:1])
            products = Quantization(products.scale[:1], zeros[:1])
        x = Quantization(np.array([0.02], np.float32), np.array([zero_point], np.int32))
        y = Quantization(np.array([0.03], np.float32), np.array([-3], np.int32))
        constants = {
            "w": np.rint(weights / spread).astype(np.int8),
            "b": np.rint(bias / (scales * x.scale)).astype(np.int32),
        }
        types = {
            "x": TensorType((1, height, width, channels), "int8", x),
            "w": TensorType(shape, "int8", stated),
            "b": TensorType((channels,), "int32", products),
            "y": TensorType(out_shape, "int8", y),
        }
    operator = Operator(kind, ("x", "w", "b"), "y", attributes=attributes)
    return Graph(kind.value, ("x",), ("y",), (operator,), constants, types)


def with_exact_sums(weights: np.ndarray, step: float) -> Graph:
    """int8: a 1x1 convolution at 8x8 of scale 1, whose code is `-128 + sum / step`.

    Args:
        weights: codes `(O, 1, 1, I)`.
        step: of the output.
    """
    outputs, _, _, inputs = weights.shape
    ones, zeros = np.ones(outputs, np.float32), np.zeros(outputs, np.int32)
    lowest = np.array([-128], np.int32)
    types = {
        "x": TensorType((1, 8, 8, inputs), "int8", Quantization(ones[:1], lowest)),
        "w": TensorType(weights.shape, "int8", Quantization(ones, zeros, 0)),
        "b": TensorType((outputs,), "int32", Quantization(ones, zeros, 0)),
        "y": TensorType(
            (1, 8, 8, outputs), "int8", Quantization(np.array([step], np.float32), lowest)
        ),
    }
    attributes: dict[str, int | float | str] = {"stride": 1, "padding": "same"}
    operator = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes=attributes)
    return Graph("sums", ("x",), ("y",), (operator,), {"w": weights, "b": zeros}, types)


def with_two_ports() -> Graph:
    """Two inputs and two outputs of different widths: `sum = a + b`, `scaled = 2 * b`."""
    shape = (1, 6, 5, 3)
    return Graph(
        name="two ports",
        inputs=("z_first", "a_second"),
        outputs=("z_sum", "a_scaled"),
        operators=(
            Operator(Kind.ADD, ("z_first", "a_second"), "z_sum"),
            Operator(Kind.MUL, ("a_second", "two"), "a_scaled"),
        ),
        constants={"two": np.full((1, 1, 1, 1), 2, np.float32)},
        types={
            "z_first": TensorType(shape),
            "a_second": TensorType((1, 6, 5, 1)),
            "two": TensorType((1, 1, 1, 1)),
            "z_sum": TensorType(shape),
            "a_scaled": TensorType((1, 6, 5, 1)),
        },
    )


def mixed() -> Graph:
    """The int8 self-test with a float convolution before it: int8 inside a float file."""
    network = self_test("int8").graph
    shape = network.types["x"].shape
    before = (
        Operator(
            Kind.CONV_2D,
            ("picture", "pre/w", "pre/b"),
            "pre",
            attributes={"stride": 1, "padding": "same"},
        ),
        Operator(Kind.QUANTIZE, ("pre",), "x"),
    )
    return Graph(
        name="mixed",
        inputs=("picture",),
        outputs=network.outputs,
        operators=(*before, *network.operators),
        constants={
            **network.constants,
            "pre/w": np.full((1, 1, 1, 1), 0.9, np.float32),
            "pre/b": np.full(1, 0.05, np.float32),
        },
        types={
            **network.types,
            "picture": TensorType(shape),
            "pre": TensorType(shape),
            "pre/w": TensorType((1, 1, 1, 1)),
            "pre/b": TensorType((1,)),
        },
    )


def between_convolutions(kind: Kind) -> Graph:
    """int8: a convolution, one operator of factor or block 2, a convolution."""
    random = np.random.default_rng(5)
    channels = {Kind.DEPTH_TO_SPACE: 2, Kind.SPACE_TO_DEPTH: 32}.get(kind, 8)
    weights = {
        "first": random.standard_normal((8, 3, 3, 3)),
        "last": random.standard_normal((8, 3, 3, channels)),
    }
    constants = {f"{name}/w": (0.2 * w).astype(np.float32) for name, w in weights.items()}
    constants |= {f"{name}/b": np.zeros(8, np.float32) for name in weights}
    same: dict[str, int | float | str] = {"stride": 1, "padding": "same"}
    size = "factor" if kind is Kind.RESIZE_BILINEAR else "block"
    operators = (
        Operator(Kind.CONV_2D, ("x", "first/w", "first/b"), "first", attributes=same),
        Operator(kind, ("first",), "middle", attributes={size: 2}),
        Operator(Kind.CONV_2D, ("middle", "last/w", "last/b"), "last", attributes=same),
    )
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types |= {name: TensorType((1, 12, 14, 3)) for name in ("x", "first", "middle", "last")}
    graph = Graph(kind.value, ("x",), ("last",), operators, constants, types)
    graph = resized(graph, 12, 14)
    return quantize(graph, dict.fromkeys(graph.activations(), (-2.0, 2.5)))


def with_mirrored_border() -> Graph:
    """float32: twice the input `(1, 3, 4, 1)`, with a border of one pixel repeated."""
    return Graph(
        name="mirrored",
        inputs=("x",),
        outputs=("y",),
        operators=(
            Operator(Kind.MUL, ("x", "two"), "doubled"),
            Operator(Kind.MIRROR_PAD, ("doubled",), "y", attributes={"amount": 1}),
        ),
        constants={"two": np.full((1, 1, 1, 1), 2, np.float32)},
        types={
            "x": TensorType((1, 3, 4, 1)),
            "two": TensorType((1, 1, 1, 1)),
            "doubled": TensorType((1, 3, 4, 1)),
            "y": TensorType((1, 5, 6, 1)),
        },
    )
