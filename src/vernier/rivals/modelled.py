"""Processors that are not here: their times from a model, their pictures from LiteRT.

A phone's INT8 arithmetic is LiteRT's, so a picture that is computed here is the phone's; a time is
not, and comes from published times of whole networks by multiply-accumulates.
"""

from __future__ import annotations

from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import CONVOLUTIONS, Graph, Kind
from vernier.processor_id import ProcessorId
from vernier.profiling.modelled import (
    PIXEL_TO_FLOAT_NS,
    PIXEL_TO_INT8_NS,
    is_modelled,
    pixel_macs_per_ms,
)

PIXEL = "pixel-6-"
HELPER = "modelled:pixel-6-cpu:float32"
"""What muLayer and CoDL divide layers with beside a Pixel 6's GPU, as their papers do."""


def has_model_of_parts(processor: str) -> bool:
    """Whether parts of a network can be timed on a processor that is not here."""
    return is_modelled(processor) and ProcessorId.parse(processor).device.startswith(PIXEL)


def modelled_ms(processor: str, graph: Graph) -> float:
    """What a part would take, by its multiply-accumulates and its conversions.

    Args:
        processor: of a Pixel 6's.
        graph: of the part, at its size; its name begins with the network's.
    """
    device = ProcessorId.parse(processor).device.removeprefix(PIXEL)
    macs = sum(operator_macs(graph, op) for op in graph.operators)
    time_ms = macs / pixel_macs_per_ms(graph.name, device)
    for op in graph.operators:
        values = 1
        for side in graph.types[op.output].shape:
            values *= side
        dtypes = (graph.types[op.inputs[0]].dtype, graph.types[op.output].dtype)
        if op.kind is Kind.DEQUANTIZE:
            time_ms += values * PIXEL_TO_FLOAT_NS / 1e6
        elif op.kind is Kind.QUANTIZE and dtypes[0] == "float32":
            time_ms += values * PIXEL_TO_INT8_NS / 1e6
    return time_ms


def stand_in(processor: str, graph: Graph) -> str:
    """What computes a graph here for a processor: itself, or LiteRT for one that is not here."""
    if not is_modelled(processor):
        return processor
    heads = [op for op in graph.operators if op.kind in CONVOLUTIONS]
    integer = all(graph.types[op.output].dtype == "int8" for op in heads or graph.operators)
    return f"litert:cpu:{'int8' if integer else 'float32'}"


def split_stand_in(processor: str) -> str:
    """The same of a unit's processor."""
    if not is_modelled(processor):
        return processor
    return f"litert:cpu:{ProcessorId.parse(processor).model_precision}"
