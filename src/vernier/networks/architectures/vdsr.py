"""VDSR: accurate SR using very deep convolutional networks (Kim, Lee, Lee, CVPR 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, count
from vernier.networks.architectures.bicubic_upscale import BicubicUpscale


class _Layer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.conv(x))
        return y


class Vdsr(Architecture):
    """VDSR on luma, section 3: 20 layers of 64 channels that add detail to bicubic.

    The names are those of the widely used PyTorch weights, which have no biases. The enlargement
    is the network's first layer here, exact to the border (`bicubic_upscale`).

    Args:
        scale: of the bicubic enlargement; one set of weights serves all.
        layers: the depth.
    """

    channels = 1

    def __init__(self, scale: int, layers: int = 20) -> None:
        super().__init__()
        self.scale = scale
        self.enlarge = BicubicUpscale(scale, 1)
        self.input = nn.Conv2d(1, 64, 3, padding=1, bias=False)
        self.relu = nn.ReLU()
        self.residual_layer = nn.Sequential(*(_Layer(64) for _ in range(layers - 2)))
        self.output = nn.Conv2d(64, 1, 3, padding=1, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        enlarged = self.enlarge(x)
        y = self.residual_layer(self.relu(self.input(enlarged)))
        out: Tensor = self.output(y) + enlarged
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        layers = count(weights, r"residual_layer\.(\d+)\.conv\.weight")
        return Recognised((2, 3, 4), {"layers": layers + 2}) if layers else None
