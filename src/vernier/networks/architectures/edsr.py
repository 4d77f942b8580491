"""EDSR: enhanced deep residual networks for SR (Lim et al., CVPR workshops 2017).

The names of all parts are those of the authors' weights.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping

from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    count,
    shuffles,
)
from vernier.networks.architectures.mean_shift import mean_shift

VALUE_RANGE = 255.0


_BASICSR_NAMES = [
    (re.compile(r"^conv_first\."), "head.0."),
    (re.compile(r"^body\.(\d+)\.conv1\."), r"body.\1.body.0."),
    (re.compile(r"^body\.(\d+)\.conv2\."), r"body.\1.body.2."),
    (re.compile(r"^upsample\."), "tail.0."),
    (re.compile(r"^conv_last\."), "tail.1."),
]


def basicsr_edsr_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """BasicSR's EDSR under the authors' names, with the colour shift that it keeps in its code.

    Others unchanged.
    """
    if not {"conv_after_body.weight", "body.0.conv1.weight", "upsample.0.weight"} <= set(weights):
        return dict(weights)
    blocks = len({name.split(".")[1] for name in weights if name.startswith("body.")})
    renamed = {}
    for name, value in weights.items():
        name = name.replace("conv_after_body.", f"body.{blocks}.")
        for pattern, replacement in _BASICSR_NAMES:
            name = pattern.sub(replacement, name)
        renamed[name] = value
    for own, sign in (("sub_mean", -1), ("add_mean", 1)):
        shift = mean_shift(sign, VALUE_RANGE).state_dict()
        renamed |= {f"{own}.{name}": value for name, value in shift.items()}
    return renamed


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


class Edsr(Architecture):
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

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "head.0.weight" not in weights or "body.0.body.0.weight" not in weights:
            return None
        width = weights["head.0.weight"].shape[0]
        # Not in the weights: the paper scales residuals by 0.1 in its 256-channel network only.
        return Recognised(
            shuffles(weights, width, "tail.0.0.weight", "tail.0.2.weight"),
            {
                "blocks": count(weights, r"body\.(\d+)\.body\.0\.weight"),
                "width": width,
                "residual_scale": 0.1 if width == 256 else 1.0,
            },
        )
