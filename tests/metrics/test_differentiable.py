"""The PyTorch twins against the NumPy metrics, and their gradients."""

import numpy as np
import pytest
import torch

from vernier.errors import UsageError
from vernier.metrics import differentiable
from vernier.metrics.gmsd import gmsd
from vernier.metrics.ms_ssim import Pooling, ms_ssim
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import ssim

TWINS = {"psnr": psnr, "ssim": ssim, "ms_ssim": ms_ssim, "gmsd": gmsd}


def pictures(height, width, channels=1, count=2):
    rng = np.random.default_rng(0)
    smooth = np.cumsum(rng.normal(size=(count, channels, height, width)), axis=3)
    low, high = smooth.min(), smooth.max()
    first = (smooth - low) / (high - low)
    return first, np.clip(first + rng.normal(scale=0.03, size=first.shape), 0, 1)


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("size", [(161, 176), (175, 203)])
def test_equal_to_numpy(name, size):
    first, second = pictures(*size)
    found = getattr(differentiable, name)(torch.from_numpy(first), torch.from_numpy(second))
    wanted = [TWINS[name](a[0], b[0]) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-7)


def test_the_product_of_scales_too():
    first, second = pictures(175, 203)
    found = differentiable.ms_ssim(*map(torch.from_numpy, (first, second)), Pooling.PRODUCT)
    wanted = [ms_ssim(a[0], b[0], Pooling.PRODUCT) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-7)


@pytest.mark.parametrize("name", ["psnr", "ssim", "ms_ssim"])
def test_colours(name):
    first, second = pictures(161, 170, channels=3, count=1)
    found = getattr(differentiable, name)(torch.from_numpy(first), torch.from_numpy(second))
    planes = [np.ascontiguousarray(x[0].transpose(1, 2, 0)) for x in (first, second)]
    assert float(found[0]) == pytest.approx(TWINS[name](*planes), rel=1e-7)


@pytest.mark.parametrize("name", TWINS)
def test_a_step_along_the_gradient_does_what_it_says(name):
    size = (161, 161) if name == "ms_ssim" else (24, 20)
    first, second = (torch.from_numpy(x) for x in pictures(*size, count=1))
    metric = getattr(differentiable, name)
    moved = second.clone().requires_grad_()
    metric(first, moved).backward()
    assert torch.isfinite(moved.grad).all()
    direction = torch.randn(second.shape, generator=torch.Generator().manual_seed(0)).double()
    step = 1e-6
    change = metric(first, second + step * direction) - metric(first, second - step * direction)
    assert float(change) / (2 * step) == pytest.approx(
        float((moved.grad * direction).sum()), rel=1e-4
    )


def test_equal_pictures_have_finite_gradients_where_the_metric_has():
    flat = torch.full((1, 1, 176, 176), 0.5, requires_grad=True)
    for name in ("ssim", "ms_ssim", "gmsd"):
        (gradient,) = torch.autograd.grad(getattr(differentiable, name)(flat, flat).sum(), flat)
        assert torch.isfinite(gradient).all(), name


def test_bad_input():
    with pytest.raises(UsageError, match="two batches"):
        differentiable.ssim(torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 21))
    with pytest.raises(UsageError, match="161x161 pixels, found 20x20"):
        differentiable.ms_ssim(torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 20))
