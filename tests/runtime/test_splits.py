"""Splits on real engines: every form gives what the simulation says, tiled or not."""

import itertools

import numpy as np
import pytest
from PIL import Image

from vernier.bundles.bundle import in_memory, open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import ProcessorError, UsageError
from vernier.export.splits import export_split, mixed_graph, place
from vernier.export.whole import network_facts
from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.processors.discovery import find_processor
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.ranges import calibrate_picture_network
from vernier.quantization.scales import decode, encode
from vernier.runtime.loading import load_network, placed
from vernier.runtime.pictures import Upscaler
from vernier.units.cutting import cut
from vernier.units.split import Form

HEIGHT, WIDTH = 40, 56
FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
NETWORK = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
FACTS = network_facts(NETWORK, "sesr-m5", 2)
UNITS = cut(NETWORK)


@pytest.fixture(scope="module")
def plane(request):
    """Luma of a part of the demo's photo, float32 in [0, 1]."""
    photo = Image.open(request.config.rootpath / "demo" / "chelsea.png").convert("L")
    return np.asarray(photo, np.float32)[None, 60 : 60 + HEIGHT, 100 : 100 + WIDTH, None] / 255


@pytest.fixture(scope="module")
def ranges(plane):
    return calibrate_picture_network(NETWORK, [plane])


def bundle_of(processors, ranges, form=Form.SEGMENTS):
    exported = export_split(NETWORK, FACTS, UNITS, processors, ranges, form=form)
    return in_memory(exported.manifest, exported.models)


def reals(values, graph, name):
    found = graph.types[name].quantization
    return values if found is None else decode(values, found)


def both(bundle, plane):
    """What the engines give, and what the simulation says, as reals."""
    graph = bundle.graph
    entry, end = graph.inputs[0], graph.outputs[0]
    codes = graph.types[entry].quantization
    given = plane if codes is None else encode(plane, codes)
    chain = load_network(bundle, HEIGHT, WIDTH, placed(find_processor, 1, allow_fallback=False))
    chain.input_buffer()[...] = given
    found = chain.run().copy()
    again = chain.run().copy()
    np.testing.assert_array_equal(found, again)
    chain.close()
    simulated = run_integer(resized(graph, HEIGHT, WIDTH), {entry: given})[end]
    return reals(found, graph, end), reals(simulated, graph, end)


def psnr_db(a, b):
    return -10 * np.log10(np.mean((np.asarray(a, np.float64) - b) ** 2) + 1e-12)


@pytest.mark.parametrize("bits", list(itertools.product((0, 1), repeat=3)))
@pytest.mark.parametrize("form", Form)
def test_splits_of_three_parts_are_what_was_simulated(bits, form, plane, ranges):
    """All ways to place head, middle and tail; the benchmark runs all 128 splits of all units."""
    head, middle, tail = bits
    parts = [head] * 2 + [middle] * 3 + [tail] * 2
    bundle = bundle_of([INT8 if part else FLOAT for part in parts], ranges, form)
    found, simulated = both(bundle, plane)
    assert psnr_db(found, simulated) > 70


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("first", [0, 1])
def test_a_switch_at_every_unit(form, first, plane, ranges):
    processors = [INT8 if (number + first) % 2 else FLOAT for number in range(len(UNITS))]
    bundle = bundle_of(processors, ranges, form)
    if form is not Form.FUSED:
        assert len(bundle.segments) == len(UNITS)
    found, simulated = both(bundle, plane)
    assert psnr_db(found, simulated) > 70


def test_all_float_is_the_network_itself(plane, ranges):
    found, _ = both(bundle_of([FLOAT] * len(UNITS), ranges), plane)
    exact = run(NETWORK, {NETWORK.inputs[0]: plane})[NETWORK.outputs[0]]
    np.testing.assert_allclose(found, exact, atol=1e-5)


def test_two_engines_in_one_split(plane, ranges):
    processors = ["openvino:cpu:float32", *["litert:cpu:int8"] * 5, "litert:cpu:float32"]
    bundle = bundle_of(processors, ranges)
    assert [s.entry.processor for s in bundle.segments] == list(dict.fromkeys(processors))
    found, simulated = both(bundle, plane)
    assert psnr_db(found, simulated) > 70


def test_int8_on_two_engines_passes_codes_on(plane, ranges):
    processors = ["litert:cpu:int8"] * 4 + ["openvino:cpu:int8"] * 3
    bundle = bundle_of(processors, ranges)
    assert not bundle.manifest.conversions
    found, simulated = both(bundle, plane)
    assert psnr_db(found, simulated) > 50


def test_a_tensor_is_converted_once_for_all_its_readers(ranges):
    # The first unit's features cross to the second unit and, as the long skip, to the last.
    processors = [FLOAT, INT8, FLOAT, FLOAT, FLOAT, INT8, FLOAT]
    manifest = bundle_of(processors, ranges).manifest
    sources = [entry.source for entry in manifest.conversions]
    assert len(sources) == len(set(sources))
    mixed = mixed_graph(NETWORK, UNITS, processors, ranges)
    assert sum(op.kind in ("QUANTIZE", "DEQUANTIZE") for op in mixed.operators) == len(sources)


