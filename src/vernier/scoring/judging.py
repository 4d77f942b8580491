"""Pictures judged by metrics: the right plane for each metric, and files paired with references."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from vernier.errors import MissingExtraError, UsageError
from vernier.images.colour import luma
from vernier.images.picture import Picture, Samples
from vernier.images.sources import expand_sources
from vernier.metrics.planes import grey
from vernier.metrics.registry import METRICS, Better, Metric, Sees


class On(StrEnum):
    """What PSNR, SSIM and MS-SSIM are computed on. The other metrics know one grey only."""

    LUMA = "luma"  # BT.601's studio luma, not rounded: what SR papers print
    GREY = "grey"  # MATLAB's rgb2gray: what SSIM's authors print
    RGB = "rgb"  # all three channels


@dataclass(frozen=True)
class Judgement:
    """The scores of one picture.

    Attributes:
        scores: by metric; infinity for the PSNR of equal pictures.
        left_out: by metric, why it has no score.
    """

    scores: Mapping[str, float]
    left_out: Mapping[str, str]


def lpips_metric(backbone: Path, linear: Path) -> Metric:
    """LPIPS with weights from files.

    Args:
        backbone: torchvision's ImageNet weights of AlexNet or VGG-16; which of both is told from
            the number of their tensors.
        linear: the authors' weights of version 0.1 for it.

    Raises:
        UsageError: a file is missing, or not the one that LPIPS is defined with.
        MissingExtraError: PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("torch", "learn", "LPIPS")
    import torch

    from vernier.metrics.lpips import SMALLEST, Backbone, Lpips, check_backbone
    from vernier.networks.checkpoints import load

    weights = load(backbone)
    kind = Backbone.VGG if "features.28.weight" in weights else Backbone.ALEX
    check_backbone(backbone.read_bytes(), kind, str(backbone))
    distance = Lpips(kind, weights, load(linear))

    def tensor(picture: Samples) -> torch.Tensor:
        rgb = np.broadcast_to(picture.reshape(*picture.shape[:2], -1), (*picture.shape[:2], 3))
        return torch.from_numpy(np.array(rgb, np.float32)).permute(2, 0, 1)[None]

    def score(picture: Samples, reference: Samples) -> float:
        with torch.no_grad():
            return float(distance(tensor(picture), tensor(reference)))

    return Metric(
        f"lpips_{kind}",
        f"LPIPS ({kind})",
        Better.LOWER,
        Sees.RGB,
        SMALLEST,
        usual=False,
        with_reference=score,
    )


def chosen_metrics(names: Sequence[str], referenced: bool) -> list[Metric]:
    """The metrics of these names; the usual ones where no name is given.

    Raises:
        UsageError: an unknown name, or one that needs a reference where there is none.
    """
    if not names:
        return [m for m in METRICS.values() if m.usual and (referenced or m.alone is not None)]
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise UsageError(f"expected metrics of {', '.join(METRICS)}; found {', '.join(unknown)}")
    chosen = [METRICS[name] for name in dict.fromkeys(names)]
    if not referenced:
        for metric in chosen:
            if metric.alone is None:
                raise UsageError(f"{metric.name} compares with a reference; give one: A.png B.png")
    return chosen


