"""CARN and CARN-M: fast, accurate, lightweight SR with cascading residuals (Ahn et al., ECCV 2018).

The names of all parts are those of the authors' weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    shuffles,
)
from vernier.networks.architectures.mean_shift import mean_shift

CHANNELS = 64


class _MeanShift(nn.Module):
    def __init__(self, sign: int) -> None:
        super().__init__()
        self.shifter = mean_shift(sign)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.shifter(x)
        return y


class _Join(nn.Module):
    """The 1x1 convolution after each concatenation."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(inputs, CHANNELS, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y


class _Residual(nn.Module):
    """Two 3x3 convolutions, or CARN-M's two grouped ones and a 1x1 (its "efficient" block)."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=groups),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=groups),
        ]
        if groups > 1:
            layers += [nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 1)]
        self.body = nn.Sequential(*layers)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.body(x) + x)
        return y


class _Cascade(nn.Module):
    """Three parts, each of which sees the outputs of all before it (figure 3 of the paper).

    CARN-M runs its one residual block three times: its weights are shared.
    """

    def __init__(self, parts: list[nn.Module]) -> None:
        super().__init__()
        self.b1 = parts[0]
        if len(parts) == 3:
            self.b2, self.b3 = parts[1], parts[2]
        self.shared = len(parts) == 1
        self.c1 = _Join(2 * CHANNELS)
        self.c2 = _Join(3 * CHANNELS)
        self.c3 = _Join(4 * CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        """Features in, features out."""
        second, third = (self.b1, self.b1) if self.shared else (self.b2, self.b3)
        seen = torch.cat([x, self.b1(x)], 1)
        y = self.c1(seen)
        seen = torch.cat([seen, second(y)], 1)
        y = self.c2(seen)
        seen = torch.cat([seen, third(y)], 1)
        out: Tensor = self.c3(seen)
        return out


class _UpsampleStep(nn.Module):
    def __init__(self, scale: int, groups: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for factor in {2: [2], 3: [3], 4: [2, 2]}[scale]:
            layers += [
                nn.Conv2d(CHANNELS, CHANNELS * factor**2, 3, padding=1, groups=groups),
                nn.ReLU(),
                nn.PixelShuffle(factor),
            ]
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y


class _Upsample(nn.Module):
    """The ends for x2, x3 and x4 of the published weights, or one end alone."""

    def __init__(self, scale: int, groups: int, multi_scale: bool) -> None:
        super().__init__()
        self.used = f"up{scale}" if multi_scale else "up"
        if multi_scale:
            for factor in (2, 3, 4):
                self.add_module(f"up{factor}", _UpsampleStep(factor, groups))
        else:
            self.up = _UpsampleStep(scale, groups)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.get_submodule(self.used)(x)
        return y


class Carn(_Cascade, Architecture):
    """CARN, or with `groups > 1` CARN-M (section 3.3), on RGB.

    Args:
        scale: 2, 3 or 4.
        groups: 1 for CARN, 4 for the published CARN-M.
        multi_scale: with the ends of all three scales, as the published weights have them.
    """

    channels = 3

    def __init__(self, scale: int, groups: int = 1, multi_scale: bool = True) -> None:
        def block() -> nn.Module:
            return _Cascade([_Residual(groups) for _ in range(1 if groups > 1 else 3)])

        super().__init__([block(), block(), block()])
        self.scale = scale
        self.sub_mean = _MeanShift(-1)
        self.add_mean = _MeanShift(1)
        self.entry = nn.Conv2d(3, CHANNELS, 3, padding=1)
        self.upsample = _Upsample(scale, groups, multi_scale)
        self.exit = nn.Conv2d(CHANNELS, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped."""
        y = super().forward(self.entry(self.sub_mean(x)))
        out: Tensor = self.add_mean(self.exit(self.upsample(y)))
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "b1.c1.body.0.weight" not in weights:
            return None
        groups = 64 // weights["b1.b1.body.0.weight"].shape[1]
        if "upsample.up2.body.0.weight" in weights:
            return Recognised((2, 3, 4), {"groups": groups, "multi_scale": True})
        scales = shuffles(weights, 64, "upsample.up.body.0.weight", "upsample.up.body.3.weight")
        return Recognised(scales, {"groups": groups, "multi_scale": False})
