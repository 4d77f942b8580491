"""What a profile is not sure of: differences that cannot be, and times that scatter."""

from __future__ import annotations

from collections.abc import Iterator

from vernier.profiling.profile import Profile, Time

WIDEST_INTERVAL = 0.25
"""Share of a unit's time that its confidence interval may span without a word."""
SMALLEST_SHARE = 0.01
"""Of the whole network; a unit that takes less scatters without consequence."""


def doubts(profile: Profile) -> list[str]:
    """A sentence for each measured time that should be measured again with more rounds.

    A difference below 0 is no time. It stays in the profile as it was found, so that sums stay
    unbiased, and is told of here: where its whole interval lies below 0, the method's assumption
    (a unit costs between dummies what it costs in the network) fails, and where not, it is noise.
    """
    return [*_units(profile), *_borders(profile)]


def _units(profile: Profile) -> Iterator[str]:
    for name in profile.processors:
        times = {unit.name: unit.times[name] for unit in profile.units if name in unit.times}
        whole = sum(time.ms for time in times.values())
        for unit, time in times.items():
            if time.ms < 0:
                yield f"{unit} on {name}: {_told(time)}"
            elif (
                time.ms > SMALLEST_SHARE * whole
                and time.high_ms - time.low_ms > WIDEST_INTERVAL * time.ms
            ):
                yield (
                    f"{unit} on {name}: {time.ms:.3f} ms scatters between {time.low_ms:.3f} "
                    f"and {time.high_ms:.3f}; profile again with --precise, on a quiet machine"
                )


def _borders(profile: Profile) -> Iterator[str]:
    for border in profile.borders:
        if border.time.high_ms < 0:
            shape = "x".join(map(str, border.shape[1:]))
            yield f"border of {shape} on {border.processor}: {_told(border.time)}"


def _told(time: Time) -> str:
    if time.high_ms < 0:
        return f"{time.ms:.3f} ms, clearly below 0: dummies hide more than they cost here"
    return f"{time.ms:.3f} ms, below 0 within its noise"
