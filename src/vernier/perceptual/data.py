"""The pictures that an estimator learns from: a folder with `scores.json` and PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vernier.errors import FileError, UsageError
from vernier.files import read_json, to_json, write_whole
from vernier.images.pairs import load_rgb
from vernier.metrics.piqe import BLOCK, SHIFTS, piqe_blocks
from vernier.metrics.planes import grey

SCORES = "scores.json"


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One picture and its scores.

    Attributes:
        file: of the picture, in the folder.
        reference: file of what it is compared with: the undamaged photo, or the float network's
            picture of it.
        photo: that it was made of.
        network: that computed it; empty where none did.
        damage: what was done, in words.
        held_out: whether photo or network are kept from training.
        scores: by metric.
    """

    file: str
    reference: str
    photo: str
    network: str
    damage: str
    held_out: bool
    scores: dict[str, float]


class _Index(msgspec.Struct, forbid_unknown_fields=True):
    description: str = msgspec.field(name="told")
    samples: list[Sample]


def save_index(folder: Path, samples: Sequence[Sample], description: str) -> None:
    """Write `scores.json`, whole."""
    write_whole(folder / SCORES, to_json(_Index(description, list(samples))))


def load_index(folder: Path) -> list[Sample]:
    """Read `scores.json`; an empty list where there is none.

    Raises:
        UsageError: it is damaged.
    """
    path = folder / SCORES
    if not path.is_file():
        return []
    try:
        return read_json(path, _Index, "list of scores").samples
    except FileError as error:
        raise FileError(f"{error}; remove the folder to begin anew") from error


@dataclass(frozen=True)
class Grid:
    """The same pictures under another grid of blocks, of a metric that has one.

    Attributes:
        above: rows that are left out.
        left: columns that are left out.
        height: of what is left, whole blocks.
        width: likewise.
        scores: shape `(N,)`, of what is left.
        cells: as of `Pictures`.
    """

    above: int
    left: int
    height: int
    width: int
    scores: Tensor
    cells: Tensor

    def at(self, index: Tensor) -> Grid:
        """Of some pictures."""
        return replace(self, scores=self.scores[index], cells=self.cells[index])

    def cut(self, pictures: Tensor) -> Tensor:
        """What is left of pictures `(N, 1, H, W)`."""
        rows = slice(self.above, self.above + self.height)
        return pictures[:, :, rows, self.left : self.left + self.width]


@dataclass(frozen=True)
class Pictures:
    """Samples as tensors.

    Attributes:
        samples: what they are.
        pictures: shape `(N, 1, H, W)`, uint8 grey.
        references: the same shape.
        scores: shape `(N,)`, float32, of one metric.
        cells: shape `(N, 2, H/16, W/16)`, float32 in [0, 1]: which blocks count, and what each is
            worth, of a metric that says so.
        grids: other grids of such blocks; PIQE's score moves by points from one to the next, and
            an objective is the mean over four.
    """

    samples: Sequence[Sample]
    pictures: Tensor
    references: Tensor
    scores: Tensor
    cells: Tensor | None = None
    grids: tuple[Grid, ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    def at(self, places: Sequence[int]) -> Pictures:
        """Some of them."""
        index = torch.as_tensor(list(places), dtype=torch.long)
        return Pictures(
            [self.samples[place] for place in places],
            self.pictures[index],
            self.references[index],
            self.scores[index],
            None if self.cells is None else self.cells[index],
            tuple(grid.at(index) for grid in self.grids),
        )


def load_pictures(folder: Path, samples: Sequence[Sample], metric: str) -> Pictures:
    """Read pictures of one size.

    Raises:
        UsageError: there is none, one lacks the metric's score, or sizes differ.
    """
    if not samples:
        raise UsageError(f"{folder}: no pictures to learn from")
    missing = next((sample for sample in samples if metric not in sample.scores), None)
    if missing is not None:
        raise UsageError(f"{folder / missing.file}: has no score of {metric}")
    known: dict[str, NDArray[np.uint8]] = {}

    def plane(name: str) -> NDArray[np.uint8]:
        if name not in known:
            known[name] = grey(load_rgb(folder / name))
        return known[name]

    first = plane(samples[0].file).shape
    odd = next((s.file for s in samples if plane(s.file).shape != first), None)
    if odd is not None:
        raise UsageError(f"{folder / odd}: expected pictures of one size, {first}")
    planes = [plane(sample.file) for sample in samples]
    piqe = metric == "piqe"
    return Pictures(
        list(samples),
        torch.from_numpy(np.stack(planes))[:, None],
        torch.from_numpy(np.stack([plane(sample.reference) for sample in samples]))[:, None],
        torch.tensor([sample.scores[metric] for sample in samples], dtype=torch.float32),
        torch.stack([_cells(one) for one in planes]) if piqe else None,
        # What is left beside the first rows and columns must hold a block.
        tuple(_grid(planes, *shift) for shift in SHIFTS[1:])
        if piqe and min(first) >= 2 * BLOCK
        else (),
    )


def _grid(planes: Sequence[NDArray[np.uint8]], above: int, left: int) -> Grid:
    height, width = ((side - BLOCK) // BLOCK * BLOCK for side in planes[0].shape)
    parts = [plane[above : above + height, left : left + width] for plane in planes]
    cells = torch.stack([_cells(part) for part in parts])
    active, distortion = cells.double().unbind(dim=1)
    scores = 100 * (distortion.sum((1, 2)) + 1) / (active.sum((1, 2)) + 1)
    return Grid(above, left, height, width, scores.float(), cells)


def _cells(plane: NDArray[np.uint8]) -> Tensor:
    active, distortion = piqe_blocks(plane)
    return torch.from_numpy(np.stack([active, np.clip(distortion, 0, 1)]).astype(np.float32))
