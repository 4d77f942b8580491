"""One call from a network, a budget and photos to a bundle: profile, search, export, verify."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vernier.bundles.bundle import write_bundle
from vernier.bundles.manifest import Damage, Forecast
from vernier.errors import UsageError
from vernier.export.networks import ranges_on, refuse_random
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.images.writing import write_whole
from vernier.networks.source import Source
from vernier.planning.calibration import calibration_photos
from vernier.planning.leftovers import MadeOf, claim, photos_digest, weights_digest
from vernier.planning.plan import Plan, save_plan, wholes
from vernier.planning.planner import Workshop
from vernier.profiling import profiler
from vernier.profiling.assembly import Subject
from vernier.profiling.choosing import AUTO, trusted, with_left_out
from vernier.profiling.correction import at_pace, learned
from vernier.profiling.profile import Profile, load_profile, save_profile
from vernier.profiling.split_times import CHECKED_SPLITS, check_profile
from vernier.progress import Progress, silent
from vernier.quality.guard import BOUND_DB, Guard
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import (
    HELD_OUT,
    PHOTOS,
    SIDE,
    load_crops,
    load_final_crops,
)
from vernier.quantization.ranges import Ranges
from vernier.splitting.problem import Problem
from vernier.units.cutting import cut
from vernier.units.split import Form, Split, format_split


@dataclass(frozen=True)
class Photographs:
    """Which photos splits are judged on.

    Attributes:
        folder: of photos.
        count: of crops to search with, as many others for the verdict, and up to six times as
            many for the last choice.
        side: of a crop at high resolution, in pixels.
    """

    folder: Path
    count: int = PHOTOS
    side: int = SIDE


def profiled(
    subject: Subject,
    processors: Sequence[str],
    file: Path,
    *,
    quick: bool = False,
    allow_inexact: bool = False,
    progress: Progress = silent,
) -> Profile:
    """A profile from its file, or measured and written there.

    Args:
        subject: what.
        processors: where; `(AUTO,)` for whatever pays on this machine.
        file: a profile, or where to put one.
        quick: fewer rounds, two processors at the most where they are chosen here, no check by
            whole splits.
        allow_inexact: as `profiler.profile`.
        progress: told of each.

    Raises:
        UsageError: the file is of another network, size or other processors.
        ProcessorError: a processor is not here, or its numbers are wrong here.
    """
    auto = tuple(processors) == (AUTO,)
    if file.exists():
        found = load_profile(file)
        is_of = (found.network, found.scale, found.height, found.width, found.granularity)
        wanted = (
            subject.network,
            subject.scale,
            subject.height,
            subject.width,
            subject.granularity.value,
        )
        if is_of != wanted or not (auto or set(found.processors) == set(processors)):
            raise UsageError(f"{file}: a profile of {is_of}, expected one of {wanted}; delete it")
        return found
    rounds = profiler.QUICK_ROUNDS if quick else profiler.NORMAL_ROUNDS
    names, passed = trusted(subject) if auto else (tuple(processors), {})
    made = profiler.profile(
        subject,
        names,
        rounds=rounds,
        unfinished=file.with_name(f".{file.name}.partial"),
        allow_inexact=allow_inexact,
        only_what_pays=auto,
        quick=quick,
        progress=progress,
    )
    made = with_left_out(made, passed)
    if not quick:
        made = check_profile(subject, made, CHECKED_SPLITS, progress=progress)
    save_profile(made, file)
    return made


def workshop(
    source: Source,
    profile: Profile,
    subject: Subject,
    photographs: Photographs,
    folder: Path | None,
    *,
    ranges: Ranges | None = None,
    objective: Objective = Objective.VISIBLE,
    bound_db: float = BOUND_DB,
    seed: int = 0,
    allow_inexact: bool = False,
    progress: Progress = silent,
) -> Workshop:
    """Everything that plans are made with; ranges are calibrated, or read from the folder.

    They are calibrated on the photos and on made pictures of what those lack (`calibration`).

    Raises:
        UsageError: weights are random, or photos too few.
    """
    refuse_random(source)
    if folder is not None:
        settings = f"{objective}, {photographs.count} photos, bound {bound_db:g} dB, seed {seed}"
        claim(
            folder,
            MadeOf(
                network=f"{source.name} x{source.scale}",
                weights=weights_digest(source.graph),
                size=f"{subject.width}x{subject.height}, by {subject.granularity}",
                processors=", ".join(profile.processors),
                photos=photos_digest(photographs.folder),
                settings=settings,
            ),
        )
    known = folder / "ranges.json" if folder is not None else None
    calibrated = "ranges that were given"
    if ranges is None and known is not None and known.exists():
        ranges, calibrated = Ranges.load(known), f"{known.name} of an earlier run"
        check_covers(ranges, source, known)
    if ranges is None:
        photos = calibration_photos(photographs.folder, source)
        ranges, calibrated = ranges_on(source, photos, progress=progress), photos.told
    if known is not None:
        ranges.save(known)
    crops = [
        load_crops(
            photographs.folder, source.scale, photographs.count, skip=skip, side=photographs.side
        )
        for skip in (0, HELD_OUT)
    ]
    return Workshop(
        source,
        subject,
        profile,
        ranges,
        crops[0],
        crops[1],
        objective,
        Guard(bound_db),
        folder,
        seed,
        load_final_crops(
            photographs.folder, source.scale, photographs.count, side=photographs.side
        ),
        calibrated,
        allow_inexact,
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


def write_plan(shop: Workshop, plan: Plan, folder: Path, trained: Workshop | None = None) -> None:
    """Put a plan into a folder: `plan.json`, `split.json`, `profile.json`, `ranges.json`, `bundle`.

    The plan's own file is written last: a folder that has it is whole.

    Args:
        shop: that the plan was made with.
        plan: what is written.
        folder: to write into.
        trained: the workshop of a fine-tuned plan. Its ranges fit its own weights only, so they go
            into a file of their own, `ranges-int8.json`.
    """
    made = trained or shop
    units = cut(shop.source.graph, shop.subject.granularity)
    split = Split.of(units, plan.processors)
    facts = network_facts(shop.source.graph, shop.source.name, shop.source.scale)
    modelled = all(name in shop.profile.modelled for name in plan.processors)
    seen = plan.held_out or plan.simulated
    exported = export_split(
        made.source.graph,
        facts,
        units,
        split,
        made.ranges,
        form=Form(plan.form),
        predicted_ms={unit.name: unit.time_ms for unit in plan.units},
        forecast=Forecast(
            total_ms=plan.predicted_ms,
            height=plan.height,
            width=plan.width,
            machine=plan.machine.label,
            modelled=modelled,
        ),
        damage=Damage(photos=seen.photos, psnr_to_float_db=round(seen.psnr_db, 2)),
        note=f"planned for {plan.budget} ({plan.budget_ms:.2f} ms) by {plan.method}",
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_bundle(folder / "bundle", exported.manifest, exported.models, overwrite=True)
    write_whole(folder / "split.json", format_split(split, shop.subject.granularity))
    known = shop.profile
    if plan.attempts:
        finest = Problem(known, math.inf).finest
        known = learned(at_pace(known, finest, plan.float_ms), wholes(plan))
    save_profile(known, folder / "profile.json")
    shop.ranges.save(folder / "ranges.json")
    if made is not shop:
        made.ranges.save(folder / "ranges-int8.json")
    save_plan(plan, folder / "plan.json")
