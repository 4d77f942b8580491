"""`vernier.video`: a film in, a larger film out, decoding, network and encoder at the same time."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError, VideoError
from vernier.files import into_place
from vernier.runtime.choice import Prefer
from vernier.runtime.engine import Engine, native_scale
from vernier.version import VERSION
from vernier.video.bounded import BoundedThread
from vernier.video.damage import Damage
from vernier.video.decoding import Decoded, decode
from vernier.video.encoder import EncoderSettings, SegmentEncoder, encoder_settings
from vernier.video.enlarging import Enlarged, FrameEnlarger, choose_engines
from vernier.video.frame_folders import (
    FolderWriter,
    finished_frames,
    is_folder,
    png_settings,
)
from vernier.video.journal import Heading, Journal, journal_folder
from vernier.video.library import av
from vernier.video.muxing import Cut, check_container, wants_global_header, write_film
from vernier.video.passes import picture_of
from vernier.video.preview import Preview
from vernier.video.probing import USUAL_RATE, Film, probe
from vernier.video.segmenting import SegmentWriter
from vernier.video.status import Status, StatusClock, ignore_status

QUEUED_FRAMES = 4
"""Between decoder and network, and between network and encoder."""
LARGEST_FACTOR = 16.0


@dataclass(frozen=True)
class VideoRequest:
    """What is asked for; see `video` for the fields."""

    network: str = "sesr-m5"
    scale: float | None = None
    height: int | None = None
    bundle: Path | None = None
    processor: str = "auto"
    prefer: Prefer = Prefer.SPEED
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    start: float | None = None
    end: float | None = None
    interlaced: Literal["refuse", "deinterlace", "keep"] = "refuse"
    reuse: bool = True
    threads: int = 0
    memory_bytes: int = 1 << 29
    allow_inexact: bool = False


@dataclass(frozen=True)
class VideoReport:
    """What became of a film.

    Attributes:
        target: the result.
        size: its height and width.
        frames: in it.
        resumed: of those, how many an earlier run had finished.
        seconds: that this run took.
        processor: that computed.
        codec: FFmpeg's encoder.
        reused: share of luma's tiles that equalled the frame before, from 0 to 1.
        bytes: of the result.
        how: sentences on what was chosen and why.
        damage: one sentence on what could not be decoded; empty of a sound film.
    """

    target: Path
    size: tuple[int, int]
    frames: int
    resumed: int
    seconds: float
    processor: str
    codec: str
    reused: float
    bytes: int
    how: tuple[str, ...]
    damage: str


@dataclass
class Work:
    """All that one run needs.

    Attributes:
        film: what is enlarged.
        request: what is asked for.
        target: the result.
        settings: of the encoder.
        engines: that compute.
        how: sentences on what was chosen and why.
        cut: the part that is asked for.
        damage: what could not be decoded.
    """

    film: Film
    request: VideoRequest
    target: Path
    settings: EncoderSettings
    engines: list[Engine]
    how: list[str]
    cut: Cut
    damage: Damage = field(default_factory=Damage)

    @property
    def processor(self) -> str:
        """Of each pass, joined by +."""
        return "+".join(str(p) for engine in self.engines for p in engine.processors)


def video(
    source: str | Path,
    target: str | Path,
    *,
    scale: float | None = None,
    height: int | None = None,
    network: str = "sesr-m5",
    bundle: str | Path | None = None,
    processor: str = "auto",
    prefer: Literal["quality", "speed"] = "speed",
    codec: str | None = None,
    crf: int | None = None,
    preset: str | None = None,
    start: float | None = None,
    end: float | None = None,
    interlaced: Literal["refuse", "deinterlace", "keep"] = "refuse",
    reuse: bool = True,
    threads: int = 0,
    memory_bytes: int = 1 << 29,
    allow_inexact: bool = False,
    fps: float | None = None,
    overwrite: bool = False,
    restart: bool = False,
    preview_seconds: float | None = None,
    status: Callable[[Status], None] = ignore_status,
    say: Callable[[str], None] = lambda _: None,
) -> VideoReport:
    """Enlarge a film: luma by the network, chroma by bicubic, everything else copied.

    What is finished is kept beside the result until all is. The same call goes on from there,
    whatever ended the one before, and gives the same film.

    Args:
        source: a film that FFmpeg reads, or a folder of PNG frames in the order of their names.
        target: the result; its suffix says the container. A folder, or a name without suffix,
            gets PNG frames.
        scale: enlargement, above 1 and at most 16; None for the network's own.
        height: lines of the result, instead of a scale; its width follows.
        network: one that comes with Vernier.
        bundle: a bundle to run instead.
        processor: `ENGINE:DEVICE:PRECISION`, or "auto".
        prefer: what "auto" may give away, as `Upscaler`; "speed" unless said otherwise, as a film
            has many frames and an encoder loses more than INT8 does.
        codec: "h264", "hevc", "av1", "vp9", "ffv1", "prores", or any encoder of FFmpeg's by name.
        crf: the encoder's constant quality.
        preset: the encoder's word for its effort.
        start: second of the film to begin at.
        end: second of the film to end before.
        interlaced: what to do with a film of fields: refuse it, make whole frames of it first, or
            take it as if it were of whole frames.
        reuse: copy what equals the frame before; the result is the same without.
        threads: of the CPU; 0 for all cores.
        memory_bytes: for the networks' tiles.
        allow_inexact: run a processor that is named even where its numbers are wrong.
        fps: frames per second of a folder; 24 if absent.
        overwrite: replace a result that is there.
        restart: throw away what an earlier run has finished.
        preview_seconds: write `TARGET.preview.png`, before and after, every so often.
        status: told of how far it is, about twice a second.
        say: told what was chosen and why, before the first frame is computed.

    Returns:
        What became of it.

    Raises:
        VideoError: the film cannot be read, or the result not be written.
        UsageError: what is asked for cannot be meant.
        NetworkError, BundleError, ProcessorError: as `Upscaler`.
        MissingExtraError: PyAV is not installed.
    """
    request = video_request(
        network=network,
        scale=scale,
        height=height,
        bundle=bundle,
        processor=processor,
        prefer=prefer,
        codec=codec,
        crf=crf,
        preset=preset,
        start=start,
        end=end,
        interlaced=interlaced,
        reuse=reuse,
        threads=threads,
        memory_bytes=memory_bytes,
        allow_inexact=allow_inexact,
    )
    return convert(
        Path(source),
        Path(target),
        request,
        fps=fps,
        overwrite=overwrite,
        restart=restart,
        preview_seconds=preview_seconds,
        status=status,
        say=say,
    )


def video_request(
    *, bundle: str | Path | None = None, prefer: str = Prefer.SPEED, **fields: Any
) -> VideoRequest:
    """What is asked for, of the arguments of `video`.

    Raises:
        UsageError: it prefers what cannot be preferred.
    """
    return VideoRequest(
        bundle=None if bundle is None else Path(bundle), prefer=_prefer(prefer), **fields
    )


Rest = Callable[["Work", Journal, StatusClock, float | None], None]
"""Enlarges what earlier runs have not finished into the journal: see `_enlarge_rest`."""


def convert(
    source: Path,
    target: Path,
    request: VideoRequest,
    *,
    fps: float | None = None,
    overwrite: bool = False,
    restart: bool = False,
    preview_seconds: float | None = None,
    status: Callable[[Status], None] = ignore_status,
    say: Callable[[str], None] = lambda _: None,
    rest: Rest | None = None,
) -> VideoReport:
    """As `video`; `rest` may compute elsewhere what is left."""
    _check_target(source, target, overwrite)
    film = probe(source, _rate(source, fps))
    with ExitStack() as stack:
        journal = stack.enter_context(Journal.open(target))
        if restart:
            journal.clear()
        try:
            work = _prepared(film, request, target, journal)
            for line in work.how:
                say(line)
            return _run(work, journal, preview_seconds, status, rest or _enlarge_rest)
        except BaseException:
            if not (journal.segments or (is_folder(target) and journal.heading)):
                # Nothing to go on from.
                journal.remove()
            raise


def _prefer(prefer: str) -> Prefer:
    if prefer not in list(Prefer):
        raise UsageError(f"expected to prefer {' or '.join(Prefer)}, found {prefer!r}")
    return Prefer(prefer)


def _rate(source: Path, fps: float | None) -> Fraction:
    if fps is None:
        return USUAL_RATE
    if not source.is_dir():
        raise UsageError("--fps is for folders of frames; a film has its own times")
    if not 0 < fps <= 1000:
        raise UsageError(f"expected between 0 and 1000 frames a second, found {fps}")
    return Fraction(fps).limit_denominator(1001)


def _check_target(source: Path, target: Path, overwrite: bool) -> None:
    if target.exists() and source.exists() and source.samefile(target):
        raise UsageError(f"{target}: is the film itself; give the result another name")
    if is_folder(target):
        if source.is_dir():
            raise UsageError(
                f"{source} and {target}: from folder to folder goes vernier upscale -o, without "
                "a film between"
            )
        begun = journal_folder(target).exists()
        if target.is_dir() and any(target.iterdir()) and not (overwrite or begun):
            raise UsageError(f"{target}: holds files already; allow overwriting or rename it")
    elif target.exists() and not overwrite:
        raise UsageError(f"{target}: exists already; allow overwriting or rename it")
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: is no folder")


def _prepared(film: Film, request: VideoRequest, target: Path, journal: Journal) -> Work:
    """Decide everything, and refuse what cannot be, before anything is computed."""
    if film.interlaced and request.interlaced == "refuse":
        raise UsageError(
            f"{film.path}: is interlaced, and a network would sharpen its combs; say --interlaced "
            "deinterlace to make whole frames of it first, or keep to take it as it is"
        )
    opened = None if request.bundle is None else open_bundle(request.bundle)
    size = result_size(film, request.scale, request.height, native_scale(request.network, opened))
    settings = _settings(film, request, size, target)
    cut = _cut(film, request)
    what = _identity(film, request, size, settings)
    journal.check(what, target)
    header = ""
    if not is_folder(target):
        header = SegmentEncoder(settings, wants_global_header(target)).header.hex()
        check_container(film, settings, target, journal.folder)
    before = journal.heading
    processor = request.processor if before is None else before.processor.partition("+")[0]
    if opened is not None and opened.pinned:
        processor = request.processor
    factor = max(size[0] / film.height, size[1] / film.width)
    engines, choice = choose_engines(
        request.network,
        request.bundle,
        factor,
        processor=processor,
        prefer=request.prefer,
        threads=request.threads,
        allow_inexact=request.allow_inexact,
    )
    work = Work(film, request, target, settings, engines, [], cut)
    why = "as the unfinished work began" if before else "as asked"
    first = choice.explain() if choice else [f"processor {work.processor} ({why})"]
    work.how = [*_said(work, size), *first, *film.notes, *settings.notes, *_rounding(work)]
    if before is None:
        journal.begin(Heading(what, work.processor, header))
    elif before.header != header:
        raise VideoError(
            f"{target}: the encoder is not the one that this was begun with; --restart begins anew"
        )
    return work


def _settings(
    film: Film, request: VideoRequest, size: tuple[int, int], target: Path
) -> EncoderSettings:
    if not is_folder(target):
        return encoder_settings(
            film,
            size,
            codec=request.codec,
            crf=request.crf,
            preset=request.preset,
            suffix=target.suffix.lower(),
        )
    if not (request.codec is None and request.crf is None and request.preset is None):
        raise UsageError("a folder gets PNG files; --codec, --crf and --preset are for films")
    return png_settings(film, size)


def _said(work: Work, size: tuple[int, int]) -> list[str]:
    film, settings = work.film, work.settings
    passes = " then ".join(f"x{engine.factor}" for engine in work.engines)
    deep = f", {film.bits} bits" if film.bits > 8 else ""
    options = " ".join(f"{key}={value}" for key, value in settings.options)
    luma = work.engines[0].bundle.manifest.network.channels == 1
    where = "luma, bicubic on chroma" if luma else "RGB, made of the planes and turned back"
    return [
        f"{film.width}x{film.height}{deep} to {size[1]}x{size[0]} by "
        f"{work.engines[0].bundle.manifest.network.name} {passes} on {where}; "
        f"{settings.name} {options}".rstrip()
    ]


def _rounding(work: Work) -> list[str]:
    """Matroska counts milliseconds, whatever the film counts."""
    if work.target.suffix.lower() not in (".mkv", ".webm"):
        return []
    thousandth = work.film.time_base * 1000
    if thousandth.denominator == 1:
        return []
    return [
        f"the film counts time in {work.film.time_base} s and Matroska in milliseconds: times are "
        "rounded to these; .mp4 and .mov keep them"
    ]


def result_size(
    film: Film, scale: float | None, height: int | None, native: int
) -> tuple[int, int]:
    """Height and width of a film's result.

    Raises:
        UsageError: both are given, or it is no enlargement.
    """
    if scale is not None and height is not None:
        raise UsageError("give --scale or --height, not both")
    down, across = film.layout.subsampling or (1, 1)
    if height is not None:
        factor = height / film.height
    else:
        factor = float(native if scale is None else scale)
    if not 1 < factor <= LARGEST_FACTOR:
        raise UsageError(
            f"expected an enlargement above 1 and up to {LARGEST_FACTOR:g}, found {factor:g} "
            f"({film.width}x{film.height})"
        )
    # Encoders want whole chroma samples.
    tall = height if height is not None else max(down, round(film.height * factor / down) * down)
    return tall, max(across, round(film.width * factor / across) * across)


def _cut(film: Film, request: VideoRequest) -> Cut:
    start, end = request.start, request.end
    for value, name in ((start, "--from"), (end, "--to")):
        if value is not None and value < 0:
            raise UsageError(f"expected {name} of 0 seconds or more, found {value:g}")
    if end is not None and end <= (start or 0.0):
        raise UsageError(f"--to {end:g} is not after --from {start or 0.0:g}")
    if start is not None and film.duration is not None and start >= film.duration:
        raise UsageError(f"--from {start:g} is behind the film's end at {film.duration:.3f} s")
    return Cut(
        film.start + (start or 0.0),
        None if end is None else film.start + end,
        start is not None,
    )


def _identity(
    film: Film, request: VideoRequest, size: tuple[int, int], settings: EncoderSettings
) -> dict[str, str]:
    """All that the result depends on, in words: the same, and it is the same film."""
    about = film.path.stat()
    if request.bundle is None:
        bundles = shipped_bundles(request.network, native_scale(request.network))
        network = sorted(
            s.entry.sha256 for path in bundles.values() for s in open_bundle(path).segments
        )
    else:
        network = sorted(s.entry.sha256 for s in open_bundle(request.bundle).segments)
    return {
        "film": f"{film.path.resolve()}, {about.st_size} bytes, {about.st_mtime_ns}",
        "network": f"{request.network if request.bundle is None else request.bundle} {network}",
        "processor": f"{request.processor}, {request.prefer}",
        "size": f"{size[1]}x{size[0]}",
        "encoder": f"{settings.name} {dict(settings.options)} {settings.layout.name}",
        "part": f"{request.start} to {request.end}",
        "interlaced": request.interlaced,
        "versions": f"vernier {VERSION}, PyAV {av.__version__}",
    }


def _run(
    work: Work,
    journal: Journal,
    preview_seconds: float | None,
    status: Callable[[Status], None],
    rest: Rest,
) -> VideoReport:
    film, target = work.film, work.target
    if is_folder(target):
        return _run_folder(work, journal, preview_seconds, status)
    resumed = sum(note.frames for note in journal.segments)
    clock = StatusClock(_expected_frames(work), resumed, status)
    started = time.perf_counter()
    for note in journal.segments:
        work.damage.moments += note.damage
    if not journal.is_complete:
        rest(work, journal, clock, preview_seconds)
    if not journal.segments:
        raise VideoError(f"{film.path}: not one frame of the part that was asked for")
    clock.finishing()
    partial = journal.folder / f"whole{target.suffix}"
    write_film(
        film,
        work.settings,
        journal.packets(),
        [pts for note in journal.segments for pts in note.pts],
        journal.segments[-1].last_duration,
        work.cut,
        partial,
        target,
    )
    into_place(partial, target)
    tiles = sum(note.tiles for note in journal.segments)
    computed = sum(note.computed for note in journal.segments)
    frames = sum(note.frames for note in journal.segments)
    journal.remove()
    clock.done(target.stat().st_size)
    return VideoReport(
        target=target,
        size=(work.settings.height, work.settings.width),
        frames=frames,
        resumed=resumed,
        seconds=time.perf_counter() - started,
        processor=work.processor,
        codec=work.settings.name,
        reused=1 - computed / tiles if tiles else 0.0,
        bytes=target.stat().st_size,
        how=tuple(work.how),
        damage=work.damage.explain(),
    )


def _run_folder(
    work: Work, journal: Journal, preview_seconds: float | None, status: Callable[[Status], None]
) -> VideoReport:
    """Frames as PNG files; those that are there are whole, and need no other journal."""
    size = (work.settings.height, work.settings.width)
    resumed = finished_frames(work.target) if journal.resumed else 0
    started = time.perf_counter()
    clock = StatusClock(_expected_frames(work), resumed, status)
    writer = FolderWriter(work.target, work.film, resumed)
    tiles = computed = total = frames = 0
    for _, result in enlarged_frames(work, None, resumed, preview_seconds):
        total += writer.add(result.frame)
        clock.segment(total)
        clock.frame(result.tiles, result.computed)
        tiles, computed, frames = tiles + result.tiles, computed + result.computed, frames + 1
    if not frames + resumed:
        raise VideoError(f"{work.film.path}: not one frame of the part that was asked for")
    journal.remove()
    clock.done(total)
    return VideoReport(
        target=work.target,
        size=size,
        frames=frames + resumed,
        resumed=resumed,
        seconds=time.perf_counter() - started,
        processor=work.processor,
        codec=work.settings.name,
        reused=1 - computed / tiles if tiles else 0.0,
        bytes=total,
        how=tuple(work.how),
        damage=work.damage.explain(),
    )


def _expected_frames(work: Work) -> int:
    """By the film's own account; 0 unknown."""
    film, request = work.film, work.request
    if request.start is None and request.end is None:
        return film.frames
    end = film.duration if request.end is None else request.end
    if end is None:
        return 0
    if film.duration is not None:
        end = min(end, film.duration)
    return max(0, round((end - (request.start or 0.0)) * film.rate))


