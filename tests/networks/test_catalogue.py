"""What `vernier networks` lists is what the registry builds."""

import runpy
from pathlib import Path

import pytest

from vernier.networks.catalogue import catalogue
from vernier.networks.registry import NETWORKS

TOOL = Path(__file__).parents[2] / "tools" / "catalogue.py"
# The full EDSR is the baseline's class with other numbers, and takes long to build; SwinIR has
# 2,000 operators, and its own test against its paper.
COUNTED = [listed for listed in catalogue() if listed.name not in ("edsr", "swinir-light")]


def test_every_network_is_listed_with_its_scales():
    assert {listed.name: tuple(cost.scale for cost in listed.costs) for listed in catalogue()} == {
        name: entry.scales for name, entry in NETWORKS.items()
    }
    assert {listed.name: (listed.paper, listed.channels) for listed in catalogue()} == {
        name: (entry.paper, entry.channels) for name, entry in NETWORKS.items()
    }


@pytest.mark.parametrize("listed", COUNTED, ids=lambda listed: listed.name)
def test_counted_again(listed):
    cost = listed.costs[0]
    assert runpy.run_path(str(TOOL))["count"](NETWORKS[listed.name], cost.scale) == cost
