"""ENet-PAT's generator: EnhanceNet (Sajjadi, Schoelkopf, Hirsch, ICCV 2017)."""

from __future__ import annotations

import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, count
from vernier.networks.architectures.bicubic_upscale import BicubicUpscale


class _Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(64, 64, 3, padding=1)
        self.conv2 = nn.Conv2d(64, 64, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.relu(self.conv1(x))) + x
        return y


class ENet(Architecture):
    """The generator of table 1 on RGB: ten residual blocks, and detail on top of bicubic.

    All convolutions are 3x3 of 64 channels; enlargement is by nearest neighbours. The authors
    released TensorFlow weights only, so the names are ours.

    Args:
        scale: 4 in the paper; 2 has one enlargement.
    """

    channels = 3

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.enlarge = BicubicUpscale(scale, 3)
        self.first = nn.Conv2d(3, 64, 3, padding=1)
        self.body = nn.Sequential(*(_Residual() for _ in range(10)))
        enlargements = scale.bit_length() - 1
        self.up = nn.ModuleList(nn.Conv2d(64, 64, 3, padding=1) for _ in range(enlargements))
        self.before_last = nn.Conv2d(64, 64, 3, padding=1)
        self.last = nn.Conv2d(64, 3, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped."""
        y = self.body(self.relu(self.first(x)))
        for conv in self.up:
            y = self.relu(conv(functional.interpolate(y, scale_factor=2, mode="nearest")))
        out: Tensor = self.last(self.relu(self.before_last(y))) + self.enlarge(x)
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "before_last.weight" not in weights or "body.0.conv1.weight" not in weights:
            return None
        return Recognised((2 ** count(weights, r"up\.(\d+)\.weight"),))
