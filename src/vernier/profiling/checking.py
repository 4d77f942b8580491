"""Whether a profile can be meant: what its schema cannot say.

Profiles are files that people edit, join and send. What would later be a division by zero, a
missing key or a time of minus a second is said where the file is read, by the entry that is wrong.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from vernier.errors import UsageError
from vernier.processor_id import ProcessorId
from vernier.units.cutting import Granularity

if TYPE_CHECKING:
    from vernier.profiling.profile import Correction, Profile, Shape, Time, UnitTimes

Key = TypeVar("Key", bound=Hashable)

LONGEST_MS = 1e8
"""More than a day is no time of a picture; whoever wrote it thought of another unit."""
NOISE = 0.1
"""A unit's time is what it adds to dummies, and so may be below 0 by chance; not by more than this
share of what all units of its processor take."""


def check_profile(profile: Profile) -> None:
    """Refuse a profile whose entries contradict each other, or cannot be times.

    Raises:
        UsageError: with the entry that is wrong.
    """
    for name in ("scale", "height", "width"):
        if not 1 <= getattr(profile, name) < 1 << 31:
            _refuse(name, f"expected 1 or more, found {getattr(profile, name)}")
    if profile.granularity not in list(Granularity):
        _refuse("granularity", f"expected {' or '.join(Granularity)}, found {_cut(profile)}")
    known = _distinct("processors", profile.processors)
    if not known:
        _refuse("processors", "there is none")
    for name in known:
        ProcessorId.parse(name)
    if not profile.units:
        _refuse("units", "there is none")
    _distinct("units", (unit.name for unit in profile.units))
    for number, unit in enumerate(profile.units):
        _check_unit(unit, number, known)
    for name in sorted(known):
        _check_sum(name, profile.units)
    for where, processors, shape, times in _between(profile):
        _check_known(where, processors, known)
        _check_shape(where, shape)
        for time in times:
            _check_time(where, time)
    _distinct("borders", ((b.processor, b.shape) for b in profile.borders))
    _distinct("switches", ((s.source, s.target, s.shape) for s in profile.switches))
    for whole in profile.wholes:
        _check_known("wholes", whole.processors, known)
        if len(whole.processors) != len(profile.units):
            found = f"{len(whole.processors)} processors for {len(profile.units)} units"
            _refuse("wholes", f"expected one processor for each unit, found {found}")
        _check_time("wholes", whole.time, least=0.0)
    for where, correction in (("correction", profile.correction), ("fused", profile.fused)):
        if correction is not None:
            _check_correction(where, correction)


def _check_unit(unit: UnitTimes, number: int, known: set[str]) -> None:
    where = f"unit {unit.name!r}"
    if unit.macs < 0:
        _refuse(where, f"expected MACs of 0 or more, found {unit.macs}")
    for part in (unit.times, unit.outside, unit.tapped, unit.refused):
        _check_known(where, part, known)
    lost = known - set(unit.times) - set(unit.refused)
    if lost:
        _refuse(where, f"neither a time on {min(lost)} nor why it does not run there")
    for read in unit.reads:
        if not -1 <= read.unit < number:
            _refuse(where, f"reads {read.tensor!r} of unit {read.unit}, which is not before it")
        _check_shape(where, read.shape)
    for write in unit.writes:
        if write.unit != number:
            _refuse(where, f"writes {write.tensor!r} of unit {write.unit}, and is unit {number}")
        _check_shape(where, write.shape)
    if not unit.reads or not unit.writes:
        _refuse(where, "expected it to read and to write a tensor")
    for name, time in unit.times.items():
        _check_time(f"{where} on {name}", time)
    for part, of in ((unit.outside, unit.reads), (unit.tapped, unit.writes)):
        tensors = {crossing.tensor for crossing in of}
        for name, by_tensor in part.items():
            if name not in unit.times:
                _refuse(where, f"a time of a tensor on {name}, and none of the unit itself")
            for tensor, time in by_tensor.items():
                if tensor not in tensors:
                    _refuse(where, f"a time of {tensor!r}, which it neither reads nor writes")
                _check_time(f"{where} on {name}", time)


def _check_sum(processor: str, units: Iterable[UnitTimes]) -> None:
    """Times may be below 0 by noise alone, and together they are above it."""
    found = [(unit.name, unit.times[processor]) for unit in units if processor in unit.times]
    whole_ms = sum(max(0.0, time.ms) for _, time in found)
    for name, time in found:
        if time.ms < 0 and time.high_ms < 0 and -time.ms > NOISE * whole_ms:
            _refuse(f"unit {name!r} on {processor}", f"a time below 0, {time.ms:g} ms")


def _between(
    profile: Profile,
) -> Iterator[tuple[str, tuple[str, ...], Shape, tuple[Time, ...]]]:
    """Borders and switches: what each is called, its processors, its tensor, its times."""
    for border in profile.borders:
        yield f"border of {border.processor}", (border.processor,), border.shape, (border.time,)
    for switch in profile.switches:
        where = f"switch from {switch.source} to {switch.target}"
        times = (switch.conversion, switch.hand_over, *([switch.inside] if switch.inside else []))
        yield where, (switch.source, switch.target), switch.shape, times


def _check_time(where: str, time: Time, least: float = -LONGEST_MS) -> None:
    ends = (time.low_ms, time.ms, time.high_ms)
    if not least <= time.ms or max(map(abs, ends)) > LONGEST_MS:
        _refuse(where, f"{time.ms:g} ms ({time.low_ms:g} to {time.high_ms:g}) cannot be a time")
    if not time.low_ms <= time.ms <= time.high_ms:
        interval = f"{time.low_ms:g} to {time.high_ms:g} ms"
        _refuse(where, f"{time.ms:g} ms is outside of its own interval, {interval}")
    if time.rounds < 0 or time.discarded < 0:
        _refuse(where, f"expected rounds of 0 or more, found {min(time.rounds, time.discarded)}")


def _check_correction(where: str, found: Correction) -> None:
    factors = (*found.units.values(), found.borders, found.conversions, found.hand_overs)
    for factor in factors:
        if not 0 <= factor <= 1e6:
            _refuse(where, f"expected factors from 0 to a million, found {factor:g}")
    added = [value for by_unit in found.single.values() for value in by_unit.values()]
    for value in (*added, *found.segment_ms.values(), found.error_before, found.error_after):
        if abs(value) > LONGEST_MS:
            _refuse(where, f"{value:g} cannot be meant")


def _check_shape(where: str, shape: Shape) -> None:
    if shape[0] != 1 or not all(1 <= side < 1 << 31 for side in shape):
        sides = "x".join(map(str, shape))
        _refuse(where, f"expected a tensor of 1xHEIGHTxWIDTHxCHANNELS, found {sides[:60]}")


def _check_known(where: str, names: Iterable[str] | Mapping[str, object], known: set[str]) -> None:
    for name in names:
        if name not in known:
            _refuse(where, f"{_shown(name)} is none of its processors")


def _distinct(where: str, keys: Iterable[Key]) -> set[Key]:
    found: set[Key] = set()
    for key in keys:
        if key in found:
            _refuse(where, f"{_shown(key)} is there twice")
        found.add(key)
    return found


def _cut(profile: Profile) -> str:
    return _shown(profile.granularity)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 100 else f"{text[:90]}..."


def _refuse(where: str, fault: str) -> None:
    raise UsageError(f"{where if len(where) < 200 else where[:190] + '...'}: {fault}")
