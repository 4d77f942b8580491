import hashlib
import json
import zipfile

import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.errors import BundleError
from vernier.export.whole import export_float32, export_int8, network_facts
from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.graphs.shapes import resized
from vernier.quantization.ranges import calibrate_picture_network


def small_graph():
    rng = np.random.default_rng(0)
    constants = {
        "w": rng.normal(size=(4, 3, 3, 1)).astype(np.float32),
        "b": rng.normal(size=4).astype(np.float32),
    }
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types |= {name: TensorType((1, 8, 8, 1)) for name in ("x", "packed", "y")}
    operators = (
        Operator(Kind.CONV_2D, ("x", "w", "b"), "packed", attributes={"padding": "same"}),
        Operator(Kind.DEPTH_TO_SPACE, ("packed",), "y", attributes={"block": 2}),
    )
    return resized(Graph("small", ("x",), ("y",), operators, constants, types), 8, 8)


@pytest.fixture
def exported():
    graph = small_graph()
    return export_float32(graph, network_facts(graph, "small", 2), note="for tests")


@pytest.fixture(params=["bundle", "bundle.zip"])
def path(request, tmp_path, exported):
    target = tmp_path / request.param
    write_bundle(target, exported.manifest, exported.models)
    return target


def edit(path, name, change):
    """Rewrite one file of a bundle."""
    if path.is_dir():
        (path / name).write_bytes(change((path / name).read_bytes()))
        return
    with zipfile.ZipFile(path) as archive:
        files = {n: archive.read(n) for n in archive.namelist()}
    files[name] = change(files[name])
    with zipfile.ZipFile(path, "w") as archive:
        for n, data in files.items():
            archive.writestr(n, data)


def edit_manifest(path, change):
    def rewrite(data):
        manifest = json.loads(data)
        change(manifest)
        return json.dumps(manifest).encode()

    edit(path, "manifest.json", rewrite)


def test_a_bundle_is_read_as_it_was_written(path, exported):
    bundle = open_bundle(path)
    assert bundle.manifest == exported.manifest
    assert bundle.segments[0].model == exported.models["float32.tflite"]
    assert bundle.manifest.network.halo == 1
    assert [op.kind for op in bundle.segments[0].graph.operators] == [
        Kind.CONV_2D,
        Kind.DEPTH_TO_SPACE,
    ]


def test_the_same_plan_gives_the_same_zip(tmp_path, exported):
    for name in ("a.zip", "b.zip"):
        write_bundle(tmp_path / name, exported.manifest, exported.models)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_nothing_else_is_left_beside_a_bundle(path):
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_bundle_is_not_replaced_unasked(path, exported):
    with pytest.raises(BundleError, match="exists already"):
        write_bundle(path, exported.manifest, exported.models)
    write_bundle(path, exported.manifest, exported.models, overwrite=True)
    open_bundle(path)


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path, exported):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(BundleError, match="not a bundle"):
        write_bundle(tmp_path / "photos", exported.manifest, exported.models, overwrite=True)
    assert (tmp_path / "photos" / "cat.jpg").exists()


def test_a_tampered_segment_is_refused(path):
    edit(path, "float32.tflite", lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match="not what was exported"):
        open_bundle(path)


def test_a_truncated_segment_is_refused_even_with_a_matching_hash(path):
    def truncate(data):
        return data[: len(data) // 2]

    edit(path, "float32.tflite", truncate)
    digest = []

    def rehash(data):
        digest.append(hashlib.sha256(data).hexdigest())
        return data

    edit(path, "float32.tflite", rehash)
    edit_manifest(path, lambda m: m["segments"][0].update(sha256=digest[0]))
    with pytest.raises(BundleError, match=r"float32\.tflite"):
        open_bundle(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format=99), "reads up to 2; update it"),
        (lambda m: m.update(surprise=1), "surprise"),
        (lambda m: m.pop("network"), "network"),
        (lambda m: m.update(segments=[]), "segments"),
        (lambda m: m["network"].update(scale="2"), "scale"),
        (lambda m: m["segments"][0].update(file="../../etc/passwd"), "plain name"),
        (lambda m: m["segments"][0].update(file="/etc/x.tflite"), "plain name"),
        (lambda m: m["segments"][0].update(file="gone.tflite"), "lacks gone.tflite"),
        (lambda m: m["segments"][0].update(sha256="0"), "sha256"),
        (lambda m: m["segments"][0].update(inputs=["other"]), "the manifest says"),
        (lambda m: m["segments"].append(m["segments"][0]), "share one file"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_reason(path, change, message):
    edit_manifest(path, change)
    with pytest.raises(BundleError, match=message):
        open_bundle(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_no_json_is_refused(path, content):
    edit(path, "manifest.json", lambda _: content)
    with pytest.raises(BundleError, match="manifest"):
        open_bundle(path)


def test_a_zip_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(BundleError, match="not a readable bundle"):
        open_bundle(tmp_path / "a.zip")


def test_a_truncated_zip_is_refused(tmp_path, exported):
    target = tmp_path / "bundle.zip"
    write_bundle(target, exported.manifest, exported.models)
    target.write_bytes(target.read_bytes()[:-100])
    with pytest.raises(BundleError):
        open_bundle(target)


def test_a_zip_bomb_is_refused(tmp_path, exported):
    target = tmp_path / "bundle.zip"
    write_bundle(target, exported.manifest, exported.models)
    data = bytearray(target.read_bytes())
    # The central directory's record of the segment: claim three gigabytes unpacked.
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (3 << 30).to_bytes(4, "little")
    target.write_bytes(data)
    with pytest.raises(BundleError, match="claims"):
        open_bundle(target)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(BundleError, match="found nothing"):
        open_bundle(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=r"lacks manifest\.json"):
        open_bundle(tmp_path / "empty")


def test_int8_is_integer_throughout():
    graph = small_graph()
    planes = [np.random.default_rng(n).random((1, 16, 20, 1)).astype(np.float32) for n in range(2)]
    exported = export_int8(
        graph,
        network_facts(graph, "small", 2),
        calibrate_picture_network(graph, planes),
    )
    from vernier.formats.tflite.reader import read

    integer = read(exported.models["int8.tflite"])
    assert {integer.types[name].dtype for name in integer.activations()} == {"int8"}
    entry = integer.types[integer.inputs[0]].quantization
    assert entry.scale[0] == pytest.approx(1 / 255)
    assert entry.zero_point[0] == -128
