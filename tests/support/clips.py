"""Small films of every kind, by FFmpeg's own generators through PyAV; and ffprobe's account."""

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

RATE = 24


def pictures(width, height, count, pix_fmt="yuv420p", source="testsrc2"):
    """Frames of one of FFmpeg's test sources, without timestamps."""
    graph = av.filter.Graph()
    nodes = (
        graph.add(source, f"size={width}x{height}:rate={RATE}"),
        graph.add("format", f"pix_fmts={pix_fmt}"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()
    made = []
    for _ in range(count):
        frame = graph.vpull()
        frame.pts = None
        made.append(frame)
    return made


def still_pictures(width, height, count, pix_fmt="yuv420p"):
    """A screen on which only a small square moves, one step every other frame."""
    base = pictures(width, height, 1, pix_fmt)[0]
    planes = [np.array(plane) for plane in base.to_ndarray()[:, :]]
    whole = np.stack(planes)
    made = []
    for number in range(count):
        now = whole.copy()
        x = 2 * (number // 2)
        now[2:10, x : x + 8] = 255 - now[2:10, x : x + 8]
        made.append(av.VideoFrame.from_ndarray(now, format=pix_fmt))
    return made


def make_film(
    path,
    *,
    width=96,
    height=64,
    frames=24,
    pix_fmt="yuv420p",
    codec="libx264",
    options=None,
    times=None,
    time_base=Fraction(1, 12288),
    audio=0,
    audio_start=0.0,
    subtitles=0,
    chapters=(),
    attachment=None,
    rotation=None,
    aspect=None,
    colours=None,
    metadata=None,
    made=None,
):
    """A film; `times` are timestamps in `time_base`, else 24 frames a second."""
    path = Path(path)
    step = round(1 / (RATE * time_base))
    with av.open(str(path), "w") as out:
        out.metadata.update(metadata or {})
        video = out.add_stream(codec, rate=RATE, options={"g": "12", **(options or {})})
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        video.codec_context.time_base = time_base
        if aspect is not None:
            video.codec_context.sample_aspect_ratio = aspect
        if colours is not None:
            (
                video.codec_context.color_range,
                video.codec_context.colorspace,
                video.codec_context.color_primaries,
                video.codec_context.color_trc,
            ) = colours
        if rotation is not None:
            video.set_display_rotation(rotation)
        sounds = []
        for number in range(audio):
            sound = out.add_stream("aac", rate=16000, layout="mono")
            sound.metadata["language"] = ("eng", "deu", "fra")[number]
            sounds.append(sound)
        texts = [out.add_mux_stream("subrip") for _ in range(subtitles)]
        if attachment is not None:
            out.add_attachment(*attachment)
        if chapters:
            out.set_chapters(list(chapters))
        pictures_ = made if made is not None else pictures(width, height, frames, pix_fmt)
        for number, picture in enumerate(pictures_):
            picture.pts = times[number] if times is not None else number * step
            picture.time_base = time_base
            if colours is not None:
                picture.color_range, picture.colorspace = colours[:2]
                picture.color_primaries, picture.color_trc = colours[2:]
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
        for number, sound in enumerate(sounds):
            tone = np.sin(np.arange(16000) * (0.05 + 0.02 * number))[None].astype(np.float32)
            for first in range(0, 16000, 1024):
                part = av.AudioFrame.from_ndarray(tone[:, first : first + 1024], "fltp", "mono")
                part.sample_rate = 16000
                part.pts = first + int(audio_start * 16000)
                part.time_base = Fraction(1, 16000)
                out.mux(sound.encode(part))
            out.mux(sound.encode(None))
        for text in texts:
            packet = av.Packet(b"Hello")
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = 100
            packet.duration = 500
            out.mux(packet)
    return path


def ffprobe(path, *wanted):
    """What Debian's ffprobe, which is another build of another version, says of a film."""
    if shutil.which("ffprobe") is None:
        pytest.skip("no ffprobe here; apt-get install ffmpeg")
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", *wanted, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def streams(path):
    """ffprobe's streams."""
    return ffprobe(path, "-show_streams")["streams"]


def video_times(path):
    """Presentation times of the first video stream, in seconds as exact fractions, sorted."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        return sorted(p.pts * p.time_base for p in film.demux(stream) if p.size)


def packet_bytes(path, kind):
    """The packets of all streams of a kind."""
    with av.open(str(path)) as film:
        found = film.streams.get(**{kind: tuple(range(len(getattr(film.streams, kind))))})
        return [(p.stream_index, bytes(p)) for p in film.demux(found) if p.size]


def decoded(path):
    """All frames' planes, as arrays."""
    with av.open(str(path)) as film:
        return [frame.to_ndarray() for frame in film.decode(film.streams.video[0])]


def frame_hashes(path):
    """Each frame's time and a hash of its samples."""
    with av.open(str(path)) as film:
        return [
            (frame.pts * frame.time_base, hash(frame.to_ndarray().tobytes()))
            for frame in film.decode(film.streams.video[0])
        ]
