"""The colours around a luma network as two graphs of their own, as the C++ runner has them.

Together with any network between them they compute what `picture_graph` and
`integer_picture_graph` do, operator by operator.
"""

from __future__ import annotations

from typing import NamedTuple

from vernier.graphs.graph import Graph
from vernier.runtime.integer_picture_graph import NETWORK_RESULT, back_graph, front_graph
from vernier.runtime.picture_graph import (
    OWN_NAMES,
    PictureBuilder,
    colours,
    luma_and_chroma,
)


class ColourGraphs(NamedTuple):
    """What runs before and after a luma network.

    Attributes:
        front: from "picture" `(1, H, W, 3)` to luma `(1, H, W, 1)` and a second tensor.
        back: from the network's luma packed into channels, `(1, H, W, s*s)`, and that second
            tensor to "result" `(1, s*H, s*W, 3)`.
    """

    front: Graph
    back: Graph


def colour_graphs(scale: int, height: int, width: int, integer: bool) -> ColourGraphs:
    """The two graphs.

    Args:
        scale: whole factor of the network.
        height: of the picture, in low-resolution pixels.
        width: likewise.
        integer: int8 throughout, as around a network of nothing but INT8; otherwise from uint8
            through float32 to uint8.
    """
    if integer:
        return ColourGraphs(
            front_graph("picture", scale, height, width), back_graph("result", scale, height, width)
        )
    front = PictureBuilder("colours", prefix=OWN_NAMES)
    picture = front.picture((1, height, width, 3), codes=True)
    front.outputs += luma_and_chroma(front, picture, scale)
    back = PictureBuilder("colours", prefix=OWN_NAMES)
    packed = back.input(NETWORK_RESULT, (1, height, width, scale**2))
    chroma = back.input(f"{OWN_NAMES}chroma_enlarged", (1, height, width, 2 * scale**2))
    back.result(colours(back, packed, chroma, scale), scale, codes=True)
    return ColourGraphs(front.graph(), back.graph())
