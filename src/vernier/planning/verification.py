"""Splits against the clock and held-out photos: what was predicted is not yet true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import in_memory
from vernier.export.splits import export_split
from vernier.export.whole import Exported, export_float32, network_facts
from vernier.metrics.piqe import steady_piqe
from vernier.metrics.planes import grey
from vernier.networks.source import Source
from vernier.planning.plan import Scores
from vernier.processors.discovery import find_processor
from vernier.profiling.assembly import Subject
from vernier.profiling.split_times import split_times
from vernier.quality.damage import on
from vernier.quality.guard import Guard
from vernier.quality.objectives import Objective, objective_of, scores
from vernier.quality.split_quality import Crops
from vernier.quantization.ranges import Ranges
from vernier.runtime.choosing import require_right
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.simulation.pictures import chroma, to_planes, with_chroma
from vernier.units.cutting import cut
from vernier.units.split import Form, Split

Bytes = NDArray[np.uint8]
ROUNDS = 15


def timed(
    subject: Subject,
    splits: Sequence[Split],
    ranges: Ranges,
    threads: int,
    forms: Sequence[Form] = (),
) -> list[float]:
    """Medians in ms of exported splits, run in turns on this machine.

    Raises:
        PlacementError: a processor does not run its part.
        ProcessorError: a processor is not here.
        UsageError: a split cannot take its form.
    """
    return split_times(subject, splits, threads=threads, rounds=ROUNDS, ranges=ranges, forms=forms)


def exported_split(
    source: Source,
    subject: Subject,
    split: Split,
    ranges: Ranges,
    form: Form = Form.SEGMENTS,
) -> Exported:
    """A split as a bundle's files."""
    units = cut(source.graph, subject.granularity)
    facts = network_facts(source.graph, source.name, source.scale)
    return export_split(source.graph, facts, units, split, ranges, form=form)


def judged_exported(
    source: Source,
    subject: Subject,
    split: Split,
    ranges: Ranges,
    crops: Crops,
    objective: Objective,
    guard: Guard,
    believed: Source | None = None,
    form: Form = Form.SEGMENTS,
    allow_inexact: bool = False,
) -> Scores:
    """Scores of the pictures that the exported segments compute, against the float network's.

    Args:
        source: the network.
        subject: what granularity its units have.
        split: its processors must be here.
        ranges: of its INT8 parts.
        crops: photos, best those that the search has not seen.
        objective: which of the scores is the plan's.
        guard: of the guarded objective.
        believed: whose float pictures are the truth; the network's own if absent.
        form: of the exported files.
        allow_inexact: judge them even where a processor's numbers are wrong here.

    Raises:
        ProcessorError: a processor is not here, or its numbers or the split's picture are wrong
            here.
    """
    truth = believed or source
    made = exported_split(source, subject, split, ranges, form)
    bundle = in_memory(made.manifest, made.models)
    if not allow_inexact:
        require_right(bundle, [find_processor(name) for name in dict.fromkeys(split)])
    exact = export_float32(truth.graph, network_facts(truth.graph, truth.name, truth.scale))
    teacher = PlaneUpscaler(in_memory(exact.manifest, exact.models), on("litert:cpu:float32"))
    load = placed(find_processor, 0, allow_fallback=False)
    doubtful = PlaneUpscaler(bundle, load)
    try:
        pairs = [
            (_picture(doubtful, low, source), _picture(teacher, low, source))
            for low in crops.pictures
        ]
    finally:
        doubtful.close()
        teacher.close()
    return scores_of(pairs, crops.description, objective, guard)


def scores_of(
    pairs: Sequence[tuple[Bytes, Bytes]], description: str, objective: Objective, guard: Guard
) -> Scores:
    """Means over RGB pictures and the float network's."""
    rows = [scores(picture, exact, guard) for picture, exact in pairs]

    def mean(name: str) -> float:
        return round(float(np.mean([row[name] for row in rows])), 5)

    worth = [
        objective_of(objective, picture, exact, steady_piqe(grey(exact)), guard)
        for picture, exact in pairs
    ]
    return Scores(
        photos=description,
        objective=round(float(np.mean(worth)), 5),
        piqe=mean("piqe"),
        piqe_float=mean("piqe_float"),
        gmsd=mean("gmsd"),
        ssim=mean("ssim"),
        psnr_db=mean("psnr"),
        flip=mean("flip"),
        lpips=mean("lpips") if "lpips" in rows[0] else None,
    )


def _picture(network: PlaneUpscaler, low: Bytes, source: Source) -> Bytes:
    planes = network(np.ascontiguousarray(to_planes(low, network.channels)[0].transpose(1, 2, 0)))
    return with_chroma(planes, chroma(low, source.scale) if network.channels == 1 else None)
