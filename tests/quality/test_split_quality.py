"""The judge of splits: each unit in its own precision."""

import numpy as np
import pytest
import torch

from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import Crops, SplitQuality

FLOAT, NARROW = "one:cpu:float32", "two:cpu:bfloat16"


@pytest.fixture(scope="module")
def quality():
    pictures = [np.rint(dead_leaves(48, 48, channels=3, seed=s) * 255) for s in range(2)]
    crops = Crops(np.stack(pictures).astype(np.uint8), "two")
    return SplitQuality(find_source("sesr-m5", 2), {}, crops, Objective.PSNR, kept_bytes=10_000_000)


def test_bfloat16_does_not_count_as_exact(quality):
    exact, narrow = (FLOAT,) * quality.units, (NARROW,) * quality.units
    assert quality(exact) == 0
    assert 99 - 75 < quality(narrow) < 99 - 50
    # Fewer narrow units do less; what was kept on the way of other splits changes nothing.
    last = (*exact[:-1], NARROW)
    assert 0 < quality(last) < quality(narrow)
    assert quality(exact) == 0


def test_the_learners_blend_of_certain_shares_is_the_judges_picture(quality):
    shares = torch.eye(2)[[0] * (quality.units - 2) + [1, 1]]
    split = (*(FLOAT,) * (quality.units - 2), NARROW, NARROW)
    picture, exact = quality.blend(shares, (FLOAT, NARROW), 1)
    # Grey of rounded colours against rounded grey of luma: within a level or so.
    assert np.abs(picture[0, 0].numpy() * 255 - quality.pictures(split)[1]).mean() < 1
    assert not torch.equal(picture, exact)
