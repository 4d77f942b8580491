"""The pictures of a method, as files, and their scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from vernier.comparison.photos import Bytes, HighPhoto
from vernier.comparison.records import EQUAL_DB, Scored
from vernier.comparison.records import Metric as MetricRecord
from vernier.errors import MissingExtraError, UsageError
from vernier.images.bicubic import imresize
from vernier.images.pairs import load_rgb
from vernier.images.picture import Picture
from vernier.images.writing import write_picture
from vernier.metrics.piqe import steady_piqe
from vernier.metrics.planes import grey
from vernier.metrics.registry import METRICS, Metric
from vernier.progress import Progress, silent
from vernier.quality.guard import Guard
from vernier.quality.objectives import Objective, objective_of
from vernier.rivals.protocol import Runner
from vernier.scoring.judging import LPIPS, chosen_metrics, judge
from vernier.simulation.pictures import chroma, with_chroma

USUAL = ("psnr", "ssim", "ms_ssim", "gmsd", "piqe", "niqe", "lpips")
OBJECTIVES = {
    Objective.VISIBLE: "visible change (100 FLIP + 200 GMSD)",
    Objective.GUARDED: "guarded PIQE",
}
"""Objectives that plans are searched for, as scores of whole pictures; lower is better, float's own
pictures have 0."""


@dataclass(frozen=True)
class Scorer:
    """The metrics of a comparison.

    Attributes:
        metrics: with and without reference.
        left_out: others that were asked for, by name, and why.
        objectives: that are computed beside them.
        guard: of the guarded one.
        crop: pixels cut from each side.
    """

    metrics: tuple[Metric, ...]
    left_out: dict[str, str]
    objectives: tuple[Objective, ...]
    guard: Guard
    crop: int

    @property
    def records(self) -> tuple[MetricRecord, ...]:
        """What scores there will be."""
        found = [
            MetricRecord(
                name=one.name,
                title=one.title,
                better=one.better.value,
                referenced=one.with_reference is not None,
            )
            for one in self.metrics
        ]
        found += [
            MetricRecord(name=one.value, title=OBJECTIVES[one], better="lower", referenced=True)
            for one in self.objectives
        ]
        found += [
            MetricRecord(
                name=name, title=name.upper(), better="lower", referenced=True, left_out=reason
            )
            for name, reason in self.left_out.items()
        ]
        return tuple(found)

    def scores(
        self, picture: Bytes, photo: Bytes, exact: Bytes | None
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Of one picture: without a reference, to the photo, and to the float network's picture.

        Args:
            picture: shape `(H, W, 3)`.
            photo: the same shape.
            exact: the float network's; None of that itself.
        """
        alone_names = {one.name for one in self.metrics if one.alone is not None}
        first = judge(Picture(picture), Picture(photo), self.metrics, crop=self.crop).scores
        alone = {name: _finite(value) for name, value in first.items() if name in alone_names}
        to_photo = {n: _finite(value) for n, value in first.items() if n not in alone_names}
        if exact is None:
            return alone, to_photo, {}
        referenced = [one for one in self.metrics if one.with_reference is not None]
        second = judge(Picture(picture), Picture(exact), referenced, crop=self.crop).scores
        to_float = {name: _finite(value) for name, value in second.items()}
        before = steady_piqe(grey(exact)) if self.objectives else 0.0
        for one in self.objectives:
            to_float[one.value] = objective_of(one, picture, exact, before, self.guard)
        return alone, to_photo, to_float


def scorer(names: Sequence[str], guard: Guard, crop: int, objectives: bool = True) -> Scorer:
    """The metrics of these names; the usual ones where none is given.

    LPIPS is left out, and that is said, where its weights are not at hand and nobody named it.

    Raises:
        UsageError: an unknown name, or weights that are missing of a metric that was named.
    """
    wanted, left_out = list(names or USUAL), {}
    if not names:
        try:
            chosen_metrics(["lpips"], referenced=True)
        except (UsageError, MissingExtraError) as error:
            wanted.remove("lpips")
            left_out["lpips"] = str(error)
    metrics = chosen_metrics(wanted, referenced=True)
    assert set(USUAL) <= {*METRICS, *LPIPS}
    return Scorer(tuple(metrics), left_out, tuple(OBJECTIVES) if objectives else (), guard, crop)


