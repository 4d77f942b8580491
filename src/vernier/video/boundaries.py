"""Where a film's segments begin, by its packets alone: nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vernier.video.library import av
from vernier.video.probing import Film, main_video, open_film
from vernier.video.segmenting import LEAST_FRAMES, MOST_FRAMES


@dataclass(frozen=True)
class Stretch:
    """A segment to be made.

    Attributes:
        after: only frames later than this timestamp, the last one of the segment before; None at
            the beginning.
        until: only frames before this timestamp, the first one of the next segment; None at the
            end.
        frames: in it, by the packets' account.
    """

    after: int | None
    until: int | None
    frames: int


def stretches(film: Film, after: int | None, first: int | None, end: int | None) -> list[Stretch]:
    """The segments that `SegmentWriter` makes of a film's frames.

    Args:
        film: with timestamps.
        after: only frames later than this timestamp.
        first: only frames from this timestamp on.
        end: only frames before this timestamp.
    """
    frames = sorted(
        (pts, key)
        for pts, key in _packets(film)
        if (after is None or pts > after)
        and (first is None or pts >= first)
        and (end is None or pts < end)
    )
    found: list[Stretch] = []
    before, count = after, 0
    for number, (pts, key) in enumerate(frames):
        if (count >= LEAST_FRAMES and key) or count >= MOST_FRAMES:
            found.append(Stretch(before, pts, count))
            before, count = frames[number - 1][0], 0
        count += 1
    if count:
        found.append(Stretch(before, None, count))
    return found


def _packets(film: Film) -> Iterator[tuple[int, bool]]:
    with open_film(film.path, film.rate) as container:
        stream = main_video(container, film.path)
        try:
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size:
                    base = packet.time_base or film.time_base
                    yield round(packet.pts * base / film.time_base), bool(packet.is_keyframe)
        except av.error.FFmpegError:
            return  # damage: what is behind it is one stretch with what is before
