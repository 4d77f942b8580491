"""Which encoder, with which settings; a segment's frames to packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vernier.errors import UsageError, VideoError
from vernier.video.library import av
from vernier.video.pixel_format import FULL_RANGE, SITINGS, PixelFormat, nearest_planar
from vernier.video.probing import Colours, Film, reason

ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "ffv1": "ffv1",
    "prores": "prores_ks",
}
"""The names that people know, and FFmpeg's encoders."""
# Near to what the film had, at a size that is reasonable; each codec's own scale.
_CRF = {"libx264": 18, "libx265": 20, "libsvtav1": 28, "libvpx-vp9": 28}
_PRESET = {"libx264": "veryfast", "libx265": "veryfast", "libsvtav1": "10", "libvpx-vp9": "5"}
"""Of the fast ones: the network leaves an encoder little of the CPU."""
_X264_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
    "placebo",
)  # fmt: skip
_LOSSLESS = {"ffv1", "rawvideo", "prores_ks"}
_WORST_CRF = {"libx264": 51, "libx265": 51, "libsvtav1": 63, "libvpx-vp9": 63}


@dataclass(frozen=True)
class EncoderSettings:
    """All that decides what an encoder makes of frames.

    Attributes:
        name: FFmpeg's name of the encoder.
        layout: of the frames that it takes.
        height: of the frames.
        width: likewise.
        time_base: of the timestamps.
        rate: frames per second, for rate control.
        aspect: of a pixel.
        colours: tags.
        options: the encoder's own.
        notes: what of the film the encoder cannot keep.
    """

    name: str
    layout: PixelFormat
    height: int
    width: int
    time_base: Fraction
    rate: Fraction
    aspect: Fraction
    colours: Colours
    options: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def apply(self, context: Any) -> None:
        """Set up a codec context that is not open yet."""
        context.width, context.height = self.width, self.height
        context.pix_fmt = self.layout.name
        context.time_base = self.time_base
        context.framerate = self.rate
        context.sample_aspect_ratio = self.aspect
        context.color_range = self.colours.range
        context.colorspace = self.colours.space
        context.color_primaries = self.colours.primaries
        context.color_trc = self.colours.transfer
        context.options = dict(self.options)


@dataclass(frozen=True)
class Sealed:
    """A packet: what a segment keeps of it."""

    data: bytes
    pts: int
    duration: int
    key: bool


def encoder_settings(
    film: Film,
    size: tuple[int, int],
    *,
    codec: str | None = None,
    crf: int | None = None,
    preset: str | None = None,
    suffix: str = ".mkv",
) -> EncoderSettings:
    """The settings for a film's result.

    Args:
        film: what is enlarged.
        size: height and width of the result.
        codec: of `ENCODERS`, or any of FFmpeg's encoders by name, such as `h264_nvenc`; None for
            H.264, or HEVC of a film with more than 8 bits, or VP9 in `.webm`.
        crf: the encoder's constant quality; None for what the film hardly loses by.
        preset: the encoder's own word for its effort; None for a fast one.
        suffix: of the file.

    Raises:
        UsageError: no such encoder here, or one that does not take these settings.
    """
    name = ENCODERS.get(codec or _usual(film, suffix), codec or "")
    try:
        about = av.Codec(name, "w")
    except ValueError as error:
        raise UsageError(
            f"FFmpeg here has no encoder {codec!r}; expected one of {', '.join(ENCODERS)}, or the "
            "name of another encoder of FFmpeg's"
        ) from error
    if about.type != "video":
        raise UsageError(f"expected an encoder of video, found {codec!r}")
    layout, notes = _layout(about, film.layout)
    colours = film.colours
    if film.full_range:
        colours = Colours(FULL_RANGE, colours.space, colours.primaries, colours.transfer)
    options = _options(name, crf, preset)
    options |= _siting(name, film, options)
    if film.mastering:
        if name == "libx265":
            options["x265-params"] += f":hdr10=1:{film.mastering}"
        else:
            notes = (*notes, f"{name} is not given the film's HDR mastering metadata; hevc is")
    if name not in ("libx264", "libx265") and film.siting != "left":
        notes = (*notes, f"{name} cannot say that chroma is sited {film.siting!r}")
    settings = EncoderSettings(
        name,
        layout,
        *size,
        time_base=film.time_base,
        rate=film.rate,
        aspect=film.aspect,
        colours=colours,
        options=tuple(sorted(options.items())),
        notes=notes,
    )
    _check_even(settings)
    return settings


def _usual(film: Film, suffix: str) -> str:
    if suffix == ".webm":
        return "vp9"
    return "h264" if film.bits == 8 else "hevc"


def _layout(about: Any, wanted: PixelFormat) -> tuple[PixelFormat, tuple[str, ...]]:
    """The encoder's format that keeps most: the same, or finer, or the nearest coarser one."""
    names = [one.name for one in about.video_formats or []]
    if not names or wanted.name in names:
        return wanted, ()

    def loss(found: PixelFormat) -> tuple[int, int, int, int]:
        own, other = wanted.subsampling or (1, 1), found.subsampling or (1, 1)
        lost = found.subsampling is None and wanted.subsampling is not None
        coarser = int(other[0] > own[0]) + int(other[1] > own[1])
        finer = int(other[0] < own[0]) + int(other[1] < own[1])
        return int(lost), max(0, wanted.bits - found.bits), coarser, finer + found.bits

    planar = [nearest_planar(name) for name in names if not name.startswith(("gbr", "rgb", "bgr"))]
    found = min((p for p in planar if p.name in names), key=loss, default=None)
    if found is None:
        raise UsageError(f"{about.name} takes no planar format; choose another --codec")
    return found, (f"{about.name} does not take {wanted.name}; it is given {found.name}",)


