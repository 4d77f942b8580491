"""Whole splits of a network against the clock."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from vernier.bundles.bundle import in_memory
from vernier.errors import UsageError
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import learned, random_splits
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile, Time, Whole
from vernier.profiling.sampling import Samples, estimate, sample
from vernier.progress import Progress, silent
from vernier.quantization.ranges import Ranges
from vernier.runtime.chain import Chain
from vernier.runtime.loading import load_network, placed
from vernier.runtime.step_times import fill_with_picture
from vernier.units.cutting import cut
from vernier.units.split import Form

TOGETHER = 6
ROUNDS = 9
ENOUGH_MS = 2500.0
"""Of rounds; networks that take a second would else keep a search waiting for minutes."""
CHECKED_SPLITS = 12


@dataclass(frozen=True)
class Contender:
    """A split in a form, to be timed.

    Attributes:
        processors: of each unit.
        form: of its files.
    """

    processors: tuple[str, ...]
    form: Form = Form.SEGMENTS


@dataclass(frozen=True)
class Against:
    """What a split takes beside another that ran in the same rounds.

    Attributes:
        ratio: its time to the other's, the median over rounds.
        low: lower end of the median's 95 % confidence interval.
        high: upper end.
        anchor_ms: the other's own median then.
    """

    ratio: float
    low: float
    high: float
    anchor_ms: float


def against(
    subject: Subject,
    contenders: Sequence[Contender],
    anchor: Contender,
    *,
    threads: int,
    rounds: int = ROUNDS,
    ranges: Ranges | None = None,
    progress: Progress = silent,
) -> list[Against]:
    """Export splits, run each in turn with an anchor, and take their times relative to it.

    A machine on which something else runs, or that heats up, slows down all that runs in a round:
    ratios stay where times do not.

    Args:
        subject: network, size and granularity.
        contenders: what is timed; some are timed together, one after the other in each round.
        anchor: what they are held against, loaded anew with each few.
        threads: of each engine.
        rounds: that count.
        ranges: of the INT8 parts; those of one picture if absent, which is enough for times.
        progress: called after each few.

    Raises:
        PlacementError: a processor does not run its part.
        ProcessorError: an engine refuses a segment.
        UsageError: a split cannot take its form.
    """
    exporter = _Exporter(subject, threads, ranges)
    found: list[Against] = []
    for start in range(0, len(contenders), TOGETHER - 1):
        group = contenders[start : start + TOGETHER - 1]
        samples = exporter.sampled([anchor, *group], rounds)
        found += [_against(samples, str(number)) for number in range(1, len(group) + 1)]
        progress(len(found), len(contenders), "whole splits")
    return found


def _against(samples: Samples, name: str) -> Against:
    keep = samples.kept
    own, anchor = (np.asarray(samples.times_ms[key][keep]) for key in (name, "0"))
    ratio = estimate(own / anchor)
    return Against(ratio.median_ms, ratio.low_ms, ratio.high_ms, float(np.median(anchor)))


def split_times(
    subject: Subject,
    splits: Sequence[Sequence[str]],
    *,
    threads: int,
    rounds: int = ROUNDS,
    ranges: Ranges | None = None,
    forms: Sequence[Form] = (),
    progress: Progress = silent,
) -> list[float]:
    """Export splits, run them, and take the median time of each in ms.

    Args:
        subject: network, size and granularity.
        splits: a processor for each unit.
        threads: of each engine.
        rounds: that count; some splits are timed together, one after the other in each round.
        ranges: of the INT8 parts; those of one picture if absent, which is enough for times.
        forms: of each split's files; segments if absent.
        progress: called after each few.

    Raises:
        PlacementError: a processor does not run its part.
        ProcessorError: an engine refuses a segment.
        UsageError: a split cannot take its form.
    """
    exporter = _Exporter(subject, threads, ranges)
    shapes = forms or [Form.SEGMENTS] * len(splits)
    contenders = [Contender(tuple(s), form) for s, form in zip(splits, shapes, strict=True)]
    measured: list[float] = []
    for start in range(0, len(contenders), TOGETHER):
        samples = exporter.sampled(contenders[start : start + TOGETHER], rounds)
        measured += [samples.combine({name: 1.0}).median_ms for name in samples.times_ms]
        progress(len(measured), len(splits), "whole splits")
    return measured


class _Exporter:
    """Makes chains of splits, with a picture in them."""

    def __init__(self, subject: Subject, threads: int, ranges: Ranges | None) -> None:
        self._subject = subject
        self._units = cut(subject.graph, subject.granularity)
        self._facts = network_facts(subject.graph, subject.network, subject.scale)
        self._ranges = ranges or Ranges(activations_of(subject.graph).ranges)
        self._load = placed(find_processor, threads, allow_fallback=False)

    def sampled(self, contenders: Sequence[Contender], rounds: int) -> Samples:
        """Times of some splits, in turns, by their place."""
        with ExitStack() as stack:
            runs = {}
            for number, one in enumerate(contenders):
                chain = self._chain(one)
                stack.callback(chain.close)
                runs[str(number)] = chain.run
            return sample(runs, rounds, enough_ms=ENOUGH_MS)

    def _chain(self, one: Contender) -> Chain:
        subject, units = self._subject, self._units
        exported = export_split(
            subject.graph, self._facts, units, one.processors, self._ranges, form=one.form
        )
        bundle = in_memory(exported.manifest, exported.models)
        chain = load_network(bundle, subject.height, subject.width, self._load)
        fill_with_picture(chain.input_buffer())
        return chain


def check_profile(
    subject: Subject,
    profile: Profile,
    count: int = CHECKED_SPLITS,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Profile:
    """Time some random splits whole, in each form, and let the profile correct itself by them.

    Args:
        subject: that was profiled.
        profile: of it, on this machine.
        count: of splits.
        seed: of their choice.
        progress: called after each few.

    Raises:
        UsageError: nothing to measure: the profile is modelled.
    """
    if profile.modelled:
        raise UsageError("a modelled profile cannot be checked against the clock here")
    predictor = Predictor(profile)
    splits = [tuple(split) for split in random_splits(profile, count, seed)]
    contenders = [Contender(split, form) for split in splits for form in predictor.forms(split)]
    if not contenders:
        return profile
    found = against(
        subject,
        contenders,
        contenders[0],
        threads=profile.settings.threads,
        progress=progress,
    )
    return learned(profile, wholes_of(contenders, found))


def wholes_of(contenders: Sequence[Contender], found: Sequence[Against]) -> list[Whole]:
    """Splits with their times, at the anchor's median pace."""
    pace_ms = float(np.median([one.anchor_ms for one in found]))
    return [
        Whole(
            processors=one.processors,
            form=one.form,
            time=Time(
                round(by.ratio * pace_ms, 6),
                round(by.low * pace_ms, 6),
                round(by.high * pace_ms, 6),
                ROUNDS,
            ),
        )
        for one, by in zip(contenders, found, strict=True)
    ]
