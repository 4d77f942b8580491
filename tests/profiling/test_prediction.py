"""The additive model on profiles whose times are known, against a sum made another way."""

import itertools

import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.export import calibrate_picture_network
from vernier.bundles.shipped import shipped_bundles
from vernier.bundles.split_export import mixed_graph, place
from vernier.errors import UsageError
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
from vernier.units.cutting import cut
from vernier.units.segments import segment
from vernier.units.split import Split

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
    split = Split.of(units, processors)
    mixed = mixed_graph(graph, units, split, ranges)
    pieces = segment(mixed, place(mixed, units, split))
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
        writer = FLOAT if source in graph.inputs else split.processors[owner[source].name]
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
