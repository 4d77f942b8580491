"""Photos damaged in many ways, with their true scores: what an estimator of a metric learns from.

Each photo gives one crop. It is damaged as photos are (bicubic enlargement, blur, noise, JPEG,
ringing, several strengths), and enlarged by networks in float and with INT8 in such splits as
searches meet; the latter are what the estimator is for. A photo to learn from is enlarged by a few
of the networks in turn, so that there can be many of both; one that is held out by all of them, and
by those that are held out as well. A folder holds everything, and is gone on with after an
interruption.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vernier.errors import UsageError
from vernier.files import write_whole
from vernier.images.bicubic import imresize
from vernier.images.pairs import evenly_spread, list_photos, load_rgb, network_input, shrink
from vernier.metrics.gmsd import gmsd
from vernier.metrics.niqe import niqe
from vernier.metrics.piqe import piqe
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.networks.source import Source
from vernier.perceptual.data import Sample, load_index, save_index
from vernier.progress import Progress, silent
from vernier.quantization.ranges import Ranges, calibrate_picture_network
from vernier.simulation.pictures import SimulatedPictures

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]

SIDE = 192
"""Of a crop: twelve of PIQE's blocks, two of NIQE's patches; a multiple of 2, 3 and 4."""
SPLITS = 5
HELD_OUT_EVERY = 8
NETWORKS_EACH = 3
"""That enlarge a photo to learn from."""
CALIBRATED_ON = 16
LONGEST_WALK = 3
"""Units that a step of a search moves, at the most."""


@dataclass(frozen=True)
class Enlarger:
    """A network to damage photos with.

    Attributes:
        source: the network.
        ranges: of its INT8 parts.
        held_out: whether its pictures are kept from training.
    """

    source: Source
    ranges: Ranges
    held_out: bool

    @property
    def label(self) -> str:
        """Name and scale."""
        return f"{self.source.name}-x{self.source.scale}"


def calibrated(source: Source, photos: Path, held_out: bool, kept: Path) -> Enlarger:
    """A network with ranges from crops of photos, which are kept for the next time.

    Args:
        source: the network.
        photos: folder of good photos.
        held_out: see `Enlarger`.
        kept: folder for the ranges.

    Raises:
        ImageError: a photo cannot be read.
        UsageError: no photo is large enough.
    """
    path = kept / f"{source.name}-x{source.scale}.ranges.json"
    if path.is_file():
        return Enlarger(source, Ranges.load(path), held_out)
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    crops = [
        _crop(load_rgb(file), np.random.default_rng((CALIBRATED_ON, number)))
        for number, file in enumerate(chosen_photos(photos, CALIBRATED_ON))
    ]
    inputs = [
        network_input(shrink(crop, source.scale)[0], channels)[None]
        for crop in crops
        if crop is not None
    ]
    if not inputs:
        raise UsageError(f"{photos}: no photo has {SIDE}x{SIDE} pixels")
    ranges = calibrate_picture_network(source.graph, inputs)
    kept.mkdir(parents=True, exist_ok=True)
    ranges.save(path)
    return Enlarger(source, ranges, held_out)


TrueMetric = Callable[[Bytes, Bytes], float]
"""A metric of a grey picture and its reference."""


def scores_of(
    picture: Bytes, reference: Bytes, more: Mapping[str, TrueMetric] | None = None
) -> dict[str, float]:
    """All scores that need no weights, and more that do, of RGB pictures `(H, W, 3)`."""
    plane, truth = grey(picture), grey(reference)
    found = {
        "piqe": piqe(plane).score,
        "gmsd": gmsd(plane, truth),
        "psnr": min(psnr(plane, truth, peak=255), 99.0),
    }
    try:
        found["niqe"] = niqe(plane)
    except UsageError:
        # Nothing but flat patches; the score is of no use, and the picture is.
        found["niqe"] = 40.0
    for name, metric in (more or {}).items():
        found[name] = metric(plane, truth)
    return found


def make_damaged_photos(
    photos: Path,
    out: Path,
    enlargers: Sequence[Enlarger],
    *,
    count: int | None = None,
    seed: int = 0,
    more: Mapping[str, TrueMetric] | None = None,
    held_out_every: int = HELD_OUT_EVERY,
    progress: Progress = silent,
) -> list[Sample]:
    """Damage photos, score them, and keep both in a folder.

    Args:
        photos: folder of good photos, of at least 192x192 pixels.
        out: folder for pictures and `scores.json`.
        enlargers: networks.
        count: of photos; all if absent.
        seed: of crops, strengths and splits.
        more: scores besides those of `scores_of`, by name.
        held_out_every: one photo of so many is held out; 0 for none.
        progress: called after each photo.

    Raises:
        ImageError: a photo cannot be read.
        UsageError: no photo is large enough.
    """
    files = chosen_photos(photos, count)
    out.mkdir(parents=True, exist_ok=True)
    samples = load_index(out)
    done = {sample.photo for sample in samples}
    simulated = {one.label: (one, SimulatedPictures(one.source, one.ranges)) for one in enlargers}
    for number, path in enumerate(files):
        crop = _crop(load_rgb(path), np.random.default_rng((seed, number)))
        if path.name not in done and crop is not None:
            held = held_out_every > 0 and number % held_out_every == held_out_every - 1
            which = _Numbered(path.name, number, held)
            samples += _of_photo(which, crop, simulated, out, seed, more)
            if number % 8 == 7 or number == len(files) - 1:
                save_index(out, samples, f"{photos.name}, seed {seed}")
        progress(number + 1, len(files), path.name)
    save_index(out, samples, f"{photos.name}, seed {seed}")
    if not samples:
        raise UsageError(f"{photos}: no photo has {SIDE}x{SIDE} pixels")
    return samples


def chosen_photos(photos: Path, count: int | None) -> list[Path]:
    """Some photos of a folder, evenly spread; all where no count is given."""
    files = list_photos(photos)
    return files if count is None else evenly_spread(files, count)


def all_damaged(photos: Path, out: Path, count: int | None) -> bool:
    """Whether `make_damaged_photos` has nothing left to do, so that no network is needed."""
    done = {sample.photo for sample in load_index(out)}
    return all(
        path.name in done or _crop(load_rgb(path), np.random.default_rng(0)) is None
        for path in chosen_photos(photos, count)
    )


@dataclass(frozen=True)
class _Numbered:
    """A photo, and whether it is held out."""

    name: str
    number: int
    held_out: bool


def _of_photo(
    photo: _Numbered,
    crop: Bytes,
    simulated: Mapping[str, tuple[Enlarger, SimulatedPictures]],
    out: Path,
    seed: int,
    more: Mapping[str, TrueMetric] | None,
) -> list[Sample]:
    rng = np.random.default_rng((seed, photo.number, 1))
    stem = f"{photo.number:04d}"
    samples: list[Sample] = []

    def keep(picture: Bytes, reference: Bytes, file: str, beside: str, about: _About) -> None:
        _write(out / file, picture)
        samples.append(
            Sample(
                file=file,
                reference=beside,
                photo=photo.name,
                network=about.network,
                damage=about.damage,
                held_out=photo.held_out or about.held_out,
                scores=scores_of(picture, reference, more),
            )
        )

    whole = f"{stem}.png"
    keep(crop, crop, whole, whole, _About("", "none", False))
    for place, (word, damaged) in enumerate(_photographic(crop, rng)):
        keep(damaged, crop, f"{stem}-{place}.png", whole, _About("", word, False))
    for label in _turns(simulated, photo.number, held=photo.held_out):
        enlarger, network = simulated[label]
        exact, splits = _splits(network, crop, rng)
        beside = f"{stem}-{label}.png"
        held_out = enlarger.held_out
        keep(exact, exact, beside, beside, _About(label, "float", held_out))
        for place, (share, picture) in enumerate(splits):
            about = _About(label, f"{share:.0%} of units in INT8", held_out)
            keep(picture, exact, f"{stem}-{label}-{place}.png", beside, about)
    return samples


def _turns(
    simulated: Mapping[str, tuple[Enlarger, SimulatedPictures]], number: int, *, held: bool
) -> list[str]:
    """The networks whose turn it is with a photo."""
    if held:
        return list(simulated)
    learnt = [label for label, (enlarger, _) in simulated.items() if not enlarger.held_out]
    first = number * NETWORKS_EACH
    turns = [learnt[(first + n) % len(learnt)] for n in range(NETWORKS_EACH)] if learnt else []
    return list(dict.fromkeys(turns))


@dataclass(frozen=True)
class _About:
    network: str
    damage: str
    held_out: bool


def _splits(
    network: SimulatedPictures, photo: Bytes, rng: np.random.Generator
) -> tuple[Bytes, list[tuple[float, Bytes]]]:
    """The float network's picture of a shrunk photo, and some splits' with their share of INT8."""
    low = shrink(photo, network.scale)[0]
    exact = network.picture(low, [0.0] * network.units)
    chosen = met_splits(network.units, rng)
    return exact, [(sum(one) / len(one), network.picture(low, one)) for one in chosen]


def met_splits(units: int, rng: np.random.Generator) -> list[list[float]]:
    """Five splits as searches meet them: each unit's share of INT8, 0 or 1.

    Units by chance, from few to all; an INT8 stretch, as the cost of switches makes them; that
    after a step of a search; all in INT8 but a few; all in float but a few.

    Args:
        units: of the network.
        rng: where chance comes from.
    """
    chance = 1.0 if rng.random() < 0.3 else rng.random()
    scattered = rng.random(units) < chance
    stretch = np.zeros(units, bool)
    first, last = sorted(rng.integers(0, units + 1, 2))
    stretch[first:last] = True
    none = np.zeros(units, bool)
    found = [scattered, stretch, _stepped(stretch, rng), ~_stepped(none, rng), _stepped(none, rng)]
    return [one.astype(float).tolist() for one in found]


def _stepped(split: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Some units moved to the other kind of processor."""
    moved = rng.choice(len(split), min(len(split), int(rng.integers(1, LONGEST_WALK + 1))), False)
    found = split.copy()
    found[moved] = ~found[moved]
    return found


