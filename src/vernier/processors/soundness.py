"""Whether a processor's numbers are right on this machine; found out once, and noted.

The same engine is exact on one CPU and saturates on the next, so no list of good processors can be
written anywhere: each computes the cases of `self_test_cases` here, before it is used.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from vernier.errors import ProcessorError, VernierError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import PROCESSORS, find_processor, present_processors
from vernier.processors.notes import cache_folder, note, recall, what_computes
from vernier.processors.protocol import Processor
from vernier.processors.self_test import TOLERANCES
from vernier.processors.self_test_case import Case
from vernier.processors.self_test_cases import (
    MEAN_SHARE,
    NETWORK,
    self_test_cases,
    tried_kinds,
)

WRONG = "its numbers are wrong here"
INSIST = "; choose another, or insist with --allow-inexact (allow_inexact=True)"

Outcome = Literal["sound", "wrong", "refused"]

_FOUND: dict[tuple[str, str], Soundness] = {}
"""What this process found out: the machine stays the same while it runs."""

SECONDS_APART = 120
"""For the cases of one accelerator, some of which compile programs."""

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
        return f"{WRONG}: {len(wrong)} self-tests fail, such as {worst.detail}"

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
    here = (str(processor.id), what_computes())
    if notes is None and processor in PROCESSORS and here in _FOUND:
        known: Soundness | None = _FOUND[here]
    else:
        known = noted(processor, notes)
        if known is not None and _cannot_start(known.findings):
            # Today it may start, with a driver that no version tells of.
            known = None
    wanted = frozenset(Kind) if kinds is None else frozenset(kinds) | CORE
    tried = set() if known is None else {finding.kind for finding in known.findings}
    wanted &= tried_kinds(processor.id.model_precision)
    missing = {kind for kind in wanted if kind.value not in tried}
    if known is not None and (not missing or _cannot_start(known.findings)):
        return known
    found = examine(processor, missing)
    whole = Soundness(found.processor, (*(known.findings if known else ()), *found.findings))
    keep(whole, notes)
    if notes is None and processor in PROCESSORS:
        _FOUND[here] = whole
    return whole


def noted(processor: Processor, notes: Path | None = None) -> Soundness | None:
    """What was found out about a processor here before; None where it was not tried.

    Args:
        processor: any.
        notes: as `soundness`.
    """
    return recall(notes or _notes(), _about(str(processor.id)), Soundness)


def examine(processor: Processor, kinds: Collection[Kind] | None = None) -> Soundness:
    """Run the self-test's cases now, whatever is noted. Never raises.

    Args:
        processor: one that is here.
        kinds: operators to try; None for all.
    """
    if processor.id.device != "cpu" and processor in PROCESSORS:
        return Soundness(str(processor.id), _in_a_process_apart(processor.id, kinds))
    return Soundness(str(processor.id), tuple(_findings(processor, kinds)))


def _findings(
    processor: Processor, kinds: Collection[Kind] | None, first: int = 0
) -> Iterator[Finding]:
    """Each case's, as soon as it is there, from a case's number on."""
    for case in _cases(processor.id, kinds)[first:]:
        finding = _try(processor, case)
        yield finding
        if _cannot_start([finding]):
            return


def _cases(processor: ProcessorId, kinds: Collection[Kind] | None) -> list[Case]:
    cases = self_test_cases(processor.model_precision)
    return [case for case in cases if kinds is None or case.kind in kinds]


def _in_a_process_apart(
    processor: ProcessorId, kinds: Collection[Kind] | None
) -> tuple[Finding, ...]:
    """The findings of accelerators, whose drivers may end the process over a model.

    Whatever case does so counts as wrong, and the next process goes on behind it.
    """
    cases = _cases(processor, kinds)
    found: list[Finding] = []
    while len(found) < len(cases) and not _cannot_start(found):
        chosen = ",".join(sorted(case.kind.value for case in cases))
        arguments = [str(processor), chosen, str(len(found))]
        command = [sys.executable, "-m", __name__, *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, timeout=SECONDS_APART, text=True
            )
            output, ended = done.stdout, f"exit code {done.returncode}"
        except subprocess.TimeoutExpired as late:
            output, ended = _text(late.stdout), f"not done after {SECONDS_APART} seconds"
        except OSError as error:
            output, ended = "", str(error)
        found += [_parsed(line) for line in output.splitlines() if line.startswith(_MARK)]
        if len(found) < len(cases) and not _cannot_start(found):
            case = cases[len(found)]
            outcome: Outcome = "refused" if case.name == NETWORK else "wrong"
            detail = f"{case.kind.value} ({case.name}): the engine ended its process ({ended})"
            found.append(Finding(case.name, case.kind.value, outcome, detail=detail))
    return tuple(found)


_MARK = "finding "


def _parsed(line: str) -> Finding:
    return msgspec.json.decode(line.removeprefix(_MARK), type=Finding)


def _text(output: str | bytes | None) -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def _cannot_start(findings: Sequence[Finding]) -> bool:
    """Whether the first case, a plain network, could not be run at all."""
    return bool(findings) and findings[0].case == NETWORK and findings[0].outcome == "refused"


def keep(found: Soundness, notes: Path | None = None) -> None:
    """Note a verdict."""
    note(notes or _notes(), _about(found.processor), found)


def _notes() -> Path:
    return cache_folder() / "self-tests.json"


def _about(processor: str) -> str:
    return f"self-test of {processor}"


def require_usable(
    processor: Processor,
    kinds: Collection[Kind] | None = CORE,
    notes: Path | None = None,
    *,
    allow_inexact: bool = False,
) -> None:
    """Refuse a processor that is not here, or whose numbers are wrong here.

    Args:
        processor: one that a user named.
        kinds: operators that it shall run.
        notes: as `soundness`.
        allow_inexact: only ask whether it is here.

    Raises:
        ProcessorError: with the reason.
    """
    available = processor.availability()
    if not available.present:
        raise ProcessorError(f"{processor.id} is not here: {available.detail}")
    reason = "" if allow_inexact else passed_over(processor, kinds, notes)
    if reason:
        raise ProcessorError(f"{processor.id}: {reason}{INSIST if WRONG in reason else ''}")


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


if __name__ == "__main__":
    name, chosen, number = sys.argv[1:]
    for made in _findings(find_processor(name), set(map(Kind, chosen.split(","))), int(number)):
        sys.stdout.write(_MARK + msgspec.json.encode(made).decode() + "\n")
        sys.stdout.flush()
