"""What others train in the place of SESR's linear blocks; all collapse to the same network.

SESR (MLSys 2022, section 4) compares its block, a wide convolution and a 1x1 with a short residual,
with ExpandNet's (Guo et al., NeurIPS 2020: the same without the residual), with RepVGG's (Ding et
al., CVPR 2021: k x k, 1x1 and identity side by side, here without batch norm) and with the plain
convolution.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.errors import TrainingError
from vernier.networks.architectures.linear_block import LinearBlock, convolution_of

STYLES = ("linear", "expandnet", "repvgg", "plain")


class RepVggBlock(nn.Module):
    """A k x k and a 1x1 convolution side by side, and the input where it has as many channels.

    They are summed to one kernel before they meet the picture, which is the same function.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: odd side of the kernel.
        residual: add the input to the output; needs `in_channels == out_channels`.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, residual: bool
    ) -> None:
        super().__init__()
        self.full = nn.Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size))
        self.point = nn.Parameter(torch.empty(out_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.xavier_uniform_(self.full)
        nn.init.xavier_uniform_(self.point)
        identity = torch.zeros(out_channels, in_channels, kernel_size, kernel_size)
        if residual:
            nn.init.dirac_(identity)
        self.register_buffer("identity", identity, persistent=False)

    def collapsed_kernel(self) -> Tensor:
        """The equal kernel, shape `(out, in, k, k)`."""
        border = self.full.shape[-1] // 2
        return self.full + functional.pad(self.point, [border] * 4) + self.get_buffer("identity")

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(N, in, H, W)` to `(N, out, H, W)`, zero padded."""
        padding = self.full.shape[-1] // 2
        return functional.conv2d(x, self.collapsed_kernel(), self.bias, padding=padding)

    def collapse(self) -> nn.Conv2d:
        """The plain convolution that computes the same function."""
        return convolution_of(self.collapsed_kernel(), self.bias)


def restyle(module: nn.Module, style: str) -> nn.Module:
    """Replace every `LinearBlock` below `module`, in place, by a fresh block of another style.

    Args:
        module: in trainable form.
        style: one of `STYLES`.

    Raises:
        TrainingError: an unknown style, or nothing to replace.
    """
    if style not in STYLES:
        raise TrainingError(f"expected blocks of {', '.join(STYLES)}, found {style!r}")
    if style == "linear":
        return module
    found = [name for name, child in module.named_modules() if isinstance(child, LinearBlock)]
    if not found:
        raise TrainingError(
            f"blocks = {style!r} stands for linear blocks, and this network has none; leave it out"
        )
    for name in found:
        module.set_submodule(name, _block(module.get_submodule(name), style))
    return module


def _block(linear: nn.Module, style: str) -> nn.Module:
    assert isinstance(linear, LinearBlock)
    outputs, inputs, kernel, _ = linear.kernel_shape()
    if style == "expandnet":
        return LinearBlock(inputs, outputs, kernel, linear.wide.shape[0])
    if style == "repvgg":
        return RepVggBlock(inputs, outputs, kernel, linear.residual)
    plain = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    # As the released code draws all kernels, so that the styles differ in nothing else.
    nn.init.xavier_uniform_(plain.weight)
    nn.init.zeros_(plain.bias)  # type: ignore[arg-type]
    return plain
