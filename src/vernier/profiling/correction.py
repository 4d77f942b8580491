"""Whole splits against the additive model: its error, and the factors that make it smaller.

Units between dummies find the caches otherwise than in a network of many segments, an engine wakes
otherwise after another's segment, and a machine that is busy or throttled while it is profiled is
slower as a whole than when it is timed. What that does is much the same for all units of one
processor, so a few measured splits are enough for a factor per processor and kind of cost, as
CoDL's latency predictor fits a regression to what was measured (MobiSys 2022, section 4.2).

First the machine's pace: the median ratio of measured to predicted. Then a ridge regression of
relative errors towards that pace, in which single units may differ from their processor's factor
where the splits say so. Splits that fit badly weigh less (Huber, "Robust estimation of a location
parameter", Ann. Math. Stat. 35, 1964): one that was timed while something else ran shall not
bend the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.profiling.prediction import Prediction, Predictor
from vernier.profiling.profile import Correction, Profile, UnitTimes, Whole
from vernier.units.split import Form

Float64 = NDArray[np.float64]

# How far from the pace is as unlikely as a relative error of sqrt(RIDGE): a third for a processor's
# units, a fifth more for single ones, half for what lies between segments, 1/400 of a split's time
# per segment.
UNITS_SCALE, SINGLE_SCALE, BETWEEN_SCALE, SEGMENT_SCALE = 0.3, 0.2, 0.5, 1 / 400
RIDGE = 0.02
# Residuals beyond so many robust standard deviations, of at least 1 %, weigh less.
HUBER, LEAST_DEVIATION, REWEIGHTED = 1.5, 0.01, 5
TRIES = 50


def random_splits(profile: Profile, count: int, seed: int = 0) -> list[list[str]]:
    """Different splits, from hardly any switch to one at every unit, of all shares of processors.

    The first ones are each processor alone, where it runs everything.

    Args:
        profile: whose units and processors.
        count: how many; fewer where there are no more.
        seed: of the others.
    """
    rng = np.random.default_rng(seed)
    able = [[name for name in profile.processors if name in unit.times] for unit in profile.units]
    made = [
        [name] * len(able)
        for name in profile.processors
        if all(name in processors for processors in able)
    ][:count]
    for _ in range(TRIES * count):
        if len(made) >= count:
            break
        row = _random_split(profile.processors, able, rng)
        if row not in made:
            made.append(row)
    return made


def _random_split(
    names: Sequence[str], able: Sequence[Sequence[str]], rng: np.random.Generator
) -> list[str]:
    stay = rng.random()
    shares = rng.dirichlet(np.ones(len(names)))
    row: list[str] = []
    for processors in able:
        if row and row[-1] in processors and rng.random() < stay:
            row.append(row[-1])
            continue
        weights = np.array([shares[names.index(name)] for name in processors])
        # Shares may be so small that none is left of those that can run a unit.
        weights = weights + 1e-9
        row.append(processors[int(rng.choice(len(processors), p=weights / weights.sum()))])
    return row


def learned(profile: Profile, wholes: Iterable[Whole]) -> Profile:
    """A profile that knows some splits' times, and corrects itself by all that it knows.

    Args:
        profile: measured; its corrections are fitted anew.
        wholes: splits that were timed; one that was known before is known anew.
    """
    known = {(one.processors, one.form): one for one in (*profile.wholes, *wholes)}
    plain = msgspec.structs.replace(profile, correction=None, fused=None, wholes=())
    return msgspec.structs.replace(
        profile,
        correction=_correction(plain, known.values(), Form.SEGMENTS) or profile.correction,
        fused=_correction(plain, known.values(), Form.FUSED) or profile.fused,
        wholes=tuple(known.values()),
    )


def at_pace(profile: Profile, processors: Sequence[str], ms: float) -> Profile:
    """A profile whose whole splits are at the pace at which one of them takes a given time now.

    What was timed on a busy afternoon is comparable with what is timed on a quiet night by what
    was timed on both.

    Args:
        profile: whose splits are changed; it stays as it is where it does not know that one.
        processors: of each unit of that one, such as all-float, as segments.
        ms: what it takes now.
    """
    one = next((w for w in profile.wholes if w.processors == tuple(processors)), None)
    if one is None or one.time.ms <= 0:
        return profile
    share = ms / one.time.ms
    wholes = tuple(
        msgspec.structs.replace(
            whole,
            time=msgspec.structs.replace(
                whole.time,
                ms=round(whole.time.ms * share, 6),
                low_ms=round(whole.time.low_ms * share, 6),
                high_ms=round(whole.time.high_ms * share, 6),
            ),
        )
        for whole in profile.wholes
    )
    return msgspec.structs.replace(profile, wholes=wholes)


def _correction(plain: Profile, wholes: Iterable[Whole], form: Form) -> Correction | None:
    """Of one form; what runs on one processor is one file in either."""
    chosen = [one for one in wholes if one.form is form or len(set(one.processors)) == 1]
    fusing = any(switch.inside is not None for switch in plain.switches)
    if not chosen or (form is Form.FUSED and not fusing):
        return None
    predictor = Predictor(plain)
    found = [predictor.predict(one.processors, form) for one in chosen]
    measured = np.array([one.time.ms for one in chosen])
    before = np.array([one.summed_ms for one in found]) / measured - 1
    made = _fitted(plain, [one.processors for one in chosen], found, measured)
    field = {Form.SEGMENTS: "correction", Form.FUSED: "fused"}[form]
    corrector = Predictor(msgspec.structs.replace(plain, **{field: made}))
    again = [corrector.predict(one.processors, form).summed_ms for one in chosen]
    after = np.array(again) / measured - 1
    return msgspec.structs.replace(made, error_before=_mean(before), error_after=_mean(after))


def _fitted(
    plain: Profile,
    splits: Sequence[Sequence[str]],
    found: Sequence[Prediction],
    measured: Float64,
) -> Correction:
    names, kinds = plain.processors, _kinds(plain.units)
    rows = np.array([_parts(plain, kinds, *pair) for pair in zip(splits, found, strict=True)])
    pace = float(np.median(measured / np.array([one.summed_ms for one in found])))
    count, single = len(names), len(names) * len(set(kinds))
    nothing = pace * np.r_[np.ones(count), np.zeros(single), np.ones(3), np.zeros(count)]
    scale = np.r_[
        np.full(count, pace * UNITS_SCALE),
        np.full(single, pace * SINGLE_SCALE),
        np.full(3, pace * BETWEEN_SCALE),
        np.full(count, SEGMENT_SCALE * float(np.median(measured))),
    ]
    factors = nothing + _change(rows / measured[:, None], nothing, scale)
    # A cost that helps is no cost.
    factors[:count] = np.maximum(factors[:count], pace / 10)
    between = np.maximum(factors[count + single : count + single + 3], 0.0)
    own = factors[count : count + single].reshape(count, -1)
    return Correction(
        units=dict(zip(names, map(float, factors[:count]), strict=True)),
        single={
            name: {unit.name: float(row[k]) for unit, k in zip(plain.units, kinds, strict=True)}
            for name, row in zip(names, own, strict=True)
        },
        borders=float(between[0]),
        conversions=float(between[1]),
        hand_overs=float(between[2]),
        segment_ms=dict(zip(names, map(float, factors[count + single + 3 :]), strict=True)),
        splits=len(splits),
    )


def _change(relative: Float64, nothing: Float64, scale: Float64) -> Float64:
    """What is to be added to the factors, by reweighted ridge regression."""
    wanted = 1 - relative @ nothing
    weights: Float64 = np.ones(len(relative))
    change: Float64 = np.zeros(len(nothing))
    for _ in range(REWEIGHTED):
        left = (relative.T * weights) @ relative + np.diag(RIDGE / scale**2)
        change = np.asarray(np.linalg.solve(left, (relative.T * weights) @ wanted), np.float64)
        residuals = np.abs(wanted - relative @ change)
        limit = HUBER * max(1.4826 * float(np.median(residuals)), LEAST_DEVIATION)
        weights = np.asarray(np.minimum(1.0, limit / np.maximum(residuals, 1e-12)), np.float64)
    return change


def _kinds(units: Sequence[UnitTimes]) -> list[int]:
    """A number for each unit, equal for units of one kind; each its own where no kind is told."""
    known: dict[str, int] = {}
    return [known.setdefault(unit.kind or unit.name, len(known)) for unit in units]


def _parts(
    plain: Profile, kinds: Sequence[int], split: Sequence[str], found: Prediction
) -> list[float]:
    """A prediction's parts in the order of the factors: units, single, between, segments."""
    names = plain.processors
    single = np.zeros((len(names), len(set(kinds))))
    for ms, on, kind in zip(found.units_ms, split, kinds, strict=True):
        single[names.index(on), kind] += ms
    places = found.joints if found.form is Form.FUSED else [run[0] for run in found.runs]
    segments = [float(sum(split[unit] == name for unit in places)) for name in names]
    between = [found.borders_ms, found.conversions_ms, found.hand_overs_ms]
    return [*single.sum(axis=1), *single.ravel(), *between, *segments]


def _mean(errors: Float64) -> float:
    return float(np.abs(errors).mean())
