"""What a film is, before anything of it is computed."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vernier.errors import VideoError
from vernier.video.library import av
from vernier.video.mastering import mastering_parameters
from vernier.video.pixel_format import (
    BT601,
    BT709,
    FULL_RANGE,
    HD_LINES,
    SITINGS,
    PixelFormat,
    assumed_matrix,
    nearest_planar,
)

FRAMES = "*.png"
"""Of a folder, in the order of their names."""
USUAL_RATE = Fraction(24)
MOST_RATE = 300
"""Of a film; a codec that says more speaks of its clock."""
PROBED_FRAMES = 24
"""At the beginning, to see whether it is interlaced and has timestamps."""
TRANSFERS = {16: "PQ (HDR10)", 18: "HLG"}


@dataclass(frozen=True)
class Colours:
    """Tags of colour, by FFmpeg's numbers; 2 (0 of the range) is "not said"."""

    range: int
    space: int
    primaries: int
    transfer: int


@dataclass(frozen=True)
class Film:
    """A film's video stream.

    Attributes:
        path: of the file.
        stream: index of the video stream.
        height: of the frames, in pixels, before rotation.
        width: likewise.
        source_format: name of the decoded pixels' format.
        layout: the planes that are computed.
        colours: tags as the file has them.
        full_range: whether the codes are of the full range.
        siting: where chroma lies, of `pixel_format.SITINGS`.
        time_base: seconds per unit of the timestamps.
        rate: frames per second, on average.
        frames: how many there are, by the file's own account or by its length; 0 unknown.
        start: the film's first moment in seconds, of whatever stream.
        duration: in seconds; None unknown.
        timestamps: whether frames have them; otherwise they are counted.
        aspect: width of a pixel by its height.
        display_matrix: FFmpeg's nine numbers of a rotation, or None.
        interlaced: whether frames are of two fields.
        mastering: HDR's static metadata, as x265 takes it; empty without.
        notes: what is lost or assumed.
    """

    path: Path
    stream: int
    height: int
    width: int
    source_format: str
    layout: PixelFormat
    colours: Colours
    full_range: bool
    siting: str
    time_base: Fraction
    rate: Fraction
    frames: int
    start: float
    duration: float | None
    timestamps: bool
    aspect: Fraction
    display_matrix: tuple[int, ...] | None
    interlaced: bool
    mastering: str = ""
    notes: tuple[str, ...] = ()

    @property
    def bits(self) -> int:
        """Of each sample."""
        return self.layout.bits

    @property
    def matrix(self) -> int:
        """FFmpeg's number of the colour matrix, assumed by size where the file does not say."""
        return assumed_matrix(self.colours.space, self.height)

    @property
    def hdr(self) -> str:
        """The HDR transfer's name; empty of other films."""
        return TRANSFERS.get(self.colours.transfer, "")


