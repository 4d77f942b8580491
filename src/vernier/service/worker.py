"""The process that computes: a line of JSON in, a picture file out.

    python -P -m vernier.service.worker

A picture that crashes a decoder, takes all memory or never ends takes this process with it and not
the service. It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from vernier.errors import (
    ImageError,
    MissingExtraError,
    TooLargeError,
    UsageError,
    VernierError,
)
from vernier.images.reading import open_picture
from vernier.images.writing import EXTENSIONS
from vernier.runtime.batches import Upscalers, needed_factor
from vernier.runtime.picture_files import enlarge_file
from vernier.runtime.pictures import Upscaler
from vernier.runtime.report import Report
from vernier.service.messages import Answer, Begun, Done, Fault, Ready, Setup, Step, Work

STEP_SECONDS = 0.1
"""Between two lines on progress, at least."""


class StoppedError(Exception):
    """The service does not want this picture any more."""


class Worker:
    """Computes what `orders` brings and answers on `answers`."""

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self._orders, self._answers = orders, answers
        self._stepped = 0.0

    def run(self) -> None:
        """Until there are no more orders."""
        line = self._orders.readline()
        if not line:
            return
        try:
            setup = msgspec.json.decode(line, type=Setup)
            upscalers = self._loaded(setup)
        except VernierError as error:
            self._say(Fault("service", _one_line(error)))
            return
        while line := self._orders.readline():
            if not line.strip():
                continue  # a stop that came after its picture was done
            self._say(self._answer(msgspec.json.decode(line, type=Work), upscalers))

    def _loaded(self, setup: Setup) -> Upscalers:
        def make(scale: float | None) -> Upscaler:
            return Upscaler(
                setup.network,
                scale,
                bundle=setup.bundle,
                processor=setup.processor,
                prefer=setup.prefer,
                threads=setup.threads,
                memory_bytes=setup.memory_bytes,
            )

        own = make(None)
        report = own.describe()
        self.scale = own.scale
        self._say(Ready(report.processor, report.network, own.scale))
        return Upscalers(make, {own.scale: own})

    def _answer(self, work: Work, upscalers: Upscalers) -> Answer:
        self._say(Begun())
        try:
            return self._enlarged(work, upscalers)
        except StoppedError:
            return Fault("stopped", "it was stopped")
        except TooLargeError as error:
            return Fault("large", _told(error, work))
        except (ImageError, UsageError, MissingExtraError) as error:
            return Fault("picture", _told(error, work))
        except MemoryError:
            return Fault("large", "there is too little memory for this picture")
        except VernierError as error:
            return Fault("service", _told(error, work))
        except OSError as error:
            return Fault("service", f"a file of the service: {error.strerror or error}")

    def _enlarged(self, work: Work, upscalers: Upscalers) -> Done:
        started = time.perf_counter()
        source, factor = Path(work.source), work.scale or self.scale
        with open_picture(source, name="the picture", max_pixels=work.pixels) as rows:
            height, width, own = rows.height, rows.width, rows.format
        if work.size is not None:
            factor = needed_factor(height, width, work.size)
        if factor > work.most_scale:
            raise TooLargeError(
                f"an enlargement by {factor:g} is more than the limit of {work.most_scale:g}"
            )
        upscaler = upscalers.reaching(factor)
        made = work.size or upscaler.result_size(height, width)
        if made[0] * made[1] > work.result_pixels:
            raise TooLargeError(
                f"{width}x{height} would become {made[1]}x{made[0]} pixels, more than the limit "
                f"of {work.result_pixels:,}; ask for a smaller scale"
            )
        format_ = work.format or (own if own in EXTENSIONS else "PNG")
        done = enlarge_file(
            lambda _height, _width: upscaler,
            source,
            Path(work.target),
            format_,
            size=work.size,
            quality=work.quality,
            max_pixels=work.pixels,
            overwrite=True,
            progress=self._step,
        )
        return Done(
            done.height,
            done.width,
            format_,
            done.report.processor,
            plan_of(done.report),
            tuple(note.replace(work.source, "the picture") for note in done.notes),
            height * width,
            round((time.perf_counter() - started) * 1e3, 2),
        )

    def _step(self, done: int, total: int, note: str = "") -> None:
        if select.select([self._orders], [], [], 0)[0]:
            raise StoppedError
        now = time.monotonic()
        if now - self._stepped >= STEP_SECONDS:
            self._stepped = now
            self._say(Step(done, total))

    def _say(self, answer: Answer) -> None:
        self._answers.write(msgspec.json.encode(answer) + b"\n")
        self._answers.flush()


def plan_of(report: Report) -> str:
    """Network, passes, tiles and workers of a picture, for a header."""
    passes = " then ".join(f"x{factor}" for factor in report.factors)
    tiles = "; ".join(tiles.explain() for tiles in report.tiles)
    converted = f"; formats by {report.conversion}" if report.conversion else ""
    return f"{report.network} {passes}; {tiles}{converted}"


def _told(error: BaseException, work: Work) -> str:
    """Names of the service's own files are nobody's business."""
    text = _one_line(error).replace(work.source, "the picture")
    return text.replace(work.target, "the result")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def main() -> None:
    """Serve standard input; what libraries print goes to standard error."""
    with contextlib.suppress(OSError):
        # Where memory ends, the system takes this process and not the service.
        Path("/proc/self/oom_score_adj").write_text("900")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Unbuffered, or `select` would not see what was read ahead.
    orders = os.fdopen(os.dup(0), "rb", buffering=0)
    Worker(orders, answers).run()


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
    sys.exit(0)
