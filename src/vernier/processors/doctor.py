"""Whether the engines work on this machine: each processor that is here computes known results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from vernier.errors import VernierError
from vernier.formats.tflite.writer import write
from vernier.processor_id import ProcessorId, is_integer
from vernier.processors.discovery import PROCESSORS
from vernier.processors.machine import describe_machine
from vernier.processors.protocol import Placement, Processor
from vernier.processors.self_test import self_test
from vernier.processors.soundness import Soundness, keep
from vernier.processors.soundness import examine as examine_processor


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    ABSENT = "absent"  # not here, and nothing wrong with that
    FAILED = "failed"


ENGINES, FLOAT32 = "engines", "a float32 processor"
"""The checks that a machine must pass to be of use at all."""


@dataclass(frozen=True)
class Check:
    """One line of `vernier doctor`.

    Attributes:
        name: what was checked.
        verdict: what came of it.
        detail: what was found; for a failure, what was expected.
    """

    name: str
    verdict: Verdict
    detail: str


def examine(processors: Iterable[Processor] = PROCESSORS) -> Iterator[Check]:
    """Check the machine, the engines and each processor; each check as soon as it is done.

    The verdict on each processor is that of `soundness`, found out anew and noted. Absent ones are
    no fault, and a processor whose numbers are wrong is passed over elsewhere: the machine is sound
    as long as one works in float32. So only "engines" and "a float32 processor" decide.
    """
    machine = describe_machine()
    memory = f"{machine.memory_bytes / 2**30:.1f} GiB" if machine.memory_bytes else "unknown memory"
    flags = ", ".join(machine.flags) or "no special instructions"
    yield Check(
        "machine",
        Verdict.OK,
        f"{machine.cpu}, {machine.cores} cores ({flags}), {memory}, {machine.system}, "
        f"Python {machine.python}",
    )
    versions = ", ".join(f"{name} {version}" for name, version in machine.engines.items())
    yield Check(ENGINES, Verdict.OK if versions else Verdict.FAILED, versions or "none installed")
    working: list[ProcessorId] = []
    for processor in processors:
        check = try_processor(processor)
        if check.verdict is Verdict.OK:
            working.append(processor.id)
        yield check
    able = [name for name in working if name.precision == "float32"]
    yield Check(
        FLOAT32,
        Verdict.OK if able else Verdict.FAILED,
        ", ".join(map(str, able)) or "expected at least one that works, found none",
    )


def try_processor(processor: Processor) -> Check:
    """Run the self-test on a processor now, note the verdict, and say what ran. Never raises."""
    name = str(processor.id)
    available = processor.availability()
    if not available.present:
        return Check(name, Verdict.ABSENT, available.detail)
    found = examine_processor(processor)
    keep(found)
    fault = found.fault()
    if fault:
        return Check(name, Verdict.FAILED, f"passed over: {fault}; {available.detail}")
    return Check(
        name, Verdict.OK, f"{_summary(found)}; {_what_runs(processor)}; {available.detail}"
    )


def _summary(found: Soundness) -> str:
    """How many cases it ran, how near it came, and what it must not be asked for."""
    integer = is_integer(found.processor)
    near = f"{found.largest:.0f} codes" if integer else f"{found.largest:.1e}"
    parts = [f"{len(found.findings)} self-tests, at most {near} from exact"]
    refused = [f.kind for f in found.findings if f.outcome == "refused"]
    if refused:
        parts.append(f"does not run {', '.join(refused)}")
    if found.unsound_kinds:
        parts.append(f"wrong and passed over for networks with {', '.join(found.unsound_kinds)}")
    return "; ".join(parts)


def _what_runs(processor: Processor) -> str:
    """The placement of the self-test's network."""
    try:
        executable = processor.load(write(self_test(processor.id.model_precision).graph))
    except VernierError as error:
        return str(error)
    placement = executable.placement
    executable.close()
    return describe_placement(placement)


def describe_placement(placement: Placement) -> str:
    """What runs, in one line: operators by precision and kernel, then what is remarkable."""
    counts: dict[str, int] = {}
    for op in placement.operators:
        what = f"{op.kind} {op.precision} by {op.implementation}"
        counts[what] = counts.get(what, 0) + 1
    parts = [f"{number} {what}" for what, number in counts.items()]
    return ", ".join((*parts, *placement.mismatches, *filter(None, (placement.note,))))