def _enlarge_rest(
    work: Work, journal: Journal, clock: StatusClock, preview_seconds: float | None
) -> None:
    """What earlier runs have not finished, encoded."""
    after = journal.segments[-1].last if journal.segments else None
    writer = SegmentWriter(
        work.settings, wants_global_header(work.target), journal, work.damage, clock
    )
    for one, result in enlarged_frames(work, after, 0, preview_seconds):
        writer.add(result, one.pts, one.duration, one.key)
    writer.finish()


def enlarged_frames(
    work: Work,
    after: int | None,
    skipped: int,
    preview_seconds: float | None,
    until: int | None = None,
) -> Iterator[tuple[Decoded, Enlarged]]:
    """Decoder and network in threads of their own, with bounded queues behind each.

    Args:
        work: to do.
        after: only frames later than this timestamp.
        skipped: frames at the beginning that are not computed.
        preview_seconds: between two previews; None for none.
        until: only frames before this timestamp, where the part that is asked for ends later.
    """
    film, request = work.film, work.request
    picture = picture_of(film)
    preview = None if preview_seconds is None else Preview(work.target, preview_seconds)
    first, last = units_of_cut(work)
    ends = [end for end in (last, until) if end is not None]

    def decoded() -> Iterator[Decoded]:
        frames = decode(
            film,
            work.damage,
            after=after,
            first=first,
            end=min(ends, default=None),
            deinterlace=film.interlaced and request.interlaced == "deinterlace",
        )
        return itertools.islice(frames, skipped, None)

    with ExitStack() as stack:
        enlarger = FrameEnlarger(
            picture,
            work.engines,
            (work.settings.height, work.settings.width),
            threads=request.threads,
            memory_bytes=request.memory_bytes,
            reuse=request.reuse,
        )
        stack.callback(enlarger.close)
        frames = stack.enter_context(BoundedThread(decoded, QUEUED_FRAMES, "vernier-decode"))
        made = stack.enter_context(
            BoundedThread(
                lambda: _enlarged(frames, enlarger, preview), QUEUED_FRAMES, "vernier-network"
            )
        )
        yield from made


def units_of_cut(work: Work) -> tuple[int | None, int | None]:
    """First timestamp of the part that is asked for, and the one before which it ends."""
    film, cut = work.film, work.cut
    return (
        _units(cut.start, film) if cut.moves else None,
        None if cut.end is None else _units(cut.end, film),
    )


def _units(seconds: float, film: Film) -> int:
    return round(seconds / film.time_base)


def _enlarged(
    frames: Iterable[Decoded], enlarger: FrameEnlarger, preview: Preview | None
) -> Iterator[tuple[Decoded, Enlarged]]:
    """Results in order, with one frame more begun than there are workers."""
    waiting: deque[tuple[Decoded, Future[Enlarged]]] = deque()

    def next_result() -> tuple[Decoded, Enlarged]:
        one, future = waiting.popleft()
        result = future.result()
        if preview is not None:
            preview.show(one.frame, result.frame, enlarger.picture)
        return replace(one, frame=None), result

    for one in frames:
        waiting.append((one, enlarger.submit(one.frame)))
        if len(waiting) > enlarger.workers:
            yield next_result()
    while waiting:
        yield next_result()