def picture_path(photo: HighPhoto, method: str, budget: str) -> str:
    """Of a method's picture, relative to the comparison's folder."""
    return f"pictures/{photo.data_set}/{photo.name}/{method}{budget and '_'}{budget}.png"


def write_references(photo: HighPhoto, out: Path) -> tuple[str, str, str]:
    """The photo, the network's input and the bicubic enlargement as PNGs; their paths."""
    first, second, third = (picture_path(photo, name, "") for name in ("photo", "low", "bicubic"))
    if not all((out / path).exists() for path in (first, second, third)):
        low, high = photo.pair
        large = imresize(low.astype(np.float32), *high.shape[:2])
        _write(high, out / first)
        _write(low, out / second)
        _write(np.rint(np.clip(large, 0, 255)).astype(np.uint8), out / third)
    return first, second, third


def picture_of(runner: Runner, photo: HighPhoto) -> tuple[Bytes, float | None]:
    """A method's picture, `(H, W, 3)`, and how much of it INT8 computed where that is its own."""
    low = photo.pair[0]
    runner.fill(photo.planes)
    runner.run()
    colours = chroma(low, photo.scale) if photo.channels == 1 else None
    return with_chroma(runner.result(), colours), runner.int8_share


def scored_photos(
    build: Callable[[int, int], Runner],
    photos: Sequence[HighPhoto],
    method: str,
    budget: str,
    out: Path,
    file: Path,
    score: Scorer,
    progress: Progress = silent,
) -> tuple[Scored, ...]:
    """All photos through a method; what `file` has of an earlier run is not done again.

    Args:
        build: loads the method at a height and width.
        photos: in order.
        method: its name.
        budget: as it was asked for.
        out: the comparison's folder.
        file: JSON lines, one of each photo, appended to.
        score: the metrics.
        progress: called after each photo.
    """
    done = {(one.data_set, one.photo): one for one in _read(file)}
    by_size = sorted(photos, key=lambda photo: photo.size)
    runner: Runner | None = None
    size: tuple[int, int] | None = None
    try:
        for number, photo in enumerate(by_size, 1):
            if (photo.data_set, photo.name) not in done:
                if runner is None or size != photo.size:
                    if runner is not None:
                        runner.close()
                        runner = None
                    size = photo.size
                    runner = build(*size)
                one = _scored(runner, photo, method, budget, out, score)
                done[one.data_set, one.photo] = one
                with file.open("ab") as lines:
                    lines.write(msgspec.json.encode(one) + b"\n")
            progress(number, len(photos), photo.name)
    finally:
        if runner is not None:
            runner.close()
    return tuple(done[photo.data_set, photo.name] for photo in photos)


def _scored(
    runner: Runner, photo: HighPhoto, method: str, budget: str, out: Path, score: Scorer
) -> Scored:
    picture, share = picture_of(runner, photo)
    path = picture_path(photo, method, budget)
    _write(picture, out / path)
    exact = None if method == "float" else load_rgb(out / picture_path(photo, "float", ""))
    alone, to_photo, to_float = score.scores(picture, photo.pair[1], exact)
    return Scored(
        data_set=photo.data_set,
        photo=photo.name,
        picture=path,
        alone=_rounded(alone),
        to_photo=_rounded(to_photo),
        to_float=_rounded(to_float),
        int8_share=share,
    )


def _read(file: Path) -> list[Scored]:
    """What a file has; a line that was cut off while it was written does not count."""
    if not file.exists():
        return []
    lines = file.read_bytes().split(b"\n")
    if lines[-1]:
        file.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
    return [msgspec.json.decode(line, type=Scored) for line in lines[:-1] if line]


def _write(samples: Bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(Picture(samples), path, "PNG")


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else EQUAL_DB


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in scores.items()}
