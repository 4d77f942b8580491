"""The additive model: a split's time from a profile alone.

    T = sum over segments of (border of what enters + units + border of what leaves)
      + sum over crossing tensors of (conversion + hand-over)

A further input of a unit, a skip's, that comes from another segment is counted by the unit's own
time with that input outside, in which the loss of a fusion shows; an output that leaves a segment
in which it is read as well, by the time with that output tapped. A tensor that several segments
read in another format is converted once (`export.splits`).

In the form `fused`, processors of one file are one segment, in which a tensor that changes its
format costs what it was measured to cost inside a graph. A split is predicted in the form that is
faster. A profile that was checked against whole splits multiplies each kind of part by a factor
(`profiling.correction`), and of a split that was timed whole it knows the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vernier.errors import UsageError
from vernier.processor_id import ProcessorId
from vernier.profiling.profile import Correction, Crossing, Profile, Shape, Switch, Time, UnitTimes
from vernier.units.ordering import runs_of
from vernier.units.split import Form, fusion


@dataclass(frozen=True)
class Prediction:
    """A split's time, by parts.

    Attributes:
        units_ms: by unit, at its place in the split.
        borders_ms: of all segments.
        conversions_ms: of all tensors that change format or memory, inside a file or not.
        hand_overs_ms: what else switches cost.
        runs: unit numbers of each run of one processor, in whatever files.
        form: of its files.
        joints: units that read from another processor's in their own file, by number.
        known_ms: where the split was timed in this form, that time.
    """

    units_ms: tuple[float, ...]
    borders_ms: float
    conversions_ms: float
    hand_overs_ms: float
    runs: tuple[tuple[int, ...], ...]
    form: Form = Form.SEGMENTS
    joints: tuple[int, ...] = ()
    known_ms: float | None = None

    @property
    def summed_ms(self) -> float:
        """The sum of its parts."""
        return sum(self.units_ms) + self.borders_ms + self.conversions_ms + self.hand_overs_ms

    @property
    def total_ms(self) -> float:
        """The split's time: timed, or the sum of its parts."""
        return self.summed_ms if self.known_ms is None else self.known_ms


