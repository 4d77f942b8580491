"""What runs on each machine for a film: decoder, network and encoder of one segment at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vernier.cluster.worker import About, about_this, trial_picture
from vernier.errors import VernierError
from vernier.runtime.pictures import Upscaler
from vernier.video.boundaries import Stretch
from vernier.video.damage import Damage
from vernier.video.encoder import EncoderSettings, Sealed, SegmentEncoder
from vernier.video.enlarged_frames import enlarged_frames
from vernier.video.enlarging import choose_engines
from vernier.video.muxing import Cut, wants_global_header
from vernier.video.probing import Film
from vernier.video.segmenting import SegmentWriter
from vernier.video.status import StatusClock, ignore_status
from vernier.video.work import VideoRequest, Work


@dataclass(frozen=True)
class FilmOrder:
    """What all segments of a film have in common.

    Attributes:
        film: as the machine that asks has probed it; its path is the same on all machines.
        request: what is asked for.
        target: the result's path.
        settings: of the encoder.
        factor: enlargement.
        cut: the part that is asked for.
        header: the encoder's, in hexadecimal; another one is another encoder.
        threads: of the CPU.
    """

    film: Film
    request: VideoRequest
    target: Path
    settings: EncoderSettings
    factor: float
    cut: Cut
    header: str
    threads: int


@dataclass(frozen=True)
class SegmentMade:
    """What became of a stretch.

    Attributes:
        fault: why there is no segment; "" where there is one.
        seconds: that it took.
        segments: packets, and what the journal notes of them.
        trial: the trial picture, enlarged after them; text where that failed.
    """

    fault: str
    seconds: float
    segments: tuple[tuple[tuple[Sealed, ...], dict[str, Any]], ...] = ()
    trial: Any = None


class _Kept:
    """Takes segments as a journal does."""

    def __init__(self) -> None:
        self.segments: list[tuple[tuple[Sealed, ...], dict[str, Any]]] = []

    def add(self, packets: Sequence[Sealed], note: dict[str, Any]) -> Any:
        """Keep a segment."""
        self.segments.append((tuple(packets), note))
        return _Size(sum(len(packet.data) for packet in packets))

    def complete(self) -> None:
        """Nothing more comes."""


@dataclass(frozen=True)
class _Size:
    bytes: int


class FilmWorker:
    """Makes segments of one film on one machine. Each method answers with a value; none raises."""

    def __init__(self, order: FilmOrder) -> None:
        self._order = order
        self._work: Work | None = None

    def about(self) -> About:
        """What this machine is."""
        film = self._order.film.path
        try:
            sees = film.stat().st_size > 0 and self._order.target.parent.is_dir()
        except OSError:
            sees = False
        return about_this(sees)

    def choose(self) -> tuple[str, str]:
        """Only a bundle that says itself where it runs leaves it to machines."""
        return "auto", ""

    def load(self, processor: str) -> str:
        """Load the network; why it must not be used here, "" where it may."""
        order, request = self._order, self._order.request
        try:
            engines, _ = choose_engines(
                request.network,
                request.bundle,
                order.factor,
                processor=processor,
                prefer=request.prefer,
                threads=order.threads,
                allow_inexact=request.allow_inexact,
            )
            wanted = wants_global_header(order.target)
            if SegmentEncoder(order.settings, wanted).header.hex() != order.header:
                return f"its {order.settings.name} is another one than where the film was begun"
        except VernierError as error:
            return str(error)
        request = replace(request, processor=processor, threads=order.threads)
        self._work = Work(order.film, request, order.target, order.settings, engines, [], order.cut)
        return ""

    def check(self) -> Any:
        """The trial picture, enlarged; text where that fails."""
        assert self._work is not None
        request = self._work.request
        try:
            upscaler = Upscaler(
                request.network,
                self._order.factor,
                bundle=request.bundle,
                processor=request.processor,
                threads=request.threads,
                allow_inexact=request.allow_inexact,
            )
            made = upscaler.enlarge(trial_picture())
            upscaler.close()
        except VernierError as error:
            return str(error)
        return made

    def compute(self, stretches: list[Stretch]) -> list[SegmentMade]:
        """The segments of stretches."""
        made = [self._made(stretch) for stretch in stretches]
        return [replace(one, trial=self.check()) for one in made]

    def _made(self, stretch: Stretch) -> SegmentMade:
        assert self._work is not None
        started = time.perf_counter()
        work, kept = replace(self._work, damage=Damage()), _Kept()
        writer = SegmentWriter(
            work.settings,
            wants_global_header(work.target),
            kept,
            work.damage,
            StatusClock(0, 0, ignore_status),
        )
        try:
            for one, result in enlarged_frames(work, stretch.after, 0, None, stretch.until):
                writer.add(result, one.pts, one.duration, one.key)
            writer.finish()
        except VernierError as error:
            return SegmentMade(str(error), time.perf_counter() - started)
        return SegmentMade("", time.perf_counter() - started, tuple(kept.segments))
