"""SRCNN: learning a deep convolutional network for SR (Dong, Loy, He, Tang, TPAMI 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights
from vernier.networks.architectures.bicubic_upscale import BicubicUpscale


class Srcnn(Architecture):
    """SRCNN 9-f2-5 on luma, section 3.1: extract 64, map to 32, reconstruct.

    The paper's network refines a picture that bicubic has enlarged; here that enlargement is its
    first layer. The paper pads nothing and loses a border; here layers pad with zeros, as every
    later implementation does.

    Args:
        scale: of the bicubic enlargement.
        middle: side of the middle kernel: 1 (the first paper), 3, or 5 (the best of TPAMI).
    """

    channels = 1

    def __init__(self, scale: int, middle: int = 5) -> None:
        super().__init__()
        self.scale = scale
        self.enlarge = BicubicUpscale(scale, 1)
        self.conv1 = nn.Conv2d(1, 64, 9, padding=4)
        self.conv2 = nn.Conv2d(64, 32, middle, padding=middle // 2)
        self.conv3 = nn.Conv2d(32, 1, 5, padding=2)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        y = self.relu(self.conv1(self.enlarge(x)))
        out: Tensor = self.conv3(self.relu(self.conv2(y)))
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "conv1.weight" not in weights or weights["conv1.weight"].shape != (64, 1, 9, 9):
            return None
        return Recognised((2, 3, 4), {"middle": weights["conv2.weight"].shape[2]})
