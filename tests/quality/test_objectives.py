"""What a split's picture is worth: 0 for the float picture, and more for what an eye sees more."""

import numpy as np
import pytest
import torch

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.flip import flip
from vernier.metrics.gmsd import gmsd
from vernier.metrics.lpips_weights import at_hand
from vernier.metrics.piqe import steady_piqe
from vernier.metrics.planes import grey
from vernier.networks.shipped import FOLDER
from vernier.networks.source import find_source
from vernier.quality.guard import Guard
from vernier.quality.objectives import (
    FLIP_POINTS,
    GMSD_POINTS,
    PIQE_BONUS,
    Objective,
    objective_of,
    scores,
)
from vernier.quality.perceived import perception
from vernier.quality.split_quality import Crops, SplitQuality
from vernier.quantization.ranges import Ranges
from vernier.scoring.known_order import made_pairs

EXACT = np.rint(30 + 190 * dead_leaves(96, 112, seed=6)).astype(np.uint8)
NOISE = np.random.default_rng(0).normal(size=EXACT.shape)
ABLE = [one for one in Objective if one is not Objective.LPIPS or at_hand()]


def worth(objective, picture):
    return objective_of(objective, picture, EXACT, steady_piqe(grey(EXACT)), Guard())


def noisy(levels):
    return np.rint(np.clip(EXACT + levels * NOISE, 0, 255)).astype(np.uint8)


@pytest.mark.parametrize("objective", ABLE)
def test_the_float_picture_is_worth_nothing(objective):
    assert worth(objective, EXACT) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("objective", [one for one in ABLE if one is not Objective.PIQE])
def test_more_noise_is_worse(objective):
    found = [worth(objective, noisy(levels)) for levels in (3, 6, 12)]
    assert 0 < found[0] < found[1] < found[2]


def test_visible_is_the_sum_that_it_says():
    picture = noisy(6)
    planes = [
        torch.from_numpy(x / np.float32(255)).permute(2, 0, 1)[None] for x in (picture, EXACT)
    ]
    wanted = FLIP_POINTS * float(flip(*planes)) + GMSD_POINTS * gmsd(grey(picture), grey(EXACT))
    assert worth(Objective.VISIBLE, picture) == pytest.approx(wanted, rel=1e-5)
    assert scores(picture, EXACT, Guard())["visible"] == pytest.approx(wanted, rel=1e-5)


def test_a_gain_of_piqe_counts_only_near_the_float_picture():
    """Noise flatters PIQE; the same gain is nothing at 38 dB and a little at 53."""
    for levels, credited in ((3.0, False), (0.45, True)):
        picture = noisy(levels)
        better = steady_piqe(grey(EXACT)) - steady_piqe(grey(picture)) + 5
        given = (picture, EXACT, steady_piqe(grey(EXACT)) + 5, Guard())
        bonus = objective_of(Objective.VISIBLE, picture, EXACT, 0.0, Guard()) - objective_of(
            Objective.VISIBLE, *given
        )
        assert bonus == pytest.approx(PIQE_BONUS * better if credited else 0, abs=2e-3)


def test_hue_patches_are_seen_by_the_default_and_not_by_guarded_piqe():
    pairs = [p for p in made_pairs(EXACT, np.random.default_rng(0)) if p.kind.startswith("hue")]
    assert len(pairs) == 3
    for pair in pairs:
        assert worth(Objective.VISIBLE, pair.worse) > worth(Objective.VISIBLE, pair.better)
        assert worth(Objective.GUARDED, pair.worse) < worth(Objective.GUARDED, pair.better)


@pytest.mark.parametrize("objective", [Objective.VISIBLE, Objective.FLIP])
def test_an_objective_of_colours_refuses_grey(objective):
    plane = grey(EXACT)
    with pytest.raises(UsageError, match="expected an RGB picture"):
        objective_of(objective, plane, plane, 0.0, Guard())


@pytest.mark.parametrize("objective", [one for one in ABLE if one.coloured])
@pytest.mark.parametrize(("network", "scale"), [("sesr-m5", 2)])
def test_the_learner_descends_what_the_judge_judges(objective, network, scale):
    """The same number of the same picture, and a slope for each unit's share."""
    low = np.rint(255 * dead_leaves(48, 56, seed=1)).astype(np.uint8)
    ranges = Ranges.load(FOLDER / f"{network}-x{scale}" / "ranges.json")
    names = ("a:cpu:float32", "b:cpu:int8")
    quality = SplitQuality(find_source(network, scale), ranges, Crops(low[None], "one"), objective)
    shares = torch.tensor([[0.0, 1.0]] * quality.units, requires_grad=True)
    picture, exact = quality.blend(shares, names, 0)
    assert picture.shape == exact.shape == (1, 3, 96, 112)
    found = perception(objective, Guard())(picture, exact)
    found.sum().backward()
    assert found.item() == pytest.approx(quality((names[1],) * quality.units), rel=1e-3)
    assert torch.isfinite(shares.grad).all()
    assert (shares.grad[:, 1] != 0).all()
