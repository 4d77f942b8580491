"""Natural image quality evaluator: how far a picture's statistics are from those of good photos."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import UsageError
from vernier.metrics.filters import gaussian, separable_filter
from vernier.metrics.planes import Picture, plane_of_255

Float64 = NDArray[np.float64]

BLOCK = 96
"""Side of a patch in pixels; half of it at the second scale."""
FEATURES = 36
SHARP = 0.75
"""A patch of a pristine photo counts if it is at least that sharp, of the sharpest one."""

_TAPS = gaussian(7, 7 / 6)
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
OUR_MODEL = Path(__file__).with_name("niqe_pristine.npz")


@dataclass(frozen=True)
class PristineModel:
    """The statistics of good photos' patches.

    Attributes:
        mean: shape `(36,)`.
        covariance: shape `(36, 36)`.
    """

    mean: Float64
    covariance: Float64

    def save(self, path: Path) -> None:
        """Write it as `.npz`."""
        np.savez(path, mean=self.mean, covariance=self.covariance)


def niqe(picture: Picture, model: PristineModel | None = None) -> float:
    """How unnatural a picture's local statistics are.

    Generalised Gaussians are fitted to normalised samples and to products of neighbours, in patches
    of 96x96 and again at half the size; the score is the distance between their means and
    covariances and those of pristine photos.

    The authors' `computequality.m` with their model gives the published scores. Their model is not
    ours to ship: scores with the model that comes with Vernier, which was fitted here, rank
    pictures alike and are not on the same scale.

    Source: A. Mittal, R. Soundararajan, A. C. Bovik, "Making a 'completely blind' image quality
    analyzer", IEEE SPL 2013.

    Args:
        picture: shape `(H, W)`, sides of at least 96, at least two patches; uint8, uint16 or float
            in [0, 1]. The authors take `planes.grey` of colours.
        model: of good photos; Vernier's own if absent.

    Returns:
        At least 0; lower is better.

    Raises:
        UsageError: not one plane, too small, samples outside the range or not finite, or nothing
            to measure in any two patches (a constant picture).
    """
    pristine = model or our_model()
    features, _ = patch_features(picture)
    usable = features[np.isfinite(features).all(axis=1)]
    if len(usable) < 2:
        raise UsageError(
            "NIQE expects at least two patches of 96x96 pixels with texture, found "
            f"{len(usable)} in {picture.shape[1]}x{picture.shape[0]} pixels"
        )
    # Means of what is finite per feature, covariances of whole patches: as the authors do.
    difference = pristine.mean - np.nanmean(np.where(np.isfinite(features), features, np.nan), 0)
    pooled = (pristine.covariance + np.cov(usable, rowvar=False)) / 2
    return math.sqrt(max(0.0, float(difference @ np.linalg.pinv(pooled) @ difference)))


def fit(pictures: Iterable[Picture]) -> PristineModel:
    """A model of good photos, of their sharp patches.

    Args:
        pictures: planes as for `niqe`; the authors took 125 photos.

    Raises:
        UsageError: too few sharp patches for a covariance.
    """
    kept = []
    for picture in pictures:
        features, sharpness = patch_features(picture)
        finite = np.isfinite(features).all(axis=1)
        kept.append(features[finite & (sharpness > SHARP * sharpness.max())])
    rows = np.concatenate(kept) if kept else np.zeros((0, FEATURES))
    if len(rows) <= FEATURES:
        raise UsageError(
            f"expected photos with more than {FEATURES} sharp patches, found {len(rows)}; give more"
        )
    return PristineModel(rows.mean(axis=0), np.cov(rows, rowvar=False))


@cache
def our_model() -> PristineModel:
    """The model that comes with Vernier; `tools/fit_niqe.py` made it."""
    return load_model(OUR_MODEL)


def load_model(path: Path) -> PristineModel:
    """Read a model: our `.npz`, BasicSR's `niqe_pris_params.npz`, or the authors' `.mat`.

    Raises:
        UsageError: the file is missing, damaged, holds something else, or is a `.mat` and SciPy is
            not installed.
    """
    known = {
        "mean": ("mean", "mu_pris_param", "mu_prisparam"),
        "covariance": ("covariance", "cov_pris_param", "cov_prisparam"),
    }
    try:
        stored = _read(path)
        values = {
            wanted: next(np.asarray(stored[name], np.float64) for name in names if name in stored)
            for wanted, names in known.items()
        }
    except (OSError, ValueError, StopIteration) as error:
        raise UsageError(
            f"{path}: expected a model of NIQE, an .npz or .mat with a mean and a covariance"
        ) from error
    mean, covariance = values["mean"].reshape(-1), values["covariance"]
    if mean.shape != (FEATURES,) or covariance.shape != (FEATURES, FEATURES):
        raise UsageError(
            f"{path}: expected {FEATURES} features, found a mean of {mean.shape} and a covariance "
            f"of {covariance.shape}"
        )
    return PristineModel(mean, covariance)


def _read(path: Path) -> dict[str, NDArray[np.float64]]:
    if path.suffix.lower() != ".mat":
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    try:
        from scipy.io import loadmat  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        raise UsageError(
            f"{path}: reading a .mat takes SciPy (pip install scipy); or give the model as .npz"
        ) from error
    return dict(loadmat(path))


def patch_features(picture: Picture) -> tuple[Float64, Float64]:
    """The 36 features of each patch, and each patch's sharpness.

    Args:
        picture: as for `niqe`.

    Returns:
        Shapes `(patches, 36)`, NaN where a patch has no texture, and `(patches,)`. Patches lie row
        by row from the top left corner; what is left over at the right and below is not looked at.
    """
    plane = plane_of_255(picture, "NIQE", BLOCK)
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    plane = plane[: rows * BLOCK, : columns * BLOCK]
    found: list[Float64] = []
    sharpness = np.zeros(0)
    for scale in (1, 2):
        normalised, deviation = _normalised(plane)
        patches = _patches(normalised, rows, columns, BLOCK // scale)
        found.append(np.stack([_features(patch) for patch in patches]))
        if scale == 1:
            sharpness = _patches(deviation, rows, columns, BLOCK).mean(axis=(1, 2))
            plane = _halved(_halved(plane).T).T
    return np.concatenate(found, axis=1), sharpness


def _normalised(plane: Float64) -> tuple[Float64, Float64]:
    """Samples less their local mean, over one plus their local deviation; and that deviation."""
    padded = np.pad(plane, len(_TAPS) // 2, mode="edge")
    mean = separable_filter(padded, _TAPS)
    deviation = np.sqrt(np.abs(separable_filter(padded * padded, _TAPS) - mean * mean))
    return (plane - mean) / (deviation + 1.0), deviation


def _patches(plane: Float64, rows: int, columns: int, side: int) -> Float64:
    cut = plane.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)
    return cut.reshape(rows * columns, side, side)


def _features(patch: Float64) -> Float64:
    shape, left, right = _fit_generalised_gaussian(patch)
    features = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        product = patch * np.roll(patch, shift, axis=(0, 1))
        shape, left, right = _fit_generalised_gaussian(product)
        mean = (right - left) * _ratio(shape, 2, 1)
        features += [shape, mean, left, right]
    return np.array(features)


def _fit_generalised_gaussian(values: Float64) -> tuple[float, float, float]:
    """Shape, and scale to the left and right of 0, by moments; NaN where one side is empty."""
    negative, positive = values[values < 0], values[values > 0]
    if not len(negative) or not len(positive):
        return math.nan, math.nan, math.nan
    left, right = (math.sqrt(float(np.mean(side * side))) for side in (negative, positive))
    balance = left / right
    spread = float(np.mean(np.abs(values))) ** 2 / float(np.mean(values * values))
    wanted = spread * (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    shapes, ratios = _shape_table()
    # The ratio rises with the shape: the nearest of the two entries around the wanted one.
    place = int(np.clip(np.searchsorted(ratios, wanted), 1, len(ratios) - 1))
    place -= wanted - ratios[place - 1] <= ratios[place] - wanted
    shape = float(shapes[place])
    width = math.sqrt(_ratio(shape, 1, 3))
    return shape, left * width, right * width


@cache
def _shape_table() -> tuple[Float64, Float64]:
    shapes = np.round(np.arange(0.2, 10.0005, 0.001), 3)
    ratios = [_ratio(float(shape), 2, 1) * _ratio(float(shape), 2, 3) for shape in shapes]
    return shapes, np.array(ratios)


def _ratio(shape: float, above: int, below: int) -> float:
    """The gamma function at `above / shape` over that at `below / shape`."""
    return math.exp(math.lgamma(above / shape) - math.lgamma(below / shape))


def _halved(plane: Float64) -> Float64:
    """Half as many rows, by antialiased bicubic: MATLAB's `imresize(plane, 0.5)`, one way."""
    at = np.abs(np.arange(8) - 3.5) / 2
    weights = np.where(at <= 1, 1.5 * at**3 - 2.5 * at**2 + 1, 0) + np.where(
        (at > 1) & (at <= 2), -0.5 * at**3 + 2.5 * at**2 - 4 * at + 2, 0
    )
    weights /= weights.sum()
    padded = np.pad(plane, ((3, 3), (0, 0)), mode="symmetric")
    count = plane.shape[0] // 2
    halved = np.zeros((count, plane.shape[1]))
    for tap, weight in enumerate(weights):
        halved += weight * padded[tap : tap + 2 * count : 2]
    return halved
