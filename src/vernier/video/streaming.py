"""`vernier.stream`: frames that are there in time, as good as the machine allows just then."""

from __future__ import annotations

import dataclasses
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Literal

from vernier.errors import UsageError, VideoError
from vernier.video.bounded import BoundedThread
from vernier.video.damage import Damage
from vernier.video.decoding import decode
from vernier.video.governor import Pace, Rung, first_state, observe
from vernier.video.library import av
from vernier.video.passes import Picture, picture_of
from vernier.video.pixel_format import FULL_RANGE, assumed_matrix, nearest_planar
from vernier.video.planes import as_layout
from vernier.video.probing import probe, reason
from vernier.video.rungs import NETWORKS, Ladder
from vernier.video.signals import SignalReader, Signals

AHEAD_FRAMES = 2
"""A frame may be begun so many periods before it is due."""
STANDARD = "-"


@dataclass(frozen=True)
class FrameRecord:
    """How a frame went.

    Attributes:
        number: from 0.
        rung: name of the plan that computed it.
        took_ms: the plan's time.
        slack_ms: from when it was there to when it was due; negative where it was late.
        copied: it equalled the frame before.
        signals: what the machine said of itself.
    """

    number: int
    rung: str
    took_ms: float
    slack_ms: float
    copied: bool
    signals: Signals

    @property
    def on_time(self) -> bool:
        """Whether it was there when it was due."""
        return self.slack_ms >= 0


@dataclass(frozen=True)
class StreamReport:
    """How a stream went.

    Attributes:
        frames: that were given.
        on_time: share of them that were there when they were due.
        quality: mean of what the plans gain over bicubic, in dB; a late frame counts as 0.
        switches_per_minute: changes of plan.
        share: of frames by plan.
        rungs: the plans that there were, the cheapest first.
    """

    frames: int
    on_time: float
    quality: float
    switches_per_minute: float
    share: dict[str, float]
    rungs: tuple[Rung, ...]


Policy = Literal["governor", "fastest", "fixed"]


