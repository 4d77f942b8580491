"""Pictures judged by metrics: the right plane for each metric, and files paired with references."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vernier.errors import MissingExtraError, UsageError
from vernier.images.colour import luma
from vernier.images.picture import Picture, Samples
from vernier.images.sources import expand_sources
from vernier.metrics.niqe import load_model, niqe
from vernier.metrics.planes import grey
from vernier.metrics.registry import ALIASES, METRICS, Better, Metric, Sees

if TYPE_CHECKING:
    from torch import Tensor


class On(StrEnum):
    """What PSNR, SSIM and MS-SSIM are computed on. The other metrics know one grey only."""

    LUMA = "luma"  # BT.601's studio luma, not rounded: what SR papers print
    GREY = "grey"  # MATLAB's rgb2gray: what SSIM's authors print
    RGB = "rgb"  # all three channels
    OFFICIAL = "official"  # what each metric's official scores are computed on (`OFFICIAL_ON`)


OFFICIAL_ON = {"psnr": On.RGB, "ssim": On.GREY, "ms_ssim": On.GREY, "ms_ssim_product": On.GREY}
"""Of the metrics that see what is asked: PSNR of all samples, SSIM and MS-SSIM of MATLAB's grey."""


@dataclass(frozen=True)
class Judgement:
    """The scores of one picture.

    Attributes:
        scores: by metric; infinity for the PSNR of equal pictures.
        left_out: by metric, why it has no score.
    """

    scores: Mapping[str, float]
    left_out: Mapping[str, str]


FLIP = "flip"
LPIPS = ("lpips", "lpips_vgg")
"""Names of LPIPS with AlexNet, as is usual, and with VGG-16."""


def lpips_metric(
    name: str = "lpips", backbone: Path | None = None, linear: Path | None = None
) -> Metric:
    """LPIPS, with weights that are found on this machine or from files.

    Args:
        name: one of `LPIPS`; with a file of VGG-16, "lpips" means that.
        backbone: torchvision's ImageNet weights of AlexNet or VGG-16.
        linear: the authors' weights of version 0.1 for it.

    Raises:
        UsageError: nothing is found (with what to do), or a file is missing, or not the one that
            LPIPS is defined with.
        MissingExtraError: PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("torch", "learn", "LPIPS")
    from vernier.metrics.lpips import SMALLEST, Backbone
    from vernier.metrics.lpips_weights import find_lpips, kind_of

    kind = Backbone.VGG if name == "lpips_vgg" else Backbone.ALEX
    if backbone is not None:
        kind = kind_of(backbone)
    distance = find_lpips(kind, backbone, linear)
    return _of_tensors(f"lpips_{kind}", f"LPIPS ({kind})", SMALLEST, distance)


def flip_metric() -> Metric:
    """FLIP, the mean of its map, at its authors' distance from the screen.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("torch", "learn", "FLIP")
    from vernier.metrics.flip import flip

    return _of_tensors(FLIP, "FLIP", 1, flip)


def _of_tensors(
    name: str, title: str, smallest: int, distance: Callable[[Tensor, Tensor], Tensor]
) -> Metric:
    """A distance of RGB tensors `(1, 3, H, W)` as a metric; grey counts as equal channels."""
    import torch

    def tensor(picture: Samples) -> Tensor:
        rgb = np.broadcast_to(picture.reshape(*picture.shape[:2], -1), (*picture.shape[:2], 3))
        return torch.from_numpy(np.array(rgb, np.float32)).permute(2, 0, 1)[None]

    def score(picture: Samples, reference: Samples) -> float:
        with torch.no_grad():
            return float(distance(tensor(picture), tensor(reference)))

    return Metric(name, title, Better.LOWER, Sees.RGB, smallest, usual=False, with_reference=score)


def chosen_metrics(
    names: Sequence[str],
    referenced: bool,
    lpips: Callable[[str], Metric] = lpips_metric,
    niqe_model: Path | None = None,
) -> list[Metric]:
    """The metrics of these names; the usual ones where no name is given.

    Args:
        names: of `METRICS`, `FLIP` and `LPIPS`; "-" and "_" are one ("ms-ssim").
        referenced: whether there is a reference.
        lpips: makes LPIPS of a name.
        niqe_model: a file of NIQE's parameters instead of Vernier's own, such as the authors'.

    Raises:
        UsageError: an unknown name, or one that needs a reference where there is none; and what
            `lpips_metric` and `metrics.niqe.load_model` raise.
    """
    known = [*METRICS, FLIP, *LPIPS]
    plain = [name.lower().replace("-", "_") for name in names]
    wanted = [ALIASES.get(name, name) for name in plain]
    unknown = [given for name, given in zip(wanted, names, strict=True) if name not in known]
    if unknown:
        raise UsageError(f"expected metrics of {', '.join(known)}; found {', '.join(unknown)}")
    if not names:
        return [m for m in METRICS.values() if m.usual and (referenced or m.alone is not None)]
    if not referenced:
        for name in wanted:
            if name not in METRICS or METRICS[name].alone is None:
                raise UsageError(f"{name} compares with a reference; give one: A.png B.png")
    chosen = {}
    for name in wanted:
        chosen[name] = lpips(name) if name in LPIPS else METRICS.get(name) or flip_metric()
    if niqe_model is not None and "niqe" in chosen:
        chosen["niqe"] = _niqe_with(niqe_model)
    return list(chosen.values())


def _niqe_with(path: Path) -> Metric:
    model = load_model(path)
    return replace(METRICS["niqe"], alone=lambda plane: niqe(plane, model))


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
    if metric.sees is not Sees.ASKED:
        return On(metric.sees.value)
    return OFFICIAL_ON[metric.name] if asked is On.OFFICIAL else asked


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
