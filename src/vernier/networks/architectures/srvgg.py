"""SRVGGNetCompact: the small networks of Real-ESRGAN (Wang, Xie, Dong, Shan, 2021)."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, root


class SrVggCompact(Architecture):
    """A plain chain of 3x3 convolutions on RGB that adds detail to nearest neighbours.

    The names are those of the authors' weights: `body.N`, convolutions and PReLUs in turn.

    Args:
        scale: the factor of the pixel shuffle.
        layers: convolutions between the first and the last: 16 (animation video) or 32 (general).
        width: their channels.
        activation: "prelu"; or "relu" or "leaky-relu" (of slope 0.1), which have no weights.
    """

    channels = 3

    def __init__(
        self, scale: int = 4, layers: int = 16, width: int = 64, activation: str = "prelu"
    ) -> None:
        super().__init__()
        self.scale = scale
        kinds: dict[str, Callable[[], nn.Module]] = {
            "prelu": lambda: nn.PReLU(width),
            "relu": nn.ReLU,
            "leaky-relu": lambda: nn.LeakyReLU(0.1),
        }
        body: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1), kinds[activation]()]
        for _ in range(layers):
            body += [nn.Conv2d(width, width, 3, padding=1), kinds[activation]()]
        body.append(nn.Conv2d(width, 3 * scale**2, 3, padding=1))
        self.body = nn.Sequential(*body)

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(N, 3, H, W)` in [0, 1] to `(N, 3, scale*H, scale*W)`, not clipped."""
        detail = functional.pixel_shuffle(self.body(x), self.scale)
        return detail + functional.interpolate(x, scale_factor=self.scale, mode="nearest")

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        last = max(
            (int(n.split(".")[1]) for n in weights if re.match(r"body\.\d+\.bias$", n)), default=0
        )
        if (
            not last
            or weights["body.0.weight"].dim() != 4
            or weights["body.0.weight"].shape[1] != 3
        ):
            return None
        # Without slopes it is a ReLU or a LeakyReLU, which nothing in the file says.
        activations = ("prelu",) if "body.1.weight" in weights else ("relu", "leaky-relu")
        return Recognised(
            root(weights[f"body.{last}.weight"].shape[0], 3),
            {
                "layers": last // 2 - 1,
                "width": weights["body.0.weight"].shape[0],
                "activation": activations[0],
            },
            tuple({"activation": other} for other in activations[1:]),
        )