def _photographic(photo: Bytes, rng: np.random.Generator) -> Iterator[tuple[str, Bytes]]:
    """Damages that need no network, one of each kind, of a random strength."""
    reals = photo.astype(np.float32) / np.float32(255)
    factor = int(rng.choice([2, 3, 4]))
    low = shrink(photo, factor)[0].astype(np.float32) / np.float32(255)
    yield f"bicubic x{factor}", _rounded(imresize(low, *photo.shape[:2]))
    sigma = math.exp(rng.uniform(math.log(0.4), math.log(3)))
    yield f"blur {sigma:.2f}", _rounded(_blurred(reals, sigma))
    strength = math.exp(rng.uniform(math.log(0.5), math.log(25))) / 255
    yield (
        f"noise {255 * strength:.1f}",
        _rounded(reals + strength * rng.normal(size=reals.shape).astype(np.float32)),
    )
    quality = int(rng.integers(8, 95))
    yield f"JPEG {quality}", _jpeg(photo, quality)
    gain = rng.uniform(0.5, 3)
    sharp = reals + np.float32(gain) * (reals - _blurred(reals, 1.5))
    yield f"ringing {gain:.1f}", _rounded(sharp)
    soft = _blurred(reals, float(rng.uniform(0.5, 1.5)))
    noisy = soft + rng.uniform(1, 10) / 255 * rng.normal(size=reals.shape)
    yield "blur and noise", _jpeg(_rounded(noisy), int(rng.integers(30, 95)))
    step = float(rng.integers(4, 33))
    yield f"steps of {step:.0f}", _rounded(np.round(reals * 255 / step) * step / 255)


