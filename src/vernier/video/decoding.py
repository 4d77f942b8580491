"""A film's frames in order, from the start or from where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vernier.errors import VideoError
from vernier.video.damage import Damage
from vernier.video.library import av
from vernier.video.planes import as_layout
from vernier.video.probing import Film, main_video, open_film

MOST_FAULTS_IN_A_ROW = 1000
"""Of the container; more are no damage but the end of what can be read."""
BEFORE_FRAMES = 8
"""A deinterlacer looks so far back at most; so much earlier decoding begins again."""


@dataclass(frozen=True)
class Decoded:
    """A frame.

    Attributes:
        frame: in the film's layout.
        pts: in units of the film's time base.
        duration: likewise; 0 unknown.
        key: whether the film's own encoder began anew here.
    """

    frame: Any
    pts: int
    duration: int
    key: bool


def decode(
    film: Film,
    damage: Damage,
    *,
    after: int | None = None,
    first: int | None = None,
    end: int | None = None,
    deinterlace: bool = False,
) -> Iterator[Decoded]:
    """The frames of a film, each later than the one before.

    What cannot be decoded is left out and noted.

    Args:
        film: from `probe`.
        damage: is added to.
        after: only frames that are later than this timestamp.
        first: only frames from this timestamp on.
        end: only frames before this timestamp.
        deinterlace: make whole frames of fields, one for each frame.

    Raises:
        VideoError: the file has gone, or nothing of it can be decoded.
    """
    begin = max((t for t in (after, first) if t is not None), default=None)
    last: int | None = after
    for one in _from(film, damage, begin, deinterlace):
        if (first is not None and one.pts < first) or (last is not None and one.pts <= last):
            if after is None and last is not None and (first is None or one.pts >= first):
                damage.lost += 1
            continue
        if end is not None and one.pts >= end:
            return
        last = one.pts
        yield one


def _from(film: Film, damage: Damage, begin: int | None, deinterlace: bool) -> Iterator[Decoded]:
    """All frames, or where the container can find the place, those from shortly before `begin`."""
    if begin is not None and film.timestamps:
        frame_units = 1 / (film.rate * film.time_base)
        target = begin - int(BEFORE_FRAMES * frame_units)
        frames = _read(film, damage, deinterlace, target)
        one = next(frames, None)
        if one is not None and one.pts <= begin:
            yield one
            yield from frames
            return
        frames.close()
    yield from _read(film, damage, deinterlace, None)


def _read(
    film: Film, damage: Damage, deinterlace: bool, seek_to: int | None
) -> Generator[Decoded, None, None]:
    with open_film(film.path, film.rate) as container:
        stream = main_video(container, film.path)
        stream.thread_type = "AUTO"
        if seek_to is not None:
            try:
                container.seek(seek_to, stream=stream, backward=True)
            except av.error.FFmpegError:
                return
        frames = _decoded(container, stream, damage)
        if deinterlace:
            frames = _deinterlaced(frames, stream)
        counted = 0
        for frame in frames:
            pts = frame.pts if film.timestamps else counted
            counted += 1
            if pts is None:
                damage.lost += 1
                continue
            base = frame.time_base or stream.time_base
            if film.timestamps and base != film.time_base:
                pts = round(pts * base / film.time_base)
            duration = round(frame.duration * Fraction(base) / film.time_base)
            yield Decoded(_as_film(film, frame), pts, duration, bool(frame.key_frame))


def _as_film(film: Film, frame: Any) -> Any:
    """The frame in the film's layout and size; a film may change both in its midst."""
    if (frame.height, frame.width) != (film.height, film.width):
        made = frame.reformat(
            height=film.height, width=film.width, format=film.layout.name, interpolation="BICUBIC"
        )
        made.pts, made.time_base = frame.pts, frame.time_base
        return made
    return as_layout(frame, film.layout, film.matrix)


def _decoded(container: Any, stream: Any, damage: Damage) -> Iterator[Any]:
    for packet in _packets(container, stream, damage):
        seconds = None
        if packet.pts is not None and packet.time_base:
            seconds = float(packet.pts * packet.time_base)
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damage.add(seconds)
            continue
        if packet.is_corrupt:
            damage.add(seconds)
        for frame in frames:
            if frame.is_corrupt:
                damage.add(frame.time)
            yield frame


def _packets(container: Any, stream: Any, damage: Damage) -> Iterator[Any]:
    """The stream's packets, behind damage of the container too."""
    faults = 0
    while True:
        try:
            for packet in container.demux(stream):
                faults = 0
                yield packet
            return
        except av.error.FFmpegError as error:
            faults += 1
            damage.add(None)
            if faults > MOST_FAULTS_IN_A_ROW or not isinstance(error, av.error.InvalidDataError):
                raise VideoError(
                    f"{container.name}: cannot be read further ({error.strerror or error})"
                ) from error


def _deinterlaced(frames: Iterator[Any], stream: Any) -> Iterator[Any]:
    """Whole frames of fields, by FFmpeg's bwdif, with the keys of the frames they come from."""
    graph = av.filter.Graph()
    nodes = (
        graph.add_buffer(template=stream, time_base=stream.time_base),
        graph.add("bwdif", "mode=send_frame:parity=auto:deint=all"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()

    def pull() -> Iterator[Any]:
        while True:
            try:
                yield graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    for frame in frames:
        graph.vpush(frame)
        yield from pull()
    graph.vpush(None)
    yield from pull()
