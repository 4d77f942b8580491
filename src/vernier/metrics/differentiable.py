"""PSNR, SSIM, MS-SSIM and GMSD on PyTorch tensors, for training; the same formulas as in NumPy.

PIQE counts blocks, and its gradient is 0 almost everywhere: `differentiable_piqe` has its scores
and other slopes. NIQE looks up fits and has no twin; `perceptual/` imitates metrics by a network.

All take batches `(N, C, H, W)` of floats in [0, 1], nominally: values a little outside, as networks
give them, are taken as they are. All give shape `(N,)`; of several channels the mean, but for PSNR,
whose squared error is over all.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from vernier.errors import UsageError
from vernier.metrics import gmsd as gmsd_numpy
from vernier.metrics import ms_ssim as ms_ssim_numpy
from vernier.metrics.filters import gaussian
from vernier.metrics.ms_ssim import Pooling
from vernier.metrics.ssim import CONTRAST_CONSTANT, LUMINANCE_CONSTANT, SIGMA, WINDOW

# Where a similarity is the square root of a product of gradients, its slope at 0 is infinite.
_LEAST_ROOT = 1e-6


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures. See `metrics.psnr`."""
    _check(first, second, "PSNR", 1)
    return -10 * torch.log10((first - second).square().mean(dim=(1, 2, 3)))


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """Mean structural similarity. See `metrics.ssim`."""
    _check(first, second, "SSIM", WINDOW)
    similarity, _ = _maps(first * 255, second * 255)
    return similarity.mean(dim=(1, 2, 3))


def ms_ssim(first: Tensor, second: Tensor, pooling: Pooling = Pooling.SUM) -> Tensor:
    """Multi-scale structural similarity. See `metrics.ms_ssim`."""
    _check(first, second, "MS-SSIM", ms_ssim_numpy.SMALLEST)
    one, other = first * 255, second * 255
    exponents = torch.tensor(ms_ssim_numpy.EXPONENTS, dtype=first.dtype)
    factors = []
    for scale in range(1, len(exponents) + 1):
        similarity, structure = _maps(one, other)
        factors.append((similarity if scale == len(exponents) else structure).mean(dim=(2, 3)))
        if scale < len(exponents):
            one, other = _halved(one, "replicate"), _halved(other, "replicate")
    found = torch.stack(factors, dim=2)
    if pooling is Pooling.SUM:
        return (found @ exponents).mean(dim=1) / exponents.sum()
    return (found.clamp_min(0) ** exponents).prod(dim=2).mean(dim=1)


def gmsd(first: Tensor, second: Tensor) -> Tensor:
    """Gradient magnitude similarity deviation; lower is better. See `metrics.gmsd`."""
    _check(first, second, "GMSD", gmsd_numpy.SMALLEST)
    square_1, square_2 = (
        _squared_gradient(_halved(picture * 255, "constant")) for picture in (first, second)
    )
    root = (square_1 * square_2 + _LEAST_ROOT**2).sqrt()
    stability = gmsd_numpy.STABILITY
    similarity = (2 * root + stability) / (square_1 + square_2 + stability)
    return similarity.flatten(2).std(dim=2).mean(dim=1)


def _check(first: Tensor, second: Tensor, metric: str, smallest: int) -> None:
    if first.shape != second.shape or first.ndim != 4:
        raise UsageError(
            f"{metric} compares two batches (N, C, H, W) of one shape, found "
            f"{tuple(first.shape)} and {tuple(second.shape)}"
        )
    if min(first.shape[2:]) < smallest:
        raise UsageError(
            f"{metric} expects at least {smallest}x{smallest} pixels, found "
            f"{first.shape[3]}x{first.shape[2]}"
        )


def _maps(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM and its contrast-structure factor in every window, samples of 0 to 255."""
    mean_1, mean_2 = _blurred(first), _blurred(second)
    product = mean_1 * mean_2
    squares = mean_1.square() + mean_2.square()
    variances = _blurred(first.square() + second.square()) - squares
    covariance = _blurred(first * second) - product
    structure = (2 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    luminance = (2 * product + LUMINANCE_CONSTANT) / (squares + LUMINANCE_CONSTANT)
    return luminance * structure, structure


def _blurred(x: Tensor) -> Tensor:
    channels = x.shape[1]
    taps = torch.tensor(gaussian(WINDOW, SIGMA), dtype=x.dtype)
    down = taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    across = taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    rows = functional.conv2d(x, down, groups=channels)
    return functional.conv2d(rows, across, groups=channels)


def _halved(x: Tensor, beyond: str) -> Tensor:
    height, width = x.shape[2:]
    return functional.avg_pool2d(functional.pad(x, (0, width % 2, 0, height % 2), mode=beyond), 2)


def _squared_gradient(x: Tensor) -> Tensor:
    padded = functional.pad(x, (1, 1, 1, 1))
    down = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
    across = padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]
    horizontal = down[..., 2:] - down[..., :-2]
    vertical = across[:, :, 2:] - across[:, :, :-2]
    return (horizontal.square() + vertical.square()) / 9
