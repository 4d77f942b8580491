"""Learned perceptual image patch similarity: distances between a classifier's features.

Needs PyTorch, and weights that are not ours to ship: the classifier's and the linear layers'
(`metrics.lpips_weights` finds them). Works on tensors and is differentiable.

Source: R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, "The unreasonable effectiveness of
deep features as a perceptual metric", CVPR 2018; version 0.1 of the authors' weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from vernier.errors import UsageError


class Backbone(StrEnum):
    """The classifier whose features are compared."""

    ALEX = "alex"
    VGG = "vgg"


@dataclass(frozen=True)
class _Conv:
    """A convolution with ReLU; `tap` where the features after it count."""

    name: str
    channels: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    tap: bool = False


@dataclass(frozen=True)
class _Pool:
    """A maximum over windows, stride 2."""

    kernel: int


_Layer: TypeAlias = _Conv | _Pool
_LAYERS: dict[Backbone, Sequence[_Layer]] = {
    Backbone.ALEX: (
        _Conv("features.0", 64, 11, 4, 2, tap=True),
        _Pool(3),
        _Conv("features.3", 192, 5, 1, 2, tap=True),
        _Pool(3),
        _Conv("features.6", 384, tap=True),
        _Conv("features.8", 256, tap=True),
        _Conv("features.10", 256, tap=True),
    ),
    Backbone.VGG: (
        _Conv("features.0", 64),
        _Conv("features.2", 64, tap=True),
        _Pool(2),
        _Conv("features.5", 128),
        _Conv("features.7", 128, tap=True),
        _Pool(2),
        _Conv("features.10", 256),
        _Conv("features.12", 256),
        _Conv("features.14", 256, tap=True),
        _Pool(2),
        _Conv("features.17", 512),
        _Conv("features.19", 512),
        _Conv("features.21", 512, tap=True),
        _Pool(2),
        _Conv("features.24", 512),
        _Conv("features.26", 512),
        _Conv("features.28", 512, tap=True),
    ),
}
# First digits of the SHA-256 of torchvision's files, which their names carry: two conversions of
# AlexNet with the same weights, and VGG-16.
BACKBONE_HASHES = {
    Backbone.ALEX: ("7be5be79", "4df8aa71"),
    Backbone.VGG: ("397923af",),
}
SMALLEST = 32
"""Least height and width in pixels, of both backbones."""

_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_LEAST_NORM = 1e-10


def convolutions(backbone: Backbone) -> list[str]:
    """Names of its convolutions that LPIPS reads, first to last."""
    return [layer.name for layer in _LAYERS[backbone] if isinstance(layer, _Conv)]


class Lpips:
    """The distance, with its weights.

    Args:
        backbone: the classifier.
        weights: its state dict, torchvision's names; layers after the last tap are not read.
        linear: the linear layers' state dict, `lin0.model.1.weight` to `lin4.model.1.weight`.

    Raises:
        UsageError: a tensor is missing, has another shape, or a linear weight is negative.
    """

    def __init__(
        self, backbone: Backbone, weights: Mapping[str, Tensor], linear: Mapping[str, Tensor]
    ) -> None:
        self._backbone, self._layers = backbone, _LAYERS[backbone]
        self._weights: dict[str, Tensor] = {}
        self._linear: list[Tensor] = []
        channels = 3
        for layer in self._layers:
            if isinstance(layer, _Pool):
                continue
            shape = (layer.channels, channels, layer.kernel, layer.kernel)
            for part, wanted in (("weight", shape), ("bias", shape[:1])):
                name = f"{layer.name}.{part}"
                self._weights[name] = _tensor(weights, name, wanted)
            channels = layer.channels
            if layer.tap:
                name = f"lin{len(self._linear)}.model.1.weight"
                row = _tensor(linear, name, (1, channels, 1, 1))
                if float(row.min()) < 0:
                    raise UsageError(f"{name}: expected weights of at least 0, found {row.min()}")
                self._linear.append(row)

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """The distance of pictures, pair by pair.

        Args:
            first: shape `(N, 3, H, W)`, RGB, float32 in [0, 1], sides of at least 32.
            second: the same shape.

        Returns:
            Shape `(N,)`, at least 0; lower is more alike.

        Raises:
            UsageError: other shapes.
        """
        if first.shape != second.shape or first.ndim != 4 or first.shape[1] != 3:
            raise UsageError(
                "LPIPS compares two batches of RGB pictures (N, 3, H, W) of one shape, found "
                f"{tuple(first.shape)} and {tuple(second.shape)}"
            )
        if min(first.shape[2:]) < SMALLEST:
            raise UsageError(
                f"LPIPS expects at least {SMALLEST}x{SMALLEST} pixels, found "
                f"{first.shape[3]}x{first.shape[2]}"
            )
        total = torch.zeros(len(first), dtype=first.dtype)
        pairs = zip(self._features(first), self._features(second), strict=True)
        for row, (one, other) in zip(self._linear, pairs, strict=True):
            squared = (_normalised(one) - _normalised(other)) ** 2
            total = total + functional.conv2d(squared, row).mean(dim=(1, 2, 3))
        return total

    def _features(self, pictures: Tensor) -> list[Tensor]:
        taps = [layer.name for layer in self._layers if isinstance(layer, _Conv) and layer.tap]
        found = classifier_features(self._backbone, self._weights, pictures, taps)
        return [functional.relu(found[name]) for name in taps]


def classifier_features(
    backbone: Backbone,
    weights: Mapping[str, Tensor],
    pictures: Tensor,
    names: Sequence[str],
) -> dict[str, Tensor]:
    """What convolutions of a classifier compute, before their activation.

    Args:
        backbone: the classifier.
        weights: its `.weight` and `.bias`, torchvision's names.
        pictures: shape `(N, 3, H, W)`, RGB in [0, 1].
        names: of convolutions (`convolutions`); nothing is computed beyond the last of them.
    """
    shift, scale = (
        torch.tensor(values, dtype=pictures.dtype).view(1, 3, 1, 1) for values in (_SHIFT, _SCALE)
    )
    x = (pictures * 2 - 1 - shift) / scale
    found: dict[str, Tensor] = {}
    for layer in _LAYERS[backbone]:
        if isinstance(layer, _Pool):
            x = functional.max_pool2d(x, layer.kernel, 2)
            continue
        weight, bias = (weights[f"{layer.name}.{part}"] for part in ("weight", "bias"))
        x = functional.conv2d(x, weight, bias, layer.stride, layer.padding)
        if layer.name in names:
            found[layer.name] = x
        if len(found) == len(set(names)):
            break
        x = functional.relu(x)
    return found


def _normalised(features: Tensor) -> Tensor:
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + _LEAST_NORM)


def _tensor(stored: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    if name not in stored:
        raise UsageError(f"expected a tensor {name!r}, found {', '.join(list(stored)[:3])}, ...")
    if tuple(stored[name].shape) != shape:
        raise UsageError(f"{name}: expected shape {shape}, found {tuple(stored[name].shape)}")
    return stored[name].detach().to(torch.float32)
