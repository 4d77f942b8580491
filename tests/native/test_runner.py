"""The C++ runner gives Python's pictures, to the last bit."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from building import NATIVE, built, enlarge, with_library
from PIL import Image

import vernier
from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import FOLDER, shipped_bundles
from vernier.conversion.registry import find_method
from vernier.export.splits import export_split
from vernier.export.whole import export_float32, export_int8, network_facts
from vernier.graphs.graph import Quantization
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.capture.module import capture
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import cut
from vernier.units.split import Form

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
SHIPPED = sorted(FOLDER.glob("*/*"))
M5 = shipped_bundles("sesr-m5", 2)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="module")
def photo(request):
    whole = Image.open(request.config.rootpath / "demo" / "chelsea.png").convert("RGB")
    return np.asarray(whole)[60:123, 100:187]


@pytest.fixture(scope="module")
def ranges(photo):
    luma = photo.astype(np.float32).mean(axis=2)[None, :, :, None] / 255
    return calibrate_picture_network(open_bundle(M5["float32"]).graph, [luma])


@pytest.fixture(scope="module")
def splits(tmp_path_factory, ranges):
    """A network split float, INT8, float, INT8, float, in every form; and one that begins INT8."""
    network = open_bundle(M5["float32"]).graph
    units = cut(network)
    folder = tmp_path_factory.mktemp("splits")
    inner = (FLOAT, INT8, INT8, FLOAT, INT8, INT8, FLOAT)[: len(units)]
    cases = {str(form): (inner, form) for form in Form}
    cases["int8-first"] = ((INT8,) + (FLOAT,) * (len(units) - 2) + (INT8,), Form.SEGMENTS)
    for name, (split, form) in cases.items():
        facts = network_facts(network, name, 2)
        made = export_split(network, facts, units, split, ranges, form=form)
        write_bundle(folder / name, made.manifest, made.models)
    return folder


def of_module(folder, module, scale, photo=None):
    """A bundle of an RGB network; in INT8 where a photo to calibrate with is given."""
    graph = capture(module.eval(), "net")
    facts = network_facts(graph, "net", scale)
    if photo is None:
        made = export_float32(graph, facts)
    else:
        planes = photo[None].astype(np.float32) / 255
        made = export_int8(graph, facts, calibrate_picture_network(graph, [planes]))
    write_bundle(folder / "net", made.manifest, made.models)
    return folder / "net"


def native(program, bundle, samples, folder, *options):
    """The runner's picture, and what it says that ran."""
    Image.fromarray(samples).save(folder / "small.ppm")
    done = enlarge(program, bundle, folder / "small.ppm", folder / "large.ppm", *options)
    assert done.returncode == 0, done.stderr
    return np.asarray(Image.open(folder / "large.ppm")), done.stdout.splitlines()


def wanted(bundle, samples, processor=None):
    options = {} if processor is None else {"processor": processor}
    scale = open_bundle(bundle).manifest.network.scale
    return vernier.upscale(samples, scale, bundle=bundle, **options)


def test_every_shipped_network_gives_python_s_picture(program, photo, tmp_path):
    different, small = {}, np.ascontiguousarray(photo[:39, :43])
    for path in SHIPPED:
        found, _ = native(program, path, small, tmp_path, "--threads", 1)
        expected = wanted(path, small, f"litert:cpu:{path.name}")
        different[f"{path.parent.name}.{path.name}"] = np.count_nonzero(found != expected)
    assert len(different) == len(SHIPPED) >= 36
    assert set(different.values()) == {0}, different


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_tiles_and_threads_change_nothing(program, photo, tmp_path, precision):
    even = np.ascontiguousarray(photo[:62, :86])
    for samples, tile, threads in ((photo, 40, 1), (photo, 41, 2), (even, 512, 2)):
        options = ("--tile", tile, "--threads", threads)
        found, said = native(program, M5[precision], samples, tmp_path, *options)
        assert ("1 tiles" in said[0]) == (tile == 512)
        np.testing.assert_array_equal(
            found, wanted(M5[precision], samples, f"litert:cpu:{precision}")
        )


