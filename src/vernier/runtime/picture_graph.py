"""A network wrapped into one graph from picture to picture, colour and rounding included.

A luma network sees only Y; its colours must be enlarged by bicubic, joined with the new luma and
turned back to RGB. In NumPy that costs several times what a small network does, so it is put into
the graph, where the engine runs it with its own threads and vector units. Everything is computed
at the low resolution, with the pixels of the result packed into channels; one DEPTH_TO_SPACE at the
end lays them out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vernier.errors import GraphError
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.final_shuffle import final_shuffle
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.images.bicubic import CHROMA_RADIUS, bicubic_phases
from vernier.images.colour import LUMA_OFFSET, RGB_TO_YCBCR, YCBCR_TO_RGB

# 8-bit samples as they lie in a picture: real value = code / 255.
CODES = Quantization(np.array([1 / 255], np.float32), np.array([0], np.int32))

# What tensors around the network are called; a network's own never begin so.
OWN_NAMES = "vernier/"


def end_name(name: str, network: Graph) -> str:
    """What an end is called: as given, unless the network has a tensor of that name itself."""
    return f"{OWN_NAMES}{name}" if name in network.types else name


def picture_graph(network: Graph, scale: int, samples: int, codes: bool) -> Graph:
    """The graph from a low-resolution picture to a high-resolution one.

    A grey picture through a luma network gives what the same picture in RGB would.

    Args:
        network: one input and one output, of 1 (luma) or 3 (RGB) channels, float32 or int8.
        scale: its whole factor.
        samples: colour samples per pixel of the picture, 1 (grey) or 3 (RGB).
        codes: the picture is uint8 at both ends; otherwise float32 in [0, 1], and the output is
            then neither clipped nor rounded.

    Returns:
        A graph with the input "picture" `(1, H, W, samples)` and the output "result"
        `(1, scale*H, scale*W, samples)` (see `end_name`); H and W are those of the network's input.

    Raises:
        GraphError: the network has several inputs or outputs, or other numbers of channels.
    """
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise GraphError(
            f"{network.name}: expected one input and one output, found "
            f"{len(network.inputs)} and {len(network.outputs)}"
        )
    _, height, width, channels = network.types[network.inputs[0]].shape
    if channels not in (1, 3) or samples not in (1, 3):
        raise GraphError(
            f"{network.name}: expected 1 or 3 channels, found {channels} for the network "
            f"and {samples} for the picture"
        )
    build = NetworkBuilder(network)
    picture = build.picture((1, height, width, samples), codes)
    if channels == 3:
        rgb = picture if samples == 3 else build.linear(picture, np.ones((3, 1)), name="colours")
        packed = build.run_network(rgb, scale)
        if samples == 1:
            mean = np.kron(np.eye(scale**2), np.full((1, 3), 1 / 3))
            packed = build.linear(packed, mean, name="grey")
    elif samples == 1:
        gain = float(RGB_TO_YCBCR[0].sum())
        luma = build.linear(picture, np.array([[gain]]), np.array([LUMA_OFFSET]), name="luma")
        packed = build.run_network(luma, scale)
        back = np.eye(scale**2) / gain
        packed = build.linear(packed, back, np.full(scale**2, -LUMA_OFFSET / gain), name="grey")
    else:
        packed = _luma_network(build, picture, scale)
    build.result(packed, scale, codes)
    return build.graph()


def _luma_network(build: NetworkBuilder, picture: str, scale: int) -> str:
    """RGB through a luma network: `(.., s*s*3)` packed pixels, colours innermost."""
    luma, enlarged = luma_and_chroma(build, picture, scale)
    return colours(build, build.run_network(luma, scale), enlarged, scale)


def luma_and_chroma(build: GraphBuilder, picture: str, scale: int) -> tuple[str, str]:
    """RGB to luma, and to chroma enlarged by bicubic: Cb of a pixel's `s*s`, then Cr of them."""
    phases = scale**2
    luma = build.linear(picture, RGB_TO_YCBCR[:1], np.array([LUMA_OFFSET]), name="luma")
    # Chroma around zero: its offset of 128 would only be added here and taken off again below.
    chroma = build.linear(picture, RGB_TO_YCBCR[1:], name="chroma")
    padded = build.add(Kind.MIRROR_PAD, (chroma,), "chroma_padded", {"amount": CHROMA_RADIUS})
    kernel = np.tile(bicubic_phases(scale), (1, 1, 1, 2))
    enlarged = build.convolution(
        Kind.DEPTHWISE_CONV_2D,
        padded,
        kernel,
        np.zeros(2 * phases),
        "chroma_enlarged",
        {"padding": "valid", "multiplier": phases},
    )
    return luma, enlarged


