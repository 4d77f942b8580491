"""PIQE with slopes against PIQE, and what its slopes are worth."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vernier.errors import UsageError
from vernier.images.bicubic import downscale, imresize
from vernier.metrics.differentiable_piqe import piqe as with_slopes
from vernier.metrics.piqe import piqe
from vernier.metrics.planes import grey

PHOTO = Path(__file__).parents[2] / "demo" / "chelsea.png"


def states(height, width):
    """A photo as it is, blurred, noisy, in steps, and one without contrast."""
    with Image.open(PHOTO) as opened:
        plane = grey(np.asarray(opened.convert("RGB"))[40 : 40 + height, 80 : 80 + width])
    rng = np.random.default_rng(0)
    blurred = imresize(downscale(plane[:, :, None], 2).astype(np.float64), height, width)[:, :, 0]
    made = [plane, blurred, plane + 8 * rng.normal(size=plane.shape), plane // 16 * 16]
    return [np.clip(np.rint(x), 0, 255).astype(np.uint8) for x in [*made, np.full_like(plane, 7)]]


def tensor_of(plane):
    return torch.from_numpy(plane / 255)[None, None]


@pytest.mark.parametrize("size", [(160, 208), (150, 201), (16, 16)])
def test_the_score_is_piqes_own(size):
    planes = states(*(side + side % 2 for side in size))
    planes = [plane[: size[0], : size[1]] for plane in planes]
    found = with_slopes(torch.cat([tensor_of(plane) for plane in planes]))
    np.testing.assert_allclose(found.numpy(), [piqe(plane).score for plane in planes], atol=2e-3)


def test_samples_are_rounded_as_the_metric_rounds_them():
    exact = states(64, 64)[2]
    between = np.clip(exact / 255 + np.random.default_rng(1).uniform(-4e-4, 4e-4, (64, 64)), 0, 1)
    found = with_slopes(torch.from_numpy(between)[None, None]).item()
    assert found == pytest.approx(piqe(between).score, abs=2e-3)


def test_a_step_down_the_slope_beats_the_step_up_and_one_by_chance():
    better_than_up, better_than_chance = [], []
    generator = torch.Generator().manual_seed(0)
    for plane in states(160, 208)[:4]:
        picture = tensor_of(plane).requires_grad_()
        (slope,) = torch.autograd.grad(with_slopes(picture).sum(), picture)
        assert torch.isfinite(slope).all()
        anyhow = torch.randn(slope.shape, generator=generator, dtype=slope.dtype)
        down, up, chance = (
            piqe(moved(picture.detach(), way)).score for way in (-slope, slope, anyhow)
        )
        better_than_up.append(down < up)
        better_than_chance.append(down < chance)
    assert all(better_than_up)
    assert sum(better_than_chance) >= 3


def moved(picture, direction, levels=1.0):
    step = direction / direction.square().mean().sqrt() * levels / 255
    return ((picture + step).clamp(0, 1) * 255).round().byte()[0, 0].numpy()


def test_a_picture_without_contrast_has_a_finite_slope():
    flat = torch.full((1, 1, 32, 32), 0.5, requires_grad=True)
    with_slopes(flat).backward()
    assert torch.isfinite(flat.grad).all()


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(UsageError, match="expected grey pictures"):
        with_slopes(torch.zeros(1, 3, 32, 32))
    with pytest.raises(UsageError, match="at least 16x16"):
        with_slopes(torch.zeros(1, 1, 15, 32))