class Predictor:
    """Predicts splits of one profile; what can be looked up is looked up once.

    Args:
        profile: measured or modelled.
    """

    def __init__(self, profile: Profile) -> None:
        self._units = profile.units
        self._corrections = {Form.SEGMENTS: profile.correction, Form.FUSED: profile.fused}
        self._known = {(w.processors, w.form): w.time.ms for w in profile.wholes}
        self._reads = [[read.unit for read in unit.reads if read.unit >= 0] for unit in self._units]
        self._borders = {(b.processor, b.shape): b.time.ms for b in profile.borders}
        self._switches = {(s.source, s.target, s.shape): s for s in profile.switches}
        self._inside_pairs = {
            (s.source, s.target) for s in profile.switches if s.inside is not None
        }
        self._last_reader = _readers(profile.units)
        self._input_readers: dict[str, list[int]] = {}
        for number, unit in enumerate(profile.units):
            for read in unit.reads:
                if read.unit < 0:
                    self._input_readers.setdefault(read.tensor, []).append(number)

    def predict(self, processors: Sequence[str], form: Form | None = None) -> Prediction:
        """The time of a split.

        Args:
            processors: of each unit, in order.
            form: of its files; the faster one if absent.

        Raises:
            UsageError: a processor was not profiled, or what is asked for as fused cannot be.
        """
        if form is not None:
            return self._in_form(processors, form)
        return min(self.forms(processors).values(), key=lambda found: found.total_ms)

    def forms(self, processors: Sequence[str]) -> dict[Form, Prediction]:
        """The time of a split in each form that it can take and that was profiled."""
        found = {Form.SEGMENTS: self._in_form(processors, Form.SEGMENTS)}
        joined = fusion(processors)
        pairs = {(one, other) for one in joined for other in joined if one != other}
        same = {pair for pair in pairs if joined[pair[0]] == joined[pair[1]]}
        if joined and self._inside_pairs.issuperset(same):
            found[Form.FUSED] = self._in_form(processors, Form.FUSED)
        return found

    def _in_form(self, processors: Sequence[str], form: Form) -> Prediction:
        joined = fusion(processors) if form is Form.FUSED else {}
        files = [joined.get(name, name) for name in processors]
        pieces = runs_of(self._reads, files)
        segment = {unit: number for number, run in enumerate(pieces) for unit in run}
        units_ms = [0.0] * len(self._units)
        borders_ms = conversions_ms = hand_overs_ms = 0.0
        moved: set[tuple[str, str]] = set()
        joints: set[int] = set()
        for unit, times in enumerate(self._units):
            processor = processors[unit]
            units_ms[unit] = self._time(times.times, processor, times).ms
            for place, read in enumerate(times.reads):
                source = self._source(read, processors)
                key = (read.tensor, _format(processor))
                changes = _format(source) != _format(processor) and key not in moved
                if read.unit >= 0 and segment[read.unit] == segment[unit]:
                    if changes:
                        moved.add(key)
                        conversions_ms += self._inside(source, processor, read.shape)
                    if source != processor:
                        joints.add(unit)
                    continue
                first = (read.tensor, str(segment[unit])) not in moved
                moved.add((read.tensor, str(segment[unit])))
                if place == 0 or read.tensor not in times.outside.get(processor, {}):
                    borders_ms += self._border(processor, read.shape) if first else 0.0
                else:
                    outside = times.outside[processor][read.tensor].ms
                    units_ms[unit] += outside - times.times[processor].ms
                if changes:
                    moved.add(key)
                    switch = self._switch(source, processor, read.shape)
                    group = joined.get(source)
                    if read.unit < 0 and group is not None and group == joined.get(processor):
                        conversions_ms += self._inside(source, processor, read.shape)
                    else:
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
        runs = pieces if not joined else runs_of(self._reads, processors)
        plain = Prediction(
            tuple(units_ms),
            borders_ms,
            conversions_ms,
            hand_overs_ms,
            tuple(map(tuple, runs)),
            form,
            tuple(sorted(joints)),
            self._known.get((tuple(processors), form)),
        )
        by = self._corrections[form]
        return plain if by is None else self._corrected(plain, processors, by)

    def _corrected(
        self, plain: Prediction, processors: Sequence[str], by: Correction
    ) -> Prediction:
        places = plain.joints if plain.form is Form.FUSED else [run[0] for run in plain.runs]
        segments_ms = sum(by.segment_ms.get(processors[unit], 0.0) for unit in places)
        return replace(
            plain,
            units_ms=tuple(
                ms * (by.units.get(name, 1.0) + by.single.get(name, {}).get(unit.name, 0.0))
                for ms, name, unit in zip(plain.units_ms, processors, self._units, strict=True)
            ),
            borders_ms=plain.borders_ms * by.borders + segments_ms,
            conversions_ms=plain.conversions_ms * by.conversions,
            hand_overs_ms=plain.hand_overs_ms * by.hand_overs,
        )

    def _inside(self, source: str, target: str, shape: Shape) -> float:
        found = self._switch(source, target, shape).inside
        if found is None:
            raise UsageError(
                f"the profile has no change from {source} to {target} inside a file; profile again"
            )
        # Within its noise it may be below 0, which no change of format is.
        return max(found.ms, 0.0)

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
        found = self._borders.get((processor, shape))
        if found is None:
            raise UsageError(
                f"the profile has no border of {shape} on {processor}; profile it again"
            )
        return found

    def _switch(self, source: str, target: str, shape: Shape) -> Switch:
        found = self._switches.get((source, target, shape))
        if found is None:
            raise UsageError(
                f"the profile has no switch from {source} to {target} of {shape}; "
                "profile both processors together"
            )
        return found


def _format(processor: str) -> str:
    """What a processor's tensors hold: codes, or float32 whatever it computes in."""
    return ProcessorId.parse(processor).model_precision


def _readers(units: Sequence[UnitTimes]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, unit in enumerate(units):
        for read in unit.reads:
            if read.unit >= 0:
                found[read.tensor] = (*found.get(read.tensor, ()), number)
    return found
