"""A split's time as a sum over units and over tensors that cross: what can be optimised.

`Predictor` is the whole truth of a profile, and cannot be written as a sum: whether a border is
paid depends on segments. Here every tensor whose reader is elsewhere pays for both borders and the
conversion, which is the same on a chain and near it elsewhere; whoever optimises with this checks
the result with `Problem.time_ms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vernier.profiling.profile import Correction, Crossing, Profile
from vernier.units.split import is_integer

Float64 = NDArray[np.float64]


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


def time_model(profile: Profile, able: Sequence[Sequence[str]]) -> TimeModel:
    """The sum for a profile.

    Args:
        profile: measured or modelled; its correction is applied.
        able: processors that each unit may run on.
    """
    names = profile.processors
    by = profile.correction or Correction(splits=0)
    borders = {(b.processor, b.shape): b.time.ms * by.borders for b in profile.borders}
    switches = {
        (s.source, s.target, s.shape): s.conversion.ms * by.conversions
        + s.hand_over.ms * by.hand_overs
        for s in profile.switches
    }
    units_ms = np.full((len(profile.units), len(names)), np.inf)
    for number, unit in enumerate(profile.units):
        for place, name in enumerate(names):
            if name in able[number]:
                units_ms[number, place] = unit.times[name].ms * by.units.get(name, 1.0)
                ends = [read.shape for read in unit.reads if read.unit < 0]
                if not _readers(profile, number):
                    ends += [write.shape for write in unit.writes]
                units_ms[number, place] += sum(borders[name, shape] for shape in ends)
    ties = []
    for number, unit in enumerate(profile.units):
        for write in unit.writes:
            readers = _readers(profile, number, write.tensor)
            if readers:
                cost = _cost(profile, number, readers, write, borders, switches)
                ties.append(Tie(number, readers, cost))
    segment = min(by.segment_ms.values(), default=0.0)
    return TimeModel(names, units_ms, tuple(ties), segment)


def _cost(
    profile: Profile,
    source: int,
    readers: tuple[int, ...],
    write: Crossing,
    borders: Mapping[tuple[str, tuple[int, int, int, int]], float],
    switches: Mapping[tuple[str, str, tuple[int, int, int, int]], float],
) -> Float64:
    """What a tensor costs between each two processors."""
    names = profile.processors
    by = profile.correction or Correction(splits=0)
    follows = source + 1 in readers
    cost = np.zeros((len(names), len(names)))
    for here, one in enumerate(names):
        for there, other in enumerate(names):
            if here == there:
                continue
            found = borders[one, write.shape] + borders[other, write.shape]
            if is_integer(one) != is_integer(other):
                found += switches.get((one, other, write.shape), 0.0)
            # A segment ends and another begins where the main line of units changes processor.
            found += by.segment_ms.get(other, 0.0) if follows else 0.0
            cost[here, there] = found
    return cost


def _readers(profile: Profile, source: int, tensor: str | None = None) -> tuple[int, ...]:
    return tuple(
        number
        for number, unit in enumerate(profile.units)
        if any(
            read.unit == source and (tensor is None or read.tensor == tensor) for read in unit.reads
        )
    )
