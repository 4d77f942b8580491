"""FLIP against its authors' own program, and what it is for."""

import numpy as np
import pytest
import torch

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.flip import PIXELS_PER_DEGREE, flip, flip_map


def tensor(picture):
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]


@pytest.fixture(scope="module")
def leaves():
    return dead_leaves(120, 150, seed=3).astype(np.float32)


def noisy(leaves):
    noise = np.random.default_rng(0).normal(0, 0.05, leaves.shape)
    return np.clip(leaves + noise, 0, 1).astype(np.float32)


# flip_evaluator 1.7 of NVIDIA: evaluate(reference, test, "LDR", parameters={"ppd": ...}).
OFFICIAL = {
    "noise": (noisy, 0.109817, 0.201734),
    "upside down": (lambda x: x[::-1], 0.811478, 0.839211),
    "warmer": (lambda x: np.clip(x * np.float32([1.1, 1, 0.9]), 0, 1), 0.255731, 0.251589),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_equals_the_authors_program(leaves, name):
    damage, usual, near = OFFICIAL[name]
    picture = tensor(damage(leaves))
    assert flip(picture, tensor(leaves), 67.0206).item() == pytest.approx(usual, abs=1e-4)
    assert flip(picture, tensor(leaves), 30.0).item() == pytest.approx(near, abs=1e-4)


def test_green_and_blue_are_the_farthest_apart():
    green, blue = torch.zeros(1, 3, 40, 40), torch.zeros(1, 3, 40, 40)
    green[:, 1], blue[:, 2] = 1, 1
    assert flip(green, blue).item() == pytest.approx(1, abs=1e-4)
    black, white = torch.zeros(1, 3, 40, 40), torch.ones(1, 3, 40, 40)
    assert 0.9 < flip(black, white).item() < 1


def test_equal_pictures(leaves):
    picture = tensor(leaves).requires_grad_()
    found = flip(picture, tensor(leaves))
    found.sum().backward()
    assert found.item() == pytest.approx(0, abs=1e-9)
    assert torch.isfinite(picture.grad).all()


def test_a_patch_is_seen_where_noise_of_its_energy_is_not(leaves):
    """The reason to have it: PSNR calls these two equal."""
    rng = np.random.default_rng(1)
    patch = np.zeros_like(leaves)
    patch[40:80, 50:100] = np.float32([0.587, -0.299, 0]) * 0.08
    noise = rng.normal(size=leaves.shape) * np.sqrt(np.mean(patch**2))
    seen, unseen = (tensor(np.clip(leaves + e, 0, 1)) for e in (patch, noise))
    assert flip(seen, tensor(leaves)) > 0.5 * flip(unseen, tensor(leaves))
    inside = flip_map(seen, tensor(leaves))[0, 45:75, 55:95].mean()
    assert inside > 1.5 * flip_map(unseen, tensor(leaves))[0, 45:75, 55:95].mean()


def test_a_step_along_the_slope_does_what_it_says(leaves):
    exact = tensor(leaves[:40, :40]).double()
    picture = exact + 0.05 * torch.rand(exact.shape, generator=torch.Generator().manual_seed(0))
    picture = picture.clamp(0.05, 0.95).requires_grad_()
    flip(picture, exact).backward()
    direction = torch.randn(picture.shape, generator=torch.Generator().manual_seed(1)).double()
    step = 1e-7
    with torch.no_grad():
        change = flip(picture + step * direction, exact)
        change -= flip(picture - step * direction, exact)
    assert float(change) / (2 * step) == pytest.approx(
        float((picture.grad * direction).sum()), rel=1e-3
    )


def test_bad_input():
    with pytest.raises(UsageError, match="two batches of RGB pictures"):
        flip(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))
    with pytest.raises(UsageError, match="above 0, found 0"):
        flip(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8), 0)
    assert pytest.approx(67.02, abs=0.01) == PIXELS_PER_DEGREE
