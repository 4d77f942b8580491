"""Whole splits of a network against the clock."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from vernier.bundles.bundle import in_memory
from vernier.bundles.export import network_facts
from vernier.bundles.split_export import export_split
from vernier.errors import UsageError
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import corrected, random_splits
from vernier.profiling.profile import Profile
from vernier.profiling.sampling import sample
from vernier.progress import Progress, silent
from vernier.quantization.ranges import Ranges
from vernier.runtime.loading import load_network, placed
from vernier.runtime.step_times import fill_with_picture
from vernier.units.cutting import cut
from vernier.units.split import Split

TOGETHER = 6
ROUNDS = 9
CHECKED_SPLITS = 12


def split_times(
    subject: Subject,
    splits: Sequence[Sequence[str]],
    *,
    threads: int,
    rounds: int = ROUNDS,
    ranges: Ranges | None = None,
    progress: Progress = silent,
) -> list[float]:
    """Export splits as segments, run them, and take the median time of each in ms.

    Args:
        subject: network, size and granularity.
        splits: a processor for each unit.
        threads: of each engine.
        rounds: that count; some splits are timed together, one after the other in each round.
        ranges: of the INT8 parts; those of one picture if absent, which is enough for times.
        progress: told after each split.

    Raises:
        PlacementError: a processor does not run its part.
        ProcessorError: an engine refuses a segment.
    """
    graph = subject.graph
    units = cut(graph, subject.granularity)
    facts = network_facts(graph, subject.network, subject.scale)
    known = ranges or Ranges(activations_of(graph).ranges)
    load = placed(find_processor, threads, allow_fallback=False)
    measured: list[float] = []
    for start in range(0, len(splits), TOGETHER):
        with ExitStack() as stack:
            chains = {}
            for number, processors in enumerate(splits[start : start + TOGETHER]):
                exported = export_split(graph, facts, units, Split.of(units, processors), known)
                bundle = in_memory(exported.manifest, exported.models)
                chain = load_network(bundle, subject.height, subject.width, load)
                stack.callback(chain.close)
                fill_with_picture(chain.input_buffer())
                chains[str(number)] = chain
            samples = sample({key: chain.run for key, chain in chains.items()}, rounds)
        measured += [samples.combine({key: 1.0}).median_ms for key in chains]
        progress(len(measured), len(splits), "whole splits")
    return measured


def check_profile(
    subject: Subject,
    profile: Profile,
    count: int = CHECKED_SPLITS,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Profile:
    """Time some random splits whole, and let the profile correct itself by them.

    Args:
        subject: that was profiled.
        profile: of it, on this machine.
        count: of splits.
        seed: of their choice.
        progress: told after each split.

    Raises:
        UsageError: nothing to measure: the profile is modelled.
    """
    if profile.modelled:
        raise UsageError("a modelled profile cannot be checked against the clock here")
    splits = random_splits(profile, count, seed)
    measured = split_times(subject, splits, threads=profile.settings.threads, progress=progress)
    return corrected(profile, splits, measured)
