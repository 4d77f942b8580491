"""The result's container: the enlarged video, and all else of the film as it was."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vernier.errors import UsageError, VideoError
from vernier.video.encoder import EncoderSettings, Sealed, decode_times
from vernier.video.library import av
from vernier.video.probing import Film, open_film, reason

# What a muxer writes anew, or what was true of the small film only.
_OWN_TAGS = {
    "encoder", "major_brand", "minor_version", "compatible_brands", "vendor_id", "duration",
    "bps", "number_of_frames", "number_of_bytes", "_statistics_writing_app",
    "_statistics_writing_date_utc", "_statistics_tags",
}  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """The part of the film that is kept, in seconds of the film's own clock.

    Attributes:
        start: begins there; what is kept is moved back by so much.
        end: ends there; None for the film's end.
        moves: whether times are moved: only where a start was asked for.
    """

    start: float
    end: float | None
    moves: bool


@dataclass(frozen=True)
class Copied:
    """A stream that goes over as it is.

    Attributes:
        source: its index in the film.
        stream: in the result.
    """

    source: int
    stream: Any


def container_format(target: Path, name: str | None = None) -> Any:
    """FFmpeg's container for a file name.

    Raises:
        UsageError: there is none.
    """
    try:
        with av.open("/dev/null", "w", format=name or _format_name(target)) as container:
            return container.format
    except (ValueError, av.error.FFmpegError) as error:
        raise UsageError(
            f"{target}: FFmpeg has no container for {target.suffix or 'such a name'}; expected a "
            "name such as large.mkv or large.mp4"
        ) from error


_FORMATS = {
    ".mkv": "matroska",
    ".mka": "matroska",
    ".m4v": "mp4",
    ".ts": "mpegts",
    ".mts": "mpegts",
}


def _format_name(target: Path) -> str:
    suffix = target.suffix.lower()
    return _FORMATS.get(suffix, suffix.removeprefix("."))


def wants_global_header(target: Path) -> bool:
    """Whether the container keeps the encoder's header apart from its packets."""
    flags = container_format(target).flags
    return bool(int(flags) & 0x0040)


def check_container(film: Film, settings: EncoderSettings, target: Path, folder: Path) -> None:
    """Write a header with all streams and throw it away: what does not fit is said beforehand.

    Raises:
        UsageError: a stream, or the encoder, does not fit into the container.
    """
    trial = folder / f"trial{target.suffix}"
    try:
        with open_film(film.path, film.rate) as source:
            container = av.open(str(trial), "w", format=_format_name(target))
            try:
                _add_streams(container, source, film, settings, target)
                container.start_encoding()
            finally:
                container.close()
    except (ValueError, av.error.FFmpegError) as error:
        raise UsageError(
            f"{target}: {settings.name} does not go into this container ({reason(error)}); "
            "a name that ends with .mkv takes nearly everything"
        ) from error
    finally:
        trial.unlink(missing_ok=True)


