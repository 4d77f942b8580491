"""SESR: super-efficient super resolution (Bhardwaj et al., MLSys 2022, arXiv 2103.09404)."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    count,
    root,
)
from vernier.networks.architectures.linear_block import LinearBlock


@dataclass(frozen=True)
class SesrVariant:
    """The sizes of one published network: `m` middle layers of `f` channels.

    `expansion` is the width inside a linear block while training. The paper's text says 256
    for all; the released commands train M11 and XL with 64, and so do we.
    """

    m: int
    f: int
    expansion: int


VARIANTS = {
    "m3": SesrVariant(3, 16, 256),
    "m5": SesrVariant(5, 16, 256),
    "m7": SesrVariant(7, 16, 256),
    "m11": SesrVariant(11, 16, 64),
    "xl": SesrVariant(11, 32, 64),
}


class Sesr(Architecture):
    """SESR on luma, section 3 of the paper.

    A 5x5 block without an activation, `m` residual 3x3 blocks each followed by one, the feature
    skip around those, a 5x5 block to `scale**2` channels, the input skip, and the pixel shuffle.

    Args:
        variant: one of `VARIANTS`.
        scale: 2 or 4. The paper shuffles twice by 2 for x4; one shuffle by 4 is the same network
            with its last 16 channels permuted, and one operator less.
        hardware: the hardware-efficient variant: ReLU for PReLU, and no input skip.
        trainable_form: linear blocks; otherwise the narrow convolutions they collapse to.
    """

    channels = 1

    def __init__(
        self, variant: str, scale: int, hardware: bool = False, trainable_form: bool = True
    ) -> None:
        super().__init__()
        sizes = VARIANTS[variant]
        self.scale = scale
        self.hardware = hardware

        def block(inputs: int, outputs: int, kernel: int, residual: bool = False) -> nn.Module:
            if trainable_form:
                return LinearBlock(inputs, outputs, kernel, sizes.expansion, residual)
            return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)

        self.first = block(1, sizes.f, 5)
        self.middle = nn.ModuleList(
            block(sizes.f, sizes.f, 3, residual=True) for _ in range(sizes.m)
        )
        self.activations = nn.ModuleList(
            nn.ReLU() if hardware else nn.PReLU(sizes.f, init=0.0) for _ in range(sizes.m)
        )
        self.last = block(sizes.f, scale**2, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        features = self.first(x - 0.5)
        y = features
        for conv, activation in zip(self.middle, self.activations, strict=True):
            y = activation(conv(y))
        y = self.last(y + features)
        if not self.hardware:
            y = y + x
        return functional.pixel_shuffle(y, self.scale)

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        trainable = "first.wide" in weights
        kernel = "narrow" if trainable else "weight"
        if f"first.{kernel}" not in weights or "middle.0." + kernel not in weights:
            return None
        sizes = (count(weights, r"middle\.(\d+)\."), weights[f"first.{kernel}"].shape[0])
        variant = next(name for name, v in VARIANTS.items() if (v.m, v.f) == sizes)
        hardware = "activations.0.weight" not in weights
        return Recognised(
            root(weights[f"last.{kernel}"].shape[0], 1),
            {"variant": variant, "hardware": hardware, "trainable_form": trainable},
        )
