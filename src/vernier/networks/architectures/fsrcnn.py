"""FSRCNN: accelerating the super-resolution CNN (Dong, Loy, Tang, ECCV 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights


class Fsrcnn(Architecture):
    """FSRCNN(d, s, m) on luma, section 3.2: extract, shrink, m mappings, expand, deconvolve.

    Args:
        scale: the stride of the last, transposed 9x9 convolution.
        d: channels of the features.
        s: channels while mapping.
        m: number of mapping layers.
    """

    channels = 1

    def __init__(self, scale: int, d: int = 56, s: int = 12, m: int = 4) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = [nn.Conv2d(1, d, 5, padding=2), nn.PReLU(d)]
        layers += [nn.Conv2d(d, s, 1), nn.PReLU(s)]
        for _ in range(m):
            layers += [nn.Conv2d(s, s, 3, padding=1), nn.PReLU(s)]
        layers += [nn.Conv2d(s, d, 1), nn.PReLU(d)]
        self.features = nn.Sequential(*layers)
        self.upscale = nn.ConvTranspose2d(
            d, 1, 9, stride=scale, padding=4, output_padding=scale - 1
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.25)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        # Section 3.3: the deconvolution starts small, a Gaussian of standard deviation 0.001.
        nn.init.normal_(self.upscale.weight, std=1e-3)
        nn.init.zeros_(self.upscale.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        y: Tensor = self.upscale(self.features(x))
        return y

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        if "features.0.weight" not in weights or "upscale.weight" not in weights:
            return None
        d, s = weights["features.0.weight"].shape[0], weights["features.2.weight"].shape[0]
        layers = sum(value.dim() == 4 for value in weights.values())
        # All but the first, the shrinking, the expanding and the deconvolution.
        return Recognised((2, 3, 4), {"d": d, "s": s, "m": layers - 4})
