"""Bundles of several segments: what they hold, and what is refused."""

import json

import msgspec
import numpy as np
import pytest

from vernier.bundles.bundle import in_memory, open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.bundles.strip import layer_strip
from vernier.errors import BundleError
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
NETWORK = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
UNITS = cut(NETWORK)
PROCESSORS = [FLOAT, INT8, INT8, FLOAT, FLOAT, INT8, FLOAT]
NOISE = np.random.default_rng(0).random((1, 24, 32, 1), np.float32)


def exported(form=Form.SEGMENTS, processors=PROCESSORS):
    ranges = calibrate_picture_network(NETWORK, [NOISE])
    facts = network_facts(NETWORK, "sesr-m5", 2)
    times = {unit.name: number / 10 for number, unit in enumerate(UNITS)}
    return export_split(NETWORK, facts, UNITS, processors, ranges, form=form, predicted_ms=times)


@pytest.fixture
def folder(tmp_path):
    made = exported()
    write_bundle(tmp_path / "split", made.manifest, made.models)
    return tmp_path / "split"


def edit_manifest(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("form", Form)
def test_the_whole_graph_comes_back(form):
    bundle = in_memory(*(lambda e: (e.manifest, e.models))(exported(form)))
    assert bundle.manifest.form == form
    outputs = {op.output for op in NETWORK.operators}
    assert outputs <= {op.output for op in bundle.graph.operators}
    assert bundle.graph.inputs == NETWORK.inputs
    assert bundle.graph.outputs == NETWORK.outputs
    dtypes = {output: bundle.graph.types[output].dtype for output in outputs}
    for unit, processor in zip(UNITS, PROCESSORS, strict=True):
        assert {dtypes[output] for output in unit.operators} == {processor.rpartition(":")[2]}
    assert bundle.pinned


def test_an_int8_segment_holds_nothing_in_float():
    bundle = in_memory(*(lambda e: (e.manifest, e.models))(exported()))
    for segment in bundle.segments:
        dtypes = {segment.graph.types[name].dtype for name in segment.graph.activations()}
        assert dtypes == {segment.entry.processor.rpartition(":")[2]}
    kinds = {op.kind for segment in bundle.segments for op in segment.graph.operators}
    assert not kinds & {Kind.QUANTIZE, Kind.DEQUANTIZE}


def test_the_forms_differ_in_files_only():
    graphs = [in_memory(e.manifest, e.models) for e in map(exported, Form)]
    assert [len(bundle.segments) for bundle in graphs] == [5, 5, 1]
    assert [bool(bundle.manifest.conversions) for bundle in graphs] == [True, False, False]
    given = {NETWORK.inputs[0]: NOISE}
    results = [run_integer(bundle.graph, given)[NETWORK.outputs[0]] for bundle in graphs]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_all_float_is_one_segment_that_computes_the_network():
    made = exported(processors=[FLOAT] * len(UNITS))
    bundle = in_memory(made.manifest, made.models)
    assert len(bundle.segments) == 1
    given = {NETWORK.inputs[0]: NOISE}
    np.testing.assert_array_equal(
        run(bundle.graph, given)[NETWORK.outputs[0]], run(NETWORK, given)[NETWORK.outputs[0]]
    )


def test_blocks_can_be_placed_too():
    blocks = cut(NETWORK, Granularity.BLOCK)
    split = [FLOAT, *[INT8] * (len(blocks) - 2), FLOAT]
    ranges = calibrate_picture_network(NETWORK, [NOISE])
    facts = network_facts(NETWORK, "sesr-m5", 2)
    made = export_split(NETWORK, facts, blocks, split, ranges)
    assert len(in_memory(made.manifest, made.models).segments) == 3


@pytest.mark.parametrize("form", Form)
def test_the_strip_tells_each_conversion_once(form):
    made = exported(form)
    bundle = in_memory(made.manifest, made.models)
    rows = layer_strip(bundle)
    assert [row.processor for row in rows] == PROCESSORS
    assert [row.predicted_ms for row in rows] == [n / 10 for n in range(len(UNITS))]
    told = [entry for row in rows for entry in row.conversions]
    mixed = [op for op in bundle.graph.operators if op.kind in (Kind.QUANTIZE, Kind.DEQUANTIZE)]
    assert sorted(told) == sorted(f"{op.inputs[0]} -> {op.output}" for op in mixed)
    assert rows[0].conversions == ()
    assert len(rows[1].conversions) == 1


def test_a_bundle_of_the_first_format_is_still_read(tmp_path):
    path = tmp_path / "old"
    made = exported(processors=[FLOAT] * len(UNITS))
    write_bundle(path, made.manifest, made.models)

    def age(manifest):
        manifest["format"] = 1
        for field in ("input", "output", "units", "conversions"):
            del manifest[field]

    edit_manifest(path, age)
    assert open_bundle(path).graph.outputs == NETWORK.outputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["conversions"].pop(0), "which nothing before it computes"),
        (lambda m: m["conversions"][0].update(source="nowhere"), "which nothing before it"),
        (
            lambda m: m["conversions"].append({"source": "nowhere", "target": "x"}),
            "nothing computes 'nowhere', which is to be converted",
        ),
        (
            lambda m: m["conversions"].append({"source": m["input"], "target": "unread"}),
            "no segment computes or reads it",
        ),
        (lambda m: m["conversions"].append(m["conversions"][0]), "computed twice"),
        (lambda m: m["segments"].reverse(), "which nothing before it computes"),
        (lambda m: m["segments"].pop(1), "is in '2-litert-cpu-int8.tflite', which is no segment"),
        (lambda m: m.update(output="nowhere"), "'nowhere' is never computed"),
        (lambda m: m.update(input="nowhere"), "which nothing before it computes"),
        (lambda m: m["units"][0].update(segment="9.tflite"), "which is no segment"),
        (lambda m: m["units"][0].update(operators=["nowhere"]), "which no segment computes"),
        (lambda m: m["units"][0].update(predicted_ms="fast"), "predicted_ms"),
        (lambda m: m["units"][0].update(surprise=1), "surprise"),
        (lambda m: m["segments"][0].update(sha256="0" * 64), "not what was exported"),
    ],
)
def test_segments_that_do_not_fit_are_refused_with_the_reason(folder, change, message):
    edit_manifest(folder, change)
    with pytest.raises(BundleError, match=message):
        open_bundle(folder)


def test_a_segment_of_another_export_is_refused():
    """Its hash may be written into the manifest: its scales still are not its neighbour's."""
    split = ["litert:cpu:int8"] * 3 + ["openvino:cpu:int8"] * 4
    facts = network_facts(NETWORK, "sesr-m5", 2)
    one, other = (
        export_split(
            NETWORK, facts, UNITS, split, calibrate_picture_network(NETWORK, [NOISE * gain])
        )
        for gain in (1.0, 0.5)
    )
    foreign, *_ = other.manifest.segments
    _, *own = one.manifest.segments
    models = {**one.models, foreign.file: other.models[foreign.file]}
    mixed = msgspec.structs.replace(one.manifest, segments=(foreign, *own))
    with pytest.raises(BundleError, match="or scale in the next"):
        in_memory(mixed, models)