def colours(build: GraphBuilder, packed: str, chroma: str, scale: int) -> str:
    """The network's packed luma and the enlarged chroma to `(.., s*s*3)`, colours innermost."""
    phases = scale**2
    joined = build.add(Kind.CONCATENATION, (packed, chroma), "luma_and_chroma")
    # Row (phase, colour), columns: the luma of all phases, then Cb of all, then Cr of all.
    to_rgb = np.concatenate(
        [np.kron(np.eye(phases), YCBCR_TO_RGB[:, [part]]) for part in range(3)], axis=1
    )
    offset = np.tile(-LUMA_OFFSET * YCBCR_TO_RGB[:, 0], phases)
    return build.linear(joined, to_rgb, offset, name="colours")


class PictureBuilder(GraphBuilder):
    """A builder that knows both ends: a picture, and the larger one."""

    def end(self, name: str) -> str:
        """What an end is called."""
        return name

    def picture(self, shape: tuple[int, int, int, int], codes: bool) -> str:
        """The picture's samples in float32."""
        name = self.input(self.end("picture"), shape)
        if not codes:
            return name
        self.types[name] = TensorType(shape, "uint8", CODES)
        return self.add(Kind.DEQUANTIZE, (name,), "samples")

    def result(self, packed: str, scale: int, codes: bool) -> None:
        """The picture laid out, in the picture's own codes or in float32."""
        kind = TensorType((), "uint8", CODES) if codes else None
        if kind is not None:
            # Rounding to 8 bits before the pixels are laid out moves a quarter of the bytes.
            packed = self.add(Kind.QUANTIZE, (packed,), "packed_codes", of=kind)
        name = self.end("result")
        shuffle = Operator(Kind.DEPTH_TO_SPACE, (packed,), name, attributes={"block": scale})
        self.outputs.append(self.append(shuffle, of=kind))


class NetworkBuilder(PictureBuilder):
    """A builder that knows the network in the middle."""

    def __init__(self, network: Graph, name: str = "from picture to picture") -> None:
        super().__init__(f"{network.name} {name}", prefix=OWN_NAMES)
        self._network = network

    def end(self, name: str) -> str:
        """See `end_name`."""
        return end_name(name, self._network)

    def run_network(self, x: str, scale: int) -> str:
        """The network on `x`; returns its result packed into channels, in float32."""
        network = self._network
        entry, end = network.inputs[0], network.outputs[0]
        self.constants |= network.constants
        self.types |= {name: network.types[name] for name in network.constants}
        is_float = network.types[entry].dtype == "float32"
        if not is_float:
            self.append(Operator(Kind.QUANTIZE, (x,), entry), of=network.types[entry])
        shuffle = final_shuffle(network, scale)
        for op in network.operators:
            inputs = tuple(x if is_float and name == entry else name for name in op.inputs)
            if op is not shuffle:
                self.append(replace(op, inputs=inputs), of=network.types[op.output])
        if shuffle is None:
            kind = network.types[end]
            end = self.add(Kind.SPACE_TO_DEPTH, (end,), "packed", {"block": scale}, of=kind)
        else:
            end = shuffle.inputs[0]
        if self.types[end].dtype == "float32":
            return end
        return self.add(Kind.DEQUANTIZE, (end,), "network_result")
