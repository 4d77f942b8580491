"""Training data: random patches of a folder of photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import TrainingError
from vernier.images.bicubic import imresize
from vernier.images.pairs import Pair, load_rgb, make_pair

Float32 = NDArray[np.float32]


def split_photos(photos: Sequence[Path], held_out: int) -> tuple[list[Path], list[Path]]:
    """Training and validation photos; the latter are spread evenly over the sorted list."""
    if held_out >= len(photos):
        raise TrainingError(
            f"{held_out} validation photos leave nothing of {len(photos)} to train on; "
            "lower validation_photos in the recipe or use a larger folder"
        )
    chosen = {i * len(photos) // held_out for i in range(held_out)}
    return (
        [p for i, p in enumerate(photos) if i not in chosen],
        [p for i, p in enumerate(photos) if i in chosen],
    )


class PatchSampler:
    """Random aligned patches, a pure function of the seed and the step, so runs can resume.

    Args:
        photos: files to draw from.
        scale: whole factor.
        patch: side of a low-resolution patch in pixels; smaller photos are left out.
        shrink: each photo is used once per factor, shrunk by it first.
        channels: 1 for luma, 3 for RGB.
    """

    def __init__(
        self,
        photos: Sequence[Path],
        scale: int,
        patch: int,
        shrink: Sequence[float],
        channels: int = 1,
    ) -> None:
        self.scale, self.patch, self.channels = scale, patch, channels
        self.pairs: list[Pair] = []
        for path in photos:
            rgb = load_rgb(path)
            for factor in shrink:
                pair = make_pair(_shrunk(rgb, factor), scale, channels)
                if min(pair.low.shape[:2]) >= patch:
                    self.pairs.append(pair)
        if not self.pairs:
            raise TrainingError(f"no photo is at least {patch * scale} pixels on both sides")
        areas = np.array([pair.low.size for pair in self.pairs], dtype=np.float64)
        self._chances = areas / areas.sum()

    def batch(self, seed: int, step: int, size: int) -> tuple[Float32, Float32]:
        """Patches `(size, channels, patch, patch)` and `(..., scale*patch, scale*patch)`.

        Position, and one of the eight flips and turns, are drawn per patch.
        """
        rng = np.random.default_rng((seed, step))
        p, s = self.patch, self.scale
        low = np.empty((size, self.channels, p, p), np.float32)
        high = np.empty((size, self.channels, p * s, p * s), np.float32)
        for n, index in enumerate(rng.choice(len(self.pairs), size, p=self._chances)):
            pair = self.pairs[index]
            y = int(rng.integers(pair.low.shape[0] - p + 1))
            x = int(rng.integers(pair.low.shape[1] - p + 1))
            turn, flip = int(rng.integers(4)), bool(rng.integers(2))
            low[n] = _turned(pair.low[y : y + p, x : x + p], turn, flip)
            window = pair.high[y * s : (y + p) * s, x * s : (x + p) * s]
            high[n] = _turned(window, turn, flip)
        return low, high


def _shrunk(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor == 1.0:
        return rgb
    height, width = (max(1, round(side * factor)) for side in rgb.shape[:2])
    small = imresize(rgb.astype(np.float32), height, width)
    return np.clip(np.floor(small + 0.5), 0, 255).astype(np.uint8)


def _turned(planes: Float32, turn: int, flip: bool) -> Float32:
    """A patch `(H, W)` or `(H, W, C)`, turned and mirrored, as `(1 or C, H, W)`."""
    planes = np.rot90(planes, turn)
    planes = planes[::-1] if flip else planes
    return planes[None] if planes.ndim == 2 else planes.transpose(2, 0, 1)
