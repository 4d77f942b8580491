"""The layer strip: a bundle's units in order, with what runs them and what is converted before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from vernier.bundles.bundle import Bundle
from vernier.graphs.graph import Operator


@dataclass(frozen=True)
class StripRow:
    """One unit of a bundle.

    Attributes:
        unit: its name.
        processor: what the split asks for.
        segment: the file that it is in.
        predicted_ms: what the plan predicted; None where nothing was profiled.
        conversions: `source -> target` of the tensors that change format for it to run, whether
            Vernier converts them or an operator of its segment does.
        converted_samples: how many samples those tensors have, at the segments' own size.
    """

    unit: str
    processor: str
    segment: str
    predicted_ms: float | None
    conversions: tuple[str, ...]
    converted_samples: int


def layer_strip(bundle: Bundle) -> list[StripRow]:
    """The strip of a split; empty for a network that runs whole on one processor.

    A tensor that several units need in another format is converted once, and told of at the first.
    """
    graph = bundle.graph
    converted = {
        op.output: op
        for op in graph.operators
        if op.kind in ("QUANTIZE", "DEQUANTIZE")
        and graph.types[op.inputs[0]].dtype != graph.types[op.output].dtype
    }
    operators = {op.output: op for op in graph.operators}
    rows = []
    told: set[str] = set()
    for unit in bundle.manifest.units:
        wanted = [
            name
            for output in unit.operators
            for read in operators[output].inputs
            for name in _behind(read, operators, converted)
            if name not in told
        ]
        told.update(wanted)
        rows.append(
            StripRow(
                unit=unit.name,
                processor=unit.processor,
                segment=unit.segment,
                predicted_ms=unit.predicted_ms,
                conversions=tuple(f"{converted[name].inputs[0]} -> {name}" for name in wanted),
                converted_samples=sum(prod(graph.types[name].shape) for name in wanted),
            )
        )
    return rows


def _behind(
    name: str, operators: Mapping[str, Operator], converted: Mapping[str, Operator]
) -> list[str]:
    """The conversion that a tensor comes from, directly or through a change of scale."""
    if name in converted:
        return [name]
    op = operators.get(name)
    return _behind(op.inputs[0], operators, converted) if op and op.kind == "QUANTIZE" else []
