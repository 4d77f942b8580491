"""Ranges that were taken on photos of one kind, and what made pictures of others do for them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vernier.export.networks import Photos, export_network, load_photos, ranges_on
from vernier.images.coverage import made_for
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import network_input
from vernier.networks.source import find_source
from vernier.planning.calibration import calibration_photos, covered_by


@pytest.fixture(scope="module")
def dark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dark")
    for seed in range(3):
        leaves = dead_leaves(128, 160, seed=seed)
        Image.fromarray(np.rint(leaves * 60).astype(np.uint8)).save(folder / f"{seed}.png")
    return folder


def test_what_photos_lack_is_told_and_made(dark):
    source = find_source("sesr-m5", 2)
    assert set(covered_by(dark, 2).missing) >= {"bright", "red", "green", "blue"}
    found = calibration_photos(dark, source)
    alone = load_photos(dark, source)
    assert len(found.inputs) == len(alone.inputs) + len(covered_by(dark, 2).missing)
    assert alone.description in found.description
    assert "made pictures of what they lack: bright, red" in found.description
    assert all(one.shape[2] == 1 and one.dtype == np.float32 for one in found.inputs)


def test_a_bright_picture_survives_a_calibration_on_parts_of_one_cat(tmp_path):
    with Image.open(Path(__file__).parents[2] / "demo" / "chelsea.png") as opened:
        cat = np.asarray(opened.convert("RGB"))
    for number, left in enumerate((0, 150, 300)):
        Image.fromarray(cat[:150, left : left + 150]).save(tmp_path / f"{number}.png")
    source = find_source("sesr-m11-hw", 2)
    bright = Photos((network_input(made_for("bright"), 1),), "a bright picture")
    decibels = [
        export_network(
            source, "int8", photos=bright, ranges=ranges_on(source, photos)
        ).manifest.damage.psnr_to_float_db
        for photos in (load_photos(tmp_path, source), calibration_photos(tmp_path, source))
    ]
    assert decibels[1] > decibels[0] + 3
