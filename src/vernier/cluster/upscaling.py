"""`vernier.upscale_on_cluster`: a folder, bucket or prefix of pictures, on many machines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cluster.addresses import Place
from vernier.cluster.board import Board
from vernier.cluster.crew import AUTO, CHECK_EVERY, Crew, Terms
from vernier.cluster.journal import FOLDER, ClusterJournal
from vernier.cluster.ray_library import LOCAL, connected, ray_library
from vernier.cluster.reference import difference, reference_picture
from vernier.cluster.tasks import PictureResult, PictureTask, Settings, picture_tasks
from vernier.cluster.worker import PictureWorker
from vernier.errors import UsageError
from vernier.images.reading import MAX_PIXELS
from vernier.images.writing import DEFAULT_QUALITY
from vernier.progress import Progress, silent
from vernier.runtime.engine import native_scale
from vernier.version import VERSION


@dataclass(frozen=True)
class ClusterReport:
    """What became of a command.

    Attributes:
        results: of this run, in the order in which they came.
        earlier: results that earlier runs had finished.
        kept: results that were there before, and were not to be made again.
        faults: why pictures have no result, in a line each.
        plans: processor by kind of machine.
        events: what happened to machines, in sentences.
        passed_over: names that are no pictures.
        seconds: that this run took.
    """

    results: tuple[PictureResult, ...]
    earlier: int
    kept: int
    faults: tuple[str, ...]
    plans: dict[str, str]
    events: tuple[str, ...]
    passed_over: tuple[str, ...]
    seconds: float


def upscale_on_cluster(
    source: str,
    out: str,
    *,
    cluster: str = LOCAL,
    network: str = "sesr-m5",
    scale: float | None = None,
    size: tuple[int, int] | None = None,
    bundle: str | Path | None = None,
    processor: str = AUTO,
    prefer: Literal["quality", "speed"] = "quality",
    format_: str | None = None,
    quality: int = DEFAULT_QUALITY,
    max_pixels: int = MAX_PIXELS,
    memory_bytes: int | None = None,
    threads: int = 0,
    recursive: bool = True,
    overwrite: bool = False,
    skip_existing: bool = False,
    allow_inexact: bool = False,
    check_every: int = CHECK_EVERY,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> ClusterReport:
    """Enlarge all pictures below an address, on the machines of a Ray cluster.

    Results appear whole. The same call goes on where the one before stopped, whatever stopped it,
    and makes nothing twice that is done.

    Args:
        source: a folder, or any address that fsspec knows, as s3://bucket/photos.
        out: where results go, likewise; machines must all see it.
        cluster: address of a Ray cluster, as 10.0.0.1:6379, or "local" for this machine alone.
        network: one that comes with Vernier.
        scale: enlargement, above 1 and at most 16; None for the network's own.
        size: height and width of every result instead.
        bundle: to run instead of a network; all machines must have it under this path.
        processor: `ENGINE:DEVICE:PRECISION` for all machines, or "auto": each kind of machine
            takes the fastest whose numbers are right on it.
        prefer: what "auto" may give away, as `Upscaler`.
        format_: "PNG", "JPEG", "WEBP" or "TIFF"; None for that of the picture.
        quality: of JPEG and WebP, 1 to 100.
        max_pixels: larger pictures are refused.
        memory_bytes: for the tiles of each worker; None as `Upscaler`.
        threads: of each worker; 0 for one worker on each machine, with all its cores.
        recursive: descend into folders.
        overwrite: replace results that were there before.
        skip_existing: keep those, and do not make them again.
        allow_inexact: run a processor that is named even where its numbers are wrong.
        check_every: pictures of a worker between two trials of its arithmetic; what it made since
            the last is made again elsewhere if it fails.
        progress: told of each picture.
        say: called with what happens to machines.

    Raises:
        UsageError: what is asked for cannot be meant, or no picture lies there.
        FileError: an address cannot be read or written.
        ProcessorError: there is no cluster, or no machine of it can compute this.
        MissingExtraError: Ray or fsspec is not installed.
    """
    started = time.perf_counter()
    if check_every < 1:
        raise UsageError(f"expected a trial after 1 picture or more, found {check_every}")
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing exclude each other")
    ray_library(cluster)
    own = float(native_scale(network, None if bundle is None else open_bundle(Path(bundle))))
    settings = Settings(
        network,
        None if bundle is None else str(Path(bundle).resolve()),
        own if scale is None else scale,
        size,
        processor,
        prefer,
        quality,
        max_pixels,
        memory_bytes,
        allow_inexact,
    )
    suffix = f"_{size[1]}x{size[0]}" if size else f"_x{settings.scale:g}"
    places = _absolute(source), _absolute(out)
    pictures, target = Place(places[0]), Place(places[1])
    tasks, others = _tasks(pictures, target, suffix, format_, recursive)
    journal = ClusterJournal(target)
    there = {file.name for file in target.files()}
    before = tuple(task.target for task in tasks if task.target in there)
    journal.begin(_identity(settings, pictures, format_), before, overwrite=overwrite)
    left, earlier, kept, faults = _left(tasks, journal, there, overwrite, skip_existing)
    events: list[str] = []
    # By source: those of a machine that is put aside are made again.
    results: dict[str, PictureResult] = {}

    def tell(line: str) -> None:
        events.append(line)
        say(line)

    def finished(_task: PictureTask, result: PictureResult) -> None:
        results[result.source] = result
        journal.add(result)

    def failed(_task: PictureTask, fault: str, again: bool) -> None:
        if again:
            tell(f"{fault}; it is tried on another machine")

    board = Board(left)
    if left:
        reference = reference_picture(
            network, settings.scale, settings.bundle, settings.memory_bytes
        )

        def step() -> None:
            done = len(results) + len(board.given_up)
            rate = len(results) / max(1e-9, time.perf_counter() - began)
            progress(earlier + done, earlier + len(left), f"{crew.machines} machines, {rate:.1f}/s")

        try:
            with connected(cluster) as ray:
                crew = Crew(
                    ray,
                    board,
                    Terms(
                        PictureWorker,
                        lambda cores, name: (settings, *places, cores, name),
                        threads,
                        processor,
                        journal.plans,
                        journal.add_plan,
                        lambda made: difference(made, reference, processor, prefer),
                        finished,
                        failed,
                        tell,
                        step,
                        check_every,
                    ),
                )
                began = time.perf_counter()
                crew.run()
        finally:
            journal.flush()
    return ClusterReport(
        tuple(results.values()),
        earlier,
        kept,
        (*faults, *(entry.fault for entry in board.given_up)),
        dict(journal.plans),
        tuple(events),
        tuple(others),
        time.perf_counter() - started,
    )


def _absolute(address: str) -> str:
    """Paths as other processes understand them too."""
    return address if "://" in address else str(Path(address).absolute())


def _tasks(
    pictures: Place, target: Place, suffix: str, format_: str | None, recursive: bool
) -> tuple[list[PictureTask], list[str]]:
    if pictures.path("") == target.path(""):
        raise UsageError("expected another address for results than that of the pictures")
    files = [file for file in pictures.files(recursive) if FOLDER not in file.name.split("/")]
    tasks, others = picture_tasks(files, suffix, format_)
    if not tasks:
        raise UsageError(f"{pictures.address}: no picture lies there")
    return tasks, others


def _identity(settings: Settings, pictures: Place, format_: str | None) -> dict[str, str]:
    """All that results depend on, in words."""
    if settings.bundle is None:
        shipped = shipped_bundles(settings.network, native_scale(settings.network))
        bundles = [open_bundle(path) for path in shipped.values()]
    else:
        bundles = [open_bundle(Path(settings.bundle))]
    hashes = sorted(s.entry.sha256 for bundle in bundles for s in bundle.segments)
    size = settings.size
    return {
        "pictures": pictures.address,
        "network": f"{settings.bundle or settings.network} {hashes}",
        "scale": f"{settings.scale:g}" if size is None else f"{size[1]}x{size[0]}",
        "processor": f"{settings.processor}, {settings.prefer}",
        "format": f"{format_}, {settings.quality}",
        "version": VERSION,
    }


def _left(
    tasks: list[PictureTask],
    journal: ClusterJournal,
    there: set[str],
    overwrite: bool,
    skip_existing: bool,
) -> tuple[list[PictureTask], int, int, list[str]]:
    """Tasks that are left, how many are done and how many kept, and what cannot be."""
    left, faults = [], []
    earlier = kept = 0
    for task in tasks:
        known = journal.done.get(task.source)
        if task.target not in there:
            left.append(task)
        elif task.target in journal.before and (known is None or known.state != task.state):
            # It was there before all began, and is none of ours.
            if overwrite:
                left.append(task)
            elif skip_existing:
                kept += 1
            else:
                faults.append(
                    f"{task.target}: exists already; replace it with --overwrite, or keep it with "
                    "--skip-existing"
                )
        elif known is not None and known.state != task.state:
            left.append(task)  # the picture has changed since
        else:
            # In the journal, or written just before whatever stopped the run that did.
            earlier += 1
    return left, earlier, kept, faults