def test_what_runs_is_what_the_units_ask_for(plane, ranges):
    processors = [FLOAT, INT8, INT8, FLOAT, INT8, INT8, FLOAT]
    for form in Form:
        bundle = bundle_of(processors, ranges, form)
        chain = load_network(bundle, HEIGHT, WIDTH, placed(find_processor, 1, False))
        actual = {op.name: op.precision for part in chain.placements for op in part.operators}
        chain.close()
        for unit in bundle.manifest.units:
            for output in unit.operators:
                assert actual[output] == unit.processor.rpartition(":")[2], (form, output)


@pytest.mark.parametrize("form", Form)
def test_a_split_enlarges_pictures_tiled_or_not(form, ranges, tmp_path, request):
    processors = [FLOAT, INT8, INT8, INT8, INT8, INT8, FLOAT]
    exported = export_split(NETWORK, FACTS, UNITS, processors, ranges, form=form)
    write_bundle(tmp_path / "split.zip", exported.manifest, exported.models)
    photo = np.asarray(Image.open(request.config.rootpath / "demo" / "chelsea.png"))[80:161, 90:197]
    whole = Upscaler(bundle=tmp_path / "split.zip", threads=1)
    expected = whole(photo)
    report = whole.report
    assert report.pinned
    if form is Form.FUSED:
        assert report.processor == INT8
    else:
        assert set(report.processor.split(" + ")) == {FLOAT, INT8}
    assert (report.conversion is None) == (form is not Form.SEGMENTS)
    for tile in ((37, 41), (64, 107)):
        tiled = Upscaler(bundle=tmp_path / "split.zip", threads=2, tile=tile)(photo)
        np.testing.assert_array_equal(tiled, expected)
    exact = Upscaler(processor=FLOAT, threads=1)(photo)
    assert psnr_db(expected / 255, exact / 255) > 35
    grey = whole(photo[:, :, 0])
    deep = whole(photo.astype(np.uint16) * 257)
    assert grey.shape == expected.shape[:2]
    assert psnr_db(deep / 65535, expected / 255) > 45


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("integer", ["first", "last"])
def test_a_network_that_does_not_end_in_a_shuffle(form, integer, tmp_path):
    """Its result's codes are laid out anew before they are converted, which has an order too."""
    rng = np.random.default_rng(0)
    types = {name: TensorType((1, 16, 16, 1)) for name in ("x", "features", "y")}
    constants = {
        "first/weights": rng.normal(size=(8, 3, 3, 1)).astype(np.float32) * 0.3,
        "first/bias": np.zeros(8, np.float32),
        "last/weights": rng.normal(size=(1, 4, 4, 8)).astype(np.float32) * 0.2,
        "last/bias": np.full(1, 0.5, np.float32),
    }
    types |= {name: TensorType(value.shape) for name, value in constants.items()}
    operators = (
        Operator(Kind.CONV_2D, ("x", "first/weights", "first/bias"), "features"),
        Operator(
            Kind.TRANSPOSE_CONV,
            ("features", "last/weights", "last/bias"),
            "y",
            attributes={"stride": 2},
        ),
    )
    graph = resized(Graph("deconvolved", ("x",), ("y",), operators, constants, types), 16, 16)
    units = cut(graph)
    processors = [INT8, FLOAT] if integer == "first" else [FLOAT, INT8]
    exported = export_split(
        graph,
        network_facts(graph, "deconvolved", 2),
        units,
        processors,
        calibrate_picture_network(graph, [rng.random((1, 16, 16, 1), np.float32)]),
        form=form,
    )
    write_bundle(tmp_path / "split", exported.manifest, exported.models)
    upscaler = Upscaler(bundle=tmp_path / "split", threads=1)
    tiled = Upscaler(bundle=tmp_path / "split", threads=1, tile=(13, 17))
    for _ in range(2):
        photo = rng.integers(0, 255, (40, 50, 3), np.uint8)
        np.testing.assert_array_equal(upscaler(photo), tiled(photo))


def test_a_split_says_itself_where_it_runs(ranges, tmp_path):
    split = [FLOAT] * 3 + [INT8] * 4
    exported = export_split(NETWORK, FACTS, UNITS, split, ranges)
    write_bundle(tmp_path / "split", exported.manifest, exported.models)
    with pytest.raises(UsageError, match="says itself where its parts run"):
        Upscaler(bundle=tmp_path / "split", processor=INT8)


def test_two_engines_cannot_be_fused(ranges):
    split = ["openvino:cpu:float32"] * 3 + [INT8] * 4
    with pytest.raises(UsageError, match="only one engine's processors on one device"):
        place(mixed_graph(NETWORK, UNITS, split, ranges), UNITS, split, Form.FUSED)


def test_nothing_runs_instead_of_what_a_split_asks_for(plane, ranges):
    """bfloat16 was asked for a unit; where the CPU lacks it, no other precision takes its place."""
    name = "openvino:cpu:bfloat16"
    bundle = bundle_of([name] * 4 + ["openvino:cpu:int8"] * 3, ranges)
    load = placed(find_processor, 1, allow_fallback=False)
    if find_processor(name).availability().present:
        chain = load_network(bundle, HEIGHT, WIDTH, load)
        kernels = {op.precision for op in chain.placements[0].operators if "Conv" in op.kind}
        assert kernels == {"bfloat16"}
        chain.close()
    else:
        with pytest.raises(ProcessorError, match=r"openvino:cpu:bfloat16 is not here"):
            load_network(bundle, HEIGHT, WIDTH, load)
