"""How long each step of a chain takes, measured in place."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from vernier.runtime.chain import Chain


@dataclass(frozen=True)
class StepTime:
    """One step of a chain.

    Attributes:
        kind: "segment", "conversion" or "copy".
        what: the segment's processor, or the tensors' names.
        median_ms: of the counted runs.
        fastest_ms: of the counted runs.
    """

    kind: str
    what: str
    median_ms: float
    fastest_ms: float


def time_steps(chain: Chain, rounds: int = 15, warm_up: int = 3) -> list[StepTime]:
    """Time all steps of whole runs, so that each finds the caches as its neighbours leave them.

    Args:
        chain: loaded; what is in its input buffer is what it computes.
        rounds: runs that count.
        warm_up: runs before them that do not.
    """
    for _ in range(warm_up):
        chain.run()
    runs = [chain.run_timed() for _ in range(rounds)]
    return [
        StepTime(step.kind, step.what, statistics.median(times_ms), min(times_ms))
        for step, times_ms in zip(chain.steps, zip(*runs, strict=True), strict=True)
    ]
