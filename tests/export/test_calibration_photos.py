"""Photos that mislead calibration: judged by others, and said."""

import numpy as np
import pytest
from PIL import Image

from vernier.errors import ImageError
from vernier.export.networks import doubtful, export_network, load_photos, ranges_on
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source


def folder_of(tmp_path, *pictures):
    for number, picture in enumerate(pictures):
        Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(tmp_path / f"{number}.png")
    return tmp_path


def leaves(seed):
    return dead_leaves(128, 128, channels=3, seed=seed)


@pytest.fixture(scope="module")
def source():
    return find_source("sesr-m3", 2)


def damage(source, photos):
    exported = export_network(source, "int8", photos=photos, ranges=ranges_on(source, photos))
    return exported.manifest.damage


def test_what_sets_the_ranges_does_not_judge(tmp_path, source):
    photos = load_photos(folder_of(tmp_path, *map(leaves, range(10))), source)
    assert (len(photos.inputs), len(photos.held_out)) == (8, 2)
    for judge in photos.held_out:
        assert not any(np.array_equal(judge, shown) for shown in photos.inputs)
    assert photos.doubt == ""
    assert damage(source, photos).photos.startswith("2 other photos")


def test_black_photos_do_not_praise_themselves(tmp_path, source):
    black = [np.zeros((128, 128, 3)) for _ in range(4)]
    photos = load_photos(folder_of(tmp_path, *black), source)
    assert "hardly show anything bright or busy" in photos.doubt
    found = damage(source, photos)
    assert "made pictures" in found.photos
    assert found.psnr_to_float_db < 50


def test_flat_photos_are_doubted():
    flat = [np.full((20, 20, 1), level, np.float32) for level in (0.0, 0.5, 1.0)]
    assert "hardly show anything busy" in doubtful(flat)
    assert doubtful([leaves(0).astype(np.float32)]) == ""


def test_a_photo_of_one_pixel_is_named(tmp_path, source):
    folder = folder_of(tmp_path, leaves(0), np.zeros((1, 1, 3)))
    with pytest.raises(ImageError, match=r"1\.png: 1x1 pixels are too few"):
        load_photos(folder, source)
