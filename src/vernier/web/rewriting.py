"""What a page's files are made of on WebAssembly: other operators, the same numbers, less time.

LiteRT.js loads a file as it is. So what Python does when it loads one is done when the site is
made: INT8 PRELUs become operators that XNNPACK has, and convolutions of few channels are packed.
"""

from __future__ import annotations

from vernier.graphs.graph import Graph
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.quantization.prelu_as_convolutions import without_prelu

LANES = 8
"""Output channels that XNNPACK computes at a time on WebAssembly: two registers of 128 bits."""


def for_wasm(graph: Graph, packed: bool = True) -> Graph:
    """The same function, bit by bit, for XNNPACK on WebAssembly.

    Args:
        graph: of a segment, float32, INT8 or mixed.
        packed: pack convolutions, too; a file that shall fit pictures of odd sides is not.
    """
    return without_prelu(packed_convolutions(graph, LANES) if packed else graph)
