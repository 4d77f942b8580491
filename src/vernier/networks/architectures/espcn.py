"""ESPCN: real-time SR with a sub-pixel convolution (Shi et al., CVPR 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, root


class Espcn(Architecture):
    """ESPCN on luma, section 3.2: 5x5 to 64, 3x3 to 32, tanh after each, 3x3 to `scale**2`.

    Args:
        scale: the factor of the pixel shuffle, the paper's r.
    """

    channels = 1

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.first_part = nn.Sequential(
            nn.Conv2d(1, 64, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(64, 32, 3, padding=1),
            nn.Tanh(),
        )
        self.last_part = nn.Sequential(
            nn.Conv2d(32, scale**2, 3, padding=1), nn.PixelShuffle(scale)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        y: Tensor = self.last_part(self.first_part(x))
        return y

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "first_part.0.weight" not in weights:
            return None
        return Recognised(root(weights["last_part.0.weight"].shape[0], 1))
