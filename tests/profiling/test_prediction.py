"""The additive model on profiles whose times are known, against a sum made another way."""

import itertools

import msgspec
import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError
from vernier.export.splits import mixed_graph, place
from vernier.graphs.graph import Kind
from vernier.graphs.shapes import resized
from vernier.processors.machine import describe_machine
from vernier.profiling.layer_times import main_input
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import (
    FORMAT,
    Border,
    Crossing,
    Profile,
    Settings,
    Switch,
    Time,
    UnitTimes,
)
from vernier.profiling.sandwiches import unit_graph
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import cut
from vernier.units.segments import segment
from vernier.units.split import Form

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
NAMES = (FLOAT, INT8)


def exactly(ms):
    return Time(float(ms), float(ms), float(ms))


def network():
    graph = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
    return resized(graph, 24, 32)


GRAPH = network()
UNITS = cut(GRAPH)


def profile_of(graph, units, rng):
    """Random times in whole microseconds, so that sums can be compared exactly."""

    def time():
        return exactly(rng.integers(1, 1000) / 1000)

    place_of = {output: n for n, unit in enumerate(units) for output in unit.operators}
    rows, shapes = [], {}
    for unit in units:
        alone = unit_graph(graph, unit)
        main = main_input(graph, unit)
        reads = [main, *(name for name in alone.inputs if name != main)]

        def crossing(name):
            shape = tuple(graph.types[name].shape)
            shapes[shape] = None
            return Crossing(name, shape, place_of.get(name, -1))

        rows.append(
            UnitTimes(
                name=unit.name,
                operators=unit.operators,
                kind="",
                macs=1,
                reads=tuple(map(crossing, reads)),
                writes=tuple(map(crossing, alone.outputs)),
                times={name: time() for name in NAMES},
                outside={name: {read: time() for read in reads[1:]} for name in NAMES},
            )
        )
    return Profile(
        format=FORMAT,
        network="sesr-m5",
        scale=2,
        height=24,
        width=32,
        granularity="layer",
        processors=NAMES,
        made_by="test",
        date="2026-01-01",
        machine=describe_machine(),
        settings=Settings(1, 1, (), "none"),
        units=tuple(rows),
        borders=tuple(Border(name, shape, time()) for shape in shapes for name in NAMES),
        switches=tuple(
            Switch(a, b, shape, time(), time())
            for shape in shapes
            for a, b in itertools.permutations(NAMES)
        ),
    )


def by_hand(profile, graph, units, processors, ranges):
    """The same sum from the exported pieces: what is really in each file, and what is converted."""
    mixed = mixed_graph(graph, units, processors, ranges)
    pieces = segment(mixed, place(mixed, units, processors))
    times = {unit.name: unit for unit in profile.units}
    owner = {output: unit for unit in units for output in unit.operators}
    borders = {(b.processor, b.shape): b.time.ms for b in profile.borders}
    switches = {(s.source, s.target, s.shape): s for s in profile.switches}
    converted = {op.output: op.inputs[0] for op in pieces.conversions}
    total = 0.0
    for run in pieces.runs:
        inside = {op.output for op in run.graph.operators}
        outside = {converted.get(name, name) for name in run.graph.inputs}
        entered = set()
        for unit in units:
            if unit.operators[0] not in inside:
                continue
            row = times[unit.name]
            total += row.times[run.processor].ms
            for place_, read in enumerate(row.reads):
                if read.tensor not in outside:
                    continue
                if place_ == 0:
                    if read.tensor not in entered:
                        total += borders[run.processor, read.shape]
                    entered.add(read.tensor)
                else:
                    entered.add(read.tensor)
                    total += row.outside[run.processor][read.tensor].ms
                    total -= row.times[run.processor].ms
        for name in run.graph.outputs:
            total += borders[run.processor, tuple(graph.types[name].shape)]
    for op in pieces.conversions:
        source = op.inputs[0]
        # The picture comes in float where a float unit reads it as well.
        writer = FLOAT if source in graph.inputs else processors[units.index(owner[source])]
        target = next(name for name in NAMES if name != writer)
        switch = switches[writer, target, tuple(graph.types[source].shape)]
        total += switch.conversion.ms + switch.hand_over.ms
    return total


@pytest.fixture(scope="module")
def ranges():
    noise = np.random.default_rng(0).random((1, 24, 32, 1), np.float32)
    return calibrate_picture_network(GRAPH, [noise])


def test_all_splits_are_the_sum_of_their_exported_parts(ranges):
    profile = profile_of(GRAPH, UNITS, np.random.default_rng(3))
    predictor = Predictor(profile)
    for bits in itertools.product((0, 1), repeat=len(UNITS)):
        processors = [NAMES[bit] for bit in bits]
        wanted = by_hand(profile, GRAPH, UNITS, processors, ranges)
        assert predictor.predict(processors).total_ms == pytest.approx(wanted, abs=1e-9), bits


