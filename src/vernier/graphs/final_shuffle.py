"""The DEPTH_TO_SPACE that ends most SR networks, of which a larger graph around one takes hold."""

from __future__ import annotations

from vernier.graphs.graph import Graph, Kind, Operator


def final_shuffle(network: Graph, scale: int) -> Operator | None:
    """The last operator, if it only lays out `scale` x `scale` pixels that it reads as channels.

    Args:
        network: one output.
        scale: its whole factor.

    Returns:
        None where the network ends otherwise, or reads its own output.
    """
    last = network.operators[-1]
    lays_out = last.kind is Kind.DEPTH_TO_SPACE and last.whole("block") == scale
    is_the_end = last.output == network.outputs[0] and not network.consumers(last.output)
    return last if lays_out and is_the_end else None
