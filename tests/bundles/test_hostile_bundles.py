"""Bundles that lie, or were made to hurt: refused with the reason."""

import json
import os
import shutil
import zipfile

import numpy as np
import pytest

from vernier.bundles.bundle import LARGEST_MANIFEST_BYTES, open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import BundleError
from vernier.export.splits import Form, export_split
from vernier.export.whole import network_facts
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import Granularity, cut


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped_bundles("sesr-m3", 2)["float32"], tmp_path / "net")


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """One split in two forms."""
    graph = open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph
    units = cut(graph, Granularity.LAYER)
    rng = np.random.default_rng(0)
    ranges = calibrate_picture_network(graph, [rng.random((1, 24, 32, 1), np.float32)])
    placed = ["litert:cpu:float32"] * 2 + ["litert:cpu:int8"] * (len(units) - 2)
    made = {}
    for form in (Form.SEGMENTS, Form.FUSED):
        exported = export_split(
            graph, network_facts(graph, "net", 2), units, placed, ranges, form=form
        )
        made[form] = tmp_path_factory.mktemp("split") / form.value
        write_bundle(made[form], exported.manifest, exported.models)
    return made


def edited(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def setting(*path):
    """A change of one value in a manifest."""
    *way, last, value = path

    def change(manifest):
        for key in way:
            manifest = manifest[key]
        manifest[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (setting("network", "scale", 4), r"says scale 4, the segments have 2"),
        (setting("network", "channels", 3), r"says channels 3, the segments have 1"),
        (setting("network", "halo", 1), r"says halo 1, the segments have \d+"),
        (setting("segments", 0, "processor", "*:*:int8"), r"places it on \*:\*:int8, but it holds"),
        (setting("segments", 0, "processor", "nonsense"), r"expected a processor ENGINE:DEVICE"),
        (setting("segments", 0, "processor", "::"), r"expected a processor ENGINE:DEVICE"),
    ],
)
def test_a_manifest_that_says_other_than_its_segments(folder, change, words):
    with pytest.raises(BundleError, match=words):
        open_bundle(edited(folder, change))


@pytest.mark.parametrize("form", [Form.SEGMENTS, Form.FUSED])
@pytest.mark.parametrize("unit", [0, 4])
def test_a_unit_placed_elsewhere_than_its_segment(splits, tmp_path, form, unit):
    """What `inspect` shows is what runs."""
    copy = shutil.copytree(splits[form], tmp_path / "net")
    open_bundle(copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    other = "float32" if manifest["units"][unit]["processor"].endswith("int8") else "int8"
    with pytest.raises(BundleError, match="the manifest places the unit"):
        open_bundle(edited(copy, setting("units", unit, "processor", f"litert:cpu:{other}")))
    with pytest.raises(BundleError, match="the manifest places the unit"):
        open_bundle(edited(copy, setting("units", unit, "processor", "openvino:cpu:int8")))


def test_a_damage_by_lzma(folder, tmp_path):
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    content = bytearray(path.read_bytes())
    assert open_bundle(path).manifest.network.scale == 2
    for place in range(60, 160):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(BundleError) as caught:
            open_bundle(path)
        assert "\n" not in str(caught.value)


def test_an_encrypted_zip(folder, tmp_path):
    """As its flag in both headers says; Python cannot write one."""
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    content = path.read_bytes()
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        while at >= 0:
            content = content[: at + place] + b"\x01" + content[at + place + 1 :]
            at = content.find(mark, at + 4)
    path.write_bytes(content)
    with pytest.raises(BundleError, match="is encrypted"):
        open_bundle(path)


@pytest.mark.parametrize("name", ["manifest.json", "float32.tflite"])
def test_pipes_and_devices(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="is no regular file"):
        open_bundle(folder)
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    with pytest.raises(BundleError, match="is no regular file"):
        open_bundle(folder)


def test_a_manifest_of_a_gigabyte(folder, tmp_path):
    with (folder / "manifest.json").open("r+b") as file:
        file.truncate(LARGEST_MANIFEST_BYTES + 1)
    with pytest.raises(BundleError, match=r"claims \d+ bytes; at most"):
        open_bundle(folder)
    bomb = tmp_path / "net.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (LARGEST_MANIFEST_BYTES + 1))
    with pytest.raises(BundleError, match=r"claims \d+ bytes; at most"):
        open_bundle(bomb)
