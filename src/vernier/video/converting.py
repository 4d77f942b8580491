"""`vernier.video`: a film in, a larger film out, decoding, network and encoder at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from vernier.errors import VideoError
from vernier.files import into_place
from vernier.video.enlarged_frames import enlarged_frames
from vernier.video.frame_folders import FolderWriter, finished_frames, is_folder
from vernier.video.journal import Journal
from vernier.video.muxing import wants_global_header, write_film
from vernier.video.preparing import check_target, frame_rate, prepared
from vernier.video.probing import probe
from vernier.video.segmenting import SegmentWriter
from vernier.video.status import Status, StatusClock, ignore_status
from vernier.video.work import VideoReport, VideoRequest, Work, video_request


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
        status: called with how far it is, about twice a second.
        say: called with what was chosen and why, before the first frame is computed.

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


Rest = Callable[[Work, Journal, StatusClock, float | None], None]
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
    check_target(source, target, overwrite)
    film = probe(source, frame_rate(source, fps))
    with ExitStack() as stack:
        journal = stack.enter_context(Journal.open(target))
        if restart:
            journal.clear()
        try:
            work = prepared(film, request, target, journal)
            for line in work.how:
                say(line)
            return _run(work, journal, preview_seconds, status, rest or _enlarge_rest)
        except BaseException:
            if not (journal.segments or (is_folder(target) and journal.heading)):
                # Nothing to go on from.
                journal.remove()
            raise


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
