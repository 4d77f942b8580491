"""Feature and texture losses on VGG's features, as ESRGAN and ENet-PAT train with.

Both papers take VGG-19; here it is VGG-16, whose weights LPIPS needs anyway
(`metrics.lpips_weights` finds them, and says how to get them). Its last convolution stands for
VGG-19's, under the same name "conv5". Differences are shares of the true picture's features, so
that a weight of 1 means the same for every layer; the papers' own weights are of raw features.

Sources: X. Wang et al., "ESRGAN: enhanced super-resolution generative adversarial networks", ECCVW
2018, 3.3 (features before activation, mean absolute difference); M. Sajjadi, B. Schoelkopf,
M. Hirsch, "EnhanceNet: single image super-resolution through automated texture synthesis", ICCV
2017, 4.2.2 (pooled features, mean squared difference) and 4.2.3 (Gram matrices of pieces of 16
pixels, of the first convolution at three depths).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from vernier.metrics.lpips import Backbone, classifier_features
from vernier.metrics.lpips_weights import find_weights
from vernier.training.textures import PIECE, texture_share

Style = Literal["esrgan", "enet"]

LAST = "features.28"
POOLED = ("features.7", "features.28")
"""The convolutions before the second and the fifth pooling."""
TEXTURED = {"features.0": 1, "features.5": 2, "features.10": 4}
"""The first convolution at three depths, with how many pixels one of its samples stands for."""
_LEAST = 1e-12


class VggLosses:
    """The losses, with the classifier's weights.

    Args:
        style: whose feature loss; the texture loss is ENet-PAT's for both.
        weights: of VGG-16, torchvision's names; found on this machine if absent.

    Raises:
        UsageError: no weights are found; with what to do.
    """

    def __init__(self, style: Style, weights: Mapping[str, Tensor] | None = None) -> None:
        if weights is None:
            found = find_weights(Backbone.VGG)
            weights = {name: torch.from_numpy(value) for name, value in found.items()}
        self.style = style
        self._weights = weights

    def __call__(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Feature loss and texture loss of pictures `(N, 1 or 3, H, W)` in [0, 1].

        Sides have to be at least 32 pixels; luma counts as grey.
        """
        with torch.no_grad():
            wanted = self._features(real)
        found = self._features(made)
        if self.style == "esrgan":
            feature = _share(functional.l1_loss, found[LAST], wanted[LAST])
        else:
            feature = torch.stack(
                [_share(functional.mse_loss, *map(_pooled, (found[n], wanted[n]))) for n in POOLED]
            ).mean()
        terms = [
            texture_share(found[name].relu(), wanted[name].relu(), PIECE // pixels)
            for name, pixels in TEXTURED.items()
        ]
        return feature, torch.stack(terms).mean()

    def _features(self, pictures: Tensor) -> dict[str, Tensor]:
        rgb = pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures
        names: Sequence[str] = (*TEXTURED, POOLED[0], LAST)
        return classifier_features(Backbone.VGG, self._weights, rgb, names)


def _pooled(features: Tensor) -> Tensor:
    return functional.max_pool2d(features.relu(), 2)


def _share(measure: Callable[[Tensor, Tensor], Tensor], made: Tensor, real: Tensor) -> Tensor:
    """A difference as a share of the same of the real features and nothing."""
    return measure(made, real) / (measure(real, torch.zeros_like(real)) + _LEAST)
