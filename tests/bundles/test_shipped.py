"""The bundles that come with Vernier are what its weights, recipes and ranges give."""

import json
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from safetensors.numpy import load_file

from vernier.bundles.bundle import in_memory, open_bundle
from vernier.bundles.shipped import FOLDER, shipped_bundles, shipped_networks
from vernier.export.networks import bundle_of
from vernier.export.whole import export_float32, export_int8
from vernier.images.pairs import list_photos, load_rgb, network_input
from vernier.metrics.psnr import psnr
from vernier.networks.shipped import FOLDER as WEIGHTS
from vernier.networks.shipped import shipped_names
from vernier.networks.source import find_source
from vernier.processors.discovery import find_processor
from vernier.quantization.ranges import Ranges
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.scoring.luma_scores import bicubic_upscale, luma_scores, network_upscale

NETWORKS = [(name, scale) for name, scales in shipped_networks().items() for scale in scales]
HALVED = {"edsr-baseline-x2": 0.5, "enet-x4": -1.0, "rrdbnet-light-x4": -1.0}
"""Those in float16, and their least gain on bicubic in dB on one photo; textures cost some."""
PART = {"rrdbnet-light-x4": 0.75}
"""Of the file in float32, where it is more than half: a residual's 0.2 is in the weights before it,
and what that makes of them is no float16."""


def test_something_is_shipped():
    assert ("sesr-m5", 2) in NETWORKS
    assert {f"{name}-x{scale}" for name, scale in NETWORKS} == set(shipped_names())


@pytest.mark.parametrize(("name", "gain_db"), HALVED.items())
def test_networks_in_float16_make_pictures(name, gain_db):
    """By their names against bicubic, on a photo that they were not trained on."""
    network, _, scale = name.rpartition("-x")
    kept = load_file(WEIGHTS / name / "weights.safetensors")
    assert {str(value.dtype) for value in kept.values()} == {"float16"}
    bundle = bundle_of(network, int(scale), "float32")
    wanted = export_float32(bundle.graph, bundle.manifest.network).models["float32.tflite"]
    assert len(bundle.segments[0].model) < PART.get(name, 0.52) * len(wanted)
    planes = PlaneUpscaler(bundle, placed(lambda _: find_processor("litert:cpu:float32"), 1, False))
    photos = [Path(__file__).parents[2] / "demo" / "chelsea.png"]
    found, bicubic = (
        luma_scores(upscale, photos, int(scale))[0].psnr_db
        for upscale in (network_upscale(planes), bicubic_upscale(int(scale)))
    )
    assert found > bicubic + gain_db


@pytest.mark.parametrize(("name", "scale"), NETWORKS)
def test_the_bundles_are_made_of_the_weights(name, scale):
    graph = find_source(name, scale, WEIGHTS / f"{name}-x{scale}" / "weights.safetensors").graph
    paths = shipped_bundles(name, scale)
    plain = open_bundle(paths["float32"])
    halved = f"{name}-x{scale}" in HALVED
    again = export_float32(graph, plain.manifest.network, halved=halved)
    assert again.models["float32.tflite"] == plain.segments[0].model
    # Small ones have in INT8 weights and ranges of their own, trained from these; all else is as
    # these quantise.
    coarse = open_bundle(paths["int8"])
    ranges = Ranges.load(WEIGHTS / f"{name}-x{scale}" / "ranges-int8.json")
    files = export_int8(graph, coarse.manifest.network, ranges)
    plainly = in_memory(files.manifest, files.models).graph
    assert [(op.kind, op.output) for op in coarse.graph.operators] == [
        (op.kind, op.output) for op in plainly.operators
    ]
    for output in (op.output for op in plainly.operators):
        mine, theirs = coarse.graph.types[output], plainly.types[output]
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
        # Zero points follow the weights by a step where a range's end is between two codes.
        np.testing.assert_allclose(mine.quantization.scale, theirs.quantization.scale, rtol=0.02)
        apart = np.subtract(mine.quantization.zero_point, theirs.quantization.zero_point)
        assert np.abs(apart).max() <= 2
    changed = [
        constant
        for constant, value in plainly.constants.items()
        if not np.array_equal(coarse.graph.constants[constant], value)
    ]
    assert bool(changed) != halved


@pytest.mark.parametrize(("name", "scale"), NETWORKS)
def test_int8_gives_nearly_the_float_picture(name, scale):
    photo = load_rgb(Path(__file__).parents[2] / "demo" / "chelsea.png")
    channels = open_bundle(shipped_bundles(name, scale)["float32"]).manifest.network.channels
    plane = network_input(photo[60:156, 90:186], channels)
    found = [
        PlaneUpscaler(
            open_bundle(path),
            placed(lambda _, p=precision: find_processor(f"litert:cpu:{p}"), 1, False),
        )(plane)
        for precision, path in shipped_bundles(name, scale).items()
    ]
    assert psnr(np.clip(found[0], 0, 1), np.clip(found[1], 0, 1)) > 42


@pytest.mark.parametrize(("name", "scale"), NETWORKS)
def test_the_measured_table_lies_beside_the_weights(name, scale):
    home = WEIGHTS / f"{name}-x{scale}"
    measured = json.loads((home / "measured.json").read_text())
    assert measured["network"] == name
    set5 = measured["luma_psnr_db"]["Set5"]
    assert set5["litert:cpu:float32"] > set5["bicubic"] + (1.4 if name == "enet" else 1.5)
    curve = [json.loads(line) for line in (home / "log.jsonl").read_text().splitlines()]
    assert curve[-1]["step"] == measured["step"]


@pytest.mark.parametrize(
    ("name", "floor_db"), [("sesr-m5-x2", 37.1), ("sesr-m11-x2", 37.3), ("sesr-m5-x4", 30.9)]
)
def test_the_weights_reach_what_is_claimed(name, floor_db):
    """Measured anew where the photos are at hand, read from the table otherwise."""
    table = json.loads((WEIGHTS / name / "measured.json").read_text())["luma_psnr_db"]["Set5"]
    claimed = table["litert:cpu:float32"]
    assert claimed >= floor_db
    photos = Path(__file__).parents[2] / "../shared/data/eval/Set5"
    if not photos.is_dir():
        pytest.skip("the Set5 photos are not here; the table was checked, not measured again")
    processor = find_processor("litert:cpu:float32")
    upscale = network_upscale(
        PlaneUpscaler(open_bundle(FOLDER / name / "float32"), placed(lambda _: processor, 1, False))
    )
    scale = int(name[-1])
    found = fmean(s.psnr_db for s in luma_scores(upscale, list_photos(photos), scale))
    assert found == pytest.approx(claimed, abs=0.002)
