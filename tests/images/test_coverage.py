"""What photos show, on pictures of which that is known; and pictures made for what they lack."""

import numpy as np
import pytest

from vernier.images.coverage import ENOUGH, coverage, made_for

KINDS = ("dark", "bright", "red", "green", "blue", "flat", "busy")


def plain(colour, side=64):
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


@pytest.mark.parametrize(
    ("colour", "kinds"),
    [
        ((20, 20, 20), {"dark", "flat"}),
        ((240, 240, 240), {"bright", "flat"}),
        ((128, 128, 128), {"flat"}),
        ((230, 60, 60), {"red", "flat"}),
        ((60, 200, 60), {"green", "flat"}),
        ((60, 90, 220), {"blue", "flat"}),
        ((255, 255, 0), {"bright", "red", "flat"}),
    ],
)
def test_plain_pictures_show_their_colour_and_nothing_else(colour, kinds):
    found = coverage([plain(colour)])
    assert {kind for kind, share in found.shares.items() if share == 1} == kinds
    assert set(found.missing) == set(KINDS) - kinds


def test_shares_are_of_all_tiles_of_all_photos():
    half = plain((20, 20, 20))
    half[:, 32:] = 240
    found = coverage([half, plain((240, 240, 240))])
    assert found.shares["dark"] == pytest.approx(0.25)
    assert found.shares["bright"] == pytest.approx(0.75)
    assert "dark 25 %" in str(found)


def test_contrast_is_busy():
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    found = coverage([np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8)])
    assert found.shares["busy"] == 1
    assert found.shares["flat"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_for_a_kind_shows_it(kind):
    assert coverage([made_for(kind)]).shares[kind] > 0.3


def test_with_what_is_made_nothing_is_missing():
    photos = [plain((100, 100, 100), 96)] * 4
    missing = coverage(photos).missing
    assert set(missing) == set(KINDS) - {"flat"}
    filled = coverage([*photos, *map(made_for, missing)])
    assert filled.missing == ()
    assert min(filled.shares.values()) >= ENOUGH
