"""The collapsible linear block of SESR (MLSys 2022, section 3.1 and algorithms 1 and 2)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn


@runtime_checkable
class Collapsible(Protocol):
    """A block that is one convolution in disguise."""

    def collapse(self) -> nn.Conv2d:
        """The plain convolution that computes the same function."""
        ...


def convolution_of(kernel: Tensor, bias: Tensor) -> nn.Conv2d:
    """A zero-padded convolution with a kernel `(out, in, k, k)` and a bias `(out,)`."""
    out_channels, in_channels, side, _ = kernel.shape
    conv = nn.Conv2d(in_channels, out_channels, side, padding=side // 2)
    conv.load_state_dict({"weight": kernel.detach(), "bias": bias.detach()})
    return conv


class LinearBlock(nn.Module):
    """A k x k convolution to `expansion` channels and a 1x1 back, with nothing between them.

    As both are linear they are one narrow convolution in disguise. Training may run either form
    (`expanded`): the wide one as written, or the narrow one, collapsed anew at every step, with
    gradients flowing through the collapse into the wide weights (SESR's efficient training).

    The released code pushes the biases of the two convolutions into every tap of the collapsed
    kernel, which is not the same function as the expanded block. Here the wide convolutions carry
    no bias and one bias is added after them, so that both forms are the same function exactly.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: odd side of the k x k kernel.
        expansion: channels between the two convolutions (p in the paper).
        residual: add the input to the output; needs `in_channels == out_channels`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        expansion: int,
        residual: bool = False,
    ) -> None:
        super().__init__()
        if residual and in_channels != out_channels:
            raise ValueError("a residual needs as many output as input channels")
        self.residual = residual
        self.expanded = False
        self.wide = nn.Parameter(torch.empty(expansion, in_channels, kernel_size, kernel_size))
        self.narrow = nn.Parameter(torch.empty(out_channels, expansion, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        # Keras' default, which the paper's code relies on; PyTorch's own is another.
        nn.init.xavier_uniform_(self.wide)
        nn.init.xavier_uniform_(self.narrow)
        identity = torch.zeros(out_channels, in_channels, kernel_size, kernel_size)
        if residual:
            nn.init.dirac_(identity)
        self.register_buffer("identity", identity, persistent=False)

    def collapsed_kernel(self) -> Tensor:
        """The equal narrow kernel, shape `(out, in, k, k)`: algorithm 1, then algorithm 2.

        Without a non-linearity between them the two convolutions contract over the wide
        channels; a residual is one more at the centre tap of (i, i).
        """
        kernel = torch.einsum("pikl,op->oikl", self.wide, self.narrow[:, :, 0, 0])
        identity = self.get_buffer("identity")
        return kernel + identity if self.residual else kernel

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(N, in, H, W)` to `(N, out, H, W)`, zero padded."""
        padding = self.wide.shape[-1] // 2
        if not self.expanded:
            return functional.conv2d(x, self.collapsed_kernel(), self.bias, padding=padding)
        y = functional.conv2d(x, self.wide, padding=padding)
        y = functional.conv2d(y, self.narrow, self.bias)
        return y + x if self.residual else y

    def kernel_shape(self) -> tuple[int, int, int, int]:
        """`(out, in, k, k)` of the collapsed kernel."""
        out_channels, in_channels, kernel_size, _ = self.get_buffer("identity").shape
        return out_channels, in_channels, kernel_size, kernel_size

    def collapse(self) -> nn.Conv2d:
        """The plain convolution that computes the same function."""
        return convolution_of(self.collapsed_kernel(), self.bias)

    def expand_from(self, conv: nn.Conv2d) -> None:
        """Become the wide form of a plain convolution: the inverse of `collapse`.

        Many wide blocks collapse to one kernel. Of those that share this block's fresh narrow
        weights, take the one nearest to its fresh wide weights (the least-squares correction), so
        that training goes on from the kernel with the statistics of a new block.

        A block of more channels than the convolution computes it in its first channels, which do
        not look at the others; those keep their fresh weights (Net2Net's idea, Chen et al., ICLR
        2016, without copies that would have to be told apart by noise).

        Args:
            conv: kernel of shape `(out, in, k, k)`, with a bias; not more channels than here.
        """
        with torch.no_grad():
            outputs, inputs = conv.weight.shape[:2]
            wanted = self.collapsed_kernel().clone()
            wanted[:outputs] = 0
            wanted[:outputs, :inputs] = conv.weight
            missing = wanted - self.collapsed_kernel()
            inverse = torch.linalg.pinv(self.narrow[:, :, 0, 0].double()).float()
            self.wide.add_(torch.einsum("oikl,po->pikl", missing, inverse))
            if conv.bias is not None:
                self.bias[:outputs] = conv.bias

    def become_identity(self) -> None:
        """Give back the input, and learn from there; needs the residual."""
        with torch.no_grad():
            self.narrow.zero_()
            self.bias.zero_()


def collapse(module: nn.Module) -> nn.Module:
    """Replace every block below `module` that can, in place, by the convolution it equals."""
    for name, child in list(module.named_children()):
        if isinstance(child, Collapsible):
            setattr(module, name, child.collapse())
        else:
            collapse(child)
    return module


def set_expanded(module: nn.Module, expanded: bool) -> None:
    """Choose the form in which every `LinearBlock` below `module` computes."""
    for child in module.modules():
        if isinstance(child, LinearBlock):
            child.expanded = expanded


def expand_from(module: nn.Module, collapsed: nn.Module) -> None:
    """Give every `LinearBlock` of `module` the function of its counterpart in `collapsed`.

    Other convolutions and slopes are copied. A deeper or wider `module` of the same scale begins as
    the same function: blocks without a counterpart give back their input, further channels reach
    no output. Where the scale differs, parts of another shape keep their fresh weights, as the last
    block does when x4 starts from x2 (SESR, section 4).
    """
    theirs = dict(collapsed.named_modules())
    same_scale = getattr(module, "scale", None) == getattr(collapsed, "scale", None)
    for name, block in module.named_modules():
        other = theirs.get(name)
        if isinstance(block, LinearBlock):
            if isinstance(other, nn.Conv2d):
                found, wanted = tuple(other.weight.shape), block.kernel_shape()
                fits = found[2:] == wanted[2:] and found[0] <= wanted[0] and found[1] <= wanted[1]
                if found == wanted or (same_scale and fits):
                    block.expand_from(other)
            elif same_scale and block.residual:
                block.become_identity()
        elif isinstance(block, nn.PReLU):
            with torch.no_grad():
                if isinstance(other, nn.PReLU):
                    block.weight[: len(other.weight)] = other.weight
                elif same_scale:
                    block.weight.fill_(1)
        elif isinstance(block, nn.Conv2d | nn.ConvTranspose2d) and isinstance(other, type(block)):
            alike = block.weight.shape == other.weight.shape and block.stride == other.stride
            if alike:
                block.load_state_dict(other.state_dict())
