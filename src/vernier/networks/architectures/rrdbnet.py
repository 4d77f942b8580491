"""RRDBNet: the generator of ESRGAN (Wang et al., ECCV workshops 2018) and Real-ESRGAN (2021).

The names of all parts are those of BasicSR, which Real-ESRGAN's weights have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    count,
    root,
)

RESIDUAL_SCALE = 0.2
SLOPE = 0.2

# ESRGAN was released under other names, and most weights that its users trained have a third kind:
# places in one long chain, in which the last residual block is followed by a plain convolution.
_OLD_NAMES = [
    (re.compile(r"^RRDB_trunk\.(\d+)\.RDB(\d)\."), r"body.\1.rdb\2."),
    (re.compile(r"^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\."), r"body.\1.rdb\2.conv\3."),
    (re.compile(r"^(trunk_conv|model\.1\.sub\.\d+)\.(?=weight|bias)"), "conv_body."),
    (re.compile(r"^model\.0\."), "conv_first."),
    (re.compile(r"^upconv(\d)\."), r"conv_up\1."),
    (re.compile(r"^HRconv\."), "conv_hr."),
]
_PLACE = re.compile(r"^model\.(\d+)\.(?=weight|bias)")


def modern_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """ESRGAN's weights of either older kind under today's names; others unchanged."""
    old = any(name.startswith(("RRDB_trunk.", "model.1.sub.")) for name in weights)
    if not old:
        return dict(weights)
    ends = _names_by_place(weights)
    renamed = {}
    for name, value in weights.items():
        for pattern, replacement in _OLD_NAMES:
            name = pattern.sub(replacement, name)
        renamed[_PLACE.sub(lambda found: ends.get(found[1], found[0]), name)] = value
    return renamed


def _names_by_place(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """What follows the residual blocks in the long chain: enlargements, and two convolutions.

    Each enlargement takes three places, of which the second is a convolution: 3, 6, 9, ...
    """
    places = sorted({int(found[1]) for found in map(_PLACE.match, weights) if found} - {0})
    if len(places) < 2:
        return {}
    *enlargements, sharpening, last = places
    names = {str(place): f"conv_up{n}." for n, place in enumerate(enlargements, 1)}
    return {**names, str(sharpening): "conv_hr.", str(last): "conv_last."}


class _Dense(nn.Module):
    """Five convolutions, each of which sees the input and all outputs before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for n in range(1, 5):
            self.add_module(f"conv{n}", nn.Conv2d(width + (n - 1) * growth, growth, 3, padding=1))
        self.conv5 = nn.Conv2d(width + 4 * growth, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for n in range(1, 5):
            y = functional.leaky_relu(self.get_submodule(f"conv{n}")(seen), SLOPE)
            seen = torch.cat([seen, y], 1)
        out: Tensor = self.conv5(seen) * RESIDUAL_SCALE + x
        return out


class _Block(nn.Module):
    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = _Dense(width, growth)
        self.rdb2 = _Dense(width, growth)
        self.rdb3 = _Dense(width, growth)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rdb3(self.rdb2(self.rdb1(x))) * RESIDUAL_SCALE + x
        return y


class RrdbNet(Architecture):
    """RRDBNet on RGB: dense blocks in residual blocks, then nearest-neighbour enlargements by 2.

    Args:
        scale: a power of two.
        blocks: 23 in both papers; 6 in Real-ESRGAN's anime network.
        width: channels of the features.
        growth: channels that each dense layer adds.
        fold: side of the blocks of the picture that are first folded into channels. Real-ESRGAN
            folds where the scale is below 4, so that two enlargements are right again; ESRGAN's
            users' networks have as many enlargements as they need, and fold nothing.
    """

    channels = 3

    def __init__(
        self,
        scale: int = 4,
        blocks: int = 23,
        width: int = 64,
        growth: int = 32,
        fold: int | None = None,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.fold = max(1, 4 // scale) if fold is None else fold
        self.enlargements = (scale * self.fold).bit_length() - 1
        self.conv_first = nn.Conv2d(3 * self.fold**2, width, 3, padding=1)
        self.body = nn.Sequential(*(_Block(width, growth) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(width, width, 3, padding=1)
        for n in range(1, self.enlargements + 1):
            self.add_module(f"conv_up{n}", nn.Conv2d(width, width, 3, padding=1))
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped.

        H and W are multiples of `fold`.
        """
        if self.fold > 1:
            x = functional.pixel_unshuffle(x, self.fold)
        y = self.conv_first(x)
        y = y + self.conv_body(self.body(y))
        for n in range(1, self.enlargements + 1):
            conv = self.get_submodule(f"conv_up{n}")
            y = conv(functional.interpolate(y, scale_factor=2, mode="nearest"))
            y = functional.leaky_relu(y, SLOPE)
        out: Tensor = self.conv_last(functional.leaky_relu(self.conv_hr(y), SLOPE))
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "body.0.rdb1.conv1.weight" not in weights:
            return None
        growth, width = weights["body.0.rdb1.conv1.weight"].shape[:2]
        fold = root(weights["conv_first.weight"].shape[1], 3)[0]
        blocks = count(weights, r"body\.(\d+)\.rdb1\.conv1\.weight")
        scale = 2 ** count(weights, r"conv_up(\d+)\.weight") // fold
        if scale < 1:
            return None
        return Recognised(
            (scale,), {"blocks": blocks, "width": width, "growth": growth, "fold": fold}
        )
