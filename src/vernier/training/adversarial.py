"""Training against a discriminator, with texture and feature losses.

ESRGAN (Wang et al., ECCVW 2018) and ENet-PAT (Sajjadi et al., ICCV 2017) compare features of VGG
(`vgg_losses`), a network that somebody else trained on other data. Where a recipe does not ask for
them, the discriminator's own features take that place, as in pix2pixHD (Wang et al., CVPR 2018):
they need no download, and they know the photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.training.recipe import Adversarial
from vernier.training.textures import PIECE, texture_share
from vernier.training.vgg_losses import VggLosses


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
        self.vgg = None if settings.vgg is None else VggLosses(settings.vgg)
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
        settings = self.settings
        if self.vgg is None:
            feature = feature_difference(features, real_features)
            texture = texture_difference(features, real_features)
        else:
            feature, texture = self.vgg(made, real)
        return (
            settings.adversarial * fooled + settings.feature * feature + settings.texture * texture
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


def feature_difference(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of features, of each stage as a share of the real ones' size."""
    terms = [
        functional.l1_loss(one, other) / (other.abs().mean() + 1e-6)
        for one, other in zip(made, real, strict=True)
    ]
    return torch.stack(terms).mean()


def texture_difference(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean squared difference of Gram matrices in pieces, as a share of the real ones' size.

    Args:
        made: features `(N, C, H / 2**(i+1), W / 2**(i+1))` of stage i.
        real: likewise, of the true picture.
    """
    terms = [
        texture_share(one, other, PIECE // 2**stage)
        for stage, (one, other) in enumerate(zip(made, real, strict=True), 1)
    ]
    return torch.stack(terms).mean()
