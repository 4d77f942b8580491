"""How long each step of a chain takes, measured in place."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.images.dead_leaves import dead_leaves
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


def fill_with_picture(buffer: NDArray[Any]) -> None:
    """A picture to time with, in `(1, H, W, C)` float samples in [0, 1], codes or 8-bit samples.

    What a buffer holds matters: subnormal floats, which memory that nobody filled may hold, double
    the time of a convolution, and noise makes kernels that branch on a sign slower than a photo.
    """
    picture = dead_leaves(*buffer.shape[1:])
    if buffer.dtype == np.float32:
        buffer[0] = picture
    else:
        lowest = np.iinfo(buffer.dtype).min
        buffer[0] = np.rint(picture * 255) + lowest


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