def _options(name: str, crf: int | None, preset: str | None) -> dict[str, str]:
    options: dict[str, str] = {}
    if name in _CRF:
        quality = _CRF[name] if crf is None else crf
        if not 0 <= quality <= _WORST_CRF[name]:
            raise UsageError(
                f"expected --crf from 0 to {_WORST_CRF[name]} for {name}, found {quality}"
            )
        options["crf"] = str(quality)
    elif crf is not None:
        if name in _LOSSLESS:
            raise UsageError(f"{name} has no --crf; leave it out")
        key = {"nvenc": "cq", "qsv": "global_quality"}.get(name.rpartition("_")[2], "qp")
        options[key] = str(crf)
    if name == "libvpx-vp9":
        options |= {"b": "0", "row-mt": "1", "deadline": "good", "cpu-used": preset or "5"}
    elif name in ("libx264", "libx265") and preset not in (None, *_X264_PRESETS):
        # FFmpeg would print a line of its own as well.
        expected = ", ".join(_X264_PRESETS)
        raise UsageError(f"{name} has the presets {expected}; found {preset!r}")
    elif preset is not None or name in _PRESET:
        options["preset"] = preset or _PRESET[name]
    if name == "libx265":
        options["x265-params"] = "log-level=error"
    return options


def _siting(name: str, film: Film, options: dict[str, str]) -> dict[str, str]:
    """H.264's and HEVC's own tag of where chroma lies; "left" is what silence means."""
    if film.siting == "left" or film.layout.subsampling != (2, 2):
        return {}
    text = f"chromaloc={list(SITINGS).index(film.siting)}"
    if name == "libx264":
        return {"x264-params": text}
    if name == "libx265":
        return {"x265-params": f"{options['x265-params']}:{text}"}
    return {}


def _check_even(settings: EncoderSettings) -> None:
    if settings.layout.subsampling is None:
        return
    down, across = settings.layout.subsampling
    if settings.height % down or settings.width % across:
        raise UsageError(
            f"{settings.layout.name} needs sides that are multiples of {across}x{down}, found "
            f"{settings.width}x{settings.height}; ask for another --scale or --height"
        )


class SegmentEncoder:
    """Encodes one segment: its first frame is a key frame, and nothing in it needs another one.

    Raises:
        UsageError: the encoder does not take its settings.
    """

    def __init__(self, settings: EncoderSettings, global_header: bool) -> None:
        self._settings = settings
        self._context: Any = av.CodecContext.create(settings.name, "w")
        settings.apply(self._context)
        if global_header:
            self._context.flags |= int(av.codec.context.Flags.global_header)
        try:
            self._context.open()
        except (av.error.FFmpegError, ValueError) as error:
            raise UsageError(
                f"{settings.name} cannot be used with these settings here ({reason(error)}); "
                "another --codec, --preset or --crf may do"
            ) from error

    @property
    def header(self) -> bytes:
        """What containers keep of the encoder apart from its packets."""
        return bytes(self._context.extradata or b"")

    def encode(self, frame: Any, pts: int, duration: int) -> Iterator[Sealed]:
        """The packets that are ready after a frame."""
        if frame.format.name != self._settings.layout.name:
            frame = frame.reformat(format=self._settings.layout.name)
        frame.pts, frame.time_base = pts, self._settings.time_base
        frame.duration = duration
        colours = self._settings.colours
        frame.color_range, frame.colorspace = colours.range, colours.space
        frame.color_primaries, frame.color_trc = colours.primaries, colours.transfer
        return self._sealed(frame)

    def finish(self) -> Iterator[Sealed]:
        """The packets that are left."""
        return self._sealed(None)

    def _sealed(self, frame: Any) -> Iterator[Sealed]:
        try:
            for packet in self._context.encode(frame):
                yield Sealed(bytes(packet), packet.pts, packet.duration or 0, packet.is_keyframe)
        except av.error.FFmpegError as error:
            raise VideoError(f"{self._settings.name} failed ({reason(error)})") from error


def decode_times(pts: Iterable[int], step: int) -> list[int]:
    """Decoding times for packets in the order of decoding, as one encoder would have given.

    A packet is decoded when its turn comes in the order of presentation, moved ahead by as many
    frames as the encoder reorders, so that none is decoded after it is shown.

    Args:
        pts: timestamps in the order of decoding, all different.
        step: of the timestamps, before the first frame.
    """
    given = list(pts)
    shown = sorted(given)
    place = {value: number for number, value in enumerate(shown)}
    ahead = max((number - place[value] for number, value in enumerate(given)), default=0)
    early = [shown[0] - step * number for number in range(ahead, 0, -1)] if shown else []
    return (early + shown)[: len(given)]
