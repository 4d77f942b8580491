import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.reader import read
from vernier.graphs.reference import run
from vernier.profiling.activations import activations_of
from vernier.profiling.contenders import Bench, model_of
from vernier.profiling.layer_times import main_input, unit_kind
from vernier.profiling.sandwiches import chain, sandwich, unit_graph
from vernier.quantization.arithmetic.graph import run_integer
from vernier.units.cutting import cut

GRAPH = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
UNITS = cut(GRAPH)
ACTIVATIONS = activations_of(GRAPH)


def given(graph, rng):
    return {
        name: rng.normal(size=graph.types[name].shape).astype(np.float32) for name in graph.inputs
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_sandwich_computes_its_unit(unit):
    """Dummies give back what they get, so a unit meets in it what it meets in the network."""
    alone = unit_graph(GRAPH, unit)
    inputs = given(alone, np.random.default_rng(0))
    wanted = run(alone, inputs)
    for outside in ((), *((name,) for name in alone.inputs)):
        made = sandwich(GRAPH, unit, outside)
        found = run(made, inputs)
        for name, value in zip(alone.outputs, found.values(), strict=True):
            np.testing.assert_array_equal(value, wanted[name])
        dummies = len(made.operators) - len(alone.operators)
        assert dummies == len(alone.inputs) - len(outside) + len(alone.outputs)


def test_a_chain_gives_back_what_it_gets():
    made = chain((1, 5, 6, 4), 3, "x")
    inputs = given(made, np.random.default_rng(0))
    (found,) = run(made, inputs).values()
    np.testing.assert_array_equal(found, inputs["x"])
    assert len(made.operators) == 3


def test_in_int8_a_dummy_copies_codes():
    bench = Bench(lambda *_: None, ACTIVATIONS)
    name = GRAPH.operators[1].output
    small = chain(GRAPH.types[name].shape, 2, name)
    made = read(model_of(small, "litert:cpu:int8", bench.ranges))
    codes = np.random.default_rng(0).integers(-128, 128, made.types[name].shape).astype(np.int8)
    (found,) = run_integer(made, {name: codes}).values()
    np.testing.assert_array_equal(found, codes)


def test_units_of_one_kind_share_it_and_others_do_not():
    kinds = [unit_kind(GRAPH, unit) for unit in UNITS]
    assert kinds[1] == kinds[2] == kinds[3] == kinds[4]
    assert len(set(kinds)) == 4


def test_the_main_input_is_what_the_convolution_reads():
    mains = [main_input(GRAPH, unit) for unit in UNITS]
    assert mains[0] == GRAPH.inputs[0]
    assert mains[-1] != GRAPH.inputs[0]
    for before, after, unit in zip(UNITS, UNITS[1:], mains[1:], strict=False):
        assert unit in before.operators, after.name


def test_activations_are_mirrored_to_any_size():
    buffer = np.zeros((1, 400, 500, 1), np.float32)
    name = GRAPH.inputs[0]
    ACTIVATIONS.fill(name, buffer, None)
    values = ACTIVATIONS.values[name]
    height, width = values.shape[1:3]
    np.testing.assert_array_equal(buffer[:, :height, :width], values)
    np.testing.assert_array_equal(buffer[:, height : 2 * height, :width], values[:, ::-1])
    assert 0 <= buffer.min() < buffer.max() <= 1
