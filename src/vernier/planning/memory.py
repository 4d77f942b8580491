"""What a unit's weights take on each processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vernier.graphs.graph import Graph
from vernier.processor_id import precision_of
from vernier.units.cutting import Granularity, cut

BYTES = {"int8": 1, "float16": 2, "bfloat16": 2}


def weights_by_processor(
    graph: Graph, granularity: Granularity, processors: Sequence[str]
) -> tuple[Mapping[str, int], ...]:
    """Bytes of each unit's constants: 1 per weight in INT8, 2 in 16 bits, 4 otherwise.

    Biases, 4 bytes in INT8 too, are counted like weights; they are a hundredth of them.
    """
    found = []
    for unit in cut(graph, granularity):
        names = {
            name
            for op in graph.operators
            if op.output in unit.operators
            for name in op.inputs
            if name in graph.constants
        }
        count = sum(graph.constants[name].size for name in names)
        found.append({p: count * BYTES.get(precision_of(p), 4) for p in processors})
    return tuple(found)
