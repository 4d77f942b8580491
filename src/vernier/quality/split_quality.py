"""The judge of splits: simulated pictures of a few photos, and the true metrics of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.errors import UsageError
from vernier.images.pairs import evenly_spread, list_photos, load_rgb, shrink
from vernier.metrics.flip import Appearance
from vernier.metrics.piqe import SHIFTS, steady_piqe
from vernier.metrics.planes import GREY_WEIGHTS, grey
from vernier.networks.source import Source
from vernier.processors.discovery import arithmetic
from vernier.quality.guard import Guard
from vernier.quality.objectives import (
    ONCE,
    Objective,
    Shifts,
    look,
    objective_of,
    scores,
)
from vernier.quantization.ranges import Ranges
from vernier.simulation.network import SimulatedNetwork
from vernier.simulation.pictures import (
    chroma,
    displayed,
    displayed_colours,
    to_planes,
    with_chroma,
)
from vernier.simulation.prefixes import KeptPrefixes
from vernier.simulation.workers import each
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Split

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]

SIDE = 256
"""Of a crop, in high-resolution pixels."""
PHOTOS = 8
AT_ONCE = 16384
"""Low-resolution pixels that are simulated together, at the most, but for one picture: what is
larger does not stay in a cache."""
KEPT_BYTES = 1_000_000_000
"""What a search may keep of activations."""
KEPT_PATHS = 3
"""Whole splits whose activations should find room there."""
FINALS = (2, 6)
"""Photos of the rounds of finals, as multiples of those of the search."""
HELD_OUT = 1
"""Of each stride of photos, the first is searched with and the second is kept for the verdict."""


@dataclass(frozen=True)
class Crops:
    """Low-resolution crops of one size, to judge splits on.

    Attributes:
        pictures: shape `(N, h, w, 3)`, uint8 RGB.
        description: what they are, in words.
    """

    pictures: Bytes
    description: str


def load_crops(
    folder: Path, scale: int, count: int = PHOTOS, *, skip: int = 0, side: int = SIDE
) -> Crops:
    """The busiest crop of each of some photos, evenly spread over a folder.

    What is flat shows nothing to a metric of texture: of four corners and the middle, the crop of
    the largest deviation is taken.

    Args:
        folder: of photos.
        scale: of the network.
        count: of crops; fewer where the folder has fewer than twice as many photos.
        skip: leaves out the first of each stride, so that different numbers give different photos.
        side: of a crop at high resolution, in pixels; smaller where a photo is smaller.

    Raises:
        ImageError: no photos, or one cannot be read.
        UsageError: there are too few photos to leave some out, or one is below 32 pixels.
    """
    chosen = _chosen(folder, count, skip)
    if not chosen:
        raise UsageError(f"{folder}: its photos are too few to keep some for the verdict")
    return _crops(folder, chosen, scale, side)


def _crops(folder: Path, files: Sequence[Path], scale: int, side: int) -> Crops:
    photos = [load_rgb(path) for path in files]
    smallest = min(side, *(min(photo.shape[:2]) for photo in photos)) // (2 * scale) * 2 * scale
    if smallest < 32:
        raise UsageError(f"{folder}: expected photos of at least 32x32 pixels")
    crops = [shrink(_busiest(photo, smallest), scale)[0] for photo in photos]
    return Crops(np.stack(crops), f"{len(crops)} crops of {smallest} pixels of {folder.name}")


def held_out_files(folder: Path, count: int = PHOTOS) -> list[Path]:
    """The photos that a verdict is on: `load_crops` with `skip=HELD_OUT`."""
    return _chosen(folder, count, HELD_OUT)


def load_final_crops(
    folder: Path, scale: int, count: int, *, side: int = SIDE
) -> tuple[Crops, ...]:
    """Crops for rounds of finals, of up to twice and six times as many photos as a search has.

    They are neither its photos nor the verdict's. Arguments and errors are those of `load_crops`.

    Returns:
        No more rounds than photos allow: each has more than the one before it.
    """
    taken = {*_chosen(folder, count, 0), *held_out_files(folder, count)}
    left = [path for path in list_photos(folder) if path not in taken]
    rounds = [evenly_spread(left, times * count) for times in FINALS]
    grown = [
        chosen
        for chosen, before in zip(rounds, ([], *rounds), strict=False)
        if len(chosen) > len(before)
    ]
    return tuple(_crops(folder, chosen, scale, side) for chosen in grown)


def _chosen(folder: Path, count: int, skip: int) -> list[Path]:
    files = list_photos(folder)
    # At least two, so that what is searched with and what is judged by are never the same.
    stride = max(2, len(files) // count)
    return files[skip::stride][:count]


def _busiest(photo: Bytes, side: int) -> Bytes:
    below, right = photo.shape[0] - side, photo.shape[1] - side
    corners = [(0, 0), (0, right), (below, 0), (below, right), (below // 2, right // 2)]
    crops = [photo[top : top + side, left : left + side] for top, left in corners]
    return max(crops, key=lambda crop: float(grey(crop).std()))


class SplitQuality:
    """Judges splits of one network's units by simulation, which equals the exported segments
    as far as `benchmarks/splits.py` says, and `benchmarks/narrow_floats.py` for narrow floats.
    INT8 has the weights that the processor gets on this machine (`processors.discovery.pair_sums`).

    Args:
        source: the network.
        ranges: of its INT8 parts.
        crops: to judge on.
        objective: what is minimised.
        guard: of the guarded objective.
        granularity: of the units.
        kept_bytes: of activations, for splits that begin like an earlier one; worth it where many
            splits are alike, as in a search.
    """

    def __init__(
        self,
        source: Source,
        ranges: Ranges,
        crops: Crops,
        objective: Objective = Objective.VISIBLE,
        guard: Guard = Guard(),  # noqa: B008 (frozen)
        granularity: Granularity = Granularity.LAYER,
        kept_bytes: int = 0,
    ) -> None:
        self.objective, self.guard = objective, guard
        self.source, self.crops = source, crops
        units = cut(source.graph, granularity)
        self.units = len(units)
        self._network = SimulatedNetwork(source.graph, ranges, [unit.operators for unit in units])
        self._channels = source.graph.types[source.graph.inputs[0]].shape[3]
        planes = [to_planes(low, self._channels) for low in crops.pictures]
        # Channels last is the fastest layout of convolutions on a CPU.
        self._inputs = torch.from_numpy(np.concatenate(planes)).contiguous(
            memory_format=torch.channels_last
        )
        self._chroma: list[Float32 | None] = [
            chroma(low, source.scale) if self._channels == 1 else None for low in crops.pictures
        ]
        _, _, height, width = self._inputs.shape
        self._at_once = max(1, AT_ONCE // (height * width))
        self._parts = torch.split(self._inputs, self._at_once)
        self._float_planes = torch.cat(each(self._network, self._parts))
        path_bytes = self._network.path_bytes(self._inputs)
        stride = ceil(KEPT_PATHS * path_bytes / max(1, kept_bytes))
        self._kept = [KeptPrefixes(kept_bytes // len(self._parts), stride) for _ in self._parts]
        self.exact_colours = self._as_bytes(self._float_planes)
        self.exact = [grey(picture) for picture in self.exact_colours]
        self._exact_piqe: dict[Shifts, list[float]] = {}
        self._exact_looks: list[Appearance] = []

    @property
    def description(self) -> str:
        """What decides its judgements, in words."""
        guarded = self.objective in (Objective.VISIBLE, Objective.GUARDED)
        how = f", bound {self.guard.bound_db:g} dB" if guarded else ""
        if self.objective.needs_piqe:
            how += f", {len(SHIFTS)} grids"
        return (
            f"{self.source.name} x{self.source.scale}, {self.units} units, "
            f"{self.objective}{how}, {self.crops.description}"
        )

    def __call__(self, split: Split) -> float:
        """The objective; lower looks better, and 0 is the float network."""
        before = self._piqe_before(SHIFTS) if self.objective.needs_piqe else [0.0] * len(self.exact)
        looks = self._looks() if self.objective.needs_flip else [None] * len(self.exact)
        made = self.colours(split)

        def judged(at: int) -> float:
            exact, known, seen = self.exact_colours[at], before[at], looks[at]
            return objective_of(self.objective, made[at], exact, known, self.guard, exact_look=seen)

        return float(np.mean(each(judged, range(len(made)))))

    def scores(self, split: Split, shifts: Shifts = ONCE) -> dict[str, float]:
        """All of `objectives.scores`, means over photos."""
        rows = self.photo_scores(split, shifts)
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def photo_scores(self, split: Split, shifts: Shifts = ONCE) -> list[dict[str, float]]:
        """The same of each photo."""
        before, made = self._piqe_before(shifts), self.colours(split)

        def scored(at: int) -> dict[str, float]:
            return scores(made[at], self.exact_colours[at], self.guard, shifts, before[at])

        return each(scored, range(len(made)))

    def _piqe_before(self, shifts: Shifts) -> list[float]:
        """PIQE of the float network's pictures."""
        if shifts not in self._exact_piqe:
            self._exact_piqe[shifts] = each(lambda plane: steady_piqe(plane, shifts), self.exact)
        return self._exact_piqe[shifts]

    def _looks(self) -> list[Appearance]:
        """What FLIP compares of the float network's pictures."""
        if not self._exact_looks:
            self._exact_looks = each(look, self.exact_colours)
        return self._exact_looks

    def blend(self, shares: Tensor, processors: Sequence[str], step: int) -> tuple[Tensor, Tensor]:
        """A picture computed by shares of processors, differentiable, and the float network's.

        Grey, or RGB where the objective sees colours. Both are the judge's own pictures, in 8 bits;
        gradients pass straight through roundings.

        Args:
            shares: shape `(M, K)`, in [0, 1].
            processors: K names.
            step: which photo: one after the other.

        Returns:
            Twice `(1, 1, H, W)` in [0, 1], or `(1, 3, H, W)`.
        """
        at = step % len(self._inputs)
        if self.objective.coloured:
            truth = torch.from_numpy(self.exact_colours[at]).float().permute(2, 0, 1)[None] / 255
            made = self._blended(shares, processors, at)
            return displayed_colours(made, self._chroma[at]), truth
        exact = torch.from_numpy(self.exact[at]).float()[None, None] / 255
        return displayed(self._blended(shares, processors, at), self._chroma[at]), exact

    def luma_blend(
        self, shares: Tensor, processors: Sequence[str], step: int
    ) -> tuple[Tensor, Tensor]:
        """The same of luma alone and not rounded, as FYE-SR's losses may have seen it."""
        at = step % len(self._inputs)
        picture = self._blended(shares, processors, at)
        return self._grey_tensor(picture), self._grey_tensor(self._float_planes[at : at + 1])

    def _blended(self, shares: Tensor, processors: Sequence[str], at: int) -> Tensor:
        found = [arithmetic(name) for name in processors]
        kinds = list(dict.fromkeys(found))
        summed = [shares[:, [name == kind for name in found]].sum(dim=1) for kind in kinds]
        by_precision = torch.stack(summed, dim=1).clamp(0, 1)
        return self._network.blend(self._inputs[at : at + 1], by_precision, kinds)

    def _grey_tensor(self, planes: Tensor) -> Tensor:
        if self._channels == 1:
            # BT.601's studio luma, stretched to full range: grey where chroma is nothing.
            made = (planes * 255 - 16) / 219
        else:
            weights = torch.tensor(GREY_WEIGHTS, dtype=planes.dtype).view(1, 3, 1, 1)
            made = (planes * weights).sum(dim=1, keepdim=True)
        return made.clamp(0, 1)

    def pictures(self, split: Split) -> list[Bytes]:
        """Grey pictures of a split, one for each crop."""
        return [grey(picture) for picture in self.colours(split)]

    def colours(self, split: Split) -> list[Bytes]:
        """RGB pictures of a split, `(H, W, 3)`, one for each crop."""
        placed = [arithmetic(name) for name in split]
        kinds = list(dict.fromkeys(placed))
        shares = torch.tensor([[float(own == kind) for kind in kinds] for own in placed])

        def computed(at: int) -> Tensor:
            return self._network.blend(self._parts[at], shares, kinds, self._kept[at])

        return self._as_bytes(torch.cat(each(computed, range(len(self._parts)))))

    def _as_bytes(self, planes: Tensor) -> list[Bytes]:
        found = planes.permute(0, 2, 3, 1).contiguous().numpy()
        return [with_chroma(one, more) for one, more in zip(found, self._chroma, strict=True)]
