"""What could not be decoded: counted, and told by its time."""

from __future__ import annotations

from dataclasses import dataclass, field

NEAR_SECONDS = 2.0
"""Faults that are no further apart are told as one."""


@dataclass
class Damage:
    """Where a film is damaged.

    Attributes:
        moments: seconds of packets that could not be decoded and of frames that came out wrong.
        lost: frames that are missing or came twice.
    """

    moments: list[float] = field(default_factory=list)
    lost: int = 0

    def add(self, seconds: float | None) -> None:
        """Something at a time is damaged; at the last known time where that is unknown."""
        if seconds is None:
            seconds = self.moments[-1] if self.moments else 0.0
        self.moments.append(round(seconds, 3))

    def explain(self) -> str:
        """One line for people; empty where nothing is damaged."""
        spans: list[list[float]] = []
        for moment in sorted(self.moments):
            if spans and moment - spans[-1][1] <= NEAR_SECONDS:
                spans[-1][1] = moment
            else:
                spans.append([moment, moment])
        if not spans:
            return ""
        where = ", ".join(
            clock(first) if first == last else f"{clock(first)} to {clock(last)}"
            for first, last in spans
        )
        return f"the film is damaged at {where}; what FFmpeg made of it was enlarged"


def clock(seconds: float) -> str:
    """A time as players show it, with thousandths."""
    sign = "-" if seconds < 0 else ""
    thousandths = round(abs(seconds) * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{sign}{hours}:{minutes:02}:{rest / 1000:06.3f}"
