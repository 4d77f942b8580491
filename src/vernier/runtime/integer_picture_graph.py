"""The colour around an INT8 luma network in INT8 too: nothing in the file is float.

So an NPU runs the whole picture, and a CPU's integer unit does the colours in half the time. Eight
bits are kept from tinting the picture by what is computed in them:

* Luma's weights are in the ratio 29 : 57 : 11 within 0.07 % of their sum, which is 0.16 grey levels
  of pure blue, so these are its codes; rounded at the full width of 8 bits they would brighten the
  picture by 0.4 grey levels. 55 : 108 : 21 is nearer, but 55 + 108 breaks the bound that CPUs which
  add pairs in 16 bits need (`quantization.pair_bound`), and no other ratio within it is as near.
* The weights of chroma add up to 0 in their codes as well: grey in is grey out, exactly.
* Chroma is enlarged around zero, so rounded weights only change how strong a colour is.
* The new luma is spread over the colours by one weight per channel, which 8 bits hold exactly.

What remains is the rounding of luma to whole codes and of chroma to steps of 1.8 grey levels, which
is finer than that of an 8-bit JPEG. `tests/runtime` holds it against the float colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vernier.graphs.builder import GraphBuilder
from vernier.graphs.final_shuffle import final_shuffle
from vernier.graphs.graph import Graph, Kind, Operator, Quantization
from vernier.graphs.shapes import resized
from vernier.images.bicubic import CHROMA_RADIUS, bicubic_phases
from vernier.images.colour import LUMA_OFFSET, RGB_TO_YCBCR, YCBCR_TO_RGB
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Range, Ranges
from vernier.quantization.scales import asymmetric, bias_quantization, encode_bias
from vernier.runtime.picture_graph import OWN_NAMES, end_name

SAMPLES: Range = (0.0, 1.0)
PICTURE_CODES = asymmetric(*SAMPLES)
# Cb and Cr lie within 112/255; what is more is room for bicubic's overshoot.
CHROMA: Range = (-0.5, 0.496)
LUMA_GAIN = float(YCBCR_TO_RGB[0, 0])
NETWORK_RESULT = f"{OWN_NAMES}network_result"
LUMA_CODES = np.array([29, 57, 11], np.int8)


def integer_picture_graph(network: Graph, scale: int) -> Graph:
    """The graph from RGB to RGB around an INT8 luma network.

    Args:
        network: one input and one output of one channel, int8.
        scale: its whole factor.

    Returns:
        A graph with the input "picture" `(1, H, W, 3)` and the output "result"
        `(1, scale*H, scale*W, 3)` (see `end_name`), both int8 with a picture's codes: sample - 128.
    """
    _, height, width, _ = network.types[network.inputs[0]].shape
    picture, result = (end_name(name, network) for name in ("picture", "result"))
    front = front_graph(picture, scale, height, width)
    back = back_graph(result, scale, height, width)
    entry, packed, middle = _packed(network, scale)
    operators = (
        *front.operators,
        # An exported network takes and gives a picture's codes; another's are converted here.
        Operator(Kind.QUANTIZE, ("vernier/luma",), entry),
        *middle,
        Operator(Kind.QUANTIZE, (packed,), NETWORK_RESULT),
        *back.operators,
    )
    types = {**front.types, **network.types, **back.types}
    if packed not in types:
        types[packed] = network.types[network.outputs[0]]
    graph = Graph(
        f"{network.name} from picture to picture",
        (picture,),
        (result,),
        operators,
        {**front.constants, **network.constants, **back.constants},
        types,
    )
    return resized(_without_idle_conversions(graph), height, width)


def front_graph(picture: str, scale: int, height: int, width: int) -> Graph:
    """RGB to luma, and to what chroma adds to each colour of each large pixel."""
    build = GraphBuilder("colours", prefix=OWN_NAMES)
    build.input(picture, (1, height, width, 3))
    luma = build.linear(picture, RGB_TO_YCBCR[:1], np.array([LUMA_OFFSET]), name="luma")
    chroma = build.linear(picture, RGB_TO_YCBCR[1:], name="chroma")
    padded = build.add(Kind.MIRROR_PAD, (chroma,), "chroma_padded", {"amount": CHROMA_RADIUS})
    to_colours = YCBCR_TO_RGB[:, 1:]
    kernel = np.einsum("yxp,oi->poyxi", bicubic_phases(scale)[0], to_colours)
    colours = build.convolution(
        Kind.CONV_2D,
        padded,
        kernel.reshape(-1, *kernel.shape[2:]),
        np.zeros(3 * scale**2),
        "colours",
        {"padding": "valid"},
    )
    largest = float(np.abs(to_colours).sum(axis=1).max()) * CHROMA[1]
    ranges = {
        picture: SAMPLES,
        luma: SAMPLES,
        chroma: CHROMA,
        padded: CHROMA,
        colours: (-largest, largest),
    }
    return _with_luma_codes(_integer(build, (luma, colours), ranges), luma)


def _with_luma_codes(graph: Graph, luma: str) -> Graph:
    """The graph with `LUMA_CODES` for luma's weights, at the scale that makes grey exact."""
    weights, bias = next(op.inputs[1:] for op in graph.operators if op.output == luma)
    scale = np.array([RGB_TO_YCBCR[0].sum() / LUMA_CODES.sum()], np.float32)
    quantization = Quantization(scale, np.zeros(1, np.int32), 0)
    sums = bias_quantization(PICTURE_CODES.scale[0], quantization)
    constants = {
        **graph.constants,
        weights: LUMA_CODES.reshape(1, 1, 1, 3),
        bias: encode_bias(np.array([LUMA_OFFSET], np.float32), sums),
    }
    types = {
        weights: replace(graph.types[weights], quantization=quantization),
        bias: replace(graph.types[bias], quantization=sums),
    }
    return replace(graph.with_types(types), constants=constants)


