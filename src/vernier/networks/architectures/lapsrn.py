"""LapSRN: deep Laplacian pyramid networks for SR (Lai, Huang, Ahuja, Yang, CVPR 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from vernier.networks.architectures.architecture import Architecture, Recognised, Weights, count

# Section 4.1: ten layers in each level for x2 and x4, five for x8.
DEPTHS = {2: 10, 4: 10, 8: 5}


class _Level(nn.Module):
    """Features of one level: `depth` convolutions, then twice the size."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers += [nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.LeakyReLU(0.2)]
        layers += [nn.ConvTranspose2d(64, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        self.cov_block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cov_block(x)
        return y


def bilinear_kernel(size: int) -> list[list[float]]:
    """The weights with which the picture's own branch starts: linear interpolation."""
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    row = [1 - abs(k - centre) / factor for k in range(size)]
    return [[a * b for b in row] for a in row]


class LapSrn(Architecture):
    """LapSRN on luma, section 3.1: each level doubles the picture and adds predicted detail.

    The names are those of the widely used PyTorch weights, which have no biases. Only the largest
    picture is returned; the loss over all levels is a matter of training.

    Args:
        scale: 2, 4 or 8.
    """

    channels = 1

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.levels = scale.bit_length() - 1
        self.conv_input = nn.Conv2d(1, 64, 3, padding=1, bias=False)
        self.relu = nn.LeakyReLU(0.2)
        for level in range(1, self.levels + 1):
            image = nn.ConvTranspose2d(1, 1, 4, 2, 1, bias=False)
            image.weight.data.copy_(image.weight.new_tensor(bilinear_kernel(4)))
            self.add_module(f"convt_I{level}", image)
            self.add_module(f"convt_R{level}", nn.Conv2d(64, 1, 3, padding=1, bias=False))
            self.add_module(f"convt_F{level}", nn.Sequential(_Level(DEPTHS[scale])))

    def forward(self, x: Tensor) -> Tensor:
        """Luma `(N, 1, H, W)` in [0, 1] to `(N, 1, scale*H, scale*W)`, not clipped."""
        features: Tensor = self.relu(self.conv_input(x))
        for level in range(1, self.levels + 1):
            features = self.get_submodule(f"convt_F{level}")(features)
            detail = self.get_submodule(f"convt_R{level}")(features)
            x = self.get_submodule(f"convt_I{level}")(x) + detail
        return x

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        levels = count(weights, r"convt_I(\d+)\.weight")
        return Recognised((2**levels,)) if levels else None
