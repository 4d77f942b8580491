"""Whole pictures through a simulated split: what an eye would see of it, without exporting it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from vernier.evaluation.network_source import Source
from vernier.images.bicubic import imresize
from vernier.images.colour import rgb_to_ycbcr, ycbcr_to_rgb
from vernier.quantization.ranges import Ranges
from vernier.quantization.simulation import SimulatedNetwork
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
        self._network = SimulatedNetwork(source.graph, ranges, [unit.operators for unit in units])
        self._channels = source.graph.types[source.graph.inputs[0]].shape[3]

    def picture(self, low: Bytes, shares: Sequence[float]) -> Bytes:
        """A picture through a split.

        Args:
            low: shape `(h, w, 3)`, RGB.
            shares: of INT8 in each unit, 0 or 1, or a blend between.

        Returns:
            Shape `(scale * h, scale * w, 3)`. A network of luma has its chroma from bicubic, as the
            runtime does it.
        """
        reals = low.astype(np.float32) / np.float32(255)
        if self._channels == 3:
            return _rounded(self._run(reals, shares))
        ycbcr = rgb_to_ycbcr(reals)
        enlarged = imresize(ycbcr, self.scale * low.shape[0], self.scale * low.shape[1])
        enlarged[:, :, :1] = self._run(ycbcr[:, :, :1], shares)
        return _rounded(ycbcr_to_rgb(enlarged.astype(np.float32)))

    def _run(self, planes: Float32, shares: Sequence[float]) -> Float32:
        x = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)[None]))
        with torch.no_grad():
            found: Float32 = self._network.blend(x, shares)[0].permute(1, 2, 0).numpy()
        return found


def _rounded(reals: Float32) -> Bytes:
    return np.rint(np.clip(reals, 0, 1) * 255).astype(np.uint8)
