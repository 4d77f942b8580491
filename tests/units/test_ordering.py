"""Units are put into runs as their operators are put into segments."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_segments import dag

from vernier.profiling.sandwiches import unit_graph
from vernier.units.cutting import cut
from vernier.units.ordering import runs_of
from vernier.units.segments import segment
from vernier.units.split import of_operators

NAMES = ("litert:cpu:float32", "litert:cpu:int8")


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_units_run_in_the_segments_that_operators_do(seed, count):
    rng = np.random.default_rng(seed)
    graph = dag(rng, count)
    units = cut(graph)
    processors = [NAMES[rng.integers(2)] for _ in units]
    place_of = {output: n for n, unit in enumerate(units) for output in unit.operators}
    reads = [
        [place_of[name] for name in unit_graph(graph, unit).inputs if name in place_of]
        for unit in units
    ]
    runs = runs_of(reads, processors)
    assert sorted(unit for run in runs for unit in run) == list(range(len(units)))
    done = set()
    for run in runs:
        assert len({processors[unit] for unit in run}) == 1
        for unit in run:
            assert done.issuperset(reads[unit])
            done.add(unit)
    placed = of_operators(processors, units)
    # Operators may be torn out of their units where that saves a run; never the other way.
    assert len(segment(graph, placed).runs) <= len(runs)