@pytest.mark.parametrize("form", [*map(str, Form), "int8-first"])
def test_a_split_gives_python_s_picture(program, splits, photo, tmp_path, form):
    expected = wanted(splits / form, photo)
    for options in (("--conversion", "plain"), ("--conversion", "auto", "--tile", 44)):
        found, said = native(program, splits / form, photo, tmp_path, *options)
        np.testing.assert_array_equal(found, expected)
    kinds = [line.split("\t")[0] for line in said[1:]]
    if form == str(Form.SEGMENTS):
        assert kinds == ["colours", *["segment", "conversion"] * 4, "segment", *["colours"] * 2]
        ran = [line.split("\t")[1:3] for line in said[1:] if line.startswith("segment")]
        assert ran == [[FLOAT, FLOAT], [INT8, INT8]] * 2 + [[FLOAT, FLOAT]]
    if form == str(Form.FUSED):
        assert kinds.count("segment") == 1
        assert next(line for line in said if line.startswith("segment")).split("\t")[2] == (
            "litert:cpu:float32 and int8"
        )


def test_conversions_by_open_cl_give_the_same(program, splits, photo, tmp_path):
    if not find_method("opencl").availability()[0]:
        pytest.skip("no OpenCL that converts here (Debian: apt install pocl-opencl-icd)")
    bundle = splits / str(Form.SEGMENTS)
    found, said = native(program, bundle, photo, tmp_path, "--conversion", "opencl")
    np.testing.assert_array_equal(found, wanted(bundle, photo))
    ran = [line.split("\t")[2] for line in said if line.startswith("conversion")]
    assert len(ran) == 4
    assert all(name.startswith("opencl, ") for name in ran)


