"""EDSR: enhanced deep residual networks for SR (Lim et al., CVPR workshops 2017).

The names of all parts are those of the authors' weights.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from vernier.networks.architectures.mean_shift import mean_shift

VALUE_RANGE = 255.0


class _Block(nn.Module):
    def __init__(self, channels: int, residual_scale: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.residual_scale = residual_scale

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x) * self.residual_scale + x
        return y


class Edsr(nn.Module):
    """EDSR on RGB, section 3: residual blocks without batch norm, then shuffles.

    Args:
        scale: 2, 3 or 4.
        blocks: 16 in the baseline, 32 in the full network.
        width: channels: 64, or 256.
        residual_scale: the factor of each block's output: 1, or 0.1 for the wide network.
    """

    channels = 3

    def __init__(
        self, scale: int, blocks: int = 16, width: int = 64, residual_scale: float = 1.0
    ) -> None:
        super().__init__()
        self.scale = scale
        self.sub_mean = mean_shift(-1, VALUE_RANGE)
        self.add_mean = mean_shift(1, VALUE_RANGE)
        self.head = nn.Sequential(nn.Conv2d(3, width, 3, padding=1))
        self.body = nn.Sequential(
            *(_Block(width, residual_scale) for _ in range(blocks)),
            nn.Conv2d(width, width, 3, padding=1),
        )
        steps: list[nn.Module] = []
        for factor in {2: [2], 3: [3], 4: [2, 2]}[scale]:
            steps += [nn.Conv2d(width, width * factor**2, 3, padding=1), nn.PixelShuffle(factor)]
        self.tail = nn.Sequential(
            OrderedDict([("0", nn.Sequential(*steps)), ("1", nn.Conv2d(width, 3, 3, padding=1))])
        )

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped.

        The weights want samples up to 255; both factors vanish into the colour shifts on export.
        """
        y = self.head(self.sub_mean(x * VALUE_RANGE))
        y = self.tail(self.body(y) + y)
        out: Tensor = self.add_mean(y) / VALUE_RANGE
        return out