def test_what_was_not_profiled_is_said():
    predictor = Predictor(profile_of(GRAPH, UNITS, np.random.default_rng(3)))
    with pytest.raises(UsageError, match="no times of 'first' on openvino:cpu:int8"):
        predictor.predict(["openvino:cpu:int8"] * len(UNITS))


def fusable(inside_ms=0.01):
    """The random profile with changes inside a file that cost so much."""
    profile = profile_of(GRAPH, UNITS, np.random.default_rng(3))
    switches = [
        msgspec.structs.replace(switch, inside=exactly(inside_ms)) for switch in profile.switches
    ]
    return msgspec.structs.replace(profile, switches=tuple(switches))


def test_one_file_costs_its_units_its_ends_and_its_changes(ranges):
    """Counted from the exported file: its changes of format are what stands in it."""
    profile = fusable()
    predictor = Predictor(profile)
    borders = {(b.processor, b.shape): b.time.ms for b in profile.borders}
    rng = np.random.default_rng(0)
    for _ in range(40):
        processors = [NAMES[bit] for bit in rng.integers(0, 2, len(UNITS))]
        if len(set(processors)) == 1:
            continue
        mixed = mixed_graph(GRAPH, UNITS, processors, ranges)
        pieces = segment(mixed, place(mixed, UNITS, processors, Form.FUSED))
        assert len(pieces.runs) == 1
        kinds = (Kind.QUANTIZE, Kind.DEQUANTIZE)
        types = mixed.types
        changes = [
            op
            for op in pieces.runs[0].graph.operators
            if op.kind in kinds and types[op.inputs[0]].dtype != types[op.output].dtype
        ]
        rows = zip(profile.units, processors, strict=True)
        wanted = sum(row.times[name].ms for row, name in rows) + 0.01 * len(changes)
        # A skip from the picture comes from outside the file, whatever its form.
        for row, name in zip(profile.units, processors, strict=True):
            for read in row.reads[1:]:
                if read.unit < 0:
                    wanted += row.outside[name][read.tensor].ms - row.times[name].ms
        first, last = profile.units[0].reads[0], profile.units[-1].writes[0]
        wanted += borders[processors[0], first.shape] + borders[processors[-1], last.shape]
        found = predictor.predict(processors, Form.FUSED)
        assert found.form is Form.FUSED
        assert found.total_ms == pytest.approx(wanted, abs=0.0101), processors


def test_the_faster_form_is_predicted():
    for inside_ms, form in ((0.0, Form.FUSED), (100.0, Form.SEGMENTS)):
        predictor = Predictor(fusable(inside_ms))
        processors = [NAMES[unit % 2] for unit in range(len(UNITS))]
        both = predictor.forms(processors)
        assert set(both) == {Form.SEGMENTS, Form.FUSED}
        assert predictor.predict(processors).form is form
        assert predictor.predict(processors) == both[form]


def test_what_was_not_profiled_inside_a_file_is_not_predicted_as_one():
    predictor = Predictor(profile_of(GRAPH, UNITS, np.random.default_rng(3)))
    assert set(predictor.forms([NAMES[unit % 2] for unit in range(len(UNITS))])) == {Form.SEGMENTS}
    # One processor is one file already.
    assert set(Predictor(fusable()).forms([INT8] * len(UNITS))) == {Form.SEGMENTS}


def test_two_engines_of_both_precisions_are_predicted_as_two_files():
    """Between two files a change costs a switch, also where each of them is of both precisions."""
    other = {FLOAT: "openvino:cpu:float32", INT8: "openvino:cpu:int8"}
    one = fusable(0.0)
    names = (*NAMES, *other.values())
    plain = dict(zip(names, (*NAMES, *NAMES), strict=True))

    def inside(one, other):
        return exactly(0.0) if one.split(":")[0] == other.split(":")[0] else None

    profile = msgspec.structs.replace(
        one,
        processors=names,
        units=tuple(
            msgspec.structs.replace(
                unit,
                times={name: unit.times[plain[name]] for name in names},
                outside={name: unit.outside[plain[name]] for name in names},
            )
            for unit in one.units
        ),
        borders=tuple(
            Border(name, b.shape, exactly(1.0))
            for b in one.borders
            for name in names
            if plain[name] == b.processor
        ),
        switches=tuple(
            Switch(a, b, shape, exactly(10.0), exactly(0.0), inside(a, b))
            for shape in {s.shape for s in one.switches}
            for a, b in itertools.permutations(names, 2)
        ),
    )
    predictor = Predictor(profile)
    rng = np.random.default_rng(1)
    for _ in range(60):
        processors = [names[n] for n in rng.integers(0, 4, len(UNITS))]
        for found in predictor.forms(processors).values():
            assert found.total_ms == pytest.approx(found.summed_ms)
    halves = [NAMES[unit % 2] for unit in range(3)]
    halves += [other[NAMES[unit % 2]] for unit in range(3, len(UNITS))]
    both = predictor.forms(halves)
    assert both[Form.FUSED].borders_ms < both[Form.SEGMENTS].borders_ms
