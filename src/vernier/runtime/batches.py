"""Many pictures, one after another: what fails, fails alone."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vernier.errors import UsageError, VernierError
from vernier.images.reading import MAX_PIXELS
from vernier.images.sources import Job
from vernier.images.writing import DEFAULT_QUALITY
from vernier.progress import Progress, silent
from vernier.runtime.choice import Choice
from vernier.runtime.picture_files import enlarge_file
from vernier.runtime.pictures import Upscaler

# With exact sizes each picture may need another factor; so many networks stay loaded.
KEPT_UPSCALERS = 3
Size = tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: the job.
        size: height and width of the result; None where there is none.
        processor: that computed it.
        choice: how it was chosen, where that was left to Vernier.
        how: sentences on how it was computed, for the user.
        notes: sentences on what was changed on reading and writing.
        fault: why there is no result, in one line; None where there is one or was one already.
    """

    job: Job
    size: Size | None = None
    processor: str = ""
    choice: Choice | None = None
    how: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fault: str | None = None


@dataclass
class Upscalers:
    """Upscalers by the factor that they reach, made when they are needed."""

    make: Callable[[float], Upscaler]
    made: dict[float, Upscaler] = field(default_factory=dict)

    def reaching(self, factor: float) -> Upscaler:
        """The upscaler for a factor."""
        if factor not in self.made:
            while len(self.made) >= KEPT_UPSCALERS:
                self.made.pop(next(iter(self.made))).close()
            self.made[factor] = self.make(factor)
        return self.made[factor]


def enlarge_jobs(
    jobs: Sequence[Job],
    upscalers: Upscalers,
    factor: float,
    size: Size | None = None,
    *,
    quality: int = DEFAULT_QUALITY,
    max_pixels: int = MAX_PIXELS,
    overwrite: bool = False,
    progress_of: Callable[[Job], AbstractContextManager[Progress]] | None = None,
) -> Iterator[Outcome]:
    """Enlarge pictures from files to files.

    Args:
        jobs: of `images.sources.plan_jobs`.
        upscalers: make the networks.
        factor: enlargement.
        size: exact `(height, width)` of every result, instead of the factor.
        quality: of JPEG and WebP.
        max_pixels: larger inputs are refused.
        overwrite: replace files that are there.
        progress_of: gives each picture's progress.

    Yields:
        The outcome of each job, in their order.
    """
    show = progress_of or (lambda _: nullcontext(silent))

    def upscaler_for(height: int, width: int) -> Upscaler:
        return upscalers.reaching(factor if size is None else needed_factor(height, width, size))

    for job in jobs:
        if job.fault is not None or job.is_there:
            yield Outcome(job, fault=job.fault)
            continue
        try:
            with show(job) as progress:
                yield _enlarged(job, upscaler_for, size, quality, max_pixels, overwrite, progress)
        except VernierError as error:
            yield Outcome(job, fault=str(error))
        except OSError as error:
            yield Outcome(job, fault=f"{job.source or 'standard input'}: {error.strerror or error}")
        except MemoryError:
            yield Outcome(job, fault=f"{job.source or 'standard input'}: too little memory")


def _enlarged(
    job: Job,
    upscaler_for: Callable[[int, int], Upscaler],
    size: Size | None,
    quality: int,
    max_pixels: int,
    overwrite: bool,
    progress: Progress,
) -> Outcome:
    source: Any = job.source if job.source is not None else sys.stdin.buffer.read()
    target: Any = sys.stdout.buffer
    if isinstance(job.target, Path):
        target = job.target
        target.parent.mkdir(parents=True, exist_ok=True)
    done = enlarge_file(
        upscaler_for,
        source,
        target,
        job.format,
        size=size,
        quality=quality,
        max_pixels=max_pixels,
        overwrite=overwrite,
        progress=progress,
    )
    report = done.report
    return Outcome(
        job,
        (done.height, done.width),
        report.processor,
        report.choice,
        tuple(report.explain()),
        done.notes,
    )


def needed_factor(height: int, width: int, size: Size) -> float:
    """The factor that reaches a size on both sides, rounded up to hundredths.

    Raises:
        UsageError: the size is not larger than the picture.
    """
    exact = max(size[0] / height, size[1] / width)
    if exact <= 1:
        raise UsageError(f"{size[1]}x{size[0]} is no enlargement of {width}x{height}")
    return math.ceil(exact * 100) / 100
