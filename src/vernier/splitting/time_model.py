"""A split's time as a sum over units and over tensors that cross: what can be optimised.

`Predictor` is the whole truth of a profile, and cannot be written as a sum: whether a border is
paid depends on segments. Here every tensor whose reader is elsewhere pays for leaving and for the
conversion, and every such reader for letting it in, which is the same on a chain and near it
elsewhere; whoever optimises with this checks
the result with `Problem.time_ms`.

Processors that can live in one file are taken to do so where that is predicted to be faster for
most splits: a tensor between them then costs its change of format and no border.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vernier.processor_id import is_integer
from vernier.profiling.correction import random_splits
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Correction, Crossing, Profile
from vernier.units.split import Form, fusion

Float64 = NDArray[np.float64]
COMPARED = 12
"""Random splits that are predicted in each form."""


@dataclass(frozen=True)
class Tie:
    """A tensor between units.

    Attributes:
        source: the unit that computes it.
        readers: the units that read it.
        cost_ms: by place of the source's and of the readers' processor, shape `(K, K)`; paid once
            for each processor that reads it; the diagonal is 0.
    """

    source: int
    readers: tuple[int, ...]
    cost_ms: Float64


@dataclass(frozen=True)
class TimeModel:
    """Times by unit and by tie.

    Attributes:
        processors: K names.
        units_ms: shape `(M, K)`; infinity where a unit cannot run.
        ties: between units.
        fixed_ms: paid in any case.
    """

    processors: tuple[str, ...]
    units_ms: Float64
    ties: tuple[Tie, ...]
    fixed_ms: float

    def total_ms(self, places: Sequence[int]) -> float:
        """The time of a split, given as places of processors."""
        total = self.fixed_ms + sum(self.units_ms[unit, at] for unit, at in enumerate(places))
        for tie in self.ties:
            here = places[tie.source]
            elsewhere = {places[reader] for reader in tie.readers} - {here}
            total += sum(tie.cost_ms[here, there] for there in elsewhere)
        return float(total)

    def switches_ms(self, places: Sequence[int]) -> list[float]:
        """What each unit waits for, because what it reads comes from elsewhere, by unit.

        A tensor that several units of a processor read is counted for the first of them.
        """
        found = [0.0] * len(places)
        for tie in self.ties:
            here, seen = places[tie.source], set()
            for reader in sorted(tie.readers):
                there = places[reader]
                if there != here and there not in seen:
                    found[reader] += float(tie.cost_ms[here, there])
                    seen.add(there)
        return found

    def between_neighbours(self) -> dict[int, Float64]:
        """What ties cost between each unit and the next, `(K, K)` by unit; other readers pay too
        where they are, which a chain does not know of.
        """
        found: dict[int, Float64] = {}
        for tie in self.ties:
            if tie.source + 1 in tie.readers:
                found[tie.source] = found.get(tie.source, 0.0) + tie.cost_ms
        return found

    def totals_ms(self, places: NDArray[np.intp]) -> Float64:
        """`total_ms` of many splits at once, shape `(N, M)` of places."""
        units = np.arange(places.shape[1])
        totals: Float64 = self.fixed_ms + self.units_ms[units, places].sum(axis=1)
        for tie in self.ties:
            here = places[:, tie.source]
            for there in range(len(self.processors)):
                read = (places[:, list(tie.readers)] == there).any(axis=1)
                totals += np.where(read, tie.cost_ms[here, there], 0.0)
        return totals


def time_model(profile: Profile, able: Sequence[Sequence[str]]) -> TimeModel:
    """The sum for a profile.

    Args:
        profile: measured or modelled; its correction is applied.
        able: processors that each unit may run on.
    """
    return _Costs(profile).model(able)


def fused_is_faster(profile: Profile) -> bool:
    """Whether one file of several processors is predicted to be faster for most splits."""
    if all(switch.inside is None for switch in profile.switches):
        return False
    predictor = Predictor(profile)
    found = [predictor.forms(split) for split in random_splits(profile, COMPARED)]
    gains = [f[Form.SEGMENTS].total_ms - f[Form.FUSED].total_ms for f in found if Form.FUSED in f]
    return bool(gains) and float(np.median(gains)) > 0


class _Costs:
    """What a profile says of single units and tensors, corrected."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._fused = fused_is_faster(profile)
        known = (profile.fused if self._fused else None) or profile.correction
        self._by = by = known or Correction(splits=0)
        self._borders = {(b.processor, b.shape): b.time.ms * by.borders for b in profile.borders}
        self._switches = {
            (s.source, s.target, s.shape): s.conversion.ms * by.conversions
            + s.hand_over.ms * by.hand_overs
            for s in profile.switches
        }
        self._inside = {
            (s.source, s.target, s.shape): max(s.inside.ms, 0.0) * by.conversions
            for s in profile.switches
            if s.inside is not None
        }

    def model(self, able: Sequence[Sequence[str]]) -> TimeModel:
        names = self._profile.processors
        units_ms = np.full((len(self._profile.units), len(names)), np.inf)
        ties = []
        for number, unit in enumerate(self._profile.units):
            for place, name in enumerate(names):
                if name in able[number]:
                    units_ms[number, place] = self._unit_ms(number, name)
            for write in unit.writes:
                readers = self._readers(number, write.tensor)
                far = tuple(reader for reader in readers if reader != number + 1)
                if readers:
                    switch = self._pairwise(partial(self._switch, write))
                    ties.append(Tie(number, readers, switch))
                if number + 1 in readers:
                    follows = self._pairwise(partial(self._leaving, number, write, False))
                    ties.append(Tie(number, (number + 1,), follows))
                if far:
                    tapped = number + 1 in readers
                    skips = self._pairwise(partial(self._leaving, number, write, tapped))
                    ties.append(Tie(number, far, skips))
                for reader in readers:
                    entering = self._pairwise(partial(self._entering, reader, write))
                    ties.append(Tie(number, (reader,), entering))
        fixed_ms = min(self._by.segment_ms.values(), default=0.0)
        return TimeModel(names, units_ms, tuple(ties), fixed_ms)

    def _unit_ms(self, number: int, name: str) -> float:
        """Of a unit, and of the network's input or result where it has that."""
        unit = self._profile.units[number]
        ends = [read.shape for read in unit.reads if read.unit < 0]
        if not self._readers(number):
            ends += [write.shape for write in unit.writes]
        factor = self._factor(number, name)
        return unit.times[name].ms * factor + sum(self._borders[name, shape] for shape in ends)

    def _switch(self, write: Crossing, one: str, other: str) -> float:
        """Of a tensor that changes its format, once for all that read it there."""
        if is_integer(one) == is_integer(other):
            return 0.0
        if self._together(one, other):
            joint_ms = self._by.segment_ms.get(other, 0.0)
            return self._inside.get((one, other, write.shape), 0.0) + joint_ms
        return self._switches.get((one, other, write.shape), 0.0)

    def _leaving(self, number: int, write: Crossing, tapped: bool, one: str, other: str) -> float:
        """Of a tensor that leaves a segment; tapped, where the next unit reads it inside as well.

        Where the next unit is elsewhere, a segment ends and another begins.
        """
        if self._together(one, other):
            return 0.0
        unit = self._profile.units[number]
        border = self._borders[one, write.shape]
        inside = unit.tapped.get(one, {}).get(write.tensor)
        if tapped and inside is not None:
            excess = (inside.ms - unit.times[one].ms) * self._factor(number, one)
            return max(border, excess)
        return border + (0.0 if tapped else self._by.segment_ms.get(other, 0.0))

    def _entering(self, reader: int, write: Crossing, one: str, to: str) -> float:
        """Of a tensor that a unit reads from elsewhere: a border, or a lost fusion for a skip."""
        if self._together(one, to):
            return 0.0
        unit = self._profile.units[reader]
        outside = unit.outside.get(to, {}).get(write.tensor)
        if unit.reads[0].tensor == write.tensor or outside is None:
            return self._borders[to, write.shape]
        return max(0.0, outside.ms - unit.times[to].ms) * self._factor(reader, to)

    def _factor(self, number: int, name: str) -> float:
        """Of a unit's times, by the correction."""
        single = self._by.single.get(name, {}).get(self._profile.units[number].name, 0.0)
        return self._by.units.get(name, 1.0) + single

    def _together(self, one: str, other: str) -> bool:
        """Whether both are taken to be in one file."""
        return self._fused and len(fusion((one, other))) == 2

    def _pairwise(self, cost: Callable[[str, str], float]) -> Float64:
        """A cost between each two different processors."""
        names = self._profile.processors
        return np.array(
            [[0.0 if one == other else cost(one, other) for other in names] for one in names]
        )

    def _readers(self, source: int, tensor: str | None = None) -> tuple[int, ...]:
        return tuple(
            number
            for number, unit in enumerate(self._profile.units)
            if any(read.unit == source and tensor in (None, read.tensor) for read in unit.reads)
        )
