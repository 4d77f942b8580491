"""Photos damaged for an estimator: what is kept, that it is what it says, and that it goes on."""

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import load_rgb
from vernier.networks.shipped import FOLDER
from vernier.networks.source import find_source
from vernier.perceptual.damaged_photos import (
    LONGEST_WALK,
    NETWORKS_EACH,
    SIDE,
    SPLITS,
    Enlarger,
    calibrated,
    make_damaged_photos,
    met_splits,
    scores_of,
)
from vernier.quantization.ranges import Ranges


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    photos, out = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("out")
    for number in range(3):
        rgb = np.rint(255 * dead_leaves(200, 230, seed=number)).astype(np.uint8)
        Image.fromarray(rgb).save(photos / f"{number}.png")
    ranges = Ranges.load(FOLDER / "sesr-m5-x2" / "ranges.json")
    enlarger = Enlarger(find_source("sesr-m5", 2), ranges, held_out=True)
    samples = make_damaged_photos(photos, out, [enlarger], held_out_every=1)
    return photos, out, [enlarger], samples


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
    assert make_damaged_photos(photos, out, enlargers, held_out_every=1) == samples
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")} == before
    again = make_damaged_photos(photos, tmp_path, enlargers, count=1, held_out_every=1)
    assert again == samples[: len(again)]


def test_networks_take_turns_and_what_is_held_out_is_not_learnt(made, tmp_path):
    photos, _, (enlarger,), _ = made
    learnt = [
        Enlarger(find_source(name, 2), Ranges.load(FOLDER / f"{name}-x2" / "ranges.json"), False)
        for name in ("sesr-m3", "sesr-m5", "sesr-m7", "sesr-m11")
    ]
    other = Enlarger(find_source("fsrcnn", 2), enlarger.ranges, True)
    samples = make_damaged_photos(photos, tmp_path, [*learnt, other], held_out_every=0)
    by_photo = {
        photo: {s.network for s in samples if s.photo == photo and s.network}
        for photo in ("0.png", "1.png", "2.png")
    }
    assert all(len(found) == NETWORKS_EACH for found in by_photo.values())
    assert set.union(*by_photo.values()) == {one.label for one in learnt}
    assert not any(sample.held_out for sample in samples)


def test_splits_are_such_as_searches_meet():
    rng = np.random.default_rng(0)
    found = [met_splits(12, rng) for _ in range(200)]
    assert all(len(splits) == SPLITS for splits in found)
    scattered, stretch, stepped, coarse, fine = (
        np.array(kind) for kind in zip(*found, strict=True)
    )
    assert set(np.unique(scattered)) == {0, 1}
    assert 0.2 < scattered.mean() < 0.9
    # An INT8 stretch changes sides twice at the most.
    edges = np.abs(np.diff(np.pad(stretch, ((0, 0), (1, 1))), axis=1)).sum(axis=1)
    assert edges.max() == 2
    moved = np.abs(stepped - stretch).sum(axis=1)
    assert (moved.min(), moved.max()) == (1, LONGEST_WALK)
    assert ((1 - coarse).sum(axis=1).max(), fine.sum(axis=1).max()) == (LONGEST_WALK,) * 2
    assert fine.sum(axis=1).min() == 1
    assert all(len(one) == 2 for one in met_splits(2, rng))


def test_ranges_are_kept(made, tmp_path):
    photos, *_ = made
    source = find_source("sesr-m3", 2)
    first = calibrated(source, photos, False, tmp_path / "ranges")
    (file,) = (tmp_path / "ranges").iterdir()
    assert Ranges.load(file).by_tensor == first.ranges.by_tensor
    before = file.stat().st_mtime_ns
    again = calibrated(source, photos, True, tmp_path / "ranges")
    assert again.held_out
    assert again.ranges.by_tensor == first.ranges.by_tensor
    assert file.stat().st_mtime_ns == before


def test_photos_that_are_too_small(tmp_path):
    Image.new("RGB", (100, 300)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="no photo has 192x192"):
        make_damaged_photos(tmp_path, tmp_path / "out", [])
