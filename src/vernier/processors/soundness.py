"""Whether a processor's numbers are right on this machine; found out once, and noted.

The same engine is exact on one CPU and saturates on the next, so no list of good processors can be
written anywhere: each computes the cases of `self_test_cases` here, before it is used.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from vernier.errors import ProcessorError, VernierError
from vernier.graphs.graph import Kind
from vernier.processors.discovery import present_processors
from vernier.processors.notes import cache_folder, note, recall
from vernier.processors.protocol import Processor
from vernier.processors.self_test import TOLERANCES
from vernier.processors.self_test_cases import MEAN_SHARE, NETWORK, Case, self_test_cases
from vernier.tflite.writer import write

Outcome = Literal["sound", "wrong", "refused"]

CORE = frozenset({Kind.CONV_2D, Kind.PRELU, Kind.RELU, Kind.ADD, Kind.DEPTH_TO_SPACE})
"""What nearly every network is made of: a processor that gets one of these wrong is not sound."""


class Finding(msgspec.Struct, frozen=True):
    """What came of one case.

    Attributes:
        case: its name.
        kind: the operator that it is about.
        outcome: "refused" where the engine cannot run that operator as asked; it then refuses a
            network with it just so, and nothing is wrong.
        largest: difference from the exact result, in codes or as a share of the largest value.
        detail: for a wrong or refused one, why.
    """

    case: str
    kind: str
    outcome: Outcome
    largest: float = 0.0
    detail: str = ""


class Soundness(msgspec.Struct, frozen=True):
    """What came of a processor's self-test.

    Attributes:
        processor: its name.
        findings: of the cases that were run.
    """

    processor: str
    findings: tuple[Finding, ...]

    def fault(self, kinds: Collection[Kind] = CORE) -> str:
        """Why it must not run a network with these operators, in one line; "" where it may."""
        if _cannot_start(self.findings):
            return self.findings[0].detail
        wanted = {kind.value for kind in kinds}
        wrong = [f for f in self.findings if f.outcome == "wrong" and f.kind in wanted]
        if not wrong:
            return ""
        worst = max(wrong, key=lambda finding: finding.largest)
        return f"its numbers are wrong here: {len(wrong)} self-tests fail, such as {worst.detail}"

    @property
    def unsound_kinds(self) -> tuple[str, ...]:
        """Operators that it gets wrong."""
        return tuple(dict.fromkeys(f.kind for f in self.findings if f.outcome == "wrong"))

    @property
    def largest(self) -> float:
        """The largest difference of all cases that it ran."""
        return max((f.largest for f in self.findings), default=0.0)


def soundness(
    processor: Processor, kinds: Collection[Kind] | None = None, notes: Path | None = None
) -> Soundness:
    """The verdict on a processor here: noted, or found out now, which takes a second or two.

    Args:
        processor: one that is here.
        kinds: operators that must be tried; None for all.
        notes: where verdicts are kept; in the user's cache folder otherwise.
    """
    known = recall(notes or _notes(), _about(str(processor.id)), Soundness)
    wanted = frozenset(Kind) if kinds is None else frozenset(kinds) | CORE
    tried = set() if known is None else {finding.kind for finding in known.findings}
    cases = self_test_cases(processor.id.model_precision)
    missing = {case.kind for case in cases if case.kind in wanted and case.kind.value not in tried}
    if known is not None and not missing:
        return known
    found = examine(processor, missing)
    whole = Soundness(found.processor, (*(known.findings if known else ()), *found.findings))
    keep(whole, notes)
    return whole


def examine(processor: Processor, kinds: Collection[Kind] | None = None) -> Soundness:
    """Run the self-test's cases now, whatever is noted. Never raises.

    Args:
        processor: one that is here.
        kinds: operators to try; None for all.
    """
    findings: list[Finding] = []
    for case in self_test_cases(processor.id.model_precision):
        if kinds is not None and case.kind not in kinds:
            continue
        findings.append(_try(processor, case))
        if _cannot_start(findings):
            break
    return Soundness(str(processor.id), tuple(findings))


def _cannot_start(findings: Sequence[Finding]) -> bool:
    """Whether the first case, a plain network, could not be run at all."""
    return bool(findings) and findings[0].case == NETWORK and findings[0].outcome == "refused"


def keep(found: Soundness, notes: Path | None = None) -> None:
    """Note a verdict, unless the engine did not start: tomorrow it may, with another driver."""
    if not _cannot_start(found.findings):
        note(notes or _notes(), _about(found.processor), found)


def _notes() -> Path:
    return cache_folder() / "self-tests.json"


def _about(processor: str) -> str:
    return f"self-test of {processor}"


def require_sound(
    processor: Processor, kinds: Collection[Kind] | None = CORE, notes: Path | None = None
) -> None:
    """Refuse a processor whose numbers are wrong here.

    Args:
        processor: one that a user named.
        kinds: operators that it shall run.
        notes: as `soundness`.

    Raises:
        ProcessorError: it is not here, or not sound; with the reason.
    """
    reason = passed_over(processor, kinds, notes)
    if reason:
        raise ProcessorError(f"{processor.id}: {reason}; allow inexact processors to insist")


def passed_over(
    processor: Processor, kinds: Collection[Kind] | None = CORE, notes: Path | None = None
) -> str:
    """Why a processor cannot be used here: absent, or not sound. "" where it can be."""
    available = processor.availability()
    if not available.present:
        return f"is not here: {available.detail}"
    return soundness(processor, kinds, notes).fault(kinds if kinds is not None else frozenset(Kind))


def sound_processors(
    kinds: Collection[Kind] | None = CORE, notes: Path | None = None
) -> tuple[Processor, ...]:
    """Those that are here and whose numbers are right, in the order of `PROCESSORS`.

    Args:
        kinds: operators that they shall run.
        notes: as `soundness`.
    """
    return tuple(p for p in present_processors() if not passed_over(p, kinds, notes))


def _try(processor: Processor, case: Case) -> Finding:
    try:
        executable = processor.load(write(case.graph))
        try:
            result = executable(*case.given)[0]
        finally:
            executable.close()
    except VernierError as error:
        return Finding(
            case.name, case.kind.value, "refused", detail=_without_name(processor, error)
        )
    largest, mean = case.differences(result)
    most, most_in_mean = case.allowed or _allowed(processor)
    unit = " codes" if case.is_integer else " of the largest value"
    if largest <= most and mean <= most_in_mean:
        return Finding(case.name, case.kind.value, "sound", largest)
    detail = (
        f"{case.kind.value} ({case.name}): {largest:.3g}{unit} off, {mean:.2g} in the mean, where "
        f"{most:.3g} and {most_in_mean:.2g} are allowed"
    )
    # JSON knows no infinity, which is what a result of another shape is off by.
    return Finding(case.name, case.kind.value, "wrong", min(largest, 1e30), detail)


def _allowed(processor: Processor) -> tuple[float, float]:
    most = TOLERANCES[processor.id.precision]
    return most, most * MEAN_SHARE


def _without_name(processor: Processor, error: Exception) -> str:
    return str(error).removeprefix(f"{processor.id}: ")
