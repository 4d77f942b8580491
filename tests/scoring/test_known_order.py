"""Pairs of known order: of equal energy where they say so, and worth judging a score by."""

import json
import re

import numpy as np
import pytest

from vernier.images.bicubic import downscale
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.shipped import FOLDER
from vernier.networks.source import find_source
from vernier.quality.objectives import to_float_db
from vernier.quantization.ranges import Ranges
from vernier.scoring.abx_page import abx_page
from vernier.scoring.known_order import made_pairs, network_pairs, shares_right
from vernier.simulation.pictures import SimulatedPictures

SCENE = np.rint(40 + 170 * dead_leaves(96, 96, seed=5)).astype(np.uint8)


@pytest.fixture(scope="module")
def made():
    return made_pairs(SCENE, np.random.default_rng(0))


@pytest.fixture(scope="module")
def from_network():
    ranges = Ranges.load(FOLDER / "sesr-m5-x2" / "ranges.json")
    network = SimulatedPictures(find_source("sesr-m5", 2), ranges)
    return network_pairs(network, "sesr-m5-x2", downscale(SCENE, 2), np.random.default_rng(0))


def test_pairs_are_as_far_from_the_reference_as_each_other(made, from_network):
    for pair in (*made, *from_network):
        # Of all samples: patches of hue have no luma.
        near, far = (to_float_db(one, pair.reference) for one in (pair.better, pair.worse))
        if pair.kind.startswith("more"):
            assert near > far
        else:
            assert near == pytest.approx(far, abs=0.7), pair


def test_kinds_of_each(made, from_network):
    assert len({pair.kind for pair in made}) == 5
    assert {pair.kind for pair in from_network} == {"more units in INT8", "INT8 against noise"}


def test_a_score_is_judged_by_its_order(made):
    def against(picture, exact):
        return -np.mean((picture.astype(float) - exact) ** 2)

    assert shares_right(made, lambda p, e: -against(p, e))["more noise"] == 1
    assert shares_right(made, against)["more noise"] == 0
    assert set(shares_right(made, lambda p, e: 0.0).values()) == {0.5}


def test_the_page_holds_all_pictures_and_hides_which_is_which(made):
    page = abx_page(made[:4])
    asked = json.loads(re.search(r"const pairs = (.*);\n", page)[1])
    assert len(asked) == 4
    assert {one["worse"] for one in asked} == {"A", "B"}
    assert all(one[k].startswith("data:image/png;base64,") for one in asked for k in "ABX")
    # Self-contained: nothing is fetched from anywhere.
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert page == abx_page(made[:4])
    assert page != abx_page(made[:4], seed=1)
