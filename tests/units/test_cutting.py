import functools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from vernier.errors import GraphError  # noqa: E402
from vernier.graphs.graph import CONVOLUTIONS  # noqa: E402
from vernier.networks.capture.module import capture  # noqa: E402
from vernier.networks.registry import NETWORKS, find_network  # noqa: E402
from vernier.units.cutting import Granularity, crossing_bytes, cut  # noqa: E402
from vernier.units.unit import Unit, check_partition  # noqa: E402

# The full EDSR only repeats the baseline's blocks; the Transformer has a test of its own.
NAMES = sorted(set(NETWORKS) - {"edsr", "swinir-light"})


def graph_of(name, scale=None):
    return captured(name, scale or find_network(name).scales[-1])


@functools.cache
def captured(name, scale):
    return capture(find_network(name).build(scale).eval(), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_convolution_begins_a_unit_and_owns_what_follows(name):
    graph = graph_of(name)
    units = cut(graph)
    kinds = {op.output: op.kind for op in graph.operators}
    convolutions = [op for op in graph.operators if op.kind in CONVOLUTIONS]
    assert len(units) == len(convolutions)
    for unit, convolution in zip(units, convolutions, strict=True):
        inside = [output for output in unit.operators if kinds[output] in CONVOLUTIONS]
        assert inside == [convolution.output]
    check_partition(graph, units)
    assert len({unit.name for unit in units}) == len(units)


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_a_coarser_partition(name):
    graph = graph_of(name)
    layers, blocks = cut(graph), cut(graph, Granularity.BLOCK)
    check_partition(graph, blocks)
    assert len(blocks) <= len(layers)
    borders = set(np.cumsum([len(unit.operators) for unit in layers]))
    assert borders.issuperset(np.cumsum([len(unit.operators) for unit in blocks]))


def test_residual_blocks_are_found_without_naming_them():
    blocks = cut(graph_of("edsr-baseline", 2), Granularity.BLOCK)
    inner = [unit for unit in blocks if unit.name.startswith("body.") and ".." not in unit.name]
    assert len(inner) == 14, "the first and the last are joined with head and tail"
    for unit in inner:
        number = unit.name.split(".")[1]
        assert [output.split(".")[1] for output in unit.operators] == [number] * 3


def test_rrdbnet_is_cut_between_its_blocks():
    graph = graph_of("rrdbnet", 4)
    assert len(cut(graph)) == 351
    blocks = cut(graph, Granularity.BLOCK)
    assert len(blocks) <= 32
    whole = [unit for unit in blocks if unit.name in {f"body.{n}" for n in range(1, 22)}]
    assert len(whole) == 21
    for unit in whole:
        assert {output.rsplit(".body.")[0].split(".")[1] for output in unit.operators} == {
            unit.name.split(".")[1]
        }


def test_the_offset_of_the_input_goes_with_its_reader():
    units = cut(graph_of("sesr-m3", 2))
    assert units[0].operators[0] == "sub"
    assert [len(unit.operators) for unit in units] == [2, 2, 2, 3, 3]


def test_crossing_bytes_count_skips():
    graph = graph_of("sesr-m3", 2)
    pixels = 4 * 48 * 64
    # The input skip, then the feature skip beside the current features.
    assert crossing_bytes(graph, cut(graph)) == [
        pixels * 17,
        pixels * 33,
        pixels * 33,
        pixels * 17,
    ]


def test_a_partition_that_cannot_run_is_refused():
    graph = graph_of("sesr-m3", 2)
    first, *middle, last = cut(graph)
    with pytest.raises(GraphError, match="cannot run in this order"):
        check_partition(graph, [last, *middle, first])
    with pytest.raises(GraphError, match="is in no unit"):
        check_partition(graph, [first, *middle])
    with pytest.raises(GraphError, match="is in 'first' and in 'again'"):
        check_partition(graph, [first, Unit("again", first.operators), *middle, last])
    # A residual's two ends with its middle left out: a path leaves it and comes back.
    ends = Unit("ends", (*first.operators, *last.operators))
    with pytest.raises(GraphError, match="cannot run in this order"):
        check_partition(graph, [ends, *middle])
    with pytest.raises(GraphError, match="no operator computes 'nothing'"):
        check_partition(graph, [*cut(graph), Unit("more", ("nothing",))])