def stream(
    source: str | Path,
    out: str | Path | None = None,
    *,
    fps: float | None = None,
    scale: int = 2,
    networks: Sequence[str] = NETWORKS,
    bundles: Sequence[str | Path] = (),
    container: Literal["nut", "y4m"] = "nut",
    policy: Policy = "governor",
    paced: bool = True,
    frames: int | None = None,
    threads: int = 0,
    memory_bytes: int = 1 << 30,
    log: str | Path | None = None,
    on_frame: Callable[[Any, FrameRecord], None] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> StreamReport:
    """Enlarge a film frame by frame, each by its deadline.

    Each frame is computed by the best-looking plan that is predicted to be in time, by how long the
    last frames took; under load or heat it is a cheaper one within two frames.

    Args:
        source: a film, or "-" for standard input: y4m, NUT, or whatever else FFmpeg knows there.
        out: a file, "-" for standard output, or None for nowhere.
        fps: frames a second; None for the film's own.
        scale: whole factor that the networks have.
        networks: to choose from.
        bundles: to choose from besides, as those of a front of `vernier pareto`.
        container: of the raw frames: NUT, with the film's times, or y4m.
        policy: "governor"; or to compare with, "fastest" or "fixed", the plan that an idle machine
            would choose.
        paced: begin frames no earlier than the clock asks; else as fast as they are taken.
        frames: end after so many.
        threads: of the CPU; 0 for all cores.
        memory_bytes: for all plans together.
        log: a file for a line of JSON on each frame.
        on_frame: called with each PyAV frame and how it went.
        say: told the plans, and which were left out and why.

    Raises:
        UsageError: what is asked for cannot be meant.
        VideoError: the film cannot be read, or the output not be written.
    """
    if fps is not None and not 0 < fps <= 1000:
        raise UsageError(f"expected between 0 and 1000 frames a second, found {fps}")
    if policy not in ("governor", "fastest", "fixed"):
        raise UsageError(f"expected the policy governor, fastest or fixed, found {policy!r}")
    if container not in ("nut", "y4m"):
        raise UsageError(f"expected the container nut or y4m, found {container!r}")
    with ExitStack() as stack:
        origin = _open(source)
        stack.callback(origin.close)
        rate = Fraction(fps).limit_denominator(1001) if fps is not None else origin.rate
        pace = Pace(1000 / float(rate))
        ladder = Ladder(
            origin.picture,
            scale,
            pace.period_ms,
            networks=networks,
            bundles=tuple(map(Path, bundles)),
            threads=threads,
            memory_bytes=memory_bytes,
            say=say,
        )
        stack.callback(ladder.close)
        sink = _Sink(out, container, origin, rate, scale) if out is not None else None
        if sink is not None:
            stack.callback(sink.close)
        lines = stack.enter_context(Path(log).open("w")) if log is not None else None
        read = stack.enter_context(BoundedThread(lambda: origin.frames, 4, "vernier-decode"))
        made = stack.enter_context(
            BoundedThread(
                lambda: _computed(iter(read), ladder, pace, policy, paced, frames),
                AHEAD_FRAMES,
                "vernier-network",
            )
        )
        records: list[FrameRecord] = []
        for pts, result, record in made:
            records.append(record)
            _note(lines, record)
            if on_frame is not None:
                on_frame(result, record)
            if sink is not None:
                sink.put(result, pts)
        return _report(records, ladder.rungs, pace)


@dataclass
class _Origin:
    """Where frames come from."""

    picture: Picture
    rate: Fraction
    time_base: Fraction
    colours: tuple[int, int, int, int]
    frames: Iterator[tuple[int, Any]]
    close: Callable[[], None]


def _open(source: str | Path) -> _Origin:
    if str(source) == STANDARD:
        return _standard_input()
    film = probe(Path(source))
    decoded = decode(film, Damage())
    about = film.colours
    return _Origin(
        picture_of(film),
        film.rate,
        film.time_base,
        (about.range, about.space, about.primaries, about.transfer),
        ((one.pts, one.frame) for one in decoded),
        lambda: None,
    )


def _standard_input() -> _Origin:
    """A pipe can be read once: the first frame says what the others are."""
    try:
        container = av.open("pipe:0", "r", options={"probesize": "1000000"})
        if not container.streams.video:
            raise VideoError("standard input: has no video stream; expected y4m or NUT")
        video = container.streams.video[0]
        frames = container.decode(video)
        first = next(frames)
    except (av.error.FFmpegError, StopIteration) as error:
        raise VideoError(
            f"standard input: cannot be read as video ({reason(error) or 'it is empty'}); expected "
            "y4m or NUT, as of ffmpeg -f yuv4mpegpipe -"
        ) from error
    layout = nearest_planar(first.format.name)
    full = first.color_range == FULL_RANGE or layout.full_range
    base = video.time_base or Fraction(1, 90000)

    def all_frames() -> Iterator[tuple[int, Any]]:
        for number, frame in enumerate(_chain(first, frames)):
            pts = number if frame.pts is None else frame.pts
            yield pts, as_layout(frame, layout, None)

    return _Origin(
        Picture(
            first.height,
            first.width,
            layout,
            full,
            "left",
            assumed_matrix(first.colorspace, first.height),
        ),
        Fraction(video.average_rate or 25),
        base,
        (2 if full else 1, first.colorspace, first.color_primaries, first.color_trc),
        all_frames(),
        container.close,
    )


def _chain(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _computed(
    frames: Iterator[tuple[int, Any]],
    ladder: Ladder,
    pace: Pace,
    policy: Policy,
    paced: bool,
    most: int | None,
) -> Iterator[tuple[int, Any, FrameRecord]]:
    """Frames by their deadlines.

    A frame is due a period after the one before. A late frame moves all that follow, and so does
    whoever takes frames slower than that.
    """
    rungs, period = ladder.rungs, pace.period_ms / 1e3
    state, signals = first_state(rungs, pace), SignalReader()
    if policy == "fastest":
        state = dataclasses.replace(state, rung=0)
    before: Any = None
    before_made: Any = None
    before_rung = -1
    due: float | None = None
    for number, (pts, frame) in enumerate(frames):
        if most is not None and number >= most:
            return
        if due is not None and paced:
            time.sleep(max(0.0, due - AHEAD_FRAMES * period - time.perf_counter()))
        rung = state.rung
        started = time.perf_counter()
        known = before if rung == before_rung else None
        made, computed = ladder.compute(rung, frame, known, before_made)
        ended = time.perf_counter()
        took_ms = (ended - started) * 1e3
        if due is None:
            due = ended
        now = signals.read()
        record = FrameRecord(
            number, rungs[rung].name, round(took_ms, 3), round((due - ended) * 1e3, 3),
            not computed, now,
        )  # fmt: skip
        if computed and number and policy == "governor":
            state = observe(state, rungs, pace, took_ms, hot=now.hot)
        before, before_made, before_rung = frame, made, rung
        yield pts, made, record
        taken = time.perf_counter()
        # Late, or taken late: the next one is due a period after this one really went.
        due = max(due, ended) + period
        if taken - ended > AHEAD_FRAMES * period:
            due = max(due, taken)


def _note(lines: IO[str] | None, record: FrameRecord) -> None:
    if lines is not None:
        lines.write(json.dumps(dataclasses.asdict(record)) + "\n")


def _report(records: Sequence[FrameRecord], rungs: tuple[Rung, ...], pace: Pace) -> StreamReport:
    count = len(records)
    if not count:
        raise VideoError("not one frame came")
    gain = {rung.name: rung.quality for rung in rungs}
    names = [record.rung for record in records]
    switches = sum(a != b for a, b in itertools.pairwise(names))
    return StreamReport(
        frames=count,
        on_time=sum(record.on_time for record in records) / count,
        quality=statistics.fmean(gain[r.rung] if r.on_time else 0.0 for r in records),
        switches_per_minute=switches / (count * pace.period_ms / 60_000),
        share={name: names.count(name) / count for name in gain},
        rungs=rungs,
    )


class _Sink:
    """Raw frames into a file or a pipe."""

    def __init__(
        self,
        out: str | Path,
        container: str,
        origin: _Origin,
        rate: Fraction,
        scale: int,
    ) -> None:
        self._name = "standard output" if str(out) == STANDARD else str(out)
        target = "pipe:1" if str(out) == STANDARD else str(out)
        names = {"nut": "nut", "y4m": "yuv4mpegpipe"}
        picture = origin.picture
        try:
            self._container = av.open(
                target, "w", format=names[container], options={"flush_packets": "1"}
            )
            codec = "rawvideo" if container == "nut" else "wrapped_avframe"
            self._stream: Any = self._container.add_stream(codec, rate=rate)
        except (ValueError, av.error.FFmpegError, OSError) as error:
            raise VideoError(f"{self._name}: cannot be written ({reason(error)})") from error
        context: Any = self._stream.codec_context
        context.width, context.height = picture.width * scale, picture.height * scale
        context.pix_fmt = picture.layout.name
        self._base = origin.time_base if container == "nut" else 1 / rate
        self._counted = 0 if container == "y4m" else None
        context.time_base = self._base
        (context.color_range, context.colorspace, context.color_primaries, context.color_trc) = (
            origin.colours
        )
        self._origin = origin

    def put(self, frame: Any, pts: int) -> None:
        """Write a frame."""
        frame.pts = pts if self._counted is None else self._counted
        if self._counted is not None:
            self._counted += 1
        frame.time_base = self._base
        colours = self._origin.colours
        frame.color_range, frame.colorspace = colours[:2]
        frame.color_primaries, frame.color_trc = colours[2:]
        try:
            self._container.mux(self._stream.encode(frame))
        except av.error.BrokenPipeError:
            raise BrokenPipeError from None
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(f"{self._name}: cannot be written ({reason(error)})") from error

    def close(self) -> None:
        """Write what is left."""
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.error.FFmpegError, OSError):
            # Whoever read has gone, or the disk is full: said when the frame was written.
            pass
