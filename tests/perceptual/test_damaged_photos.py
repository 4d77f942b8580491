"""Photos damaged for an estimator: what is kept, that it is what it says, and that it goes on."""

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import load_rgb
from vernier.networks.shipped import FOLDER
from vernier.networks.source import find_source
from vernier.perceptual.damaged_photos import SIDE, SPLITS, Enlarger, make_damaged_photos, scores_of
from vernier.quantization.ranges import Ranges


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    photos, out = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("out")
    for number in range(3):
        rgb = np.rint(255 * dead_leaves(200, 230, seed=number)).astype(np.uint8)
        Image.fromarray(rgb).save(photos / f"{number}.png")
    ranges = Ranges.load(FOLDER / "sesr-m5-x2" / "ranges.json")
    enlarger = Enlarger(find_source("sesr-m5", 2), ranges, held_out=True)
    return photos, out, [enlarger], make_damaged_photos(photos, out, [enlarger])


def test_each_photo_gives_all_kinds_and_each_network_its_splits(made):
    _, out, _, samples = made
    assert len(samples) == 3 * (1 + 7 + 1 + SPLITS)
    assert {sample.photo for sample in samples} == {"0.png", "1.png", "2.png"}
    from_network = [sample for sample in samples if sample.network == "sesr-m5-x2"]
    assert len(from_network) == 3 * (1 + SPLITS)
    assert all(sample.held_out for sample in from_network)
    for sample in samples:
        assert load_rgb(out / sample.file).shape == (SIDE, SIDE, 3)
        assert np.isfinite(list(sample.scores.values())).all()


def test_scores_are_the_metrics_of_the_files(made):
    _, out, _, samples = made
    for sample in samples[:12]:
        pictures = load_rgb(out / sample.file), load_rgb(out / sample.reference)
        assert scores_of(*pictures) == sample.scores


def test_splits_are_near_the_float_picture_and_damages_are_not_nothing(made):
    _, _, _, samples = made
    for sample in samples:
        if sample.damage in ("none", "float"):
            assert sample.scores["psnr"] == 99
            assert sample.file == sample.reference
        elif sample.network:
            assert sample.scores["psnr"] > 30
        else:
            assert sample.scores["psnr"] < 60


def test_it_goes_on_where_it_stopped_and_repeats_itself(made, tmp_path):
    photos, out, enlargers, samples = made
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert make_damaged_photos(photos, out, enlargers) == samples
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")} == before
    again = make_damaged_photos(photos, tmp_path, enlargers, count=1)
    assert again == samples[: len(again)]


def test_photos_that_are_too_small(tmp_path):
    Image.new("RGB", (100, 300)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="no photo has 192x192"):
        make_damaged_photos(tmp_path, tmp_path / "out", [])
