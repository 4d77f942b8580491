"""What the routes share: workers, jobs, who is let in, and how a picture is computed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request

from vernier.service.counters import Counters
from vernier.service.faults import Refusal
from vernier.service.jobs import Job, Jobs
from vernier.service.messages import Done, Work
from vernier.service.pool import Pool
from vernier.service.settings import ServiceSettings
from vernier.service.uploads import save_body

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "tiff": "TIFF"}


class Service:
    """What the routes share.

    Args:
        settings: of the service.
        folder: for files; it is the service's own.
        failed: hears once why no worker can be started.
    """

    def __init__(
        self, settings: ServiceSettings, folder: Path, failed: Callable[[str], None]
    ) -> None:
        self.settings, self.folder = settings, folder
        self.counters = Counters()
        self.pool = Pool(settings, self.counters, failed)
        self.jobs = Jobs(folder, settings.limits.jobs, settings.limits.keep_s)
        self.counters.jobs.set_function(lambda: len(self.jobs))
        self.stopping = False
        self.admitted = 0

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Workers from the start to the end."""
        self.pool.start()
        try:
            yield
        finally:
            self.jobs.stop()
            await self.pool.stop()

    def stop(self) -> None:
        """Take nothing new; jobs end, and who listens to them is told."""
        self.stopping = True
        self.jobs.stop()

    def admit(self) -> None:
        """Count a picture in.

        Raises:
            Refusal: too many are in, or the service is not ready.
        """
        limits = self.settings.limits
        if self.stopping:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the service is being stopped", 5)
        if self.admitted >= limits.queue + self.settings.workers:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self.admitted} pictures are being computed or wait, the limit is a queue of "
                f"{limits.queue}; try again later",
                self.pool.wait_s(),
            )
        self.admitted += 1

    def leave(self) -> None:
        """Count a picture out."""
        self.admitted -= 1

    def work(
        self,
        target: Path,
        scale: float | None,
        size: str | None,
        format_: str | None,
        quality: int,
    ) -> Work:
        """A picture's work, from a name for its file."""
        limits = self.settings.limits
        if scale is not None and size is not None:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "give a scale or a size, not both")
        wanted = None
        if size is not None:
            width, _, height = size.partition("x")
            wanted = int(height), int(width)
        return Work(
            source=str(target.with_suffix(".upload")),
            target=str(target),
            format=None if format_ is None else FORMATS[format_],
            scale=scale,
            size=wanted,
            quality=quality,
            pixels=limits.pixels,
            result_pixels=limits.result_pixels,
            most_scale=limits.scale,
        )

    async def receive(self, request: Request, work: Work) -> None:
        """The body into the work's source."""
        size = await save_body(request, Path(work.source), self.settings.limits)
        self.counters.uploaded.inc(size)

    async def while_there(self, request: Request, work: Work) -> Done | None:
        """Compute for a client that waits; None where it has gone."""
        computing = asyncio.create_task(self.pool.compute(work, self.settings.limits.picture_s))
        going = asyncio.create_task(_gone(request))
        try:
            await asyncio.wait((computing, going), return_when=asyncio.FIRST_COMPLETED)
            return await computing if computing.done() else None
        finally:
            computing.cancel()
            going.cancel()

    async def run(self, job: Job, work: Work) -> None:
        """Compute a job."""
        try:
            done = await self.pool.compute(
                work, self.settings.limits.job_s, is_job=True, on_step=job.step
            )
            job.end(done, None)
        except Refusal as refusal:
            job.end(None, refusal)
        except asyncio.CancelledError:
            job.end(None, Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "it was stopped"))
        finally:
            self.leave()
            Path(work.source).unlink(missing_ok=True)
            if job.outcome is None:
                job.result.unlink(missing_ok=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
