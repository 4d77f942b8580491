"""What the kernel saw of switches that were timed as pairs: how much of the hand-over it explains.

The hand-over of `switch_times` is what the second segment takes longer after the first than alone,
and the first before it: whatever the reason. Of these reasons the kernel's events show two: threads
that could run and waited for a core, and interrupts. They do not show caches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vernier.conversion.protocol import Method
from vernier.profiling.contenders import Bench
from vernier.profiling.kernel.recording import KernelRecorder, recording
from vernier.profiling.kernel.trace import (
    Event,
    Span,
    interrupts,
    marks,
    parse_trace,
    total_within,
    waits,
)
from vernier.profiling.profile import Shape
from vernier.profiling.sampling import sample
from vernier.profiling.switch_times import Pair, paired

WARM_UP = 3


@dataclass(frozen=True)
class SwitchTrace:
    """Medians over rounds of a pair against its halves alone, in ms; without the conversion.

    Attributes:
        paired_ms: the hand-over by the clock, while the kernel was traced.
        marked_ms: the hand-over by the trace's own times of the marks.
        waiting_ms: how much longer threads of this process waited for a core, added up.
        interrupts_ms: how much longer interrupt handlers ran.
        wake_up_ms: from the beginning of the second segment to its last thread's start.
        switches: context switches more in the pair than in the halves.
    """

    paired_ms: float
    marked_ms: float
    waiting_ms: float
    interrupts_ms: float
    wake_up_ms: float
    switches: float


def trace_switch(
    shape: Shape,
    tensor: str,
    source: str,
    target: str,
    bench: Bench,
    method: Method,
    rounds: int,
) -> SwitchTrace:
    """Time a pair and its halves while the kernel is traced; arguments as of `time_switch`.

    Raises:
        ProcessorError: the kernel cannot be traced.
    """
    with paired(shape, tensor, source, target, bench, method) as loaded, recording() as kernel:
        samples = sample(_contenders(loaded, kernel), rounds, warm_up=WARM_UP)
        threads = frozenset(int(path.name) for path in Path("/proc/self/task").iterdir())
        events = parse_trace(kernel.text())
    by_clock = samples.times_ms
    found = _Reading(events, threads, rounds)
    return SwitchTrace(
        float(np.median(by_clock["pair"] - by_clock["first"] - by_clock["second"]))
        - found.median("convert", lambda span: span.ms),
        found.difference(lambda span: span.ms),
        found.difference(found.waiting_ms),
        found.difference(found.interrupts_ms),
        found.median("pair/second", found.wake_up_ms),
        found.difference(found.switches),
    )


def _contenders(loaded: Pair, kernel: KernelRecorder) -> dict[str, Callable[[], object]]:
    def pair() -> None:
        with kernel.mark("pair/first"):
            loaded.first.run()
        with kernel.mark("convert"):
            loaded.convert()
        with kernel.mark("pair/second"):
            loaded.second.run()

    def alone(name: str, run: Callable[[], object]) -> Callable[[], None]:
        def marked() -> None:
            with kernel.mark(name):
                run()

        return marked

    return {
        "pair": pair,
        "first": alone("first", loaded.first.run),
        "second": alone("second", loaded.second.run),
    }


class _Reading:
    """A trace of pairs and halves, round by round."""

    def __init__(self, events: list[Event], threads: frozenset[int], rounds: int) -> None:
        self._threads = threads
        self._waits, self._interrupts = waits(events), interrupts(events)
        self._switches = [
            Span("", event.pid, event.at_ms, event.at_ms)
            for event in events
            if event.name == "sched_switch" and event.pid in threads
        ]
        self._marks: dict[str, list[Span]] = {}
        for mark in marks(events):
            self._marks.setdefault(mark.name, []).append(mark)
        self._marks = {name: spans[-rounds:] for name, spans in self._marks.items()}

    def waiting_ms(self, window: Span) -> float:
        return total_within(self._waits, window, self._threads)

    def interrupts_ms(self, window: Span) -> float:
        return total_within(self._interrupts, window)

    def switches(self, window: Span) -> float:
        return sum(window.begin_ms <= one.begin_ms <= window.end_ms for one in self._switches)

    def wake_up_ms(self, window: Span) -> float:
        """Until the last thread that is woken in the window's first half is running."""
        half = window.begin_ms + window.ms / 2
        starts = {
            span.pid: span.end_ms
            for span in reversed(self._waits)
            if span.pid in self._threads and window.begin_ms <= span.begin_ms <= half
        }
        return max(starts.values()) - window.begin_ms if starts else 0.0

    def median(self, name: str, measure: Callable[[Span], float]) -> float:
        return float(np.median([measure(span) for span in self._marks[name]]))

    def difference(self, measure: Callable[[Span], float]) -> float:
        """Of the pair's two segments against each alone, round by round."""
        values = {
            name: np.array([measure(span) for span in self._marks[name]])
            for name in ("pair/first", "pair/second", "first", "second")
        }
        extra = values["pair/first"] + values["pair/second"] - values["first"] - values["second"]
        return float(np.median(extra))