def write_film(
    film: Film,
    settings: EncoderSettings,
    packets: Iterable[Sealed],
    pts: Sequence[int],
    last_duration: int,
    cut: Cut,
    partial: Path,
    target: Path,
) -> None:
    """Put the enlarged video and all else into one file.

    Args:
        film: the small one.
        settings: of the encoder that made the packets.
        packets: of the video, in the order of decoding; timestamps as in the small film.
        pts: of all packets.
        last_duration: of the frame shown last; 0 unknown.
        cut: what is kept.
        partial: is written.
        target: says which container.

    Raises:
        VideoError: the disk is full, or a packet does not go into the container.
    """
    try:
        with open_film(film.path, film.rate) as source:
            container = av.open(
                str(partial), "w", format=_format_name(target), options=_muxer_options(film, target)
            )
            try:
                video, copied = _add_streams(container, source, film, settings, target)
                container.start_encoding()
                own = _video_packets(film, packets, pts, last_duration, cut, video)
                for packet in _in_order(own, _copied_packets(source, film, copied, cut)):
                    container.mux_one(packet)
            finally:
                container.close()
    except (ValueError, av.error.FFmpegError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise VideoError(
            f"{target}: cannot be written ({reason(error)}); the frames are kept, and the same "
            "command goes on from there"
        ) from error


def _muxer_options(film: Film, target: Path) -> dict[str, str]:
    """MP4's index before its content, and its late starts on the video's own clock."""
    if _format_name(target) not in ("mp4", "mov"):
        return {}
    return {"movflags": "+faststart", "movie_timescale": str(film.time_base.denominator)}


def _add_streams(
    container: Any, source: Any, film: Film, settings: EncoderSettings, target: Path
) -> tuple[Any, list[Copied]]:
    """The result's streams in the film's order; the video's, and those that are copied."""
    video: Any = None
    copied: list[Copied] = []
    for stream in source.streams:
        if stream.index == film.stream:
            video = container.add_stream(settings.name, rate=settings.rate)
            settings.apply(video.codec_context)
            video.time_base = settings.time_base
            if film.display_matrix is not None:
                video.set_display_matrix(film.display_matrix)
            _copy_tags(stream, video)
            continue
        made = _copy_stream(container, stream, target)
        if made is not None:
            copied.append(Copied(stream.index, made))
    container.metadata.update(
        {k: v for k, v in source.metadata.items() if k.lower() not in _OWN_TAGS}
    )
    container.set_chapters(source.chapters())
    return video, copied


def _copy_stream(container: Any, stream: Any, target: Path) -> Any:
    """A stream like another's; None of what containers make anew."""
    if stream.type == "attachment":
        made = container.add_stream_from_template(stream)
        _copy_tags(stream, made)
        return None
    if stream.type == "data" or stream.codec_context is None:
        # Timecodes and hints, which muxers write themselves.
        return None
    try:
        made = container.add_stream_from_template(stream, opaque=True)
    except (ValueError, av.error.FFmpegError) as error:
        raise UsageError(
            f"{target}: its {stream.type} stream {stream.index} ({stream.codec_context.name}) does "
            "not go into this container; a name that ends with .mkv takes nearly everything"
        ) from error
    made.time_base = stream.time_base
    _copy_tags(stream, made)
    return made


def _copy_tags(source: Any, made: Any) -> None:
    made.metadata.update(
        {
            key: value
            for key, value in source.metadata.items()
            if key.lower() not in _OWN_TAGS and not key.lower().startswith("_statistics")
        }
    )
    made.disposition = source.disposition


def _video_packets(
    film: Film,
    packets: Iterable[Sealed],
    pts: Sequence[int],
    last_duration: int,
    cut: Cut,
    stream: Any,
) -> Iterator[Any]:
    shown = sorted(pts)
    following = dict(itertools.pairwise(shown))
    usual = max(1, round(1 / (film.rate * film.time_base)))
    times = decode_times(pts, _least_step(shown, usual))
    moved = _moved(cut, film.time_base)
    for sealed, dts in zip(packets, times, strict=True):
        packet = av.Packet(sealed.data)
        packet.stream = stream
        packet.time_base = film.time_base
        packet.pts, packet.dts = sealed.pts - moved, dts - moved
        next_shown = following.get(sealed.pts)
        packet.duration = (
            next_shown - sealed.pts if next_shown is not None else last_duration or usual
        )
        packet.is_keyframe = sealed.key
        yield packet


def _least_step(shown: Sequence[int], usual: int) -> int:
    first = shown[1] - shown[0] if len(shown) > 1 else usual
    return max(1, min(first, usual))


def _moved(cut: Cut, base: Fraction) -> int:
    return round(cut.start / base) if cut.moves else 0


def _copied_packets(source: Any, film: Film, copied: Sequence[Copied], cut: Cut) -> Iterator[Any]:
    """The other streams' packets within the cut, in the file's order."""
    targets = {one.source: one.stream for one in copied}
    if not targets:
        return
    if cut.moves:
        try:
            source.seek(int(cut.start * av.time_base))
        except av.error.FFmpegError:
            source.seek(0)
    wanted = [source.streams[index] for index in targets]
    packets = source.demux(wanted)
    while True:
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError:
            # Damage; what is behind it is read on.
            packets = source.demux(wanted)
            continue
        if packet is None:
            return
        if packet.size == 0 or (packet.pts is None and packet.dts is None):
            continue
        base = packet.time_base
        time = float((packet.pts if packet.pts is not None else packet.dts) * base)
        if (cut.moves and time < cut.start) or (cut.end is not None and time >= cut.end):
            continue
        moved = _moved(cut, base)
        if moved:
            packet.pts = None if packet.pts is None else packet.pts - moved
            packet.dts = None if packet.dts is None else packet.dts - moved
        packet.stream = targets[packet.stream_index]
        yield packet


def _in_order(video: Iterator[Any], others: Iterator[Any]) -> Iterator[Any]:
    """Both by their time, so that a player finds sound beside its pictures."""
    one, other = next(video, None), next(others, None)
    while one is not None or other is not None:
        if other is None or (one is not None and _time(one) <= _time(other)):
            yield one
            one = next(video, None)
        else:
            yield other
            other = next(others, None)


def _time(packet: Any) -> float:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return float(stamp * packet.time_base)
