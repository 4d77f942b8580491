"""The bundles that come with Vernier are what its weights, recipes and ranges give."""

import json

import numpy as np
import pytest

from vernier.bundles.bundle import in_memory, open_bundle
from vernier.bundles.export import export_float32, export_int8
from vernier.bundles.shipped import FOLDER, shipped_bundles, shipped_networks
from vernier.evaluation.network_source import find_source
from vernier.networks.shipped import FOLDER as WEIGHTS
from vernier.networks.shipped import shipped_names
from vernier.quantization.ranges import Ranges

NETWORKS = [(name, scale) for name, scales in shipped_networks().items() for scale in scales]


def test_something_is_shipped():
    assert ("sesr-m5", 2) in NETWORKS
    assert {f"{name}-x{scale}" for name, scale in NETWORKS} == set(shipped_names())


@pytest.mark.parametrize(("name", "scale"), NETWORKS)
def test_the_bundles_are_made_of_the_weights(name, scale):
    graph = find_source(name, scale, WEIGHTS / f"{name}-x{scale}" / "weights.safetensors").graph
    paths = shipped_bundles(name, scale)
    plain = open_bundle(paths["float32"])
    again = export_float32(graph, plain.manifest.network)
    assert again.models["float32.tflite"] == plain.segments[0].model
    # INT8 has weights of its own, trained from these; all else is as these quantise.
    coarse = open_bundle(paths["int8"])
    ranges = Ranges.load(WEIGHTS / f"{name}-x{scale}" / "ranges.json")
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
    changed = 0
    for constant, value in plainly.constants.items():
        trained = coarse.graph.constants[constant]
        changed += not np.array_equal(trained, value)
        if value.dtype == np.int8 and value.ndim == 4:
            apart = (
                np.abs(trained.astype(float) - value).mean() / np.abs(value.astype(float)).mean()
            )
            assert apart < 0.2
    assert changed > 0


@pytest.mark.parametrize(("name", "scale"), NETWORKS)
def test_the_measured_table_lies_beside_the_weights(name, scale):
    home = WEIGHTS / f"{name}-x{scale}"
    measured = json.loads((home / "measured.json").read_text())
    assert measured["network"] == name
    set5 = measured["luma_psnr_db"]["Set5"]
    assert set5["litert:cpu:float32"] > set5["bicubic"] + 2
    curve = [json.loads(line) for line in (home / "log.jsonl").read_text().splitlines()]
    assert curve[-1]["step"] == measured["step"]


@pytest.mark.parametrize(
    ("name", "floor_db"), [("sesr-m5-x2", 37.1), ("sesr-m11-x2", 37.3), ("sesr-m5-x4", 30.9)]
)
def test_the_weights_reach_what_is_claimed(name, floor_db):
    """Measured anew where the photos are at hand, read from the table otherwise."""
    from pathlib import Path
    from statistics import fmean

    from vernier.evaluation.luma_psnr import luma_psnr, network_upscale
    from vernier.images.pairs import list_photos
    from vernier.processors.discovery import find_processor
    from vernier.runtime.loading import placed
    from vernier.runtime.planes import PlaneUpscaler

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
    found = fmean(s.psnr_db for s in luma_psnr(upscale, list_photos(photos), scale))
    assert found == pytest.approx(claimed, abs=0.002)
