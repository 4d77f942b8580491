"""Whether the engines work on this machine: each processor that is here computes a known result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from vernier.errors import VernierError
from vernier.processors.discovery import PROCESSORS
from vernier.processors.machine import describe_machine
from vernier.processors.protocol import Placement, Processor, ProcessorId
from vernier.processors.self_test import TOLERANCE_CODES, TOLERANCES, self_test
from vernier.tflite.writer import write


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    ABSENT = "absent"  # not here, and nothing wrong with that
    FAILED = "failed"


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

    A processor that is absent is no failure, unless none is left that can run float32.
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
    yield Check("engines", Verdict.OK if versions else Verdict.FAILED, versions or "none installed")
    working: list[ProcessorId] = []
    for processor in processors:
        check = try_processor(processor)
        if check.verdict is Verdict.OK:
            working.append(processor.id)
        yield check
    able = [name for name in working if name.precision == "float32"]
    yield Check(
        "a float32 processor",
        Verdict.OK if able else Verdict.FAILED,
        ", ".join(map(str, able)) or "expected at least one that works, found none",
    )


def try_processor(processor: Processor) -> Check:
    """Load the self-test on a processor, compare with NumPy and say what ran. Never raises."""
    name = str(processor.id)
    available = processor.availability()
    if not available.present:
        return Check(name, Verdict.ABSENT, available.detail)
    test = self_test(processor.id.model_precision)
    try:
        executable = processor.load(write(test.graph), threads=1)
        try:
            error = test.error(executable(test.given)[0])
            placement = executable.placement
        finally:
            executable.close()
    except VernierError as failure:
        return Check(name, Verdict.FAILED, str(failure))
    if processor.id.precision == "int8":
        allowed, found = float(TOLERANCE_CODES), f"{error:.0f} codes from NumPy"
    else:
        allowed, found = TOLERANCES[processor.id.precision], f"{error:.1e} from NumPy"
    detail = f"{found}; {describe_placement(placement)}; {available.detail}"
    if error <= allowed:
        return Check(name, Verdict.OK, detail)
    return Check(name, Verdict.FAILED, f"expected at most {allowed:g}, {detail}")


def describe_placement(placement: Placement) -> str:
    """What runs, in one line: operators by precision and kernel, then what is remarkable."""
    counts: dict[str, int] = {}
    for op in placement.operators:
        what = f"{op.kind} {op.precision} by {op.implementation}"
        counts[what] = counts.get(what, 0) + 1
    parts = [f"{number} {what}" for what, number in counts.items()]
    return ", ".join((*parts, *placement.mismatches, *filter(None, (placement.note,))))