@pytest.mark.parametrize("method", ["plain", "opencl"])
def test_conversions_are_python_s(program, method):
    """Halves, numbers beyond the codes, infinities and NaNs; and all codes."""
    if method == "opencl" and not find_method("opencl").availability()[0]:
        pytest.skip("no OpenCL that converts here (Debian: apt install pocl-opencl-icd)")
    convert = with_library(program.parent, Path(__file__).with_name("conversions.cpp"))
    scale, zero = np.float32(0.0173), -23
    reals = np.concatenate(
        [
            np.random.default_rng(7).normal(0, 2, 5000),
            (np.arange(-300, 300) + np.float32(0.5)) * scale,
            [np.inf, -np.inf, np.nan, -np.nan, 0, -0.0, 3e38, 1e-40],
        ]
    ).astype(np.float32)
    codes = np.arange(-128, 128).astype(np.int8)
    first = Quantization(np.array([scale], np.float32), np.array([zero], np.int32))
    second = Quantization(np.array([0.031], np.float32), np.array([5], np.int32))
    cases = (
        ("quantize", reals, None, first, np.int8),
        ("dequantize", codes, first, None, np.float32),
        ("requantize", codes, first, second, np.int8),
    )
    for direction, given, source, target, dtype in cases:
        expected = np.empty(given.shape, dtype)
        find_method("arithmetic").prepare(given, source, expected, target).run()
        other = (0.031, 5) if direction == "requantize" else (0, 0)
        words = [str(word) for word in (method, direction, scale, zero, *other)]
        done = subprocess.run([convert, *words], input=given.tobytes(), capture_output=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout == expected.tobytes(), direction


@pytest.mark.parametrize(
    ("module", "scale", "precision"),
    [
        (lambda: SrVggCompact(2, layers=1, width=8), 2, "float32"),
        (lambda: SrVggCompact(4, layers=1, width=8), 4, "int8"),
        (lambda: RrdbNet(2, blocks=1, width=8, growth=4), 2, "float32"),
    ],
    ids=["compact", "compact-int8", "folding"],
)
def test_networks_of_rgb(program, photo, tmp_path, module, scale, precision):
    """And, folding, one that takes even sides only."""
    torch.manual_seed(0)
    bundle = of_module(tmp_path, module(), scale, photo if precision == "int8" else None)
    samples = np.ascontiguousarray(photo[:33, :41])
    found, _ = native(program, bundle, samples, tmp_path)
    expected = wanted(bundle, samples, f"litert:cpu:{precision}")
    assert len(np.unique(expected)) > 10
    np.testing.assert_array_equal(found, expected)


def test_pictures_of_a_few_pixels(program, photo, tmp_path):
    for height, width in ((1, 1), (1, 9), (2, 3), (5, 1)):
        samples = np.ascontiguousarray(photo[:height, :width])
        found, _ = native(program, M5["int8"], samples, tmp_path)
        np.testing.assert_array_equal(found, wanted(M5["int8"], samples, INT8))


def changed(folder, change):
    """A copy of a bundle with another manifest."""
    shutil.copytree(M5["float32"], folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


WRONG = {
    "format 2 or older, found 9": lambda m: m.update(format=9),
    "by its SHA-256": lambda m: m["segments"][0].update(sha256="0" * 64),
    "the plain name of a .tflite file": lambda m: m["segments"][0].update(file="../x.tflite"),
    "from 1 to 16 for network.scale": lambda m: m["network"].update(scale=99),
    "one or more for segments": lambda m: m.update(segments=[]),
    "scale 2, 3 or 4, found 5": lambda m: m["network"].update(scale=5),
    "network of 3 channels, found 1": lambda m: m["network"].update(channels=3),
    "expected a result of": lambda m: m["network"].update(scale=3),
    "found none that can be read": lambda m: m["segments"][0].update(file="other.tflite"),
}


@pytest.mark.parametrize("expected", WRONG)
def test_bundles_that_are_not_sound(program, photo, tmp_path, expected):
    bundle = changed(tmp_path / "bundle", WRONG[expected])
    assert refusal(program, bundle, photo, tmp_path) == [expected]


def refusal(program, bundle, photo, folder):
    """The words of `WRONG` in its one line; nothing is written."""
    Image.fromarray(photo).save(folder / "small.ppm")
    done = enlarge(program, bundle, folder / "small.ppm", folder / "large.ppm")
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert (done.returncode, len(told)) == (2, 1)
    assert not (folder / "large.ppm").exists()
    return [words for words in WRONG if words in told[0]]


def test_wrong_pictures_and_manifests_that_are_no_json(program, photo, tmp_path):
    good = b"P6\n2 2\n255\n" + bytes(12)
    other = (b"P5\n2 2\n255\n" + bytes(4), b"P6\n0 2\n255\n", b"P6\n2 2\n65535\n")
    for content in (b"", good[:-1], *other):
        (tmp_path / "small.ppm").write_bytes(content)
        done = enlarge(program, M5["int8"], tmp_path / "small.ppm", tmp_path / "large.ppm")
        assert done.returncode == 2
        assert "small.ppm: expected" in done.stderr
    (tmp_path / "bundle").mkdir()
    for text in ("", "{", "[" * 100, '{"format": }', '{"name": "x\\u12'):
        (tmp_path / "bundle" / "manifest.json").write_text(text)
        (tmp_path / "small.ppm").write_bytes(good)
        done = enlarge(program, tmp_path / "bundle", tmp_path / "small.ppm", tmp_path / "large.ppm")
        assert done.returncode == 2
        assert "manifest.json: expected" in done.stderr
    assert not (tmp_path / "large.ppm").exists()


def test_what_it_computes_with_is_what_python_has(request):
    tools = str(request.config.rootpath / "tools")
    sys.path.insert(0, tools)
    try:
        from native_files import native_files
    finally:
        sys.path.remove(tools)
    assert {path.name: path.read_bytes() for path in (NATIVE / "data").iterdir()} == native_files()
