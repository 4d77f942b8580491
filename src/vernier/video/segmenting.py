"""Frames into segments that begin with a key frame each, and segments into the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from vernier.errors import VideoError
from vernier.video.damage import Damage
from vernier.video.encoder import EncoderSettings, Sealed, SegmentEncoder
from vernier.video.enlarging import Enlarged
from vernier.video.status import StatusClock

LEAST_FRAMES = 48
"""Of a segment: from there on it ends before the film's next key frame."""
MOST_FRAMES = 192
"""Of a segment of a film that has no key frame."""


class Keeper(Protocol):
    """What keeps segments, as a `Journal` does."""

    def add(self, packets: Sequence[Sealed], note: dict[str, Any]) -> Any:
        """Keep a finished segment; gives what has its `bytes`."""
        ...

    def complete(self) -> None:
        """No segment is left to be made."""
        ...


class SegmentWriter:
    """Encodes frames and keeps each segment that is full.

    Where segments end depends on the film's frames alone, and each has an encoder of its own, so a
    run that begins between two of them makes the same ones.

    Args:
        settings: of the encoder.
        global_header: whether its header is kept apart.
        journal: keeps the segments.
        damage: of the film; what came up in a segment is kept with it.
        clock: is told of each frame.
    """

    def __init__(
        self,
        settings: EncoderSettings,
        global_header: bool,
        journal: Keeper,
        damage: Damage,
        clock: StatusClock,
    ) -> None:
        self._settings, self._global_header = settings, global_header
        self._journal, self._damage, self._clock = journal, damage, clock
        self._encoder: SegmentEncoder | None = None
        self._packets: list[Sealed] = []
        self._frames = self._tiles = self._computed = 0
        self._last = self._last_duration = 0
        self._noted = len(damage.moments)

    def add(self, result: Enlarged, pts: int, duration: int, key: bool) -> None:
        """Encode a frame; where it begins a segment, finish the one before it first."""
        if (self._frames >= LEAST_FRAMES and key) or self._frames >= MOST_FRAMES:
            self._seal()
        if self._encoder is None:
            self._encoder = SegmentEncoder(self._settings, self._global_header)
        self._packets += self._encoder.encode(result.frame, pts, duration)
        self._frames += 1
        self._tiles += result.tiles
        self._computed += result.computed
        self._last, self._last_duration = pts, duration
        self._clock.frame(result.tiles, result.computed)

    def finish(self) -> None:
        """Finish the last segment."""
        self._seal()
        self._journal.complete()

    def _seal(self) -> None:
        if self._encoder is None:
            return
        self._packets += self._encoder.finish()
        if len(self._packets) != self._frames or not self._packets[0].key:
            raise VideoError(
                f"{self._settings.name} made {len(self._packets)} packets of "
                f"{self._frames} frames; choose another --codec"
            )
        note = self._journal.add(
            self._packets,
            {
                "frames": self._frames,
                "last": self._last,
                "last_duration": self._last_duration,
                "tiles": self._tiles,
                "computed": self._computed,
                "damage": tuple(self._damage.moments[self._noted :]),
            },
        )
        self._clock.segment(note.bytes)
        self._encoder, self._packets = None, []
        self._frames = self._tiles = self._computed = 0
        self._noted = len(self._damage.moments)
