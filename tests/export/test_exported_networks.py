"""From a network to a bundle: what photos are used, and what is said of the damage."""

import numpy as np
import pytest

from vernier.errors import NetworkError, UsageError
from vernier.export.networks import (
    Photos,
    export_network,
    export_network_split,
    ranges_on,
)
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import network_input
from vernier.networks.source import Source, Weights, find_source, graph_of
from vernier.quality.damage import EQUAL_DB
from vernier.units.cutting import Granularity, cut

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"


def photos(channels=1):
    picture = np.round(255 * dead_leaves(40, 48)).astype(np.uint8)
    return Photos((network_input(picture, channels),), "dead leaves")


def test_the_damage_of_a_split_lies_between_all_float_and_all_int8():
    source, shown = find_source("sesr-m5", 2), photos()
    ranges = ranges_on(source, shown)
    units = cut(source.graph)

    def damage(names):
        made = export_network_split(source, names, Granularity.LAYER, ranges, photos=shown)
        return made.manifest.damage.psnr_to_float_db

    whole = export_network(source, "int8", photos=shown, ranges=ranges).manifest.damage
    assert damage([FLOAT] * len(units)) == EQUAL_DB
    assert damage([INT8] * len(units)) == whole.psnr_to_float_db
    assert whole.psnr_to_float_db < damage([FLOAT, FLOAT, INT8, *[FLOAT] * 4]) < EQUAL_DB
    assert whole.photos == "dead leaves"


def test_random_weights_are_not_exported():
    source = find_source("srvgg-16", 2)
    assert source.weights is Weights.RANDOM
    with pytest.raises(UsageError, match="no weights come with Vernier for srvgg-16 at x2"):
        export_network(source, "float32")


def test_int8_needs_ranges():
    with pytest.raises(UsageError, match="needs photos"):
        export_network(find_source("sesr-m5", 2), "int8")


def test_a_name_without_a_scale_gets_its_smallest():
    assert find_source("sesr-m5").scale == 2
    assert find_source("lapsrn").scale == 2


def test_shipped_weights_are_those_of_the_registry():
    shipped, fresh = graph_of("sesr-m5", 2), find_source("espcn", 2)
    assert shipped.inputs == fresh.graph.inputs
    assert fresh.weights is Weights.RANDOM


def test_a_file_and_weights_exclude_each_other(tmp_path):
    with pytest.raises(NetworkError, match="holds weights already"):
        find_source("a.pth", weights=tmp_path / "b.pth")


def test_a_source_says_where_its_weights_are_from(tmp_path):
    found = find_source("sesr-m5")
    assert found == Source(found.graph, "sesr-m5", 2, Weights.SHIPPED)
