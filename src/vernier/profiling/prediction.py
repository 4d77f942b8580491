"""The additive model: a split's time from a profile alone.

    T = sum over segments of (border of what enters + units + border of what leaves)
      + sum over crossing tensors of (conversion + hand-over)

A further input of a unit, a skip's, that comes from another segment is counted by the unit's own
time with that input outside, in which the loss of a fusion shows; an output that leaves a segment
in which it is read as well, by the time with that output tapped. A tensor that several segments
read in another format is converted once (`bundles.split_export`). A profile that was checked
against whole splits multiplies each kind of part by a factor (`profiling.correction`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vernier.errors import UsageError
from vernier.profiling.profile import Correction, Crossing, Profile, Shape, Switch, Time, UnitTimes
from vernier.units.ordering import runs_of


@dataclass(frozen=True)
class Prediction:
    """A split's time, by parts.

    Attributes:
        units_ms: by unit, at its place in the split.
        borders_ms: of all segments.
        conversions_ms: of all tensors that change format or memory.
        hand_overs_ms: what else switches cost.
        runs: unit numbers of each segment.
    """

    units_ms: tuple[float, ...]
    borders_ms: float
    conversions_ms: float
    hand_overs_ms: float
    runs: tuple[tuple[int, ...], ...]

    @property
    def total_ms(self) -> float:
        """The split's time."""
        return sum(self.units_ms) + self.borders_ms + self.conversions_ms + self.hand_overs_ms


class Predictor:
    """Predicts splits of one profile; what can be looked up is looked up once.

    Args:
        profile: measured or modelled.
    """

    def __init__(self, profile: Profile) -> None:
        self._units = profile.units
        self._correction = profile.correction
        self._reads = [[read.unit for read in unit.reads if read.unit >= 0] for unit in self._units]
        self._borders = {(b.processor, b.shape): b.time.ms for b in profile.borders}
        self._switches = {(s.source, s.target, s.shape): s for s in profile.switches}
        self._last_reader = _readers(profile.units)
        self._input_readers: dict[str, list[int]] = {}
        for number, unit in enumerate(profile.units):
            for read in unit.reads:
                if read.unit < 0:
                    self._input_readers.setdefault(read.tensor, []).append(number)

    def predict(self, processors: Sequence[str]) -> Prediction:
        """The time of a split.

        Args:
            processors: of each unit, in order.

        Raises:
            UsageError: a processor was not profiled.
        """
        runs = runs_of(self._reads, processors)
        segment = {unit: number for number, run in enumerate(runs) for unit in run}
        units_ms = [0.0] * len(self._units)
        borders_ms = conversions_ms = hand_overs_ms = 0.0
        moved: set[tuple[str, str]] = set()
        for unit, times in enumerate(self._units):
            processor = processors[unit]
            units_ms[unit] = self._time(times.times, processor, times).ms
            for place, read in enumerate(times.reads):
                here = read.unit >= 0 and segment[read.unit] == segment[unit]
                if here:
                    continue
                first = (read.tensor, str(segment[unit])) not in moved
                moved.add((read.tensor, str(segment[unit])))
                if place == 0 or read.tensor not in times.outside.get(processor, {}):
                    borders_ms += self._border(processor, read.shape) if first else 0.0
                else:
                    outside = times.outside[processor][read.tensor].ms
                    units_ms[unit] += outside - times.times[processor].ms
                source = self._source(read, processors)
                key = (read.tensor, _format(processor))
                if _format(source) != _format(processor) and key not in moved:
                    moved.add(key)
                    switch = self._switch(source, processor, read.shape)
                    conversions_ms += switch.conversion.ms
                    hand_overs_ms += switch.hand_over.ms
            for write in times.writes:
                readers = self._last_reader.get(write.tensor, ())
                stays = [segment[reader] == segment[unit] for reader in readers]
                if stays and all(stays):
                    continue
                tapped = times.tapped.get(processor, {}).get(write.tensor)
                if any(stays) and tapped is not None:
                    units_ms[unit] += tapped.ms - times.times[processor].ms
                else:
                    borders_ms += self._border(processor, write.shape)
        plain = Prediction(
            tuple(units_ms), borders_ms, conversions_ms, hand_overs_ms, tuple(map(tuple, runs))
        )
        return plain if self._correction is None else _correct(plain, processors, self._correction)

    def _source(self, read: Crossing, processors: Sequence[str]) -> str:
        """The processor that a tensor comes from.

        The network's input comes in float where any float unit reads it, as if that had made it.
        """
        if read.unit >= 0:
            return processors[read.unit]
        readers = [processors[unit] for unit in self._input_readers[read.tensor]]
        return next((name for name in readers if _format(name) == "float32"), readers[0])

    def _time(self, times: Mapping[str, Time], processor: str, unit: UnitTimes) -> Time:
        if processor not in times:
            raise UsageError(
                f"the profile has no times of {unit.name!r} on {processor}; it has "
                f"{', '.join(times)}; profile it again with --processors"
            )
        return times[processor]

    def _border(self, processor: str, shape: Shape) -> float:
        return self._borders[processor, shape]

    def _switch(self, source: str, target: str, shape: Shape) -> Switch:
        found = self._switches.get((source, target, shape))
        if found is None:
            raise UsageError(
                f"the profile has no switch from {source} to {target} of {shape}; "
                "profile both processors together"
            )
        return found


def _correct(plain: Prediction, processors: Sequence[str], by: Correction) -> Prediction:
    segments_ms = sum(by.segment_ms.get(processors[run[0]], 0.0) for run in plain.runs)
    return Prediction(
        tuple(
            ms * by.units.get(name, 1.0)
            for ms, name in zip(plain.units_ms, processors, strict=True)
        ),
        plain.borders_ms * by.borders + segments_ms,
        plain.conversions_ms * by.conversions,
        plain.hand_overs_ms * by.hand_overs,
        plain.runs,
    )


def _format(processor: str) -> str:
    """What a processor's tensors hold: codes, or float32 whatever it computes in."""
    return "int8" if processor.endswith(":int8") else "float32"


def _readers(units: Sequence[UnitTimes]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, unit in enumerate(units):
        for read in unit.reads:
            if read.unit >= 0:
                found[read.tensor] = (*found.get(read.tensor, ()), number)
    return found
