"""Bicubic enlargement inside a network, for those that refine an enlarged picture.

It is MATLAB's `imresize` (`vernier.images.bicubic`), exactly, borders included: the picture is
mirrored with the border pixel repeated, and each output phase is one fixed 5x5 kernel of a
convolution whose `scale**2` outputs a pixel shuffle puts in place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

RADIUS = 2


@torch.library.custom_op("vernier::symmetric_pad", mutates_args=())
def symmetric_pad(x: Tensor, amount: int) -> Tensor:
    """Mirror all four sides of `(N, C, H, W)`, the border pixel repeated: b a | a b c | c b.

    PyTorch has no such padding (its "reflect" skips the border pixel); `.tflite` has, and as one
    operator of its own it can be captured as one.
    """
    return _mirrored(_mirrored(x, amount, 2), amount, 3)


def _mirrored(x: Tensor, amount: int, axis: int) -> Tensor:
    size = x.shape[axis]
    first = x.narrow(axis, 0, amount).flip(axis)
    last = x.narrow(axis, size - amount, amount).flip(axis)
    return torch.cat([first, x, last], axis)


@symmetric_pad.register_fake
def _(x: Tensor, amount: int) -> Tensor:
    # The same steps, as the order of the axes in memory is part of the answer.
    return _mirrored(_mirrored(x, amount, 2), amount, 3)


def _folded(grad: Tensor, amount: int, axis: int) -> Tensor:
    size = grad.shape[axis] - 2 * amount
    inner = grad.narrow(axis, amount, size).clone()
    inner.narrow(axis, 0, amount).add_(grad.narrow(axis, 0, amount).flip(axis))
    tail = grad.narrow(axis, amount + size, amount).flip(axis)
    inner.narrow(axis, size - amount, amount).add_(tail)
    return inner


def _keep_amount(ctx: torch.autograd.function.FunctionCtx, inputs: object, output: object) -> None:
    ctx.amount = inputs[1]  # type: ignore[attr-defined, index]


def _backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> tuple[Tensor, None]:
    amount: int = ctx.amount  # type: ignore[attr-defined]
    return _folded(_folded(grad, amount, 3), amount, 2), None


symmetric_pad.register_autograd(_backward, setup_context=_keep_amount)


def _keys_kernel(x: Tensor) -> Tensor:
    """Keys' cubic convolution kernel with a = -0.5 (1981), support [-2, 2]."""
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1.0
    far = -0.5 * x**3 + 2.5 * x**2 - 4.0 * x + 2.0
    return torch.where(x <= 1, near, torch.where(x <= 2, far, torch.zeros_like(x)))


def phase_kernels(scale: int) -> Tensor:
    """The kernels of all output phases, shape `(scale**2, 1, 5, 5)`, float32, rows first."""
    offsets = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
    taps = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64)
    rows = _keys_kernel(offsets[:, None] - taps)
    kernels = torch.einsum("ak,bl->abkl", rows, rows)
    return kernels.reshape(scale**2, 1, 2 * RADIUS + 1, 2 * RADIUS + 1).float()


class BicubicUpscale(nn.Module):
    """`(N, channels, H, W)` to `(N, channels, scale*H, scale*W)`; H and W at least 2.

    Its kernels are no parameters and stand in no state dict.
    """

    def __init__(self, scale: int, channels: int) -> None:
        super().__init__()
        self.scale = scale
        self.channels = channels
        kernels = phase_kernels(scale).repeat(channels, 1, 1, 1)
        self.register_buffer("kernels", kernels, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Values may leave the input's range by the kernel's negative lobes."""
        padded = symmetric_pad(x, RADIUS)
        phases = functional.conv2d(padded, self.get_buffer("kernels"), groups=self.channels)
        return functional.pixel_shuffle(phases, self.scale)
