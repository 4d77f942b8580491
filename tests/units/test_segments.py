"""Segments run one after the other give what the whole graph gives, whatever the placement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed import infer_types

from vernier.errors import GraphError, UsageError
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.reference import run
from vernier.units.cutting import cut
from vernier.units.segments import segment
from vernier.units.split import SplitFile, format_split, of_operators, parse_split
from vernier.units.unit import Unit

PROCESSORS = ("a:cpu:float32", "b:cpu:float32", "c:gpu:float32")


def dag(rng, operators):
    """Convolutions and sums over whatever was computed before."""
    types = {"x": TensorType((1, 5, 6, 3))}
    constants, made = {}, []
    for number in range(operators):
        known = ["x", *(op.output for op in made)]
        picks = [known[int(i)] for i in rng.integers(len(known), size=2)]
        output = f"t{number}"
        if rng.random() < 0.5:
            names = (f"{output}/weights", f"{output}/bias")
            constants[names[0]] = rng.normal(size=(3, 3, 3, 3)).astype(np.float32) * 0.2
            constants[names[1]] = rng.normal(size=3).astype(np.float32)
            made.append(Operator(Kind.CONV_2D, (picks[0], *names), output))
        else:
            made.append(Operator(Kind.ADD, tuple(picks), output))
    read = {name for op in made for name in op.inputs}
    outputs = tuple(op.output for op in made if op.output not in read)
    types = infer_types(types, made, constants)
    return Graph("dag", ("x",), outputs, tuple(made), constants, types)


def run_pieces(pieces, picture):
    held = {"x": picture}
    for piece in pieces.runs:
        held |= run(piece.graph, {name: held[name] for name in piece.graph.inputs})
    return held


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 14), st.integers(1, 3))
def test_any_placement_of_any_graph_gives_the_whole(seed, operators, processors):
    rng = np.random.default_rng(seed)
    graph = dag(rng, operators)
    placed = {op.output: PROCESSORS[rng.integers(processors)] for op in graph.operators}
    pieces = segment(graph, placed)
    for piece in pieces.runs:
        assert {placed[op.output] for op in piece.graph.operators} == {piece.processor}
    assert sum(len(piece.graph.operators) for piece in pieces.runs) == operators
    for before, after in zip(pieces.runs, pieces.runs[1:], strict=False):
        assert before.processor != after.processor, "a run is maximal"
    picture = rng.normal(size=(1, 5, 6, 3)).astype(np.float32)
    held = run_pieces(pieces, picture)
    for name, value in run(graph, {"x": picture}).items():
        np.testing.assert_array_equal(held[name], value)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_two_processors_get_the_fewest_runs(seed, operators):
    """Against every order of the operators in which they can run."""
    rng = np.random.default_rng(seed)
    graph = dag(rng, operators)
    placed = {op.output: PROCESSORS[rng.integers(2)] for op in graph.operators}

    def fewest(known, waiting, current):
        if not waiting:
            return 0
        options = [op for op in waiting if known.issuperset(op.inputs)]
        return min(
            (placed[op.output] != current)
            + best(known | {op.output}, tuple(o for o in waiting if o is not op), placed[op.output])
            for op in options
        )

    memory = {}

    def best(known, waiting, current):
        key = (frozenset(op.output for op in waiting), current)
        if key not in memory:
            memory[key] = fewest(known, waiting, current)
        return memory[key]

    start = frozenset({*graph.inputs, *graph.constants})
    assert len(segment(graph, placed).runs) == best(start, graph.operators, None)


def test_a_branch_does_not_break_a_run():
    types = {"x": TensorType((1, 4, 4, 1))}
    operators = (
        Operator(Kind.RELU, ("x",), "left"),
        Operator(Kind.TANH, ("x",), "right"),
        Operator(Kind.RELU, ("left",), "left_2"),
        Operator(Kind.ADD, ("left_2", "right"), "sum"),
    )
    graph = Graph("branch", ("x",), ("sum",), operators, {}, infer_types(types, operators, {}))
    a, b = PROCESSORS[:2]
    pieces = segment(graph, {"left": a, "right": b, "left_2": a, "sum": b})
    assert [piece.processor for piece in pieces.runs] == [a, b]
    assert pieces.runs[1].graph.inputs == ("x", "left_2")


def test_a_conversion_waits_for_the_end_of_the_run_that_computes_its_source():
    """Even where its reader is on the same processor: between the two the run has to stop."""
    codes = Quantization(np.array([0.1], np.float32), np.array([0], np.int32))
    types = {
        "x": TensorType((1, 4, 4, 1)),
        "a": TensorType((1, 4, 4, 1)),
        "b": TensorType((1, 4, 4, 1), "int8", codes),
        "c": TensorType((1, 4, 4, 1)),
        "d": TensorType((1, 4, 4, 1)),
    }
    operators = (
        Operator(Kind.RELU, ("x",), "a"),
        Operator(Kind.QUANTIZE, ("a",), "b"),
        Operator(Kind.DEQUANTIZE, ("b",), "c"),
        Operator(Kind.RELU, ("c",), "d"),
    )
    graph = Graph("there and back", ("x",), ("d",), operators, {}, types)
    pieces = segment(graph, {"a": PROCESSORS[0], "d": PROCESSORS[0]})
    assert [piece.graph.outputs for piece in pieces.runs] == [("a",), ("d",)]
    assert [op.output for op in pieces.conversions] == ["b", "c"]
    # With a processor they are operators like others, and one run holds all.
    assert len(segment(graph, dict.fromkeys("abcd", PROCESSORS[0])).runs) == 1


def test_what_has_no_processor_is_refused():
    graph = dag(np.random.default_rng(1), 3)
    with pytest.raises(GraphError, match="has no processor"):
        segment(graph, {"t0": PROCESSORS[0]})


def test_a_split_survives_its_file():
    units = [Unit("first", ("a",)), Unit("second", ("b",))]
    split = ("litert:cpu:int8", "litert:cpu:float32")
    found = parse_split(format_split(split, units, "layer"), "split.json")
    assert (found.split, found.of(units), found.granularity) == (split, split, "layer")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "not a split"),
        (b"\xff", "not a split"),
        (b'{"format": 9, "granularity": "layer", "units": []}', "reads up to 1"),
        (b'{"format": 1, "granularity": "layer", "units": [{"unit": "a"}]}', "processor"),
        (
            b'{"format": 1, "granularity": "layer", "units": ['
            b'{"unit": "a", "processor": "x:y:int8"}, {"unit": "a", "processor": "x:y:int8"}]}',
            "placed twice",
        ),
    ],
)
def test_a_wrong_split_is_refused_with_the_reason(text, message):
    with pytest.raises(UsageError, match=message):
        parse_split(text, "split.json")


def test_a_split_of_other_units_is_refused():
    units = cut(dag(np.random.default_rng(2), 6))
    other = SplitFile(("a:cpu:int8",), ("elsewhere",), "layer")
    with pytest.raises(UsageError, match="cut the network with the same granularity"):
        other.of(units)
    with pytest.raises(UsageError, match="cut the network with the same granularity"):
        of_operators(other.split, units)