def open_film(path: Path, rate: Fraction = USUAL_RATE) -> Any:
    """A container to read.

    Args:
        path: of a film, or of a folder of frames.
        rate: frames per second of a folder.

    Raises:
        VideoError: it is not there, or is no film.
    """
    if path.is_dir():
        return _open_folder(path, rate)
    try:
        return av.open(str(path), "r", metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise VideoError(f"{path}: cannot be read as a film ({reason(error)})") from error


def reason(error: BaseException) -> str:
    """FFmpeg's own words for a failure."""
    return str(getattr(error, "strerror", None) or error)


def main_video(container: Any, path: Path) -> Any:
    """The video stream that is enlarged: the first that is no cover picture.

    Raises:
        VideoError: there is none, or FFmpeg has no decoder for it.
    """
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        raise VideoError(f"{path}: has no video stream; expected a film")
    if streams[0].codec_context is None:
        raise VideoError(f"{path}: FFmpeg here cannot decode its video")
    return streams[0]


def _open_folder(folder: Path, rate: Fraction) -> Any:
    if not any(folder.glob(FRAMES)):
        raise VideoError(f"{folder}: holds no .png files; expected a folder of frames, or a film")
    try:
        return av.open(
            str(Path(glob.escape(str(folder))) / FRAMES),
            "r",
            format="image2",
            options={"pattern_type": "glob", "framerate": str(rate)},
        )
    except av.error.FFmpegError as error:
        raise VideoError(f"{folder}: its frames cannot be read ({reason(error)})") from error


def probe(path: Path, rate: Fraction = USUAL_RATE) -> Film:
    """What a film is; arguments are those of `open_film`.

    Raises:
        VideoError: it is not there, is no film, or not a frame of it can be decoded.
    """
    with open_film(path, rate) as container:
        stream = main_video(container, path)
        stream.thread_type = "AUTO"
        first = _first_frames(container, stream)
        if not first:
            raise VideoError(f"{path}: not one frame of its video can be decoded")
        return _film(path, container, stream, first)


def _first_frames(container: Any, stream: Any) -> list[Any]:
    frames: list[Any] = []
    try:
        for packet in container.demux(stream):
            try:
                frames += packet.decode()
            except av.error.FFmpegError:
                continue
            if len(frames) >= PROBED_FRAMES:
                break
    except av.error.FFmpegError:
        pass
    return frames


def _film(path: Path, container: Any, stream: Any, first: list[Any]) -> Film:
    frame = first[0]
    context = stream.codec_context
    source = frame.format.name
    layout = nearest_planar(source)
    timestamps = all(one.pts is not None for one in first)
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25)
    if not timestamps and 1 <= (context.framerate or 0) <= MOST_RATE:
        # The container's own rate is then a guess, and the codec's is what the encoder was given.
        rate = context.framerate
    duration = _duration(container, stream)
    colours = Colours(
        int(frame.color_range or context.color_range),
        int(frame.colorspace),
        int(frame.color_primaries),
        int(frame.color_trc),
    )
    film = Film(
        path=path,
        stream=stream.index,
        height=frame.height,
        width=frame.width,
        source_format=source,
        layout=layout,
        colours=colours,
        full_range=colours.range == FULL_RANGE or layout.full_range,
        siting=_siting(stream, frame, layout),
        time_base=stream.time_base if timestamps else 1 / Fraction(rate),
        rate=Fraction(rate),
        frames=_frames(path, stream, duration, rate),
        start=(container.start_time or 0) / av.time_base,
        duration=duration,
        timestamps=timestamps,
        aspect=stream.sample_aspect_ratio or Fraction(1),
        display_matrix=_display_matrix(frame),
        interlaced=sum(one.interlaced_frame for one in first) * 2 > len(first),
        mastering=mastering_parameters(frame),
    )
    return replace(_as_planes(film, frame), notes=_notes(film, frame))


def _as_planes(film: Film, frame: Any) -> Film:
    """RGB has no matrix and is of full range; what it becomes has one and is not."""
    if not (frame.format.is_rgb or frame.format.has_palette):
        return film
    matrix = BT709 if film.height >= HD_LINES else BT601
    return replace(film, full_range=False, colours=replace(film.colours, range=1, space=matrix))


def _notes(film: Film, frame: Any) -> tuple[str, ...]:
    notes = []
    if frame.format.is_rgb or frame.format.has_palette:
        notes.append(f"its pixels are {film.source_format}; they are computed as luma and chroma")
    elif film.source_format.startswith(("yuva", "ya")):
        notes.append("its transparency is left out")
    if film.hdr:
        notes.append(f"{film.hdr}: enlarged in its own code values, with its tags kept")
    if not film.timestamps:
        notes.append(f"it has no timestamps; they are counted at {float(film.rate):g} frames/s")
    return tuple(notes)


def _frames(path: Path, stream: Any, duration: float | None, rate: Fraction) -> int:
    if path.is_dir():
        return sum(1 for _ in path.glob(FRAMES))
    return int(stream.frames or (duration or 0) * rate)


def _duration(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


_PLACE = re.compile(r"\bcl:(\w+)")


def _siting(stream: Any, frame: Any, layout: PixelFormat) -> str:
    """Where chroma lies, as the decoder says; by custom where it does not.

    PyAV has no name for it; FFmpeg's filter that describes frames has. What says nothing is taken
    as MPEG-2 and H.264 have it, "left", and JPEG's full range as JPEG has it, "center".
    """
    graph = av.filter.Graph()
    nodes = (
        graph.add_buffer(template=stream, time_base=stream.time_base),
        graph.add("showinfo"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture() as lines:
            graph.vpush(frame)
            graph.vpull()
    except av.error.FFmpegError:
        lines = []
    finally:
        av.logging.set_level(None)
    found = _PLACE.search("".join(text for _, name, text in lines if name == "showinfo"))
    if found is not None and found[1] in SITINGS:
        return found[1]
    return "center" if layout.full_range and layout.bits == 8 else "left"


def _display_matrix(frame: Any) -> tuple[int, ...] | None:
    held = frame.side_data.get("DISPLAYMATRIX")
    if held is None:
        return None
    return tuple(int(value) for value in np.frombuffer(bytes(held), np.int32)[:9])
