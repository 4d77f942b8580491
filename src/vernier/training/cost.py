"""Multiplications of a forward pass, counted while it runs on tensors without memory."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from vernier.networks.architectures.linear_block import LinearBlock, set_expanded

CONVOLUTION = torch.ops.aten.convolution.default


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the multiply-accumulates of every convolution that runs under it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if func is CONVOLUTION:
            weight = args[1]
            # Every weight meets one input sample for each output pixel. A transposed convolution
            # is counted as the convolution of the zero-filled input that it equals, on the
            # high-resolution grid, as the published tables do (FSRCNN's 9x9 layer).
            self.macs += out.shape[0] * math.prod(out.shape[2:]) * weight.numel()
        return out


def forward_macs(module: nn.Module, height: int, width: int, batch: int = 1) -> int:
    """Multiply-accumulates of all convolutions in one forward pass.

    Additions of biases and skips, activations and shuffles are not counted, nor is the collapse of
    a `LinearBlock`; a transposed convolution counts every tap at each high-resolution pixel.

    Args:
        module: takes `(batch, module.channels, height, width)`; not changed, and nothing is
            computed: the pass runs on PyTorch's "meta" device.
        height: of the low-resolution input, in pixels.
        width: likewise.
        batch: pictures at once.
    """
    channels = getattr(module, "channels", 3)
    shadow = copy.deepcopy(module).to("meta")
    counter = _Counter()
    with torch.no_grad(), counter:
        shadow(torch.empty(batch, channels, height, width, device="meta"))
    return counter.macs


def weight_count(module: nn.Module) -> int:
    """Weights of all convolutions; biases, slopes and norms are not counted, as papers do."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.dim() == 4)


@dataclass(frozen=True)
class TrainingCost:
    """Multiply-accumulates of one training step's forward pass (SESR, section 3.3).

    Attributes:
        expanded: with every linear block as written, k x k to wide and 1x1 back.
        narrow: the convolutions alone, with collapsed kernels.
        collapse_by_deltas: collapsing the kernels as the paper does, by sending one-hot pictures
            through the block: in * k**2 of them, each seen by both convolutions.
        collapse_by_product: collapsing them as we do, by one matrix product: the 1x1
            convolution's weights times the k x k kernels.
    """

    expanded: int
    narrow: int
    collapse_by_deltas: int
    collapse_by_product: int

    @property
    def collapsed(self) -> int:
        """The published number: narrow convolutions and the paper's way to collapse."""
        return self.narrow + self.collapse_by_deltas


def training_cost(module: nn.Module, batch: int, height: int, width: int) -> TrainingCost:
    """What a training step's forward pass costs in either form.

    Args:
        module: of `LinearBlock`s; not changed.
        batch: pictures in a step.
        height: of a low-resolution patch, in pixels.
        width: likewise.
    """
    shadow = copy.deepcopy(module).to("meta")
    counts = []
    for expanded in (True, False):
        set_expanded(shadow, expanded)
        counts.append(forward_macs(shadow, height, width, batch))
    by_deltas = by_product = 0
    for block in shadow.modules():
        if isinstance(block, LinearBlock):
            out_channels, in_channels, kernel, _ = block.kernel_shape()
            positions = in_channels * kernel**2
            product = positions * block.wide.shape[0] * out_channels
            by_deltas += positions * block.wide.numel() + product
            by_product += product
    return TrainingCost(counts[0], counts[1], by_deltas, by_product)
