"""How far a film is: for a bar, for lines of JSON, for whoever calls."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

BETWEEN_SECONDS = 0.5
RATE_SECONDS = 10.0
"""The rate is that of so many last seconds."""


@dataclass(frozen=True)
class Status:
    """How far it is.

    Attributes:
        frames: that are enlarged, earlier runs included.
        total: that there will be; 0 unknown.
        frames_per_s: of the last seconds.
        eta_s: seconds until all are enlarged; None unknown.
        reused: share of this run's tiles that equalled the frame before.
        bytes: of the finished segments.
        stage: "frames", "writing" or "done".
    """

    frames: int
    total: int
    frames_per_s: float
    eta_s: float | None
    reused: float
    bytes: int
    stage: str

    def explain(self) -> str:
        """A few words for a bar."""
        words = [f"{self.frames_per_s:.1f} frames/s"]
        if self.reused > 0:
            words.append(f"{self.reused:.0%} reused")
        words.append(f"{self.bytes / 1e6:.1f} MB")
        return ", ".join(words)


def ignore_status(status: Status) -> None:
    """The status of those who do not want to hear of it."""


class StatusClock:
    """Tells the status now and then.

    Args:
        total: frames that there will be; 0 unknown.
        done: by earlier runs.
        tell: is told.
    """

    def __init__(self, total: int, done: int, tell: Callable[[Status], None]) -> None:
        self._total, self._frames, self._tell = total, done, tell
        self._tiles = self._computed = self._bytes = 0
        self._last = 0.0
        self._marks: deque[tuple[float, int]] = deque([(time.perf_counter(), done)])

    def frame(self, tiles: int, computed: int) -> None:
        """A frame is encoded."""
        self._frames += 1
        self._tiles += tiles
        self._computed += computed
        now = time.perf_counter()
        if now - self._last < BETWEEN_SECONDS:
            return
        self._last = now
        self._marks.append((now, self._frames))
        while now - self._marks[0][0] > RATE_SECONDS and len(self._marks) > 2:
            self._marks.popleft()
        self._tell(self._status("frames"))

    def segment(self, size: int) -> None:
        """A segment of so many bytes is finished."""
        self._bytes += size

    def finishing(self) -> None:
        """All frames are encoded; the file is being put together."""
        self._tell(self._status("writing"))

    def done(self, size: int) -> None:
        """The file is there."""
        self._bytes = size
        self._total = self._frames
        self._tell(self._status("done"))

    def _status(self, stage: str) -> Status:
        (start, before), (end, after) = self._marks[0], (time.perf_counter(), self._frames)
        rate = (after - before) / max(end - start, 1e-6)
        left = self._total - self._frames
        eta = left / rate if self._total and rate > 0 and left >= 0 else None
        reused = 1 - self._computed / self._tiles if self._tiles else 0.0
        return Status(
            self._frames,
            max(self._total, self._frames) if self._total else 0,
            round(rate, 2),
            None if eta is None else round(eta, 1),
            round(reused, 4),
            self._bytes,
            stage,
        )