def back_graph(result: str, scale: int, height: int, width: int) -> Graph:
    """The network's packed luma and the colours' share to RGB."""
    build = GraphBuilder("colours", prefix=OWN_NAMES)
    given, colours = NETWORK_RESULT, "vernier/colours"
    phases = scale**2
    build.input(given, (1, height, width, phases))
    build.input(colours, (1, height, width, 3 * phases))
    light = build.linear(
        given,
        np.kron(np.eye(phases), YCBCR_TO_RGB[:, :1]),
        np.tile(-LUMA_OFFSET * YCBCR_TO_RGB[:, 0], phases),
        name="light",
    )
    summed = build.add(Kind.ADD, (light, colours), "packed_result")
    build.append(Operator(Kind.DEPTH_TO_SPACE, (summed,), result, attributes={"block": scale}))
    largest = float(np.abs(YCBCR_TO_RGB[:, 1:]).sum(axis=1).max()) * CHROMA[1]
    ranges = {
        given: SAMPLES,
        colours: (-largest, largest),
        # Codes of light are codes of luma: the gain is in the scale.
        light: (-LUMA_GAIN * LUMA_OFFSET, LUMA_GAIN * (1 - LUMA_OFFSET)),
        summed: SAMPLES,
        result: SAMPLES,
    }
    return _integer(build, (result,), ranges)


def _integer(build: GraphBuilder, outputs: tuple[str, ...], ranges: Mapping[str, Range]) -> Graph:
    build.outputs += outputs
    return quantize(build.graph(), Ranges(ranges))


def _packed(network: Graph, scale: int) -> tuple[str, str, tuple[Operator, ...]]:
    """The network's input, its result packed into channels, and its operators up to there."""
    entry, end = network.inputs[0], network.outputs[0]
    shuffle = final_shuffle(network, scale)
    if shuffle is not None:
        return entry, shuffle.inputs[0], network.operators[:-1]
    packed = "vernier/packed"
    pack = Operator(Kind.SPACE_TO_DEPTH, (end,), packed, attributes={"block": scale})
    return entry, packed, (*network.operators, pack)


def _without_idle_conversions(graph: Graph) -> Graph:
    """Drop each QUANTIZE between equal scales, and the types of what is then never computed."""
    renamed: dict[str, str] = {}
    operators = []
    for op in graph.operators:
        inputs = tuple(renamed.get(name, name) for name in op.inputs)
        source, target = graph.types[inputs[0]].quantization, graph.types[op.output].quantization
        if op.kind is Kind.QUANTIZE and source is not None and target is not None:
            equal = source.scale[0] == target.scale[0]
            if equal and source.zero_point[0] == target.zero_point[0]:
                renamed[op.output] = inputs[0]
                continue
        operators.append(Operator(op.kind, inputs, op.output, op.activation, op.attributes))
    computed = {*graph.inputs, *graph.constants, *(op.output for op in operators)}
    types = {name: kind for name, kind in graph.types.items() if name in computed}
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(operators), graph.constants, types)
