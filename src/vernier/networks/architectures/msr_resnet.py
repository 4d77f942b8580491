"""MSRResNet: BasicSR's modified SRResNet (after Ledig et al., CVPR 2017), without batch norm.

The names of all parts are those of BasicSR, which its users' weights have.
"""

from __future__ import annotations

import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    count,
    root,
)

SLOPE = 0.1


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(functional.relu(self.conv1(x))) + x
        return y


class MsrResNet(Architecture):
    """Residual blocks and pixel shuffles on RGB that add detail to a bilinear enlargement.

    Args:
        scale: 2, 3 or 4.
        blocks: residual blocks.
        width: their channels.
    """

    channels = 3

    def __init__(self, scale: int = 4, blocks: int = 16, width: int = 64) -> None:
        super().__init__()
        self.scale = scale
        self.factors = {2: (2,), 3: (3,), 4: (2, 2)}[scale]
        self.conv_first = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*(_Block(width) for _ in range(blocks)))
        for n, factor in enumerate(self.factors, 1):
            self.add_module(f"upconv{n}", nn.Conv2d(width, width * factor**2, 3, padding=1))
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped."""
        y = self.body(functional.leaky_relu(self.conv_first(x), SLOPE))
        for n, factor in enumerate(self.factors, 1):
            y = functional.pixel_shuffle(self.get_submodule(f"upconv{n}")(y), factor)
            y = functional.leaky_relu(y, SLOPE)
        detail: Tensor = self.conv_last(functional.leaky_relu(self.conv_hr(y), SLOPE))
        base = functional.interpolate(
            x, scale_factor=self.scale, mode="bilinear", align_corners=False
        )
        return detail + base

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "upconv1.weight" not in weights or "body.0.conv1.weight" not in weights:
            return None
        width = weights["conv_first.weight"].shape[0]
        scales = root(weights["upconv1.weight"].shape[0], width)
        if "upconv2.weight" in weights:
            scales = (4,)
        return Recognised(
            scales, {"blocks": count(weights, r"body\.(\d+)\.conv1\."), "width": width}
        )
