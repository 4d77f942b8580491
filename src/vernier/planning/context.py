"""What is opened for a request: the network, its profile and ranges, the photos, the judges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vernier.errors import UsageError
from vernier.export.networks import own_ranges, ranges_on, refuse_random
from vernier.networks.source import Source
from vernier.planning.calibration import calibration_photos
from vernier.planning.leftovers import MadeOf, claim, photos_digest, weights_digest
from vernier.planning.memory import weights_by_processor
from vernier.planning.request import Request
from vernier.profiling.assembly import Subject
from vernier.profiling.profile import Profile
from vernier.progress import Progress, silent
from vernier.quality.guard import Guard
from vernier.quality.split_quality import (
    HELD_OUT,
    KEPT_BYTES,
    Crops,
    SplitQuality,
    load_crops,
    load_final_crops,
)
from vernier.quantization.ranges import Ranges
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.problem import Constraints, Memory
from vernier.units.cutting import cut


@dataclass(frozen=True)
class Context:
    """Everything that plans of one network are made with.

    Attributes:
        request: what is asked for.
        source: the network.
        subject: its size and granularity.
        profile: of it.
        ranges: of its INT8 parts.
        search_crops: photos to search with.
        held_out: other photos, for the verdict.
        final_crops: more photos for each round of finals, which decide between the search's best.
        folder: for what is judged, so that work can be resumed; None to keep nothing.
        calibrated: what the ranges were taken on, in words.
    """

    request: Request
    source: Source
    subject: Subject
    profile: Profile
    ranges: Ranges
    search_crops: Crops
    held_out: Crops
    final_crops: tuple[Crops, ...] = ()
    folder: Path | None = None
    calibrated: str = ""

    def __post_init__(self) -> None:
        profile, subject = self.profile, self.subject
        found = (profile.network, profile.scale, profile.granularity)
        wanted = (subject.network, subject.scale, subject.granularity.value)
        if found != wanted:
            raise UsageError(f"expected a profile of {wanted}, found one of {found}")

    def asked(self, **changes: Any) -> Context:
        """The same for a request that differs in some attributes."""
        return replace(self, request=replace(self.request, **changes))

    @property
    def guard(self) -> Guard:
        """Of the guarded objective."""
        return Guard(self.request.bound_db)

    @property
    def constraints(self) -> Constraints:
        """What is insisted on beside the budget."""
        asked, memory = self.request, None
        if asked.memory_bytes is not None:
            weights = weights_by_processor(
                self.source.graph, self.subject.granularity, self.profile.processors
            )
            memory = Memory(weights, asked.memory_bytes)
        return Constraints(asked.locked, asked.most_switches, memory)

    def quality(self, crops: Crops | None = None) -> SplitQuality:
        """The judge, on the search's crops if on no others."""
        return SplitQuality(
            self.source,
            self.ranges,
            crops or self.search_crops,
            self.request.objective,
            self.guard,
            self.subject.granularity,
            KEPT_BYTES if crops is None else 0,
        )

    def evaluations(self, quality: SplitQuality, name: str = "evaluations") -> Evaluations:
        """The judge with a memory, in `NAME.jsonl` of the folder."""
        file = None
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.folder / f"{name}.jsonl"
        return Evaluations(quality, file, quality.description)

    def finals(self) -> list[Evaluations]:
        """The judges of the search's best, each on photos of its own."""
        return [
            self.evaluations(self.quality(crops), f"finals-{number}")
            for number, crops in enumerate(self.final_crops, 1)
        ]


def open_context(
    request: Request,
    source: Source,
    subject: Subject,
    profile: Profile,
    folder: Path | None = None,
    *,
    ranges: Ranges | None = None,
    progress: Progress = silent,
) -> Context:
    """Everything that a request needs; ranges are calibrated, or read from the folder.

    They are calibrated on the photos and on made pictures of what those lack (`calibration`).

    Raises:
        UsageError: weights are random, photos too few, the profile is of something else, or the
            folder holds results of something else.
    """
    check_profile_of(profile, subject)
    refuse_random(source)
    if folder is not None:
        claim(folder, _made_of(request, source, subject, profile))
    known, calibrated = _known_ranges(ranges, source, folder)
    if known is None:
        photos = calibration_photos(request.photos, source)
        known, calibrated = ranges_on(source, photos, progress=progress), photos.description
    if folder is not None:
        known.save(folder / "ranges.json")
    folder_of, count, side = request.photos, request.photo_count, request.side
    searched, held_out = (
        load_crops(folder_of, source.scale, count, skip=skip, side=side) for skip in (0, HELD_OUT)
    )
    finals = load_final_crops(folder_of, source.scale, count, side=side)
    return Context(
        request, source, subject, profile, known, searched, held_out, finals, folder, calibrated
    )


def check_profile_of(profile: Profile, subject: Subject) -> None:
    """Refuse a profile of another network before anything is calibrated or written.

    Raises:
        UsageError: as said.
    """
    found = [unit.name for unit in profile.units]
    units = [unit.name for unit in cut(subject.graph, subject.granularity)]
    if (profile.network, profile.scale) != (subject.network, subject.scale) or found != units:
        raise UsageError(
            f"the profile is of {profile.network} x{profile.scale} with {len(found)} units, "
            f"expected one of {subject.network} x{subject.scale} with {len(units)}"
        )


def check_covers(ranges: Ranges, source: Source, file: Path) -> None:
    """Refuse ranges that lack a tensor of the network.

    Raises:
        UsageError: as said.
    """
    lacking = [name for name in source.graph.activations() if name not in ranges.by_tensor]
    if lacking:
        raise UsageError(
            f"{file}: has no range of {lacking[0]!r} and {len(lacking) - 1} other tensors of "
            f"{source.name} x{source.scale}: it is of another network; delete it, or choose "
            "another folder"
        )


def _made_of(request: Request, source: Source, subject: Subject, profile: Profile) -> MadeOf:
    """What everything in a folder depends on."""
    settings = (
        f"{request.objective}, {request.photo_count} photos, bound {request.bound_db:g} dB, "
        f"seed {request.seed}"
    )
    return MadeOf(
        network=f"{source.name} x{source.scale}",
        weights=weights_digest(source.graph),
        size=f"{subject.width}x{subject.height}, by {subject.granularity}",
        processors=", ".join(profile.processors),
        photos=photos_digest(request.photos),
        settings=settings,
    )


def _known_ranges(
    ranges: Ranges | None, source: Source, folder: Path | None
) -> tuple[Ranges | None, str]:
    """Ranges that need no calibration, and where they are from."""
    if ranges is not None:
        return ranges, "ranges that were given"
    file = None if folder is None else folder / "ranges.json"
    if file is not None and file.exists():
        known = Ranges.load(file)
        check_covers(known, source, file)
        return known, f"{file.name} of an earlier run"
    own = own_ranges(source)
    return own, "" if own is None else "the scales of the quantised file"
