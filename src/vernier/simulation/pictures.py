"""Whole pictures through a simulated split: what an eye would see of it, without exporting it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.images.bicubic import imresize
from vernier.images.colour import OFFSET, YCBCR_TO_RGB, rgb_to_ycbcr, ycbcr_to_rgb
from vernier.metrics.planes import GREY_WEIGHTS
from vernier.networks.source import Source
from vernier.quantization.ranges import Ranges
from vernier.simulation.network import SimulatedNetwork
from vernier.units.cutting import Granularity, cut

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]


class SimulatedPictures:
    """Enlarges pictures in RGB with any split of a network, in PyTorch.

    The simulation equals the exported segments as far as `benchmarks/splits.py` says.

    Args:
        source: the network.
        ranges: of its INT8 parts.
        granularity: of its units.
    """

    def __init__(
        self, source: Source, ranges: Ranges, granularity: Granularity = Granularity.LAYER
    ) -> None:
        self.scale = source.scale
        units = cut(source.graph, granularity)
        self.units = len(units)
        self.network = SimulatedNetwork(source.graph, ranges, [unit.operators for unit in units])
        self.channels = source.graph.types[source.graph.inputs[0]].shape[3]

    def picture(self, low: Bytes, shares: Sequence[float]) -> Bytes:
        """A picture through a split.

        Args:
            low: shape `(h, w, 3)`, RGB.
            shares: of INT8 in each unit, 0 or 1, or a blend between.

        Returns:
            Shape `(scale * h, scale * w, 3)`. A network of luma has its chroma from bicubic, as the
            runtime does it.
        """
        x = torch.from_numpy(to_planes(low, self.channels))
        with torch.no_grad():
            planes = self.network.blend(x, shares)[0].permute(1, 2, 0).numpy()
        return with_chroma(planes, chroma(low, self.scale) if self.channels == 1 else None)


def to_planes(low: Bytes, channels: int) -> Float32:
    """What a network is given of a picture `(h, w, 3)`: shape `(1, channels, h, w)`, in [0, 1]."""
    reals = low.astype(np.float32) / np.float32(255)
    planes = reals if channels == 3 else rgb_to_ycbcr(reals)[:, :, :1]
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[None])


def chroma(low: Bytes, scale: int) -> Float32:
    """A picture's YCbCr enlarged by bicubic, `(scale * h, scale * w, 3)`; its luma is of no use."""
    ycbcr = rgb_to_ycbcr(low.astype(np.float32) / np.float32(255))
    return imresize(ycbcr, scale * low.shape[0], scale * low.shape[1]).astype(np.float32)


def with_chroma(planes: Float32, enlarged: Float32 | None) -> Bytes:
    """RGB from a network's planes `(H, W, 1 or 3)`, with `chroma` for one of luma."""
    if enlarged is not None:
        planes = ycbcr_to_rgb(np.concatenate([planes, enlarged[:, :, 1:]], axis=2))
    return np.rint(np.clip(planes, 0, 1) * 255).astype(np.uint8)


def displayed(planes: Tensor, enlarged: Float32 | None) -> Tensor:
    """`planes.grey` of `with_chroma`, differentiable: gradients pass straight through roundings.

    Args:
        planes: of a network, shape `(1, 1 or 3, H, W)`, in [0, 1].
        enlarged: `chroma` for a network of luma.

    Returns:
        Shape `(1, 1, H, W)`: whole grey levels of 8 bits, divided by 255.
    """
    levels = _levels(planes, enlarged)
    grey = _straight((levels.double() @ torch.from_numpy(GREY_WEIGHTS)) + 0.5, torch.floor)
    return (grey / 255).float()[None, None]


def displayed_colours(planes: Tensor, enlarged: Float32 | None) -> Tensor:
    """`with_chroma`, differentiable, as `displayed`: shape `(1, 3, H, W)`."""
    return (_levels(planes, enlarged) / 255).float().permute(2, 0, 1)[None]


def _levels(planes: Tensor, enlarged: Float32 | None) -> Tensor:
    """RGB `(H, W, 3)` in whole levels of 8 bits."""
    pixels = planes[0].permute(1, 2, 0)
    if enlarged is not None:
        coloured = torch.cat([pixels, torch.from_numpy(enlarged[:, :, 1:])], dim=2)
        pixels = (coloured - _tensor(OFFSET)) @ _tensor(YCBCR_TO_RGB).T
    return _straight(pixels.clamp(0, 1) * 255, torch.round)


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


def _straight(values: Tensor, rounded: Callable[[Tensor], Tensor]) -> Tensor:
    return values + (rounded(values) - values).detach()
