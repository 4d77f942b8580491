"""Profiles compared, merged, and scaled to other sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from vernier.errors import UsageError
from vernier.profiling.profile import Border, Crossing, Profile, Shape, Switch, Time, UnitTimes

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """One time in two profiles.

    Attributes:
        what: unit, border or switch, and its processor.
        first: in the first profile.
        second: in the second.
    """

    what: str
    first: Time
    second: Time

    @property
    def ratio(self) -> float:
        """Second to first; infinite where the first is not above 0."""
        return self.second.ms / self.first.ms if self.first.ms > 0 else float("inf")

    @property
    def clear(self) -> bool:
        """Whether the confidence intervals do not touch."""
        first, second = self.first, self.second
        return first.high_ms < second.low_ms or second.high_ms < first.low_ms


def differences(first: Profile, second: Profile) -> list[Difference]:
    """Every time that two profiles of one network have in common.

    Raises:
        UsageError: they are of different networks, sizes or units.
    """
    _check_alike(first, second)
    found = []
    for one, other in zip(first.units, second.units, strict=True):
        found += [
            Difference(f"{one.name} on {name}", one.times[name], other.times[name])
            for name in one.times
            if name in other.times
        ]
    for what, times in _others(first).items():
        known = _others(second)
        if what in known:
            found.append(Difference(what, times, known[what]))
    return found


def _others(profile: Profile) -> dict[str, Time]:
    found = {f"border of {b.shape} on {b.processor}": b.time for b in profile.borders}
    for switch in profile.switches:
        key = f"{switch.source} to {switch.target} of {switch.shape}"
        found[f"conversion from {key}"] = switch.conversion
        found[f"hand-over from {key}"] = switch.hand_over
        if switch.inside is not None:
            found[f"change inside a file from {key}"] = switch.inside
    return found


def merge(first: Profile, second: Profile) -> Profile:
    """All that two profiles of one network know: other processors, or the same measured again.

    Of what both have measured, the one with more rounds counts. Switches between a processor that
    only the first has and one that only the second has stay unknown.

    Raises:
        UsageError: they are of different networks, sizes, units or machines.
    """
    _check_alike(first, second)
    if (first.machine, first.settings.threads) != (second.machine, second.settings.threads):
        raise UsageError(
            "expected two profiles of one machine with as many threads, found "
            f"{first.machine.cpu} ({first.settings.threads}) and "
            f"{second.machine.cpu} ({second.settings.threads})"
        )
    units = tuple(
        msgspec.structs.replace(
            one,
            times=_joined(one.times, other.times),
            outside={**other.outside, **one.outside},
            tapped={**other.tapped, **one.tapped},
            refused={**other.refused, **one.refused},
        )
        for one, other in zip(first.units, second.units, strict=True)
    )
    return msgspec.structs.replace(
        first,
        processors=tuple(dict.fromkeys((*first.processors, *second.processors))),
        modelled={**second.modelled, **first.modelled},
        units=units,
        borders=_distinct((*first.borders, *second.borders), lambda b: (b.processor, b.shape)),
        switches=_distinct(
            (*first.switches, *second.switches), lambda s: (s.source, s.target, s.shape)
        ),
        correction=None,
        fused=None,
        wholes=(),
    )


def _joined(first: Mapping[str, Time], second: Mapping[str, Time]) -> dict[str, Time]:
    joined = dict(second)
    for name, time in first.items():
        if name not in joined or time.rounds >= joined[name].rounds:
            joined[name] = time
    return joined


def _distinct(values: Iterable[T], key: Callable[[T], object]) -> tuple[T, ...]:
    found: dict[object, T] = {}
    for value in values:
        found.setdefault(key(value), value)
    return tuple(found.values())


def scaled(first: Profile, second: Profile, height: int, width: int) -> Profile:
    """A profile of another size, from two measured ones.

    MACs and bytes of a convolutional network both grow with the number of pixels, what starting an
    operator costs does not: each time is taken as a fixed part and one for every pixel, and a line
    is drawn through the two sizes. What fits into a cache at one size and not at another bends it;
    `benchmarks/profiles.py` shows by how much.

    Args:
        first: at one size.
        second: at another, of the same network, units and processors.
        height: wanted, in low-resolution pixels.
        width: likewise.

    Returns:
        A profile whose processors are all marked as modelled.

    Raises:
        UsageError: the profiles are of one size, or of different networks or processors.
    """
    if first.granularity != second.granularity or first.network != second.network:
        raise UsageError(f"expected two profiles of one network, found {first.network} and others")
    sizes = [p.height * p.width for p in (first, second)]
    if sizes[0] == sizes[1]:
        raise UsageError(
            f"expected profiles of two sizes, found {first.width}x{first.height} twice"
        )
    if set(first.processors) != set(second.processors):
        raise UsageError(
            f"expected two profiles of the same processors, found {', '.join(first.processors)} "
            f"and {', '.join(second.processors)}; profile again with --processors"
        )
    share = (height * width - sizes[0]) / (sizes[1] - sizes[0])

    def between(one: Time, other: Time) -> Time:
        ms = one.ms + share * (other.ms - one.ms)
        spread = max(one.high_ms - one.low_ms, other.high_ms - other.low_ms) * max(1, abs(share))
        return Time(ms, ms - spread / 2, ms + spread / 2)

    def shape(found: Shape) -> Shape:
        return (
            found[0],
            found[1] * height // first.height,
            found[2] * width // first.width,
            found[3],
        )

    def crossing(found: Crossing) -> Crossing:
        return msgspec.structs.replace(found, shape=shape(found.shape))

    def by_tensor(
        one: Mapping[str, Mapping[str, Time]], other: Mapping[str, Mapping[str, Time]]
    ) -> dict[str, dict[str, Time]]:
        return {
            p: {name: between(time, other[p][name]) for name, time in found.items()}
            for p, found in one.items()
            if p in other
        }

    def unit(one: UnitTimes, other: UnitTimes) -> UnitTimes:
        return UnitTimes(
            name=one.name,
            operators=one.operators,
            kind=one.kind,
            macs=round(one.macs * height * width / sizes[0]),
            reads=tuple(map(crossing, one.reads)),
            writes=tuple(map(crossing, one.writes)),
            times={p: between(t, other.times[p]) for p, t in one.times.items() if p in other.times},
            outside=by_tensor(one.outside, other.outside),
            tapped=by_tensor(one.tapped, other.tapped),
            refused=one.refused,
        )

    borders = zip(first.borders, second.borders, strict=True)
    switches = zip(first.switches, second.switches, strict=True)
    origin = f"a line through {first.width}x{first.height} and {second.width}x{second.height}"
    return msgspec.structs.replace(
        first,
        height=height,
        width=width,
        modelled=dict.fromkeys(first.processors, origin),
        units=tuple(unit(*pair) for pair in zip(first.units, second.units, strict=True)),
        borders=tuple(
            Border(a.processor, shape(a.shape), between(a.time, b.time)) for a, b in borders
        ),
        switches=tuple(
            Switch(
                a.source,
                a.target,
                shape(a.shape),
                between(a.conversion, b.conversion),
                between(a.hand_over, b.hand_over),
                between(a.inside, b.inside) if a.inside and b.inside else None,
            )
            for a, b in switches
        ),
        # What was learned was learned at one size.
        correction=None,
        fused=None,
        wholes=(),
    )


def _check_alike(first: Profile, second: Profile) -> None:
    one, other = (
        (p.network, p.scale, p.height, p.width, tuple(unit.name for unit in p.units))
        for p in (first, second)
    )
    if one != other:
        raise UsageError(
            f"expected two profiles of one network, size and cut, found {one[0]} x{one[1]} at "
            f"{one[2]}x{one[3]} in {len(one[4])} units and {other[0]} x{other[1]} at "
            f"{other[2]}x{other[3]} in {len(other[4])}"
        )
