"""A film's frames enlarged, in order: decoder and network at the same time."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace

from vernier.video.bounded import BoundedThread
from vernier.video.decoding import Decoded, decode
from vernier.video.enlarging import Enlarged, FrameEnlarger
from vernier.video.passes import picture_of
from vernier.video.preview import Preview
from vernier.video.probing import Film
from vernier.video.work import Work

QUEUED_FRAMES = 4
"""Between decoder and network, and between network and encoder."""


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
