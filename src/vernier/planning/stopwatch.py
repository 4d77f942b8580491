"""Splits timed beside all-float, again and again in one search, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vernier.profiling.profile import Time, Whole
from vernier.profiling.split_times import Against, Contender

LOADS = 3
"""A split is loaded and timed so often: one load of a short split may be a tenth slower than
another, because of where the engine puts its memory."""

Timer = Callable[[Sequence[Contender], Contender], list[Against]]
"""Times some splits in turns with an anchor, of one load."""


@dataclass
class Stopwatch:
    """Times of splits, all at the pace of all-float.

    A machine that is busy, throttled or simply faster than a minute ago changes the time of all
    that runs, and hardly the ratio of two that run in turns. So each split is timed in turns with
    all-float, its ratio is what is kept, and ms are that ratio times all-float's median time.

    Attributes:
        timer: see `Timer`.
        anchor: all-float.
        loads: of each split.
    """

    timer: Timer
    anchor: Contender
    loads: int = LOADS
    _ratios: dict[Contender, list[float]] = field(default_factory=dict)
    _anchors_ms: list[float] = field(default_factory=list)

    def time(self, contenders: Sequence[Contender]) -> None:
        """Time what was not timed before; all-float alone where nothing is given."""
        new = [one for one in dict.fromkeys(contenders) if not self.knows(one)]
        for _ in range(self.loads):
            for one, found in zip(new or [self.anchor], self._timed(new), strict=True):
                self._anchors_ms.append(found.anchor_ms)
                if one != self.anchor:
                    self._ratios.setdefault(one, []).append(found.ratio)

    def _timed(self, new: Sequence[Contender]) -> list[Against]:
        return self.timer(new or [self.anchor], self.anchor)

    def knows(self, one: Contender) -> bool:
        """Whether it was timed."""
        return one in self._ratios or one == self.anchor

    @property
    def float_ms(self) -> float:
        """All-float's median time."""
        return float(np.median(self._anchors_ms))

    @property
    def contenders(self) -> list[Contender]:
        """All that were timed, all-float first."""
        return [self.anchor, *self._ratios]

    def ms(self, one: Contender) -> float:
        """Of a split that was timed: the median of its loads."""
        return self.float_ms * float(np.median(self._ratios.get(one, [1.0])))

    def wholes(self) -> list[Whole]:
        """All that is known, for a profile to learn from."""
        return [self._whole(one) for one in self.contenders]

    def _whole(self, one: Contender) -> Whole:
        ratios = self._ratios.get(one, [1.0])
        middle = self.ms(one)
        spread = (min(ratios) * self.float_ms, max(ratios) * self.float_ms)
        time = Time(round(middle, 6), round(spread[0], 6), round(spread[1], 6), len(ratios))
        return Whole(processors=one.processors, form=one.form, time=time)
