"""Pairs of pictures of which everybody knows which looks worse, to judge scores by.

Each pair has a reference, a picture that looks worse and one that looks better. In most kinds both
have the same PSNR to the reference, so that only what an eye sees tells them apart: bands against
dither, patches of another hue against noise, a grid against noise, noise on flat parts against
noise on busy ones, and the error of an INT8 network against noise. Two kinds are sanity: more units
of a network in INT8, and more noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vernier.metrics.planes import grey
from vernier.simulation.pictures import SimulatedPictures

Bytes = NDArray[np.uint8]
Reals = NDArray[np.float64]

LEVELS = (2.0, 4.0, 8.0)
"""Root mean square errors of made damages, in grey levels."""
GRID = 8
PATCH = 24.0
"""Deviation of the Gaussian that patches of hue are made with, in pixels."""
NESTED_DB = 1.0
"""By which a split with more INT8 must be farther from the float picture to be known as worse."""


@dataclass(frozen=True)
class KnownPair:
    """Two pictures of one scene.

    Attributes:
        kind: what tells them apart.
        detail: more of that, in words.
        reference: shape `(H, W, 3)`.
        better: the same shape.
        worse: the same shape.
    """

    kind: str
    detail: str
    reference: Bytes
    better: Bytes
    worse: Bytes


def made_pairs(photo: Bytes, rng: np.random.Generator) -> list[KnownPair]:
    """Pairs of damages that need no network.

    Args:
        photo: shape `(H, W, 3)`, of at least 64x64.
        rng: where noise comes from.
    """
    exact = photo.astype(np.float64)
    pairs: list[KnownPair] = []
    for level in LEVELS:
        noise = _scaled(rng.normal(size=exact.shape), level)
        detail = f"{level:g} levels"
        for kind, error in (
            ("hue patches against noise", _hue_patches(photo.shape, rng)),
            ("a grid against noise", _grid(photo.shape)),
        ):
            worse = _rounded(exact + _scaled(error, level))
            pairs.append(KnownPair(kind, detail, photo, _rounded(exact + noise), worse))
        flat, busy = _noise_by_place(photo, rng)
        pairs.append(
            KnownPair(
                "noise on flat parts against busy ones",
                detail,
                photo,
                _rounded(exact + _scaled(busy, level)),
                _rounded(exact + _scaled(flat, level)),
            )
        )
        step = level * np.sqrt(12)
        bands = np.round(exact / step) * step
        # The dither adds as much again as steps do.
        fine = _error(_rounded(bands), photo) * np.sqrt(6)
        dithered = np.round(exact / fine + rng.random(exact.shape) - 0.5) * fine
        pairs.append(
            KnownPair("bands against dither", detail, photo, _rounded(dithered), _rounded(bands))
        )
        pairs.append(
            KnownPair(
                "more noise", detail, photo, _rounded(exact + noise), _rounded(exact + 2 * noise)
            )
        )
    return pairs


def network_pairs(
    network: SimulatedPictures, label: str, low: Bytes, rng: np.random.Generator
) -> list[KnownPair]:
    """Pairs of a network: more of it in INT8, and INT8 against noise as far from the float picture.

    Args:
        network: to simulate.
        label: its name.
        low: shape `(h, w, 3)`.
        rng: where the order of units and the noise come from.
    """
    exact = network.picture(low, [0.0] * network.units)
    order = rng.permutation(network.units)
    pictures = []
    for count in sorted({max(1, network.units // 4), network.units // 2, network.units}):
        shares = [0.0] * network.units
        for unit in order[:count]:
            shares[unit] = 1.0
        pictures.append((count, network.picture(low, shares)))
    pairs = [
        KnownPair("more units in INT8", f"{label}, {a} and {b} units", exact, fewer, more)
        for (a, fewer), (b, more) in pairwise(pictures)
        if _error(more, exact) > _error(fewer, exact) * 10 ** (NESTED_DB / 20)
    ]
    whole = pictures[-1][1]
    noise = _scaled(rng.normal(size=exact.shape), _error(whole, exact))
    noisy = _rounded(exact.astype(np.float64) + noise)
    return [*pairs, KnownPair("INT8 against noise", label, exact, noisy, whole)]


Score = Callable[[Bytes, Bytes], float]
"""Of a picture and its reference; lower looks better."""


def shares_right(pairs: Sequence[KnownPair], score: Score) -> Mapping[str, float]:
    """Of each kind, the share of pairs whose order a score gets right; a tie is half right."""
    found: dict[str, list[float]] = {}
    for pair in pairs:
        better, worse = (score(one, pair.reference) for one in (pair.better, pair.worse))
        found.setdefault(pair.kind, []).append(0.5 if better == worse else float(better < worse))
    return {kind: float(np.mean(values)) for kind, values in found.items()}


def _scaled(error: Reals, level: float) -> Reals:
    """Of this root mean square."""
    return np.asarray(error * (level / np.sqrt(np.mean(error**2))))


def _error(picture: Bytes, exact: Bytes) -> float:
    """Root mean square, in grey levels."""
    return float(np.sqrt(np.mean((picture.astype(np.float64) - exact) ** 2)))


def _hue_patches(shape: tuple[int, ...], rng: np.random.Generator) -> Reals:
    """Smooth patches along green to magenta and blue to yellow, of no luma (BT.601's weights)."""
    fields = [_smooth(rng.normal(size=shape[:2])) for _ in range(2)]
    directions = ((0.587, -0.299, 0.0), (0.114, 0.0, -0.299))
    parts = [
        field[:, :, None] / field.std() * np.array(way) / np.linalg.norm(way)
        for field, way in zip(fields, directions, strict=True)
    ]
    return np.asarray(parts[0] + parts[1])


def _smooth(plane: Reals) -> Reals:
    """Low frequencies only: a Gaussian in the spectrum."""
    rows = np.fft.fftfreq(plane.shape[0])[:, None]
    columns = np.fft.fftfreq(plane.shape[1])[None]
    gain = np.exp(-2 * (np.pi * PATCH) ** 2 * (rows**2 + columns**2))
    gain[0, 0] = 0
    return np.asarray(np.fft.ifft2(np.fft.fft2(plane) * gain).real)


def _grid(shape: tuple[int, ...]) -> Reals:
    lines = np.zeros(shape[:2])
    lines[::GRID] = 1
    lines[:, ::GRID] = 1
    return np.repeat((lines - lines.mean())[:, :, None], 3, axis=2)


def _noise_by_place(photo: Bytes, rng: np.random.Generator) -> tuple[Reals, Reals]:
    """Noise where a photo is flat, and where it is busy: each half of it by local deviation."""
    plane = grey(photo).astype(np.float64)
    slopes = np.hypot(*np.gradient(plane))
    activity = _smooth_small(slopes)
    busy = activity > np.median(activity)
    noise = rng.normal(size=photo.shape)
    return noise * ~busy[:, :, None], noise * busy[:, :, None]


def _smooth_small(plane: Reals, reach: int = 4) -> Reals:
    padded = np.pad(plane, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(windows.mean(axis=(2, 3)))


def _rounded(levels: Reals) -> Bytes:
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
