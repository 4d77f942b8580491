"""The profile: a file that says how long each unit and each switch takes.

It holds all that planning needs, also which tensors cross between units, so that a split can be
predicted from the file alone, on another machine or another day.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from vernier.errors import FileError, UsageError
from vernier.files import read_json, to_json, write_whole
from vernier.processor_id import ProcessorId
from vernier.processors.machine import Machine
from vernier.profiling.checking import check_profile
from vernier.profiling.sampling import Estimate
from vernier.units.split import Form

FORMAT = 2
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Shape = tuple[int, int, int, int]


class Time(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measured or modelled time.

    Attributes:
        ms: the median.
        low_ms: lower end of its 95 % confidence interval; equal to `ms` where modelled.
        high_ms: upper end.
        rounds: measurements that count; 0 where modelled.
        discarded: measurements dropped as outliers (`profiling.sampling` has the rule).
    """

    ms: float
    low_ms: float
    high_ms: float
    rounds: int = 0
    discarded: int = 0

    @staticmethod
    def of(found: Estimate) -> Time:
        """From a sample, rounded to nanoseconds."""
        return Time(
            round(found.median_ms, 6),
            round(found.low_ms, 6),
            round(found.high_ms, 6),
            found.rounds,
            found.discarded,
        )


class Crossing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tensor that a unit reads or writes.

    Attributes:
        tensor: its name in the float graph.
        shape: `(1, H, W, C)`.
        unit: number of the unit that computes it; -1 for the network's input.
    """

    tensor: Name
    shape: Shape
    unit: int


class UnitTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One unit.

    Attributes:
        name: as in a split.
        operators: outputs of its operators.
        kind: what it is, in words that equal units share: operators and shapes.
        macs: multiply-accumulates at the profiled size.
        reads: its inputs, the main one first.
        writes: its outputs.
        times: by processor, by dummy-layer subtraction; may be negative within its noise.
        outside: by processor and tensor, the time where that further input comes from another
            segment, its way in included.
        tapped: by processor and tensor, the time where that output leaves the segment and is read
            inside it as well.
        refused: by processor, why it does not run there.
    """

    name: Name
    operators: tuple[Name, ...]
    kind: str
    macs: int
    reads: tuple[Crossing, ...]
    writes: tuple[Crossing, ...]
    times: dict[str, Time]
    outside: dict[str, dict[str, Time]]
    tapped: dict[str, dict[str, Time]] = {}
    refused: dict[str, str] = {}


class Border(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What entering or leaving a segment costs with a tensor: half of the way in and out.

    Attributes:
        processor: of the segment.
        shape: of the tensor.
        time: in ms.
    """

    processor: Name
    shape: Shape
    time: Time


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What passing a tensor from one processor to another costs.

    Attributes:
        source: the processor that computes it.
        target: the one that reads it.
        shape: of the tensor.
        conversion: what changes its format, or copies it.
        hand_over: what the two segments take longer one after the other than each alone: caches
            and threads; may be negative.
        inside: what the change of format costs where both processors live in one file (the form
            `fused`), by dummies of both in one graph; null where they cannot.
    """

    source: Name
    target: Name
    shape: Shape
    conversion: Time
    hand_over: Time
    inside: Time | None = None


ELSEWHERE = ("phone", "web")
"""Engines of processors that are on another device."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it was measured.

    Attributes:
        rounds: per comparison.
        threads: of each engine.
        affinity: the cores that the process was allowed to use.
        conversion: the method between segments.
        clock_mhz: the CPU's clock where it can be read, else null.
        left_out: processors that no split could gain from, and why (`profiling.paying`), or that
            are here and whose numbers are wrong.
        drift: of a browser, by processor: how much longer the whole network took at the end than
            at the beginning, as a part.
    """

    rounds: int
    threads: int
    affinity: tuple[int, ...]
    conversion: str
    clock_mhz: float | None = None
    left_out: dict[str, str] = {}
    drift: dict[str, float] = {}


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What whole splits of one form taught of the additive model; see `profiling.correction`.

    Attributes:
        units: factor of all units' times, by processor.
        single: what is added to that factor for a unit, by processor and the unit's name.
        borders: factor.
        conversions: factor; of fused splits, of changes of format inside the file.
        hand_overs: factor.
        segment_ms: of each segment besides, by processor; of fused splits, of each unit that reads
            what another processor computes.
        splits: measured whole.
        error_before: mean absolute relative error of the model on them.
        error_after: with the correction, on the same splits.
    """

    units: dict[str, float] = {}
    single: dict[str, dict[str, float]] = {}
    borders: float = 1.0
    conversions: float = 1.0
    hand_overs: float = 1.0
    segment_ms: dict[str, float] = {}
    splits: int
    error_before: float = 0.0
    error_after: float = 0.0


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A split that was exported and timed whole: what is known need not be predicted.

    Attributes:
        processors: of each unit.
        form: of its files.
        time: the median.
    """

    processors: tuple[Name, ...]
    form: Form
    time: Time


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All times of one network at one size.

    Attributes:
        format: of this file.
        network: name.
        scale: whole factor.
        height: of the low-resolution input, in pixels.
        width: likewise.
        granularity: of the units.
        processors: that were profiled.
        made_by: the version of Vernier.
        date: ISO 8601.
        machine: that it was measured on.
        settings: how.
        modelled: for processors that were modelled and not measured, by what.
        units: in order.
        borders: by processor and shape.
        switches: by pair of processors and shape.
        correction: of sums of all these, where whole splits were measured, as segments.
        fused: the same of fused files.
        wholes: splits that were timed whole.
    """

    format: int
    network: Name
    scale: int
    height: int
    width: int
    granularity: str
    processors: tuple[Name, ...]
    made_by: str
    date: str
    machine: Machine
    settings: Settings
    modelled: dict[str, str] = {}
    units: tuple[UnitTimes, ...]
    borders: tuple[Border, ...]
    switches: tuple[Switch, ...]
    correction: Correction | None = None
    fused: Correction | None = None
    wholes: tuple[Whole, ...] = ()

    def is_elsewhere(self, processor: str) -> bool:
        """Whether a processor cannot be run here: modelled, a phone's, or a browser's."""
        return processor in self.modelled or ProcessorId.parse(processor).engine in ELSEWHERE


def load_profile(path: Path) -> Profile:
    """Read and check a profile.

    Raises:
        FileError: it is missing, damaged, of a newer format, or says what cannot be.
    """
    profile = read_json(path, Profile, "profile", FORMAT)
    try:
        check_profile(profile)
    except UsageError as error:
        raise FileError(f"{path}: {error}; correct it, or profile again") from error
    return profile


def format_profile(profile: Profile) -> bytes:
    """A profile as JSON that a person can read."""
    return to_json(profile)


def save_profile(profile: Profile, path: Path, *, overwrite: bool = True) -> None:
    """Write a profile as JSON that a person can read.

    Raises:
        FileError: it cannot be written, or is there and may not be replaced.
    """
    write_whole(path, format_profile(profile), overwrite=overwrite)
