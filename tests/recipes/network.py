"""A network of one convolution and a pixel shuffle."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, root


class OneLayer(Architecture):
    """One 3x3 convolution on luma.

    Args:
        scale: of the pixel shuffle.
    """

    channels = 1

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.only = nn.Conv2d(1, scale**2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`."""
        y: Tensor = self.shuffle(self.only(x))
        return y

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "only.weight" not in weights:
            return None
        return Recognised(root(weights["only.weight"].shape[0], 1))