def _crop(photo: Bytes, rng: np.random.Generator) -> Bytes | None:
    height, width = photo.shape[:2]
    if min(height, width) < SIDE:
        return None
    top, left = rng.integers(height - SIDE + 1), rng.integers(width - SIDE + 1)
    return np.ascontiguousarray(photo[top : top + SIDE, left : left + SIDE])


def _rounded(reals: NDArray[np.floating]) -> Bytes:
    rounded: Bytes = np.rint(np.clip(reals, 0, 1) * 255).astype(np.uint8)
    return rounded


def _blurred(reals: Float32, sigma: float) -> Float32:
    reach = max(1, math.ceil(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        widths = [(reach, reach) if one == axis else (0, 0) for one in range(3)]
        padded = np.pad(reals, widths, mode="edge")
        size = reals.shape[axis]
        reals = np.sum(
            [w * padded.take(range(n, n + size), axis) for n, w in enumerate(taps)], axis=0
        ).astype(np.float32)
    return reals


def _jpeg(photo: Bytes, quality: int) -> Bytes:
    memory = io.BytesIO()
    Image.fromarray(photo).save(memory, "JPEG", quality=quality)
    return np.asarray(Image.open(memory).convert("RGB"))


def _write(path: Path, picture: Bytes) -> None:
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "PNG", compress_level=1)
    write_whole(path, memory.getvalue())


TRUE_METRICS: Mapping[str, TrueMetric] = {
    "piqe": lambda picture, _: piqe(picture).score,
    "niqe": lambda picture, _: niqe(picture),
    "gmsd": gmsd,
}
"""The metrics themselves, of a grey picture and its reference."""
