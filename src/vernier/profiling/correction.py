"""Whole splits against the additive model: its error, and the factors that make it smaller.

Units between dummies find the caches otherwise than in a network of many segments, and an engine
wakes otherwise after another's segment. What that does to a machine's times is much the same for
all units of one processor, so a few measured splits are enough for a factor per processor and kind
of cost, as CoDL's latency predictor fits a regression to what was measured (MobiSys 2022, section
4.2). The fit is a ridge regression of relative errors towards "no correction".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.profiling.prediction import Prediction, Predictor
from vernier.profiling.profile import Correction, Profile

Float64 = NDArray[np.float64]

# How far from "no correction" is as unlikely as a relative error of sqrt(RIDGE): a third for a
# processor's units, half for what lies between segments, 1/400 of a split's time per segment.
UNITS_SCALE, BETWEEN_SCALE, SEGMENT_SCALE = 0.3, 0.5, 1 / 400
RIDGE = 0.02
FEWEST_SPLITS = 4


def random_splits(profile: Profile, count: int, seed: int = 0) -> list[list[str]]:
    """Splits from hardly any switch to one at every unit, and of all shares of the processors.

    The first ones are each processor alone, where it runs everything.

    Args:
        profile: whose units and processors.
        count: how many.
        seed: of the others.
    """
    rng = np.random.default_rng(seed)
    able = [[name for name in profile.processors if name in unit.times] for unit in profile.units]
    made = [
        [name] * len(able)
        for name in profile.processors
        if all(name in processors for processors in able)
    ][:count]
    while len(made) < count:
        stay = rng.random()
        shares = rng.dirichlet(np.ones(len(profile.processors)))
        row: list[str] = []
        for processors in able:
            if row and row[-1] in processors and rng.random() < stay:
                row.append(row[-1])
                continue
            weights = np.array([shares[profile.processors.index(name)] for name in processors])
            row.append(processors[int(rng.choice(len(processors), p=weights / weights.sum()))])
        made.append(row)
    return made


def corrected(
    profile: Profile, splits: Sequence[Sequence[str]], measured_ms: Sequence[float]
) -> Profile:
    """A profile that knows how far off it was on some splits, and corrects itself.

    Args:
        profile: measured; a correction that it has is replaced.
        splits: a processor for each unit.
        measured_ms: of each split.
    """
    plain = msgspec.structs.replace(profile, correction=None)
    predictor = Predictor(plain)
    found = [predictor.predict(split) for split in splits]
    measured = np.asarray(measured_ms, np.float64)
    before = np.array([one.total_ms for one in found]) / measured - 1
    if len(found) < FEWEST_SPLITS:
        made = Correction(splits=len(found), error_before=_mean(before), error_after=_mean(before))
        return msgspec.structs.replace(plain, correction=made)
    made = _fitted(profile.processors, splits, found, measured)
    again = msgspec.structs.replace(plain, correction=made)
    after = np.array([Predictor(again).predict(s).total_ms for s in splits]) / measured - 1
    told = msgspec.structs.replace(made, error_before=_mean(before), error_after=_mean(after))
    return msgspec.structs.replace(again, correction=told)


def _fitted(
    processors: Sequence[str],
    splits: Sequence[Sequence[str]],
    found: Sequence[Prediction],
    measured: Float64,
) -> Correction:
    rows = np.array([_parts(processors, *pair) for pair in zip(splits, found, strict=True)])
    count = len(processors)
    nothing = np.r_[np.ones(count + 3), np.zeros(count)]
    scale = np.r_[
        np.full(count, UNITS_SCALE),
        np.full(3, BETWEEN_SCALE),
        np.full(count, SEGMENT_SCALE * float(np.median(measured))),
    ]
    relative = rows / measured[:, None]
    left = relative.T @ relative + np.diag(RIDGE / scale**2)
    change = np.linalg.solve(left, relative.T @ (1 - relative @ nothing))
    factors = [float(value) for value in nothing + change]
    return Correction(
        units=dict(zip(processors, factors[:count], strict=True)),
        borders=factors[count],
        conversions=factors[count + 1],
        hand_overs=factors[count + 2],
        segment_ms=dict(zip(processors, factors[count + 3 :], strict=True)),
        splits=len(splits),
    )


def _parts(processors: Sequence[str], split: Sequence[str], found: Prediction) -> list[float]:
    """The parts of a prediction in the order of the factors: units, between, segments."""
    units = [
        sum(ms for ms, on in zip(found.units_ms, split, strict=True) if on == name)
        for name in processors
    ]
    segments = [float(sum(split[run[0]] == name for run in found.runs)) for name in processors]
    return [*units, found.borders_ms, found.conversions_ms, found.hand_overs_ms, *segments]


def _mean(errors: Float64) -> float:
    return float(np.abs(errors).mean())
