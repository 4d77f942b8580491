"""Training against a discriminator, with texture and feature losses that need no other network.

ESRGAN (Wang et al., ECCVW 2018) and ENet-PAT (Sajjadi et al., ICCV 2017) compare features of VGG,
a network that somebody else trained on other data. Here the discriminator's own features take that
place, as in pix2pixHD (Wang et al., CVPR 2018): they need no download, and they know the photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.training.recipe import Adversarial

PIECE = 16
"""Side in high-resolution pixels of the pieces whose textures are compared (ENet-PAT, 4.2.3)."""


class Discriminator(nn.Module):
    """Logits of patches, and the features on the way: three stages, each halves the sides.

    Args:
        channels: of the picture, 1 or 3.
        width: of the first stage; each next one has twice as many.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        stages, inputs = [], channels
        for outputs in (width, 2 * width, 4 * width):
            stages.append(
                nn.Sequential(
                    nn.Conv2d(inputs, outputs, 3, padding=1),
                    nn.LeakyReLU(0.2),
                    # Spectral norm: a judge too sharp teaches nothing.
                    nn.utils.parametrizations.spectral_norm(
                        nn.Conv2d(outputs, outputs, 4, stride=2, padding=1)
                    ),
                    nn.LeakyReLU(0.2),
                )
            )
            inputs = outputs
        self.stages = nn.ModuleList(stages)
        self.last = nn.Conv2d(inputs, 1, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Pictures `(N, C, H, W)` in [0, 1] to logits `(N, 1, H/8, W/8)` and all features."""
        features = []
        y = x - 0.5
        for stage in self.stages:
            y = stage(y)
            features.append(y)
        return self.last(y), features


class Critic:
    """The discriminator while it learns beside the network."""

    def __init__(self, settings: Adversarial, channels: int) -> None:
        self.settings = settings
        network = Discriminator(channels, settings.width)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99), fused=True
        )

    def state(self) -> dict[str, Any]:
        """All that a checkpoint needs."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def loss(self, made: Tensor, real: Tensor) -> Tensor:
        """What the network has to lower beside its own loss. Pictures `(N, C, H, W)` in [0, 1]."""
        self.network.requires_grad_(False)
        logits, features = self.network(made)
        with torch.no_grad():
            real_logits, real_features = self.network(real)
        self.network.requires_grad_(True)
        fooled = relativistic(logits, real_logits)
        feature = torch.stack(
            [
                functional.l1_loss(f, r) / (r.abs().mean() + 1e-6)
                for f, r in zip(features, real_features, strict=True)
            ]
        ).mean()
        settings = self.settings
        return (
            settings.adversarial * fooled
            + settings.feature * feature
            + settings.texture * texture_difference(features, real_features)
        )

    def learn(self, made: Tensor, real: Tensor) -> float:
        """One step of the discriminator's own; returns its loss."""
        logits, _ = self.network(made.detach())
        real_logits, _ = self.network(real)
        loss = relativistic(real_logits, logits)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """How far `better` is from being more real than `worse` is on average, and the reverse."""
    up = functional.softplus(worse.mean() - better).mean()
    down = functional.softplus(worse - better.mean()).mean()
    return (up + down) / 2


def texture_difference(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean squared difference of Gram matrices in pieces, as a share of the real ones' size.

    Args:
        made: features `(N, C, H / 2**(i+1), W / 2**(i+1))` of stage i.
        real: likewise, of the true picture.
    """
    terms = []
    for stage, (one, other) in enumerate(zip(made, real, strict=True), 1):
        side = PIECE // 2**stage
        wanted = _grams(other, side)
        terms.append(
            (_grams(one, side) - wanted).square().mean() / (wanted.square().mean() + 1e-12)
        )
    return torch.stack(terms).mean()


def _grams(features: Tensor, side: int) -> Tensor:
    """Gram matrices `(pieces, C, C)` of pieces of `side` by `side`; what is over is left out."""
    count, channels, height, width = features.shape
    rows, columns = height // side, width // side
    pieces = features[:, :, : rows * side, : columns * side].float()
    pieces = pieces.reshape(count, channels, rows, side, columns, side)
    flat = pieces.permute(0, 2, 4, 1, 3, 5).reshape(count * rows * columns, channels, side * side)
    return flat @ flat.transpose(1, 2) / (side * side)
