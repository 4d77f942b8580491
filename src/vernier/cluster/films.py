"""`vernier.video_on_cluster`: a film's segments, made on many machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from vernier.cluster.board import Board
from vernier.cluster.crew import AUTO, Crew, Terms
from vernier.cluster.film_worker import FilmOrder, FilmWorker, SegmentMade
from vernier.cluster.ray_library import LOCAL, connected, ray_library
from vernier.cluster.reference import difference, reference_picture
from vernier.errors import UsageError, VideoError
from vernier.files import write_whole
from vernier.video.boundaries import Stretch, stretches
from vernier.video.converting import convert
from vernier.video.enlarged_frames import units_of_cut
from vernier.video.frame_folders import is_folder
from vernier.video.journal import Journal
from vernier.video.status import Status, StatusClock, ignore_status
from vernier.video.work import VideoReport, Work, video_request


def video_on_cluster(
    source: str | Path,
    target: str | Path,
    *,
    cluster: str = LOCAL,
    fps: float | None = None,
    overwrite: bool = False,
    restart: bool = False,
    status: Callable[[Status], None] = ignore_status,
    say: Callable[[str], None] = lambda _: None,
    **request: Any,
) -> VideoReport:
    """Enlarge a film on the machines of a Ray cluster: `vernier.video`, segment by segment.

    Segments begin at key frames and are made by whichever machine is free. The journal is that of
    `vernier.video`: either goes on where the other stopped, and both make the same film. One
    processor computes all of it, so that no segment looks other than its neighbours; machines that
    have not got it are put aside.

    Args:
        source: a film that all machines see under this path.
        target: the result, in a folder that all machines see.
        cluster: address of a Ray cluster, as 10.0.0.1:6379, or "local" for this machine alone.
        fps: as `video`, and so on.
        overwrite: replace a result that is there.
        restart: throw away what an earlier run has finished.
        status: called with how far it is.
        say: called with what was chosen, and what happens to machines.
        request: other arguments of `video`.

    Raises:
        UsageError: frames as files, or a film without timestamps.
        VideoError, NetworkError, BundleError: as `video`.
        ProcessorError: there is no cluster, or no machine of it can compute this.
        MissingExtraError: Ray or PyAV is not installed.
    """
    ray_library(cluster)
    source, target = Path(source).absolute(), Path(target).absolute()
    if source.is_dir() or is_folder(target):
        raise UsageError("a cluster makes films of films; frames as files go without --cluster")
    asked = video_request(**request)

    def rest(work: Work, journal: Journal, clock: StatusClock, _preview: float | None) -> None:
        _segments(work, journal, clock, cluster, say)

    return convert(
        source,
        target,
        asked,
        fps=fps,
        overwrite=overwrite,
        restart=restart,
        status=status,
        say=say,
        rest=rest,
    )


def _segments(
    work: Work, journal: Journal, clock: StatusClock, cluster: str, say: Callable[[str], None]
) -> None:
    """What is left of a film into its journal."""
    film = work.film
    if not film.timestamps:
        raise UsageError(f"{film.path}: has no timestamps; it goes without --cluster")
    after = journal.segments[-1].last if journal.segments else None
    order = stretches(film, after, *units_of_cut(work))
    keeper = _Keeper(order, journal, clock, work)
    board = Board(stretch for stretch in order if stretch not in keeper.waiting)
    keeper.move_on()
    if not board.is_done:
        _compute(work, journal, board, keeper, cluster, say)
    if board.given_up:
        first = board.given_up[0]
        raise VideoError(
            f"{film.path}: {len(board.given_up)} of {len(order)} segments failed ({first.fault}); "
            "what is done is kept, and the same command goes on from there"
        )
    journal.complete()


def _compute(
    work: Work,
    journal: Journal,
    board: Board[Stretch],
    keeper: _Keeper,
    cluster: str,
    say: Callable[[str], None],
) -> None:
    heading = journal.heading
    assert heading is not None
    request, settings = work.request, work.settings
    factor = max(settings.height / work.film.height, settings.width / work.film.width)
    pinned = work.engines[0].bundle.pinned
    processor = AUTO if pinned else heading.processor.partition("+")[0]
    bundle = None if request.bundle is None else str(request.bundle)
    reference = reference_picture(request.network, factor, bundle, None)

    def order(threads: int, _machine: str) -> tuple[FilmOrder]:
        return (
            FilmOrder(
                work.film, request, work.target, settings, factor, work.cut, heading.header,
                threads,
            ),
        )  # fmt: skip

    def failed(stretch: Stretch, fault: str, again: bool) -> None:
        where = "it is tried on another machine" if again else "it is given up"
        say(f"segment after {stretch.after}: {fault}; {where}")

    with connected(cluster) as ray:
        Crew(
            ray,
            board,
            Terms(
                FilmWorker,
                order,
                request.threads,
                processor,
                {},
                lambda _kind, _processor: None,
                lambda made: difference(made, reference, processor, "speed"),
                keeper.add,
                failed,
                say,
                lambda: None,
                # A segment may take minutes, and cannot be taken back: each brings its own trial.
                0,
            ),
        ).run()


class _Keeper:
    """Segments come in any order and go into the journal in theirs; those too early wait in files.

    Attributes:
        waiting: segments that came before one that precedes them.
    """

    def __init__(
        self, order: list[Stretch], journal: Journal, clock: StatusClock, work: Work
    ) -> None:
        self._order, self._journal, self._clock, self._work = order, journal, clock, work
        self._next = 0
        self.waiting: dict[Stretch, SegmentMade] = {}
        for stretch in order:
            kept = _read(self._file(stretch), stretch)
            if kept is not None:
                self.waiting[stretch] = kept

    def add(self, stretch: Stretch, made: SegmentMade) -> None:
        """Keep a segment."""
        if self._order[self._next] != stretch:
            kept = replace(made, trial=None)
            write_whole(self._file(stretch), msgspec.msgpack.encode((stretch, kept)))
        self.waiting[stretch] = made
        self.move_on()

    def move_on(self) -> None:
        """Into the journal with those whose turn it is."""
        while self._next < len(self._order):
            stretch = self._order[self._next]
            made = self.waiting.pop(stretch, None)
            if made is None:
                return
            for packets, note in made.segments:
                note = {**note, "damage": tuple(note["damage"])}
                known = self._journal.add(packets, note)
                self._work.damage.moments += list(note["damage"])
                for _ in range(note["frames"]):
                    self._clock.frame(note["tiles"] // note["frames"], 0)
                self._clock.segment(known.bytes)
            self._file(stretch).unlink(missing_ok=True)
            self._next += 1

    def _file(self, stretch: Stretch) -> Path:
        return self._journal.folder / f"early-{stretch.after}-{stretch.until}"


def _read(file: Path, stretch: Stretch) -> SegmentMade | None:
    """What an earlier run kept; None where it is not there, or not of this stretch."""
    try:
        kept, made = msgspec.msgpack.decode(file.read_bytes(), type=tuple[Stretch, SegmentMade])
    except (OSError, msgspec.DecodeError):
        return None
    return made if kept == stretch else None
