"""Which processor a bundle may run on here: operators tried, picture checked, time taken."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence

from vernier.bundles.bundle import Bundle
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import Graph, Kind
from vernier.graphs.receptive_field import trial_size
from vernier.graphs.shapes import fits_one_size, own_size
from vernier.processors.discovery import find_processor, present_processors
from vernier.processors.protocol import Processor
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import passed_over, require_usable
from vernier.progress import Progress, silent
from vernier.runtime.choice import Candidate, Choice, Prefer, choose, remembered_choice
from vernier.runtime.loading import AROUND, Load, load_picture, placed
from vernier.runtime.picture_check import picture_check, require_right_picture, through
from vernier.runtime.trial_picture import Rgb, trial_pair

PROBE_SIDE = 256
LEAST_PROBE_SIDE = 32
PROBE_MACS = 2e10
"""A tile of more is not tried: each processor computes it some ten times before any picture."""
# Nearest to the exact picture first.
_FINEST_FIRST = ("float32", "float16", "bfloat16", "int8")


def chosen_for(
    bundles: Mapping[str, Bundle], threads: int, prefer: Prefer, progress: Progress = silent
) -> Choice:
    """The choice among all processors that are here; remembered, or measured now.

    Args:
        bundles: of one network, by the precision of their files.
        threads: of each engine.
        prefer: what may be given away for speed.
        progress: called with each processor that was tried.

    Raises:
        ProcessorError: none can run the network.
    """
    contents = [s.entry.sha256 for b in bundles.values() for s in b.segments]
    about = f"choice for {contents}, {threads} threads, {os.cpu_count()} cores, {prefer}, {AROUND}"
    known = remembered_choice(about)
    if known is not None and find_processor(known.chosen).availability().present:
        return known
    first = next(iter(bundles.values()))
    side = probe_side(first.graph)
    size = trial_size(first.graph, side, side)
    small, original = trial_pair(*size, first.manifest.network.scale)
    present = [p for p in present_processors() if p.id.model_precision in bundles]
    present.sort(key=lambda processor: _FINEST_FIRST.index(processor.id.precision))
    candidates = [
        _candidate(bundles[processor.id.model_precision], processor, threads, small)
        for processor in present
    ]
    return choose(candidates, original, about, prefer, progress=progress)


def probe_side(graph: Graph) -> int:
    """The side of the tile that processors are tried with: small where networks compute much."""
    _, height, width, _ = graph.types[graph.inputs[0]].shape
    per_pixel = max(1.0, count_macs(graph, "input") / (height * width))
    return max(LEAST_PROBE_SIDE, min(PROBE_SIDE, math.isqrt(int(PROBE_MACS / per_pixel))))


def require_right(
    bundle: Bundle, processors: Sequence[Processor], allow_fallback: bool = False
) -> None:
    """Refuse processors that a user or a bundle names where their numbers are wrong.

    Args:
        bundle: what shall run on them.
        processors: those that take part.
        allow_fallback: see `Processor.load`.

    Raises:
        ProcessorError: one is not here, or it or the bundle's picture is wrong; with the reason.
    """
    for processor in processors:
        require_usable(processor, _kinds_on(bundle, processor))
    names = [processor.id for processor in processors]
    require_right_picture(bundle, names, _loader(processors, 1, allow_fallback))


def only_size(bundle: Bundle) -> tuple[int, int] | None:
    """The height and width of the pictures that a bundle takes; None where it takes any."""
    return own_size(bundle.graph) if fits_one_size(bundle.graph) else None


def _kinds_on(bundle: Bundle, processor: Processor) -> frozenset[Kind]:
    """The operators that a processor runs of a bundle, and of the colours around it."""
    if not bundle.pinned:
        return kinds_in(bundle.graph)
    return frozenset(
        op.kind
        for op in bundle.graph.operators
        if bundle.processors.get(op.output) == str(processor.id)
    )


def _loader(processors: Sequence[Processor], threads: int, allow_fallback: bool) -> Load:
    """One that is named takes all parts; several are those that the bundle itself names."""
    by_name = {str(processor.id): processor for processor in processors}
    only = processors[0] if len(processors) == 1 else None
    return placed(lambda name: only or by_name[name], threads, allow_fallback)


def _candidate(bundle: Bundle, processor: Processor, threads: int, small: Rgb) -> Candidate:
    def fault() -> str:
        found = passed_over(processor, kinds_in(bundle.graph))
        return found or picture_check(bundle, [processor.id], _loader([processor], 1, False)).fault

    def load() -> tuple[Callable[[], Rgb], Callable[[], None]]:
        loader = _loader([processor], threads, False)
        height, width, samples = small.shape
        chain = load_picture(bundle, height, width, samples, True, loader)
        return lambda: through(chain, small), chain.close

    return Candidate(processor.id, fault, load)