def judge(
    picture: Picture,
    reference: Picture | None,
    metrics: Sequence[Metric],
    on: On = On.LUMA,
    crop: int = 0,
) -> Judgement:
    """Score one picture.

    A grey picture is taken as it is; beside a picture in colour it counts as RGB of equal channels.
    Transparency is not looked at.

    Args:
        picture: what to judge.
        reference: what it should look like, of the same size; None for metrics that need none.
        metrics: which scores to compute. One that pictures of this size cannot have is left out.
        on: what PSNR, SSIM and MS-SSIM see.
        crop: pixels cut from each side before anything, as SR papers cut the scale.

    Raises:
        UsageError: the sizes differ, or nothing is left after cropping.
    """
    if reference is not None and picture.samples.shape[:2] != reference.samples.shape[:2]:
        raise UsageError(
            f"expected two pictures of one size, found {picture.width}x{picture.height} and "
            f"{reference.width}x{reference.height}"
        )
    if min(picture.height, picture.width) <= 2 * crop:
        raise UsageError(
            f"nothing of {picture.width}x{picture.height} pixels is left after cutting {crop} "
            "from each side"
        )
    both = [picture] if reference is None else [picture, reference]
    coloured = any(one.samples.shape[2] == 3 for one in both)
    cropped = [_cropped(one, coloured, crop) for one in both]
    seen = {
        kind: [_as_seen(samples, kind) for samples in cropped]
        for kind in {_kind(metric, on) for metric in metrics}
    }
    height, width = cropped[0].shape[:2]
    scores: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for metric in metrics:
        if min(height, width) < metric.smallest:
            left_out[metric.name] = (
                f"needs {metric.smallest}x{metric.smallest} pixels, found {width}x{height}"
            )
            continue
        planes = seen[_kind(metric, on)]
        if metric.alone is not None:
            scores[metric.name] = metric.alone(planes[0])
        elif metric.with_reference is not None:
            scores[metric.name] = metric.with_reference(planes[0], planes[1])
    return Judgement(scores, left_out)


def _kind(metric: Metric, asked: On) -> On:
    return asked if metric.sees is Sees.ASKED else On(metric.sees.value)


def _cropped(picture: Picture, coloured: bool, crop: int) -> Samples:
    """Samples without the border, as RGB if either picture has colours."""
    height, width = picture.samples.shape[:2]
    samples = picture.samples[crop : height - crop, crop : width - crop]
    if coloured and samples.shape[2] == 1:
        samples = np.repeat(samples, 3, axis=2)
    return samples


def _as_seen(samples: Samples, on: On) -> Samples:
    """Integers `(H, W, 1 or 3)` as a plane, or RGB, of floats in [0, 1]."""
    largest = np.iinfo(samples.dtype).max
    if samples.shape[2] == 1:
        return np.asarray(samples[:, :, 0] / np.float64(largest))
    if on is On.LUMA:
        return luma(samples.astype(np.float32) / np.float32(largest))
    return np.asarray((grey(samples) if on is On.GREY else samples) / np.float64(largest))


def pair_files(
    pictures: Path, references: Path | None, recursive: bool = False
) -> list[tuple[Path, Path | None]]:
    """Which picture is compared with which reference.

    Two files are a pair. In two folders a picture belongs to the reference of the same name, or
    the same name but for its ending, or the one whose name it continues after "_" ("bird_x2.png"
    to "bird.png"; the longest such name).

    Raises:
        UsageError: something does not exist, a folder is given with a file, or a picture has no
            reference.
    """
    sources = expand_sources([str(pictures)], recursive)
    found = [(source, name) for source, name in sources if source is not None]
    if references is None:
        return [(source, None) for source, _ in found]
    if pictures.is_dir() != references.is_dir():
        raise UsageError(
            f"expected two files or two folders, found {pictures} and {references}, of which one "
            "is a folder"
        )
    if not pictures.is_dir():
        return [(pictures, references)]
    exact = {name: source for source, name in expand_sources([str(references)], recursive)}
    by_name = {name.with_suffix(""): source for name, source in exact.items()}
    pairs: list[tuple[Path, Path | None]] = []
    for source, name in found:
        reference = exact.get(name) or _continued(name.with_suffix(""), by_name)
        if reference is None:
            raise UsageError(f"{source}: no reference of this name in {references}")
        pairs.append((source, reference))
    return pairs


def _continued(name: Path, by_name: Mapping[Path, Path | None]) -> Path | None:
    """The file of this name without its ending, or without what follows its last underscores."""
    stem = name.name
    while True:
        found = by_name.get(name.with_name(stem))
        if found is not None or "_" not in stem[1:]:
            return found
        stem = stem.rpartition("_")[0]


def mean_scores(judgements: Sequence[Judgement]) -> dict[str, float]:
    """The mean of each metric that all pictures have a score of."""
    shared = [
        name for name in judgements[0].scores if all(name in one.scores for one in judgements)
    ]
    return {name: float(np.mean([one.scores[name] for one in judgements])) for name in shared}
