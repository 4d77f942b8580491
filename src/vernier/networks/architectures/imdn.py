"""IMDN: lightweight SR with information multi-distillation (Hui et al., ACM MM 2019).

The names of all parts are those of the authors' weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, root

WIDTH = 64
DISTILLED = WIDTH // 4
MODULES = 6
SLOPE = 0.05


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class _ContrastAttention(nn.Module):
    """Channel attention by contrast (section 3.3): deviation plus mean of each channel.

    Both are over the whole picture: a tiled picture is not exactly the untiled one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv_du = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH // 16, 1),
            nn.ReLU(),
            nn.Conv2d(WIDTH // 16, WIDTH, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        deviation = (x - mean).pow(2).mean((2, 3), keepdim=True).sqrt()
        y: Tensor = x * self.conv_du(deviation + mean)
        return y


class _Distillation(nn.Module):
    """Four steps; each keeps a quarter of its channels and passes on the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = _conv(WIDTH, WIDTH)
        self.c2 = _conv(WIDTH - DISTILLED, WIDTH)
        self.c3 = _conv(WIDTH - DISTILLED, WIDTH)
        self.c4 = _conv(WIDTH - DISTILLED, DISTILLED)
        self.cca = _ContrastAttention()
        self.c5 = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        passed = x
        for conv in (self.c1, self.c2, self.c3):
            y = functional.leaky_relu(conv(passed), SLOPE)
            part, passed = torch.split(y, [DISTILLED, WIDTH - DISTILLED], 1)
            kept.append(part)
        kept.append(self.c4(passed))
        joined: Tensor = self.c5(self.cca(torch.cat(kept, 1))) + x
        return joined


class Imdn(Architecture):
    """IMDN on RGB, section 3.1: six distillation blocks, joined, and one pixel shuffle.

    Args:
        scale: 2, 3 or 4.
    """

    channels = 3

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.fea_conv = _conv(3, WIDTH)
        for n in range(1, MODULES + 1):
            self.add_module(f"IMDB{n}", _Distillation())
        self.c = nn.Sequential(nn.Conv2d(WIDTH * MODULES, WIDTH, 1), nn.LeakyReLU(SLOPE))
        self.LR_conv = _conv(WIDTH, WIDTH)
        self.upsampler = nn.Sequential(_conv(WIDTH, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped."""
        features = self.fea_conv(x)
        y = features
        outputs = []
        for n in range(1, MODULES + 1):
            y = self.get_submodule(f"IMDB{n}")(y)
            outputs.append(y)
        y = self.LR_conv(self.c(torch.cat(outputs, 1))) + features
        out: Tensor = self.upsampler(y)
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "IMDB1.cca.conv_du.0.weight" not in weights:
            return None
        return Recognised(root(weights["upsampler.0.weight"].shape[0], 3))
