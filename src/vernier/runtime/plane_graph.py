"""Planes of video as they are decoded: luma through the network, chroma by bicubic where it lies.

A luma network reads BT.601's studio range divided by 255, which is what 8-bit luma of video is, so
its plane goes in and comes out as it lies in memory; an INT8 network's own codes are those of the
plane, less 128. Deeper planes come as reals on the same scale.
"""

from __future__ import annotations

import numpy as np

from vernier.errors import GraphError
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.images.bicubic import CHROMA_RADIUS, bicubic_phases
from vernier.runtime.picture_graph import CODES, OWN_NAMES, NetworkBuilder

SIGNED_CODES = Quantization(CODES.scale, np.array([-128], np.int32))


def plane_graph(network: Graph, scale: int, codes: bool) -> Graph:
    """The graph from a luma plane to a larger one.

    Where reals go through an INT8 network, what its input's rounding to 8 bits takes away is
    enlarged by bicubic and put back, so that shallow gradients of deep video keep their steps.

    Args:
        network: one input and one output of one channel, float32 or int8.
        scale: its whole factor.
        codes: the plane is 8 bits at both ends: uint8, or int8 where the network itself takes and
            gives such codes, and is then returned as it is. Otherwise float32, BT.601's studio
            range / 255, and the result is neither clipped nor rounded.

    Returns:
        A graph with one input `(1, H, W, 1)` and one output `(1, scale*H, scale*W, 1)`.

    Raises:
        GraphError: the network has other numbers of inputs, outputs or channels.
    """
    ends = [network.types[name] for name in (*network.inputs, *network.outputs)]
    if len(ends) != 2 or any(kind.shape[3] != 1 for kind in ends):
        raise GraphError(
            f"{network.name}: expected a network of luma with one input and one output; "
            "video needs one, such as sesr-m5"
        )
    if codes and all(_is_picture(kind) for kind in ends):
        return network
    build = NetworkBuilder(network, "from plane to plane")
    plane = build.picture(ends[0].shape, codes)  # type: ignore[arg-type]
    packed = build.run_network(plane, scale)
    if not codes and ends[0].dtype == "int8":
        packed = _with_remainder(build, plane, network.inputs[0], packed, scale)
    build.result(packed, scale, codes)
    return build.graph()


def _is_picture(kind: TensorType) -> bool:
    """Whether a tensor's codes are a picture's, less 128."""
    own, wanted = kind.quantization, SIGNED_CODES
    return (
        kind.dtype == "int8"
        and own is not None
        and bool(np.isclose(own.scale[0], wanted.scale[0], rtol=1e-6))
        and own.zero_point[0] == wanted.zero_point[0]
    )


def _with_remainder(build: NetworkBuilder, plane: str, entry: str, packed: str, scale: int) -> str:
    """The packed result, and what the network's input lost by rounding."""
    seen = build.add(Kind.DEQUANTIZE, (entry,), "seen")
    remainder = build.add(Kind.SUB, (plane, seen), "remainder")
    enlarged = _bicubic(build, remainder, scale, (0.0, 0.0), "remainder")
    return build.add(Kind.ADD, (packed, enlarged), "whole")


def chroma_graph(
    height: int, width: int, scale: int, shift: tuple[float, float], codes: bool
) -> Graph:
    """The graph from a chroma plane to a larger one, by bicubic.

    Args:
        height: of the plane, at least 2.
        width: likewise.
        scale: whole factor.
        shift: as `bicubic_phases`.
        codes: uint8 at both ends; float32 otherwise, on the scale of `plane_graph`.

    Returns:
        A graph with the input "picture" `(1, H, W, 1)` and the output "result"
        `(1, scale*H, scale*W, 1)`.
    """
    build = GraphBuilder("chroma", prefix=OWN_NAMES)
    shape = (1, height, width, 1)
    plane = build.input("picture", shape)
    if codes:
        build.types["picture"] = TensorType(shape, "uint8", CODES)
        plane = build.add(Kind.DEQUANTIZE, ("picture",), "samples")
    packed = _bicubic(build, plane, scale, shift, "chroma")
    kind = TensorType((), "uint8", CODES) if codes else None
    if kind is not None:
        packed = build.add(Kind.QUANTIZE, (packed,), "packed_codes", of=kind)
    shuffle = Operator(Kind.DEPTH_TO_SPACE, (packed,), "result", attributes={"block": scale})
    build.outputs.append(build.append(shuffle, of=kind))
    return build.graph()


def _bicubic(build: GraphBuilder, x: str, scale: int, shift: tuple[float, float], name: str) -> str:
    """A plane enlarged, its pixels packed into channels."""
    padded = build.add(Kind.MIRROR_PAD, (x,), f"{name}_padded", {"amount": CHROMA_RADIUS})
    return build.convolution(
        Kind.DEPTHWISE_CONV_2D,
        padded,
        bicubic_phases(scale, shift),
        np.zeros(scale**2),
        f"{name}_enlarged",
        {"padding": "valid", "multiplier": scale**2},
    )
